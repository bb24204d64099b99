"""A class in an empty database: in SQLite or, for tests that ask for `both`, also in PostgreSQL."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from postgresql import Server

from nn.classroom.rooms import Classroom
from nn.classroom.schema import open_database


@pytest.fixture(scope="session")
def postgresql():
    """A running PostgreSQL Server."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def url(request, tmp_path):
    """The URL of a database that is new: of a SQLite file that is still to be made, or of an empty one."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'classes' / 'classes.sqlite'}"
    server = request.getfixturevalue("postgresql")
    server.disconnect_all()
    with server.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server.url


@pytest.fixture
def clock():
    """The time as the test wants it: now, in seconds since 1970."""
    return SimpleNamespace(now=1_800_000_000.0)


@pytest.fixture
def classroom(url, clock):
    """A Classroom in a new database, with a clock that the test sets."""
    return Classroom(url, lambda: clock.now)


@pytest.fixture(autouse=True)
def engines(monkeypatch):
    """The Engines that a test's Classrooms open. A connection that is not closed warns in somebody else's test."""
    engines = []

    def open_and_note(url):
        engines.append(open_database(url))
        return engines[-1]

    monkeypatch.setattr("nn.classroom.rooms.open_database", open_and_note)
    yield engines
    for engine in engines:
        engine.dispose()
