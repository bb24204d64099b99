"""Several processes and one database: nothing gets lost, nothing is given twice, and what was stored stays stored."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest
from classes import keys, stored

from nn.classroom.names import read_code
from nn.classroom.rooms import Classroom

ROOT = Path(__file__).resolve().parent.parent.parent
PEOPLE, TRAININGS = 15, 200

# Like the exchange, it tries again what could not be done.
WRITER = """
import sys
from itertools import count

sys.path.insert(0, "tests")
from classes import drawn, trained
from nn.classroom.rooms import Classroom, Unreachable

url, code, name, n_people, n_posts = *sys.argv[1:4], *map(int, sys.argv[4:])
classroom = Classroom(url)


def surely(method, *args):
    while True:
        try:
            return method(*args)
        except Unreachable:
            pass


def say(*words):
    print(*words, flush=True)


surely(classroom.board, code)
say("ready")
input()
people = [surely(classroom.join, code) for _ in range(n_people)]
say(*(person.number for person in people))
for i in range(n_posts) if n_posts else count():
    post = trained(people[i % n_people], f"{name} {i}", network=bytes(100), accuracy=(i % 7) / 7)
    posts = [post, drawn(people[i % n_people], i % 10, f"sketch {i % 3}")]
    assert surely(classroom.hand_in, posts) == 0
    say(post.key)
"""


@contextmanager
def writers(url, code, names, n_people, n_posts=0):
    """Processes that begin to write at the same time; without a number of posts they never end by themselves."""
    processes = []
    try:
        for name in names:
            command = [sys.executable, "-c", WRITER, url, code, name, str(n_people), str(n_posts)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            processes.append(subprocess.Popen(command, cwd=ROOT, text=True, **pipes))
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
def test_two_processes_write_at_the_same_time_and_nothing_is_lost_and_no_number_given_twice(classroom, url):
    code, _ = classroom.open_room()
    with writers(url, code, ["one", "two"], PEOPLE, TRAININGS) as processes:
        outputs = [process.communicate()[0].splitlines() for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
    numbers = [int(number) for output in outputs for number in output[0].split()]
    assert sorted(numbers) == list(range(1, 2 * PEOPLE + 1))
    written = [f"{name} {i}" for name in ("one", "two") for i in range(TRAININGS)]
    assert sorted(keys(url)) == sorted(written)
    assert [output[1:] for output in outputs] == [written[:TRAININGS], written[TRAININGS:]]

    board, rows = classroom.board(code), stored(url)
    assert len(board.trainings) == 2 * TRAININGS and board.n_people == 2 * PEOPLE
    assert len(rows["drawings"]) == len({(row["person"], row["key"]) for row in rows["drawings"]}) == 2 * PEOPLE
    sizes = [len(row["network"] or b"") for row in rows["trainings"]] + [2 * 784] * len(rows["drawings"])
    assert rows["rooms"][0]["bytes"] == sum(sizes)
    for person in rows["people"]:
        mine = [row for row in rows["trainings"] if row["person"] == person["id"]]
        best = max(row["accuracy"] for row in mine)
        assert mine[-1]["network"] and any(row["network"] for row in mine if row["accuracy"] == best)
        assert 1 <= sum(row["network"] is not None for row in mine) <= 2


@pytest.mark.slow
def test_what_a_process_has_stored_is_there_after_it_was_killed_in_the_middle(classroom, url):
    code, _ = classroom.open_room()
    with writers(url, code, ["one"], 20) as (process,):
        output = [process.stdout.readline() for _ in range(60)]
        process.kill()
        output += process.stdout.read().splitlines(keepends=True)
    reported = [line.strip() for line in output[1:] if line.endswith("\n")]
    assert reported == [f"one {i}" for i in range(len(reported))] and len(reported) >= 59
    rows = stored(url)
    found = [row["key"] for row in rows["trainings"]]
    assert found in (reported, [*reported, f"one {len(reported)}"]), "the last one may not have been reported"
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
    sizes = [len(row["network"] or b"") for row in rows["trainings"]] + [2 * 784] * len(rows["drawings"])
    assert rows["rooms"][0]["bytes"] == sum(sizes)
    assert classroom.join(code).number == 21, "nobody holds the room any more"


def test_processes_that_open_a_new_database_at_the_same_moment_all_can(clock, url):
    barrier = Barrier(6)

    def open_room(_):
        barrier.wait()
        return Classroom(url, clock).open_room()[0]

    with ThreadPoolExecutor(6) as threads:
        codes = list(threads.map(open_room, range(6)))
    assert all(map(read_code, codes)) and sorted(codes) == sorted(row["code"] for row in stored(url)["rooms"])
