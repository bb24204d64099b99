"""Classes: rooms, people, trainings, drawings and guesses, in a database.

It knows neither the network nor the page:

    names.py        the codes of rooms, and the names that people get in them
    submissions.py  submissions of students, checked
    limits.py       how much there may be of everything
    schema.py       the tables, and how a database is opened: SQLite in a file, or PostgreSQL
    storing.py      how a batch of submissions is stored
    board.py        everything in a room at one time, read from the database
    rooms.py        rooms and the people in them
    sync.py         the thread between this process and the database

SQLAlchemy is imported only here, and this folder only when somebody starts or joins a class.

Stored are recipes and results of trainings, the networks of each student's best and latest one, labelled drawings (with
consent) and guesses, but no names: everyone is an animal for the day. A secret in the browser identifies the teacher,
or a student after a reload; the database has only its SHA-256. After a day a room is deleted with everything in it, the
oldest earlier if all together become too large. While the database can't be reached, submissions wait in memory.

Several servers, behind a load balancer with sticky sessions, share their classes by the URL of one PostgreSQL in
Streamlit's secrets (.streamlit/secrets.toml). Each needs its driver: pip install "psycopg[binary]".

    [connections.classroom]
    url = "postgresql+psycopg://user:password@host/database"
"""
