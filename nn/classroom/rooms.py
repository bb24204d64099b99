"""Rooms and who is in them: written to the database of the classes, and read from it as a Board."""

import hmac
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import fields
from typing import NamedTuple

import numpy as np
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from ..questions.predictions import QUESTIONS
from ..recipe import Recipe
from . import limits
from .names import digest, new_code, new_secret
from .posts import Person
from .schema import drawings, guesses, make_tables, open_database, people, rooms, trainings
from .storing import DRAWING_BYTES, store

NO_SUCH_CLASS = "There is no class with this code. It may have ended."
AWAY = "The class can't be reached at the moment."
SETTINGS = [field.name for field in fields(Recipe)]
RESULTS = ["epochs_done", "diverged", "accuracy"]


class ClassError(Exception):
    """What was asked for can't be done; the message is a sentence for the user."""


class NoSuchClass(ClassError):
    """There is no room with a code."""


class Unreachable(ClassError):
    """The database is locked, full, read-only, slow or gone: what failed may be tried again."""


class TrainingRow(NamedTuple):
    """A training of the class: the number of who trained it, its Recipe, and how it came out, as in Trained."""

    id: int
    number: int
    recipe: Recipe
    epochs_done: float
    diverged: bool
    accuracy: float


class DrawingRow(NamedTuple):
    """A drawing of the class: the number of who drew it, its label, and dict of preparation -> uint8 (784,)."""

    id: int
    number: int
    label: int
    images: dict


class Board(NamedTuple):
    """What is in a room at one time.

    here, in_training, finished : frozensets of people's numbers: who is there, trains, or has finished a training
    n_people : int, how many have joined
    trainings : tuple of TrainingRow; drawings : tuple of DrawingRow; both in the order in which they came
    guesses : dict of question -> dict of a person's number -> share
    question : str or None, what the teacher asks now
    version : int, changes with everything but who is here
    time : float, when it was read
    """

    room: int
    code: str
    opened: float
    here: frozenset
    in_training: frozenset
    finished: frozenset
    n_people: int
    trainings: tuple
    drawings: tuple
    guesses: dict
    question: str | None
    version: int
    time: float


