"""The tables of the classes, and how their database is opened."""

import sqlite3
import time
from dataclasses import fields
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError

from ..recipe import Recipe

TIMEOUT = 2  # seconds that the page waits for a database that is locked, slow or gone
metadata = MetaData()


def _in_room():
    return Column("room", ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, index=True)


def _of_person():
    return Column("person", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)


def _type_of(field):
    """The type of the column of a Recipe's field; a seed may be up to 2^32 - 1, which exceeds PostgreSQL's integers."""
    return Float if field.name == "seed" else {int: Integer, float: Float, bool: Boolean, str: String(20)}[field.type]


rooms = Table(
    "rooms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(6), nullable=False, unique=True),
    Column("teacher", String(64), nullable=False),  # the digest of the teacher's secret
    Column("opened", Float, nullable=False),  # seconds since 1970, like all times here
    Column("used", Float, nullable=False),  # when somebody was there last
    Column("version", Integer, nullable=False),  # counts what happened: a board is read again when it changes
    Column("bytes", Integer, nullable=False),  # of networks and drawings
    Column("question", String(20)),  # what the teacher asks now
    sqlite_autoincrement=True,  # the number of a room that has ended is never another's
)
people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    _in_room(),
    Column("number", Integer, nullable=False),  # from 1; the name follows from it
    Column("secret", String(64), nullable=False),  # the digest of what the person's browser keeps
    Column("seen", Float, nullable=False),
    Column("training", Boolean, nullable=False),
    UniqueConstraint("room", "number"),
    UniqueConstraint("room", "secret"),
    sqlite_autoincrement=True,
)
trainings = Table(
    "trainings",
    metadata,
    Column("id", Integer, primary_key=True),
    _in_room(),
    _of_person(),
    Column("key", String(40), nullable=False, unique=True),  # so that what is handed in twice counts once
    *(Column(field.name, _type_of(field), nullable=False) for field in fields(Recipe)),
    Column("epochs_done", Float, nullable=False),
    Column("diverged", Boolean, nullable=False),
    Column("accuracy", Float, nullable=False),
    Column("network", LargeBinary),  # a network file; kept for each person's best and latest training
    sqlite_autoincrement=True,
)
drawings = Table(
    "drawings",
    metadata,
    Column("id", Integer, primary_key=True),
    _in_room(),
    _of_person(),
    Column("key", String(40), nullable=False),
    Column("label", Integer, nullable=False),
    Column("mnist", LargeBinary, nullable=False),  # 784 bytes, prepared as MNIST's images are
    Column("normalized", LargeBinary, nullable=False),  # 784 bytes, slant and stroke width normalized
    UniqueConstraint("person", "key"),
    sqlite_autoincrement=True,
)
guesses = Table(
    "guesses",
    metadata,
    Column("id", Integer, primary_key=True),
    _in_room(),
    _of_person(),
    Column("question", String(20), nullable=False),
    Column("share", Float, nullable=False),
    UniqueConstraint("person", "question"),
)


def default_url():
    """The URL of the SQLite file in this user's data folder (on Linux, $XDG_DATA_HOME or ~/.local/share)."""
    return f"sqlite:///{user_data_path('nn-mnist', appauthor=False) / 'classes.sqlite'}"


def open_database(url):
    """An Engine for a database, SQLite or PostgreSQL.

    Raises SQLAlchemyError, OSError or ImportError if the URL names none.
    """
    url, more = make_url(url), {"pool_timeout": TIMEOUT, "hide_parameters": True}  # the log is not for drawings
    if url.get_backend_name() == "sqlite":
        if not url.database:
            raise ArgumentError("SQLite needs a file.")
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": TIMEOUT}, **more)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        recipe = {"connect_timeout": TIMEOUT, "tcp_user_timeout": 2000 * TIMEOUT}
        recipe["options"] = f"-c statement_timeout={1000 * TIMEOUT}"
        engine = create_engine(url, connect_args=recipe, pool_pre_ping=True, pool_size=2, **more)
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def make_tables(engine):
    """Make the tables that aren't there yet."""
    with engine.begin() as connection:
        if engine.name == "postgresql":  # two that make a table at the same moment fail
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
        metadata.create_all(connection)


def _set_up_sqlite(connection, record):
    """Many read while one writes, and what was committed outlives the process that wrote it."""
    connection.isolation_level = None  # sqlite3 would begin transactions by itself, and too late
    deadline = time.monotonic() + TIMEOUT
    while True:  # SQLite waits for a locked file by itself, but not to change the journal of a new one
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection):
    """Who may write asks for the only pen at once: later it is refused if others have written meanwhile."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection):
    """Who reads sees one moment, as in SQLite: by default each query would see another one."""
    if connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
