"""How submissions get into the database: a batch of one room's, in a dozen statements for all of them.

The rows of the people in the batch are read first, and changed in memory. With a statement for each step of each
submission, the thread would wait for Python's lock a thousand times while two hundred train.
"""

from dataclasses import asdict

from sqlalchemy import delete, func, insert, literal, select, update

from . import limits
from .schema import drawings, guesses, people, rooms, trainings
from .submissions import ALL_DRAWINGS, PIXELS, RESULTS, Guess, SharedDrawing, TrainingResult

DRAWING_BYTES = 2 * PIXELS
TABLES = {TrainingResult: trainings, SharedDrawing: drawings, type(None): drawings, Guess: guesses}
# Of each table the column by which a person's rows are told apart, and those that tell whether a row has changed.
COMPARED = {trainings: ("key", "epochs_done", "accuracy"), drawings: ("key", "label"), guesses: ("question", "share")}
SIZES = {trainings: func.coalesce(func.length(trainings.c.network), 0), drawings: literal(DRAWING_BYTES)}
WITHOUT_NETWORK = {"size": 0, "network": None}


def store(connection, room, submissions, max_bytes):
    """Store Submissions to one room, which is locked; returns those that exceeded what a person or the room may have.

    Submissions of people who are no longer in the database are dropped. max_bytes is for networks and drawings.
    """
    ids = {one.person.id for one in submissions}
    known = set(connection.scalars(select(people.c.id).where(people.c.id.in_(ids))))
    rows = {}  # table -> (person, key) -> row: a dict, with an id if it is stored already; size is in bytes
    for table, names in COMPARED.items():
        columns = [table.c[name] for name in ("id", "person", *names)]
        stored = select(*columns, SIZES.get(table, literal(0)).label("size")).where(table.c.person.in_(ids))
        found = connection.execute(stored.order_by(table.c.id)).mappings()
        rows[table] = {(row["person"], row[names[0]]): dict(row) for row in found}
    stored_ids = {table: {row["id"] for row in rows[table].values()} for table in COMPARED}
    counts = [select(func.count()).where(table.c.room == room).scalar_subquery() for table in COMPARED]
    n_bytes, *counts = connection.execute(select(rooms.c.bytes, *counts).where(rooms.c.id == room)).one()
    n_others = {table: n - len(stored_ids[table]) for table, n in zip(COMPARED, counts)}
    other_bytes = n_bytes - _n_bytes(rows)

    most = max_bytes - other_bytes
    refused = [one for one in submissions if one.person.id in known and not _take(one, rows, n_others, most)]
    for table in COMPARED:
        left = rows[table].values()
        if removed := stored_ids[table] - {row.get("id") for row in left}:
            connection.execute(delete(table).where(table.c.id.in_(removed)))
        new = [row | {"room": room} for row in left if "id" not in row]
        if new:
            connection.execute(insert(table), [{name: row[name] for name in row if name in table.c} for row in new])
    poorer = [row["id"] for row in rows[trainings].values() if "id" in row and "network" in row]
    if poorer:
        connection.execute(update(trainings).where(trainings.c.id.in_(poorer)).values(network=None))
    connection.execute(update(rooms).where(rooms.c.id == room).values(bytes=other_bytes + _n_bytes(rows)))
    return refused


def drop_networks(connection, n_bytes, idle):
    """Delete at least n_bytes of the oldest networks of one room; returns False if no room has any.

    Rooms that were last used before the time `idle` come first, and then the room with the most bytes of networks.
    """
    size, has_network = SIZES[trainings], trainings.c.network.is_not(None)
    with_networks = select(rooms.c.id).join(trainings).where(has_network).group_by(rooms.c.id, rooms.c.used)
    room = connection.scalar(with_networks.order_by(rooms.c.used >= idle, func.sum(size).desc(), rooms.c.id).limit(1))
    if room is None:
        return False
    connection.execute(update(rooms).where(rooms.c.id == room).values(version=rooms.c.version + 1))  # locks it
    ids, freed = [], 0
    found = select(trainings.c.id, size).where(trainings.c.room == room, has_network).order_by(trainings.c.id)
    for row in connection.execute(found):
        if freed < n_bytes:
            ids.append(row.id)
            freed += row[1]
    connection.execute(update(trainings).where(trainings.c.id.in_(ids)).values(network=None))
    connection.execute(update(rooms).where(rooms.c.id == room).values(bytes=rooms.c.bytes - freed))
    return True


def _n_bytes(rows):
    return sum(row["size"] for table in SIZES for row in rows[table].values())


def _take(submission, rows, n_others, max_bytes):
    """Add, replace or remove a row; False if it would be one too many.

    n_others : dict of table -> rows of the people in the room who have no part in the batch
    max_bytes : of the people who have a part in it
    """
    person, content, table = submission.person.id, submission.content, TABLES[type(submission.content)]
    name, *others = COMPARED[table]
    place = person, content.question if table is guesses else submission.key
    before = rows[table].get(place)
    if content is None:
        for one in [*rows[table]]:
            if one == place or (one[0] == person and submission.key == ALL_DRAWINGS):
                del rows[table][one]
        return True
    row = {"person": person, name: place[1]} | _values(content)
    if before is not None and all(before[other] == row[other] for other in others):
        return True
    if before is None:
        n_own, n_in_room = sum(id == person for id, _ in rows[table]), n_others[table] + len(rows[table])
        if table is trainings and (n_own >= limits.MAX_TRAININGS or n_in_room >= limits.MAX_ROOM_TRAININGS):
            return False
        if table is drawings:
            too_many = n_own >= limits.MAX_DRAWINGS or n_in_room >= limits.MAX_ROOM_DRAWINGS
            if too_many or _n_bytes(rows) + DRAWING_BYTES > max_bytes:
                return False
    rows[table].pop(place, None)  # a new row comes last
    rows[table][place] = row | {"size": DRAWING_BYTES if table is drawings else len(row.get("network") or b"")}
    if table is trainings:
        _keep_best_and_latest_network([row for row in rows[table].values() if row["person"] == person])
        if _n_bytes(rows) > max_bytes:
            rows[table][place] |= WITHOUT_NETWORK
    return True


def _values(content):
    """The values of the columns of a submission's content."""
    if isinstance(content, TrainingResult):
        return asdict(content.recipe) | {name: getattr(content, name) for name in (*RESULTS, "network")}
    if isinstance(content, SharedDrawing):
        return {"label": content.label, "mnist": content.mnist.tobytes(), "normalized": content.normalized.tobytes()}
    return asdict(content)


def _keep_best_and_latest_network(own):
    """Remove all of a person's networks but those of the best training and of the latest, which has just come."""
    with_network = [row for row in own if row["size"]]
    best = max(reversed(with_network), key=lambda row: row["accuracy"], default=None)
    for row in with_network[:-1]:
        if row is not best:
            row |= WITHOUT_NETWORK
