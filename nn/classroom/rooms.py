"""Rooms and the people in them, in the database of the classes."""

import hmac
import time
from contextlib import contextmanager

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from ..questions.predictions import QUESTIONS
from . import limits
from .board import read_board
from .names import digest, new_code, new_secret
from .schema import drawings, make_tables, open_database, people, rooms, trainings
from .storing import COMPARED, DRAWING_BYTES, drop_networks, store
from .submissions import Person

NO_SUCH_CLASS = "There is no class with this code. It may have ended."
AWAY = "The class can't be reached at the moment."


class ClassError(Exception):
    """Something can't be done; the message is a sentence for the user."""


class NoSuchClass(ClassError):
    """There is no room with this code."""


class Unreachable(ClassError):
    """The database is locked, full, read-only, slow or gone; it may be tried again."""


class Classroom:
    """The rooms in a database. Its methods raise ClassError, and Unreachable if it is the database's fault.

    clock : function that returns seconds since 1970
    """

    def __init__(self, url, clock=time.time):
        self._url, self._clock, self._engine, self._has_tables = url, clock, None, False

    def open_room(self):
        """Make a room; returns its code and the teacher's secret."""
        secret, now = new_secret(), self._clock()
        with self._transaction() as connection:
            connection.execute(delete(rooms).where(~self._is_open()))
            if connection.scalar(select(func.count()).select_from(rooms)) >= limits.MAX_ROOMS:
                empty = [_nothing_from("room", rooms.c.id), rooms.c.used < now - limits.EMPTY_SECONDS]
                is_joined = exists().where(people.c.room == rooms.c.id)
                newest = select(rooms.c.id).where(*empty).order_by(is_joined, rooms.c.id.desc()).limit(1)
                if not self._delete_one(connection, newest) and not self._delete_one(connection, self._least_used()):
                    raise ClassError("There are too many classes at the moment. Please try again in some minutes.")
            while connection.scalar(select(rooms.c.id).where(rooms.c.code == (code := new_code()))):
                pass  # it is taken
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
        with self._as_teacher(code, secret) as (connection, room):
            connection.execute(delete(rooms).where(rooms.c.id == room))

    def ask(self, code, secret, question):
        """Ask a question in a room, or none (None); only its teacher can."""
        if question is not None and question not in QUESTIONS:
            raise ClassError("There is no such question.")
        with self._as_teacher(code, secret) as (connection, room):
            connection.execute(update(rooms).where(rooms.c.id == room).values(question=question))

    def remove_drawing(self, code, secret, drawing):
        """Remove a drawing, given by its id, from a room; only its teacher can."""
        with self._as_teacher(code, secret) as (connection, room):
            removed = delete(drawings).where(drawings.c.id == drawing, drawings.c.room == room)
            n_bytes = connection.execute(removed).rowcount * DRAWING_BYTES
            connection.execute(update(rooms).where(rooms.c.id == room).values(bytes=rooms.c.bytes - n_bytes))

    def join(self, code, secret=None):
        """The Person in a room whose secret this is; a new one if nobody has it.

        In a full room, a newcomer gets the place of the person who has been away longest without handing anything in.
        """
        with self._transaction() as connection:
            room, now = self._enter(connection, code), self._clock()
            known = select(people.c.id, people.c.number).where(people.c.room == room, people.c.secret == digest(secret))
            found = secret and connection.execute(known).first()
            if found:
                return Person(room, found.id, found.number, secret)
            secret = new_secret()
            values = {"secret": digest(secret), "seen": now, "training": False}
            number = 1 + (connection.scalar(select(func.max(people.c.number)).where(people.c.room == room)) or 0)
            if number <= limits.MAX_PEOPLE:
                result = connection.execute(insert(people).values(values | {"room": room, "number": number}))
                return Person(room, result.inserted_primary_key[0], number, secret)
            away = people.c.room == room, people.c.seen < now - limits.AWAY_SECONDS
            free = select(people.c.id, people.c.number).where(*away, _nothing_from("person", people.c.id))
            place = connection.execute(free.order_by(people.c.seen).limit(1)).first()
            if place is None:
                full = f"This class is full: {limits.MAX_PEOPLE} people have joined it."
                raise ClassError(f"{full} A place may be free in a minute: reload the page then.")
            connection.execute(update(people).where(people.c.id == place.id).values(values))
            return Person(room, place.id, place.number, secret)

    def mark_present(self, present, watched=()):
        """Record who is present: a dict of Person -> whether they train; and the codes of boards that are open."""
        now = self._clock()
        with self._transaction() as connection:
            for training in (True, False):
                ids = [person.id for person, trains in present.items() if trains == training]
                connection.execute(update(people).where(people.c.id.in_(ids)).values(seen=now, training=training))
            in_use = or_(rooms.c.id.in_({person.room for person in present}), rooms.c.code.in_(watched))
            connection.execute(update(rooms).where(in_use).values(used=now))

    def submit(self, submissions):
        """Store Submissions to one room, all or none; returns those that exceeded what a person or a room may have.

        Those to a room or from a person that no longer exists are dropped. If all rooms together become too large,
        networks go first, and then rooms that nobody uses. The drawings in the others stay, so this room can have only
        what they leave.
        """
        room = submissions[0].person.room
        with self._transaction() as connection:
            if not self._lock(connection, room):
                return []
            others = rooms.c.id != room, rooms.c.used >= self._idle
            n_stay = connection.scalar(select(func.count()).select_from(drawings.join(rooms)).where(*others))
            most = min(limits.MAX_BYTES - n_stay * DRAWING_BYTES, limits.MAX_ROOM_BYTES)
            refused = store(connection, room, submissions, most)
            excess = _excess(connection)
        while excess > 0:  # one room in each transaction: two processes can't wait for one another
            with self._transaction() as connection:
                gone = drop_networks(connection, excess, self._idle)
                gone = gone or self._delete_one(connection, self._least_used(rooms.c.bytes > 0))
                excess = _excess(connection) if gone else 0
        return refused

    def board(self, code, earlier=None):
        """The Board of a room, or None if there is no such room (any more).

        earlier : Board or None
            Saves reading its entries again.
        """
        now = self._clock()
        with self._transaction(reading=True) as connection:
            room = connection.execute(select(rooms).where(rooms.c.code == code, self._is_open())).first()
            return None if room is None else read_board(connection, room, earlier, now)

    def networks(self, ids):
        """The network files of trainings: a dict of id -> bytes, without those that have none."""
        with self._transaction(reading=True) as connection:
            rows = connection.execute(select(trainings.c.id, trainings.c.network).where(trainings.c.id.in_(ids)))
            return {row.id: row.network for row in rows if row.network is not None}

    def with_network(self, room):
        """The ids of a room's trainings that have a network."""
        with self._transaction(reading=True) as connection:
            ids = select(trainings.c.id).where(trainings.c.room == room, trainings.c.network.is_not(None))
            return list(connection.scalars(ids.order_by(trainings.c.id)))

    def remove_ended(self):
        """Delete the rooms whose day is over."""
        with self._transaction() as connection:
            connection.execute(delete(rooms).where(~self._is_open()))

    @contextmanager
    def _transaction(self, reading=False):
        """A connection in a transaction. Raises Unreachable if the database fails."""
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

    @property
    def _idle(self):
        """The time since which a room that is in use must have been used."""
        return self._clock() - limits.IDLE_SECONDS

    def _least_used(self, *conditions):
        """A query of the room that was not used for longest, of those not in use that fulfil the conditions."""
        return select(rooms.c.id).where(rooms.c.used < self._idle, *conditions).order_by(rooms.c.used).limit(1)

    def _delete_one(self, connection, query):
        """Delete the room that a query finds; returns whether there is one."""
        return bool(connection.execute(delete(rooms).where(rooms.c.id == query.scalar_subquery())).rowcount)

    def _is_open(self):
        return rooms.c.opened > self._clock() - limits.ROOM_SECONDS

    def _enter(self, connection, code):
        """The id of an open room, which nobody else changes until the transaction is over."""
        room = connection.scalar(select(rooms.c.id).where(rooms.c.code == code, self._is_open()))
        if room is None or not self._lock(connection, room):
            raise NoSuchClass(NO_SUCH_CLASS)
        return room

    @contextmanager
    def _as_teacher(self, code, secret):
        """A connection in a transaction, and the id of a room that the teacher changes in it."""
        with self._transaction() as connection:
            room = self._enter(connection, code)
            known = connection.scalar(select(rooms.c.teacher).where(rooms.c.id == room))
            if not hmac.compare_digest(known, digest(secret)):
                raise ClassError("Only the teacher of this class can do that.")
            yield connection, room

    def _lock(self, connection, room):
        """Begin to change a room: others wait, and its boards are read again. False if there is no such room."""
        changed = update(rooms).where(rooms.c.id == room).values(version=rooms.c.version + 1, used=self._clock())
        return bool(connection.execute(changed).rowcount)


def _excess(connection):
    """The bytes by which all rooms together exceed what they may have."""
    return (connection.scalar(select(func.sum(rooms.c.bytes))) or 0) - limits.MAX_BYTES


def _nothing_from(column, id):
    """A condition: nobody in a room, or a person, has handed in anything; id is a column of a query around it."""
    return ~or_(*(exists().where(table.c[column] == id) for table in COMPARED))
