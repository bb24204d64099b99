"""Classes: rooms, people, trainings, drawings and guesses, in a database.

It knows neither the network nor the page. Begin with submissions.py and rooms.py; sync.py is the thread between this
process and the database. SQLAlchemy is imported only here, and only if somebody uses a class or has left a database.

Stored are recipes and results of trainings, each student's best and latest network, labelled drawings (with consent)
and guesses, but no names. A secret in the browser identifies the teacher, or a student after a reload; the database has
only its SHA-256. After a day a room is deleted with everything in it. If all rooms together become too large, networks
are deleted earlier, and then rooms that nobody uses.

Several servers, behind a load balancer with sticky sessions, share their classes by the URL of one PostgreSQL in
Streamlit's secrets (.streamlit/secrets.toml). Each needs its driver: pip install "psycopg[binary]".

    [connections.classroom]
    url = "postgresql+psycopg://user:password@host/database"
"""

from platformdirs import user_data_path


def default_file():
    """The SQLite file in this user's data folder (on Linux, $XDG_DATA_HOME or ~/.local/share)."""
    return user_data_path("nn-mnist", appauthor=False) / "classes.sqlite"
