"""What a class has in common: rooms, people, trainings, drawings and guesses, in a database.

It knows neither the network nor the page:

    schema.py     the tables, and how a database is opened: SQLite in a file, or PostgreSQL
    names.py      the codes of rooms, and the names that people get in them
    questions.py  what a teacher can ask before everybody trains
    posts.py      what people hand in, checked
    limits.py     how much there may be of everything
    rooms.py      rooms and who is in them: written, and read as a board
    storing.py    what people hand in, stored in batches
    exchange.py   the thread that carries all this between one process and the database

SQLAlchemy is imported here only, and this folder only when a class is used.
"""
