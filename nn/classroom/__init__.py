"""What a class has in common: rooms, people, trainings, drawings and guesses, in a database.

It knows neither the network nor the page:

    names.py        the codes of rooms, and the names that people get in them
    submissions.py  what students submit, checked
    limits.py       how much there may be of everything
    schema.py       the tables, and how a database is opened: SQLite in a file, or PostgreSQL
    storing.py      how a batch of submissions is stored
    board.py        everything in a room at one time, read from the database
    rooms.py        rooms and the people in them
    sync.py         the thread between this process and the database

SQLAlchemy is imported only here, and this folder only when a class is used. The questions that a teacher can ask are in
nn/questions/predictions.py.

A room is open for a day and is then deleted with everything in it. A secret identifies the teacher, and another one
each student after a reload; the database has only their SHA-256, and names follow from a person's number in the room.
When all rooms together become too large, the oldest is deleted. The networks of a person's best and latest training are
stored, those of others only until then.

Several servers share their classes by the URL of one PostgreSQL in Streamlit's secrets (.streamlit/secrets.toml):

    [connections.classroom]
    url = "postgresql+psycopg://user:password@host/database"

Each then needs its driver: pip install "psycopg[binary]". The tables are made at the first use.
"""