class Classroom:
    """The rooms in a database. Its methods raise ClassError, and Unreachable if it is the database's fault.

    clock : function that returns seconds since 1970
    """

    def __init__(self, url, clock=time.time):
        self._url, self._clock, self._engine, self._has_tables = url, clock, None, False
        self._wrong_codes = deque(maxlen=limits.MAX_WRONG_CODES)  # when they were tried

    def open_room(self):
        """Make a room; returns its code and the teacher's secret."""
        secret, now = new_secret(), self._clock()
        with self._transaction() as connection:
            self._remove_ended(connection)
            if connection.scalar(select(func.count()).select_from(rooms)) >= limits.MAX_ROOMS:
                idle = (
                    select(rooms.c.id).where(rooms.c.used < now - limits.IDLE_SECONDS).order_by(rooms.c.used).limit(1)
                )
                if not connection.execute(delete(rooms).where(rooms.c.id == idle.scalar_subquery())).rowcount:
                    raise ClassError("There are too many classes at the moment. Please try again later.")
            code = new_code()
            while connection.scalar(select(rooms.c.id).where(rooms.c.code == code)):
                code = new_code()
            values = {"code": code, "teacher": digest(secret), "opened": now, "used": now, "version": 0, "bytes": 0}
            connection.execute(insert(rooms).values(values))
        return code, secret

    def is_teacher(self, code, secret):
        """Whether this is the secret of the room's teacher; False too if there is no such room."""
        with self._transaction(reading=True) as connection:
            known = connection.scalar(select(rooms.c.teacher).where(rooms.c.code == code, self._is_open()))
        return known is not None and hmac.compare_digest(known, digest(secret))

    def end_room(self, code, secret):
        """End a room at once, with everything in it; only its teacher can."""
        with self._transaction() as connection:
            connection.execute(delete(rooms).where(rooms.c.id == self._taught_by(connection, code, secret)))

    def ask(self, code, secret, question):
        """Ask a question in a room, or none (None); only its teacher can."""
        if question is not None and question not in QUESTIONS:
            raise ClassError("There is no such question.")
        with self._transaction() as connection:
            room = self._taught_by(connection, code, secret)
            connection.execute(update(rooms).where(rooms.c.id == room).values(question=question))

    def take_out(self, code, secret, drawing):
        """Remove a drawing, given by its id, from the class's; only the teacher can."""
        with self._transaction() as connection:
            room = self._taught_by(connection, code, secret)
            gone = delete(drawings).where(drawings.c.id == drawing, drawings.c.room == room)
            n = connection.execute(gone).rowcount * DRAWING_BYTES
            connection.execute(update(rooms).where(rooms.c.id == room).values(bytes=rooms.c.bytes - n))

    def join(self, code, secret=None):
        """The Person in a room whose secret this is; somebody new if nobody has it.

        After many codes that don't exist nobody new is let in for a while, so that codes can't be found by trying.
        """
        with self._transaction() as connection:
            try:
                room = self._enter(connection, code)
            except NoSuchClass:
                self._check_nobody_tries()
                self._wrong_codes.append(self._clock())
                raise
            known = select(people.c.id, people.c.number).where(people.c.room == room, people.c.secret == digest(secret))
            found = secret and connection.execute(known).first()
            if found:
                return Person(room, found.id, found.number, secret)
            self._check_nobody_tries()
            number = 1 + (connection.scalar(select(func.max(people.c.number)).where(people.c.room == room)) or 0)
            if number > limits.MAX_PEOPLE:
                raise ClassError(f"This class is full: {limits.MAX_PEOPLE} people have joined it.")
            secret = new_secret()
            values = {"room": room, "number": number, "secret": digest(secret), "seen": self._clock()}
            result = connection.execute(insert(people).values(values | {"training": False}))
            return Person(room, result.inserted_primary_key[0], number, secret)

    def greet(self, present):
        """Note who is there: a dict of Person -> whether they train."""
        now = self._clock()
        with self._transaction() as connection:
            for training in (True, False):
                ids = [person.id for person, trains in present.items() if trains == training]
                connection.execute(update(people).where(people.c.id.in_(ids)).values(seen=now, training=training))
            in_use = sorted({person.room for person in present})
            connection.execute(update(rooms).where(rooms.c.id.in_(in_use)).values(used=now))

    def hand_in(self, posts):
        """Store checked Posts of one room, all or none; returns how many exceeded what a person or a room may have.

        Posts for a room or from a person that is no more are dropped.
        """
        with self._transaction() as connection:
            if not self._lock(connection, posts[0].person.room):
                return 0
            refused = store(connection, posts[0].person.room, posts)
            total = connection.scalar(select(func.sum(rooms.c.bytes)))
            while total > limits.MAX_BYTES:  # the oldest goes first
                oldest = connection.execute(select(rooms.c.id, rooms.c.bytes).order_by(rooms.c.opened).limit(1)).one()
                connection.execute(delete(rooms).where(rooms.c.id == oldest.id))
                total -= oldest.bytes
        return refused

    def board(self, code, before=None):
        """The Board of a room, or None if there is no such room (any more).

        before : Board or None
            An earlier one: what has not changed since is taken from it. Without one, a code that doesn't exist counts
            as in join().
        """
        now = self._clock()
        if before is None:
            self._check_nobody_tries()
        with self._transaction(reading=True) as connection:
            room = connection.execute(select(rooms).where(rooms.c.code == code, self._is_open())).first()
            if room is None:
                if before is None:
                    self._wrong_codes.append(now)
                return None
            if before is not None and before.room != room.id:
                before = None
            who = connection.execute(select(people).where(people.c.room == room.id)).all()
            numbers = {person.id: person.number for person in who}
            here = frozenset(person.number for person in who if person.seen > now - limits.HERE_SECONDS)
            in_training = here & {person.number for person in who if person.training}
            if before is None or before.version != room.version:
                trained = _read_trainings(connection, room.id, numbers, before)
                drawn = _read_drawings(connection, room.id, numbers, before)
                guessed = {}
                for guess in connection.execute(select(guesses).where(guesses.c.room == room.id)):
                    guessed.setdefault(guess.question, {})[numbers[guess.person]] = guess.share
            else:
                trained, drawn, guessed = before.trainings, before.drawings, before.guesses
        finished = frozenset(training.number for training in trained)
        return Board(
            room=room.id,
            code=room.code,
            opened=room.opened,
            here=here,
            in_training=in_training,
            finished=finished,
            n_people=len(who),
            trainings=trained,
            drawings=drawn,
            guesses=guessed,
            question=room.question,
            version=room.version,
            time=now,
        )

    def networks(self, ids):
        """The network files of trainings: a dict of id -> bytes, without those that are not kept."""
        with self._transaction(reading=True) as connection:
            chosen = select(trainings.c.id, trainings.c.network).where(
                trainings.c.id.in_(ids), trainings.c.network.is_not(None)
            )
            return {row.id: row.network for row in connection.execute(chosen)}

    def kept_networks(self, room):
        """The ids of a room's trainings whose networks are kept."""
        with self._transaction(reading=True) as connection:
            kept = select(trainings.c.id).where(trainings.c.room == room, trainings.c.network.is_not(None))
            return list(connection.scalars(kept.order_by(trainings.c.id)))

    def remove_ended(self):
        """Delete the rooms whose day is over."""
        with self._transaction() as connection:
            self._remove_ended(connection)

    @contextmanager
    def _transaction(self, reading=False):
        """A connection in a transaction; what the database can't do is Unreachable."""
        try:
            self._engine = self._engine or open_database(self._url)
            if not self._has_tables:
                make_tables(self._engine)
                self._has_tables = True
            with self._engine.connect().execution_options(reading=reading) as connection, connection.begin():
                yield connection
        except (SQLAlchemyError, OSError, ImportError) as error:
            self._has_tables = False  # the next time, it may be a new database
            raise Unreachable(AWAY) from error

    def _check_nobody_tries(self):
        """Raise Unreachable while somebody seems to look for codes by trying many."""
        many = len(self._wrong_codes) == limits.MAX_WRONG_CODES
        if many and self._clock() < self._wrong_codes[0] + limits.WRONG_SECONDS:
            raise Unreachable("Too many codes were tried that don't exist. Please wait a minute.")

    def _is_open(self):
        return rooms.c.opened > self._clock() - limits.ROOM_SECONDS

    def _remove_ended(self, connection):
        connection.execute(delete(rooms).where(~self._is_open()))

    def _enter(self, connection, code):
        """The id of an open room, which nobody else changes until the transaction is over."""
        room = connection.scalar(select(rooms.c.id).where(rooms.c.code == code, self._is_open()))
        if room is None or not self._lock(connection, room):
            raise NoSuchClass(NO_SUCH_CLASS)
        return room

    def _taught_by(self, connection, code, secret):
        """The same, but only for the teacher."""
        room = self._enter(connection, code)
        known = connection.scalar(select(rooms.c.teacher).where(rooms.c.id == room))
        if not hmac.compare_digest(known, digest(secret)):
            raise ClassError("Only the teacher of this class can do that.")
        return room

    def _lock(self, connection, room):
        """Begin to change a room: others wait, and its boards are read again. False if there is no such room."""
        changed = update(rooms).where(rooms.c.id == room).values(version=rooms.c.version + 1, used=self._clock())
        return bool(connection.execute(changed).rowcount)


