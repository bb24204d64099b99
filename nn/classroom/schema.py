"""The tables of the classes, and how their database is opened."""

from dataclasses import fields
from functools import partial

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from ..recipe import Recipe
from . import sqlite_file
from .submissions import Guess, SharedDrawing, TrainingResult

TIMEOUT = 2  # seconds that the page waits for a database that is locked, slow or gone
TYPES = {int: sa.Integer, float: sa.Float, bool: sa.Boolean, str: sa.String(20), np.ndarray: sa.LargeBinary}
metadata = sa.MetaData()
column = partial(sa.Column, nullable=False)


def _table(name, *columns):
    """A table whose rows have an id that is never used again."""
    return sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *columns, sqlite_autoincrement=True)


def _of(name, table):
    """A column that refers to another table's row, and is deleted together with it."""
    return column(name, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), index=True)


def _of_person():
    return _of("room", "rooms"), _of("person", "people")


def _fields(kind):
    """A column for each simple field of a dataclass. A seed may exceed PostgreSQL's integers."""
    types = {field.name: TYPES[field.type] for field in fields(kind) if field.type in TYPES}
    return [column(name, sa.Float if name == "seed" else type_) for name, type_ in types.items()]


rooms = _table(
    "rooms",
    column("code", sa.String(6), unique=True),
    column("teacher", sa.String(64)),  # the digest of the teacher's secret
    column("opened", sa.Float),  # seconds since 1970, like all times here
    column("used", sa.Float),  # when somebody was there last
    column("version", sa.Integer),  # counts changes: then the board is read again
    column("bytes", sa.Integer),  # of networks and drawings
    sa.Column("question", sa.String(20)),  # the teacher's present question
)
people = _table(
    "people",
    _of("room", "rooms"),
    column("number", sa.Integer),  # from 1; the name follows from it
    column("secret", sa.String(64)),  # the digest of the secret in the person's browser
    column("seen", sa.Float),
    column("training", sa.Boolean),
    sa.UniqueConstraint("room", "number"),
    sa.UniqueConstraint("room", "secret"),
)
trainings = _table(
    "trainings",
    *_of_person(),
    column("key", sa.String(40), unique=True),  # a result that is submitted twice counts once
    *_fields(Recipe),
    *_fields(TrainingResult),
    sa.Column("network", sa.LargeBinary),  # a network file; only of each person's best and latest training
)
drawings = _table(
    "drawings",
    *_of_person(),
    column("key", sa.String(40)),
    *_fields(SharedDrawing),
    sa.UniqueConstraint("person", "key"),
)
guesses = _table("guesses", *_of_person(), *_fields(Guess), sa.UniqueConstraint("person", "question"))


def open_database(url):
    """An Engine for a database, SQLite or PostgreSQL.

    Raises SQLAlchemyError, OSError or ImportError if the URL names none.
    """
    url, more = sa.make_url(url), {"pool_timeout": TIMEOUT, "hide_parameters": True}  # no drawings in the log
    if url.get_backend_name() == "sqlite":
        if not url.database:
            raise ArgumentError("SQLite needs a file.")
        engine = sa.create_engine(url, **more)
        sqlite_file.set_up(engine, TIMEOUT)
    else:
        options = {"connect_timeout": TIMEOUT, "tcp_user_timeout": 2000 * TIMEOUT}
        options["options"] = f"-c statement_timeout={1000 * TIMEOUT}"
        engine = sa.create_engine(url, connect_args=options, pool_pre_ping=True, pool_size=2, **more)
    sa.event.listen(engine, "begin", _begin)
    return engine


def make_tables(engine):
    """Make the tables that aren't there yet, and SQLite's file."""
    if engine.name == "sqlite":
        sqlite_file.make_file(engine)
    with engine.begin() as connection:
        if engine.name == "postgresql":  # two that make a table at the same moment fail
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
        metadata.create_all(connection)


def _begin(connection):
    """Begin a transaction, in which all reads see the same state."""
    reading = connection.get_execution_options().get("reading")
    if connection.engine.name == "sqlite":
        sqlite_file.begin(connection, reading)
    elif reading:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
