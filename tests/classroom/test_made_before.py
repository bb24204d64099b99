"""A class's database that an earlier version has made, and in which a class goes on."""

import io
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from classes import bytes_of, drawing, guess, training, withdrawal
from postgresql import both

import nn
from nn.classroom import schema
from nn.recipe import Recipe

DUMP = (Path(__file__).parents[1] / "made_before" / "class.sql").read_text(encoding="utf-8")
CODE, TEACHER, STUDENT, OPENED = re.match(
    r"-- code (\w+), teacher (\S+), student (\S+), opened (\d+)", DUMP.splitlines()[0]
).groups()


@pytest.fixture
def old_database(url, clock, request):
    """The database of the dump, at the time at which it was made."""
    clock.now = float(OPENED) + 60
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        file.parent.mkdir()
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(DUMP)
        return
    engine = schema.open_database(url)  # the same rows in PostgreSQL's tables, which have the same columns
    schema.make_tables(engine)
    with closing(sqlite3.connect(":memory:")) as memory, engine.begin() as connection:
        memory.executescript(DUMP)
        memory.row_factory = sqlite3.Row
        for table in schema.metadata.sorted_tables:
            rows = [dict(row) for row in memory.execute(f"SELECT * FROM {table.name}")]
            connection.execute(table.insert(), rows)
            latest = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
            connection.exec_driver_sql(latest)
    engine.dispose()


@both
def test_a_class_goes_on_in_a_database_made_before(old_database, classroom, clock, url):
    assert classroom.is_teacher(CODE, TEACHER) and not classroom.is_teacher(CODE, STUDENT)
    board = classroom.board(CODE)
    assert (board.question, board.n_people, board.opened) == ("eta", 2, float(OPENED))
    first, second = board.trainings
    assert first.content.recipe == Recipe(3, 0.1, 2, 1, 7, n_images=1_000)
    assert second.content.recipe == Recipe(
        2, 0.5, 1, 32, 42, scale=False, shuffle=False, n_images=1_000, is_sorted=True
    )
    assert [(row.number, row.content.epochs_done, row.content.accuracy) for row in (first, second)] == [
        (1, 2.0, 0.365),
        (2, 1.0, 0.125),
    ]
    assert board.guesses == {"eta": {2: 0.25}}
    (old,) = board.drawings
    assert (old.number, old.content.label) == (1, 7) and old.content.mnist.max() > 200
    for id, file in classroom.networks(classroom.with_network(board.room)).items():
        n_hidden = next(row.content.recipe.n_hidden for row in board.trainings if row.id == id)
        assert nn.load_network(io.BytesIO(file)).n_hidden == n_hidden
    bytes_of(url)

    student = classroom.join(CODE, STUDENT)
    assert student.number == 1 and classroom.board(CODE).n_people == 2
    better = training(student, "new", network=b"weights", accuracy=0.5)
    assert classroom.submit([better, drawing(student, 3, "new"), guess(student, 0.75)]) == []
    clock.now += 1
    board = classroom.board(CODE, board)
    assert [row.content.accuracy for row in board.trainings] == [0.365, 0.125, 0.5]
    assert [row.content.label for row in board.drawings] == [7, 3] and board.guesses == {"eta": {1: 0.75, 2: 0.25}}
    classroom.submit([withdrawal(student, "d")])
    assert [row.content.label for row in classroom.board(CODE, board).drawings] == [3]
    bytes_of(url)
    classroom.ask(CODE, TEACHER, None)
    assert classroom.board(CODE).question is None and classroom.join(CODE).number == 3
