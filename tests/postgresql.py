"""A PostgreSQL server of the tests' own: its files in a folder, on a free port, only for this computer."""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from waiting import wait_until

both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)  # of a test with the fixture url
SETTINGS = {"listen_addresses": "127.0.0.1", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Server:
    """A server that can be stopped and started again; url is that of its database "postgres".

    folder : Path. PostgreSQL refuses to run as root, so root gives the folder to the user postgres, who must be able to
        get there: a folder in pytest's tmp_path is closed to others.
    """

    def __init__(self, folder):
        on_path = shutil.which("initdb")
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
        initdb = Path(on_path).resolve() if on_path else debian[-1] if debian else None
        if initdb is None:
            why = "No PostgreSQL: there is no initdb on the PATH or in /usr/lib/postgresql."
            pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
        self._program, self._folder, self._process = initdb.with_name("postgres"), Path(folder), None
        self._user = {}
        if os.geteuid() == 0:
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"
        command = [initdb, "-D", self._folder / "data", "-U", "postgres", "-A", "trust"]
        command += ["--no-locale", "-E", "UTF8", "--no-sync"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, **self._user)

    def connect(self):
        """A connection that is not in a transaction."""
        return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)

    def disconnect_all(self):
        """End everybody's connections, as a server does that fails."""
        with self.connect() as own:
            others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
            own.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")

    def start(self):
        """Start, and wait until it answers."""
        command = [self._program, "-D", self._folder / "data", "-k", self._folder, "-p", str(self._port)]
        command += [f"--{name}={value}" for name, value in SETTINGS.items()]
        log = self._folder / "log.txt"
        with log.open("ab") as output:
            where = {"cwd": self._folder, "stdout": output, "stderr": output}
            self._process = subprocess.Popen(command, **where, **self._user)

        def answers():
            assert self._process.poll() is None, f"PostgreSQL did not start:\n{log.read_text()}"
            with suppress(psycopg.OperationalError):
                self.connect().close()
                return True

        wait_until(answers)

    def stop(self):
        """Stop at once, whoever is connected; all that was committed is there after the next start."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)


@contextmanager
def postgresql_server(folder):
    """The URL of a server that runs in a new folder until the block ends; see Server about the folder."""
    server = Server(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
