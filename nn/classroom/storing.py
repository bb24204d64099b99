"""How what people hand in gets into the database: a batch of posts of one room, in a dozen statements for all of them.

What the people of the batch have is read first, then it is decided in memory what stays, comes and goes. A statement
for each step of each post would make the thread wait for Python's lock a thousand times while two hundred train.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select, update

from . import limits
from .posts import PIXELS, Drawn, Guessed, Trained
from .schema import drawings, guesses, people, rooms, trainings

DRAWING_BYTES = 2 * PIXELS


@dataclass
class _Row:
    """A training or a drawing: one that is stored already has an id, and a new one has values."""

    id: int | None
    person: int
    same: tuple  # what has to be equal if it is handed in again
    values: dict | None = None
    accuracy: float = 0.0
    bytes: int = 0  # of the network
    loses_network: bool = False


def store(connection, room, posts):
    """Store checked Posts of one room, which is locked; returns how many exceeded what a person or the room may have.

    Posts of people who are no longer in the database are dropped.
    """
    batch = _Batch(connection, room, {post.person.id for post in posts})
    take = {Trained: batch.take_training, Drawn: batch.take_drawing, Guessed: batch.take_guess}
    refused = sum(not take.get(type(post.content), batch.take_back)(*post) for post in posts)
    batch.write()
    return refused


class _Batch:
    def __init__(self, connection, room, ids):
        self._connection, self._room = connection, room
        self._there = set(connection.scalars(select(people.c.id).where(people.c.id.in_(ids))))
        of = {table: table.c.person.in_(ids) for table in (trainings, drawings, guesses)}
        t, d = trainings.c, drawings.c
        stored = select(t.id, t.person, t.key, t.epochs_done, t.accuracy, func.length(t.network).label("bytes"))
        rows = connection.execute(stored.where(of[trainings]).order_by(t.id)).all()
        self._trainings = {
            row.key: _Row(row.id, row.person, (row.epochs_done, row.accuracy), None, row.accuracy, row.bytes or 0)
            for row in rows
        }
        rows = connection.execute(select(d.id, d.person, d.key, d.label).where(of[drawings]))
        self._drawings = {(row.person, row.key): _Row(row.id, row.person, (row.label,)) for row in rows}
        rows = connection.execute(select(guesses.c.id, guesses.c.person, guesses.c.question).where(of[guesses]))
        self._guesses = {(row.person, row.question): _Row(row.id, row.person, ()) for row in rows}
        counted = [select(func.count()).where(table.c.room == room) for table in (trainings, drawings)]
        sizes = select(rooms.c.bytes, *(count.scalar_subquery() for count in counted)).where(rooms.c.id == room)
        self._bytes, self._n_trainings, self._n_drawings = connection.execute(sizes).one()
        self._gone = {trainings: [], drawings: [], guesses: []}  # the ids of rows to be deleted

    def take_training(self, person, key, trained):
        """Take a training, in the place of an earlier state of it; False if there is no room for it."""
        if person.id not in self._there:
            return True
        same = trained.epochs_done, trained.accuracy
        before = self._trainings.get(key)
        if before is not None and before.same == same:
            return True
        if before is None:
            own = sum(row.person == person.id for row in self._trainings.values())
            if own >= limits.MAX_TRAININGS or self._n_trainings >= limits.MAX_ROOM_TRAININGS:
                return False
            self._n_trainings += 1
        else:
            self._remove(trainings, self._trainings, key)
        result = {name: getattr(trained, name) for name in ("epochs_done", "diverged", "accuracy", "network")}
        values = asdict(trained.recipe) | result | {"room": self._room, "person": person.id, "key": key}
        n = len(trained.network or b"")
        row = self._trainings[key] = _Row(None, person.id, same, values, values["accuracy"], n)
        self._bytes += n
        self._keep_best_and_latest(person.id)
        if self._bytes > limits.MAX_ROOM_BYTES:
            self._lose_network(row)
        return True

    def take_drawing(self, person, key, drawn):
        """Take a drawing, in the place of the same one with another label; False if there is no room for it."""
        if person.id not in self._there:
            return True
        before = self._drawings.get((person.id, key))
        if before is not None and before.same == (drawn.label,):
            return True
        self.take_back(person, key)
        own = sum(row.person == person.id for row in self._drawings.values())
        if (
            own >= limits.MAX_DRAWINGS
            or self._n_drawings >= limits.MAX_ROOM_DRAWINGS
            or self._bytes + DRAWING_BYTES > limits.MAX_ROOM_BYTES
        ):
            return False
        values = {"label": drawn.label, "mnist": drawn.mnist.tobytes(), "normalized": drawn.normalized.tobytes()}
        values |= {"room": self._room, "person": person.id, "key": key}
        self._drawings[person.id, key] = _Row(None, person.id, (values["label"],), values)
        self._n_drawings, self._bytes = self._n_drawings + 1, self._bytes + DRAWING_BYTES
        return True

    def take_back(self, person, key, _=None):
        """Remove a drawing, if it is there."""
        if (person.id, key) in self._drawings:
            self._remove(drawings, self._drawings, (person.id, key))
            self._n_drawings, self._bytes = self._n_drawings - 1, self._bytes - DRAWING_BYTES
        return True

    def take_guess(self, person, key, guessed):
        """Take a guess, in the place of an earlier one."""
        if person.id in self._there:
            place = person.id, guessed.question
            if place in self._guesses:
                self._remove(guesses, self._guesses, place)
            values = {"room": self._room, "person": person.id}
            values |= {"question": guessed.question, "share": guessed.share}
            self._guesses[place] = _Row(None, person.id, (), values)
        return True

    def write(self):
        """Write what has been decided."""
        for table, ids in self._gone.items():
            if ids:
                self._connection.execute(delete(table).where(table.c.id.in_(ids)))
        poorer = [row.id for row in self._trainings.values() if row.loses_network and row.id is not None]
        if poorer:
            self._connection.execute(update(trainings).where(trainings.c.id.in_(poorer)).values(network=None))
        for table, rows in [(trainings, self._trainings), (drawings, self._drawings), (guesses, self._guesses)]:
            new = [row.values for row in rows.values() if row.values is not None]
            if new:
                self._connection.execute(insert(table), new)
        self._connection.execute(update(rooms).where(rooms.c.id == self._room).values(bytes=self._bytes))

    def _remove(self, table, rows, key):
        row = rows.pop(key)
        self._bytes -= row.bytes
        if row.id is not None:
            self._gone[table].append(row.id)

    def _lose_network(self, row):
        self._bytes -= row.bytes
        row.bytes, row.loses_network = 0, True
        if row.values is not None:
            row.values["network"] = None

    def _keep_best_and_latest(self, person):
        """Of all a person's networks, keep that of the best training and that of the latest, which has just come."""
        with_network = [row for row in self._trainings.values() if row.person == person and row.bytes]
        if with_network:
            best = max(reversed(with_network), key=lambda row: row.accuracy)
            for row in with_network[:-1]:
                if row is not best:
                    self._lose_network(row)
