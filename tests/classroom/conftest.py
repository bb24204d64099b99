"""A class in an empty database: the same stories in SQLite and in PostgreSQL."""

import tempfile
from pathlib import Path

import pytest
from postgresql import Server

from nn.classroom.rooms import Classroom
from nn.classroom.schema import open_database


class Clock:
    """The time as the test wants it, in seconds since 1970."""

    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="session")
def postgresql():
    """A running PostgreSQL Server."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The URL of a database that is new: of a SQLite file that is still to be made, or of an empty one."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'classes' / 'classes.sqlite'}"
        return
    server = request.getfixturevalue("postgresql")
    with server.connect() as connection:
        others = "FROM pg_stat_activity WHERE datname = 'postgres' AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) {others}")  # an earlier test's
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    yield server.url


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def classroom(url, clock):
    """A Classroom in a new database, with a clock that the test sets."""
    return Classroom(url, clock)


@pytest.fixture(autouse=True)
def _close_connections(monkeypatch):
    """Close what a test's Classrooms have opened: a connection that is only forgotten warns in somebody else's test."""
    engines = []

    def open_and_note(url):
        engines.append(open_database(url))
        return engines[-1]

    monkeypatch.setattr("nn.classroom.rooms.open_database", open_and_note)
    yield
    for engine in engines:
        engine.dispose()
