"""Several processes and one database: nothing gets lost, nothing is given twice, and what was stored stays stored."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier

import pytest
from classes import bytes_of, stored
from postgresql import both

from nn.classroom.names import read_code
from nn.classroom.rooms import Classroom

PEOPLE, TRAININGS = 5, 40  # of each process

# Like ClassSync, it tries again what could not be done.
WRITER = """
import sys

sys.path.insert(0, "tests")
from classes import drawing, training
from nn.classroom.rooms import Classroom, Unreachable

url, code, n_people, name, n_posts = sys.argv[1:]
classroom = Classroom(url)


def surely(method, *args):
    while True:
        try:
            return method(*args)
        except Unreachable:
            pass


surely(classroom.board, code)
print("ready")
input()
people = [surely(classroom.join, code) for _ in range(int(n_people))]
print(*(person.number for person in people))
for i in range(int(n_posts)):
    submission = training(people[i % len(people)], f"{name} {i}", network=bytes(100), accuracy=(i % 7) / 7)
    assert surely(classroom.submit, [submission, drawing(submission.person, i % 10, f"sketch {i % 3}")]) == []
    print(submission.key)
"""


@contextmanager
def writers(url, code, **n_posts):
    """Processes by their names and numbers of submissions, which begin to write at the same time."""
    options = {"cwd": Path(__file__).parents[2], "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-u", "-c", WRITER, url, code, str(PEOPLE)]
    processes = [subprocess.Popen([*command, name, str(n)], **options) for name, n in n_posts.items()]
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.slow
@both
def test_processes_that_write_at_once_lose_nothing_even_if_one_is_killed(classroom, url):
    code, _ = classroom.open_room()
    with writers(url, code, one=TRAININGS, two=TRAININGS, killed=1_000) as (*finishing, killed):
        outputs = [process.communicate()[0].splitlines() for process in finishing]
        assert [process.returncode for process in finishing] == [0, 0]
        lines = [killed.stdout.readline() for _ in range(5)]
        killed.kill()
        lines += killed.stdout.read().splitlines(keepends=True)
    outputs.append([line.strip() for line in lines if line.endswith("\n")])
    numbers = [int(number) for output in outputs for number in output[0].split()]
    assert sorted(numbers) == list(range(1, 3 * PEOPLE + 1))
    assert [len(output[1:]) for output in outputs[:2]] == [TRAININGS, TRAININGS]

    rows = stored(url)
    for name, output in zip(("one", "two", "killed"), outputs):
        reported, found = output[1:], [row["key"] for row in rows["trainings"] if row["key"].startswith(name)]
        assert reported == [f"{name} {i}" for i in range(len(reported))]
        assert found == reported or name == "killed" and found == [*reported, f"killed {len(reported)}"]
    sketches = {(row["person"], row["key"]) for row in rows["drawings"]}
    assert len(rows["drawings"]) == len(sketches) >= 2 * 3 * PEOPLE
    assert bytes_of(url)
    for person in {row["person"] for row in rows["trainings"]}:
        mine = [row for row in rows["trainings"] if row["person"] == person]
        best = max(row["accuracy"] for row in mine)
        assert mine[-1]["network"] and any(row["network"] for row in mine if row["accuracy"] == best)
        assert sum(row["network"] is not None for row in mine) <= 2
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    board = classroom.board(code)
    assert len(board.trainings) == len(rows["trainings"]) and board.n_people == 3 * PEOPLE
    assert classroom.join(code).number == 3 * PEOPLE + 1, "nobody holds the room any more"


@both
def test_processes_that_open_a_new_database_at_the_same_moment_all_can(url):
    barrier = Barrier(6)

    def open_room(_):
        barrier.wait()
        return Classroom(url).open_room()[0]

    with ThreadPoolExecutor(6) as threads:
        codes = list(threads.map(open_room, range(6)))
    assert all(map(read_code, codes)) and sorted(codes) == sorted(row["code"] for row in stored(url)["rooms"])
