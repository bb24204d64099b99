"""Helpers for the tests of classes: submissions, and a look into the tables past all of nn.classroom."""

from collections import Counter
from dataclasses import astuple
from itertools import count

import numpy as np
from sqlalchemy import NullPool, create_engine, inspect, text

from nn.classroom.submissions import SETTINGS, Guess, SharedDrawing, Submission, TrainingResult
from nn.recipe import Recipe

_keys = count()
WHITE = np.zeros(784, np.uint8)


def training(person, key=None, network=None, **changes):
    """A training's Submission, by default by the usual Recipe and with a key of its own; changes are of either."""
    recipe = Recipe(**{name: changes.pop(name) for name in SETTINGS if name in changes})
    result = {"recipe": recipe, "epochs_done": 10.0, "diverged": False, "accuracy": 0.9, "network": network}
    return Submission(person, key or f"training {next(_keys)}", TrainingResult(**(result | changes)))


def drawing(person, label=7, key=None, mnist=WHITE, normalized=WHITE):
    """A drawing's Submission."""
    return Submission(person, key or f"drawing {next(_keys)}", SharedDrawing(label, mnist, normalized))


def guess(person, share, question="eta"):
    """A guess's Submission."""
    return Submission(person, f"guess {next(_keys)}", Guess(question, share))


def withdrawal(person, key):
    """The Submission that takes back a drawing."""
    return Submission(person, key, None)


def stored(url):
    """Everything in a database: a dict of table -> list of its rows, each a dict."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = {table: connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings() for table in tables}
        return {table: [dict(row) for row in found] for table, found in rows.items()}


def keys(url, table="trainings"):
    """The keys of all that is in a table, in the order in which it was stored."""
    return [row["key"] for row in stored(url)[table]]


def bytes_of(url):
    """A dict of room -> bytes of its networks and drawings, counted one by one; rooms.bytes must be the same."""
    found, sizes = stored(url), Counter()
    for row in found["trainings"] + found["drawings"]:
        sizes[row["room"]] += sum(len(row.get(part) or b"") for part in ("network", "mnist", "normalized"))
    sizes = {row["id"]: sizes[row["id"]] for row in found["rooms"]}
    assert sizes == {row["id"]: row["bytes"] for row in found["rooms"]}
    return sizes


def plain(board):
    """A Board as it can be compared: with the images as bytes, and without the time."""
    drawings = [
        (row.id, row.number, [np.array(value).tobytes() for value in astuple(row.content)]) for row in board.drawings
    ]
    return board._replace(drawings=tuple(drawings), time=0)
