"""A Board: everything that a room has at one time, read from the database."""

from typing import NamedTuple

import numpy as np
from sqlalchemy import select

from ..recipe import Recipe
from . import limits
from .schema import drawings, guesses, people, trainings
from .submissions import RESULTS, SETTINGS, SharedDrawing, TrainingResult


class Entry(NamedTuple):
    """A training or a drawing on a Board."""

    id: int
    number: int  # its author's in the room
    content: TrainingResult | SharedDrawing  # the result without its network


class Board(NamedTuple):
    """Everything in a room at one time; times are in seconds since 1970."""

    room: int  # its id
    code: str
    opened: float
    present: frozenset[int]  # people's numbers
    in_training: frozenset[int]
    n_people: int  # all who have joined
    trainings: tuple[Entry, ...]  # in the order of their arrival
    drawings: tuple[Entry, ...]
    guesses: dict[str, dict[int, float]]  # question -> a person's number -> share
    question: str | None  # the teacher's present one
    version: int  # changes with everything but presence
    time: float  # when it was read

    @property
    def finished(self):
        """The numbers of the people who have finished a training."""
        return {training.number for training in self.trainings}


def read_board(connection, room, earlier, now):
    """The Board of a room, given as its row. An earlier Board, or None, saves reading its entries again."""
    known = earlier if earlier is not None and earlier.room == room.id else None
    joined = connection.execute(select(people).where(people.c.room == room.id)).all()
    numbers = {person.id: person.number for person in joined}
    present = frozenset(person.number for person in joined if person.seen > now - limits.PRESENT_SECONDS)
    in_training = present & {person.number for person in joined if person.training}
    if known is not None and known.version == room.version:
        return known._replace(present=present, in_training=in_training, time=now)

    def entries(table, columns, content_of, before):
        found = {entry.id: entry for entry in before}
        ids = set(connection.scalars(select(table.c.id).where(table.c.room == room.id)))
        columns = [table.c[name] for name in ("id", "person", *columns)]
        new = select(*columns).where(table.c.room == room.id, table.c.id > max(found, default=0))
        for row in connection.execute(new.order_by(table.c.id)).mappings():
            found[row["id"]] = Entry(row["id"], numbers[row["person"]], content_of(row))
        return tuple(entry for entry in found.values() if entry.id in ids)  # others have been removed or replaced

    shares = {}
    trained = entries(trainings, (*SETTINGS, *RESULTS), _result, known.trainings if known else ())
    drawn = entries(drawings, ("label", "mnist", "normalized"), _drawing, known.drawings if known else ())
    for guess in connection.execute(select(guesses).where(guesses.c.room == room.id)):
        shares.setdefault(guess.question, {})[numbers[guess.person]] = guess.share
    state = room.id, room.code, room.opened, present, in_training, len(joined), trained, drawn, shares
    return Board(*state, room.question, room.version, now)


def _result(row):
    settings = {name: row[name] for name in SETTINGS} | {"seed": int(row["seed"])}
    return TrainingResult(Recipe(**settings), *(row[name] for name in RESULTS))


def _drawing(row):
    return SharedDrawing(row["label"], *(np.frombuffer(row[name], np.uint8) for name in ("mnist", "normalized")))