def _read_trainings(connection, room, numbers, before):
    """A room's trainings: some of an earlier Board may be gone, continued meanwhile, and the others are read."""
    known = {training.id: training for training in before.trainings} if before else {}
    ids = set(connection.scalars(select(trainings.c.id).where(trainings.c.room == room)))
    columns = [trainings.c[name] for name in ("id", "person", *SETTINGS, *RESULTS)]
    new = select(*columns).where(trainings.c.room == room, trainings.c.id > max(known, default=0))
    for row in connection.execute(new.order_by(trainings.c.id)):
        values = row._asdict()
        recipe = Recipe(**{name: values.pop(name) for name in SETTINGS} | {"seed": int(row.seed)})
        known[row.id] = TrainingRow(number=numbers[values.pop("person")], recipe=recipe, **values)
    return tuple(training for training in known.values() if training.id in ids)


def _read_drawings(connection, room, numbers, before):
    """A room's drawings: some of an earlier Board may be gone, and the others are read."""
    known = {drawing.id: drawing for drawing in before.drawings} if before else {}
    ids = set(connection.scalars(select(drawings.c.id).where(drawings.c.room == room)))
    new = select(drawings).where(drawings.c.room == room, drawings.c.id > max(known, default=0))
    for row in connection.execute(new.order_by(drawings.c.id)):
        images = {name: np.frombuffer(getattr(row, name), np.uint8) for name in ("mnist", "normalized")}
        known[row.id] = DrawingRow(row.id, numbers[row.person], row.label, images)
    return tuple(drawing for drawing in known.values() if drawing.id in ids)
