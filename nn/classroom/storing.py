"""How submissions get into the database: a batch of one room's, in a dozen statements for all of them.

The rows of the people in the batch are read first, then it is decided in memory which are added, replaced and removed.
With a statement for each step of each submission, the thread would wait for Python's lock a thousand times while two
hundred train.
"""

from collections import Counter
from dataclasses import asdict

from sqlalchemy import delete, func, insert, literal, select, update

from . import limits
from .schema import drawings, guesses, people, rooms, trainings
from .submissions import PIXELS, RESULTS, Guess, SharedDrawing, TrainingResult, Withdrawal

DRAWING_BYTES = 2 * PIXELS
TABLES = {TrainingResult: trainings, SharedDrawing: drawings, Withdrawal: drawings, Guess: guesses}
# Of each table the column by which a person's rows are told apart, and those that tell whether a row has changed.
COMPARED = {trainings: ("key", "epochs_done", "accuracy"), drawings: ("key", "label"), guesses: ("question", "share")}
SIZES = {trainings: func.coalesce(func.length(trainings.c.network), 0), drawings: literal(DRAWING_BYTES)}


def store(connection, room, submissions):
    """Store Submissions to one room, which is locked; returns how many exceeded what a person or the room may have.

    Submissions of people who are no longer in the database are dropped.
    """
    batch = _Batch(connection, room, {one.person.id for one in submissions})
    n_refused = sum(not batch.take(one) for one in submissions)
    batch.write()
    return n_refused


def _values(content):
    """The values of the columns of a submission's content."""
    if isinstance(content, TrainingResult):
        return asdict(content.recipe) | {name: getattr(content, name) for name in (*RESULTS, "network")}
    if isinstance(content, SharedDrawing):
        return {"label": content.label, "mnist": content.mnist.tobytes(), "normalized": content.normalized.tobytes()}
    return asdict(content)


class _Batch:
    """The rows of some people in a room, as they will be: each a dict, with an id if it is stored already.

    size is how many bytes it counts.
    """

    def __init__(self, connection, room, ids):
        self._connection, self._room = connection, room
        self._people = set(connection.scalars(select(people.c.id).where(people.c.id.in_(ids))))
        self._rows, self._removed, self._without_network = {}, {table: [] for table in COMPARED}, []
        for table, names in COMPARED.items():
            columns = [table.c[name] for name in ("id", "person", *names)]
            stored = select(*columns, SIZES.get(table, literal(0)).label("size")).where(table.c.person.in_(ids))
            found = connection.execute(stored.order_by(table.c.id)).mappings()
            self._rows[table] = {(row["person"], row[names[0]]): dict(row) for row in found}
        counts = [select(func.count()).where(table.c.room == room).scalar_subquery() for table in COMPARED]
        state = connection.execute(select(rooms.c.bytes, *counts).where(rooms.c.id == room)).one()
        self._bytes, self._counts = state[0], Counter(dict(zip(COMPARED, state[1:])))

    def take(self, submission):
        """Add, replace or remove a row; False if there is no room for it."""
        person, content, table = submission.person.id, submission.content, TABLES[type(submission.content)]
        if person not in self._people:
            return True
        name, *others = COMPARED[table]
        place = person, content.question if table is guesses else submission.key
        before = self._rows[table].get(place)
        if isinstance(content, Withdrawal):
            if before is not None:
                self._remove(table, place)
            return True
        row = {"room": self._room, "person": person, name: place[1]} | _values(content)
        if before is not None and all(before[other] == row[other] for other in others):
            return True
        if before is None and self._is_full(table, person):
            return False
        if before is not None:
            self._remove(table, place)
        row["size"] = DRAWING_BYTES if table is drawings else len(row.get("network") or b"")
        self._rows[table][place] = row
        self._bytes, self._counts[table] = self._bytes + row["size"], self._counts[table] + 1
        if table is trainings:
            self._keep_best_and_latest_network(person)
            if self._bytes > limits.MAX_ROOM_BYTES:
                self._remove_network(row)
        return True

    def write(self):
        """Write the decisions."""
        for table, rows in self._rows.items():
            if self._removed[table]:
                self._connection.execute(delete(table).where(table.c.id.in_(self._removed[table])))
            new = [{name: row[name] for name in row if name in table.c} for row in rows.values() if "id" not in row]
            if new:
                self._connection.execute(insert(table), new)
        if self._without_network:
            poorer = update(trainings).where(trainings.c.id.in_(self._without_network))
            self._connection.execute(poorer.values(network=None))
        self._connection.execute(update(rooms).where(rooms.c.id == self._room).values(bytes=self._bytes))

    def _is_full(self, table, person):
        """Whether the person or the room may not have one row more."""
        own, in_room = sum(row["person"] == person for row in self._rows[table].values()), self._counts[table]
        if table is trainings:
            return own >= limits.MAX_TRAININGS or in_room >= limits.MAX_ROOM_TRAININGS
        too_many = own >= limits.MAX_DRAWINGS or in_room >= limits.MAX_ROOM_DRAWINGS
        return table is drawings and (too_many or self._bytes + DRAWING_BYTES > limits.MAX_ROOM_BYTES)

    def _remove(self, table, place):
        row = self._rows[table].pop(place)
        self._bytes, self._counts[table] = self._bytes - row["size"], self._counts[table] - 1
        if "id" in row:
            self._removed[table].append(row["id"])

    def _remove_network(self, row):
        self._bytes -= row["size"]
        row["size"], row["network"] = 0, None
        if "id" in row:
            self._without_network.append(row["id"])

    def _keep_best_and_latest_network(self, person):
        """Remove all of a person's networks but those of the best training and of the latest, which has just come."""
        rows = [row for row in self._rows[trainings].values() if row["person"] == person and row["size"]]
        best = max(reversed(rows), key=lambda row: row["accuracy"], default=None)
        for row in rows[:-1]:
            if row is not best:
                self._remove_network(row)
