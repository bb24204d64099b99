"""The SQLite file of the classes: how it is opened, and made anew if somebody deletes it while a class is going on.

A deleted file lives on as long as somebody has it open, and SQLite would go on writing to it until everything was lost
with the last connection. So each transaction checks that its file is still in its place.
"""

import logging
import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from ..disk import remove_leftovers

log = logging.getLogger(__name__)


class FileMoved(OSError):
    """The file that a connection has open is no longer in its place."""


def set_up(engine, timeout):
    """Prepare an Engine: connections wait `timeout` seconds for a locked file, and never make one: see make_file."""

    def connect(dialect, record, arguments, options):
        arguments[0] = Path(arguments[0]).absolute().as_uri() + "?mode=rw"
        options |= {"uri": True, "timeout": timeout}

    def set_options(connection, record):
        record.info["file"] = _identity(engine)
        connection.isolation_level = None  # sqlite3 would begin transactions by itself, and too late
        deadline = time.monotonic() + timeout
        while True:  # SQLite waits for a locked file by itself, but not to change the journal of a new one
            try:
                connection.execute("PRAGMA journal_mode = WAL")  # many read while one writes
                break
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):  # a commit outlives the process that made it
            connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(engine, "do_connect", connect)
    sa.event.listen(engine, "connect", set_options)


def begin(connection, reading):
    """Begin a transaction. Raises FileMoved if the file is no longer in its place."""
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")  # later a write could be refused
    now = _identity(connection.engine)
    if connection.info["file"] != now:  # only now: while this connection waited, the file could be deleted
        if now is not None:  # another process has made it anew, with everything in it
            connection.invalidate()
            connection.engine.dispose()
        raise FileMoved(f"{connection.engine.url.database} was deleted or replaced")


def make_file(engine):
    """Make the file if it isn't there. If it was deleted, all that was in it is copied from an open connection."""
    file = Path(engine.url.database)
    file.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(file.parent, ".*-*.unfinished")
    if file.exists():
        return
    try:
        old = engine.raw_connection()  # only one that is open can be had
    except sqlite3.OperationalError:
        file.touch()
        return
    new = file.with_name(f".{os.getpid()}-{threading.get_ident()}.unfinished")
    try:
        with closing(sqlite3.connect(new)) as copy:
            old.driver_connection.execute("BEGIN IMMEDIATE")  # the last that others had begun is over then
            old.driver_connection.execute("ROLLBACK")
            old.driver_connection.backup(copy)
        if not file.exists():
            for suffix in ("-wal", "-shm"):  # they belong to the deleted file
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            os.link(new, file)  # fails if another process was quicker
        log.warning("%s was deleted. It was made anew, with everything that was in it.", file)
    finally:
        old.close()
        new.unlink(missing_ok=True)
    engine.dispose()


def _identity(engine):
    """A file that has another one is another file, or None if there is none."""
    try:
        found = os.stat(engine.url.database)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
