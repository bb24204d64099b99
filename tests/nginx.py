"""The proxy of the README: nginx with the file that stands there, on a free port of this computer."""

import os
import re
import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from waiting import wait_until

README = Path(__file__).resolve().parent.parent / "README.md"
# What Debian's own file has around that of the README, for one process with all its files in a folder.
AROUND = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.txt;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{site}}}
"""


def free_port():
    """A port of this computer on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def replaced(text, changes):
    """The text with each key replaced by its value; all keys are in it."""
    for old, new in changes.items():
        assert old in text, f"the README's nginx file has no {old!r}"
        text = text.replace(old, new)
    return text


@contextmanager
def nginx(folder, port, changes=()):
    """The proxy's address while it runs before what listens on a port, with changes (text -> text) to its file."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        why = "No nginx: it is neither on the PATH nor in /usr/sbin."
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    front = free_port()
    places = {"listen 80;": f"listen 127.0.0.1:{front};", "127.0.0.1:8501": f"127.0.0.1:{port}"}
    places["/var/lib/nginx/digits"] = f"{folder}/digits"
    site = re.search("```nginx\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    file = folder / "nginx.conf"
    file.write_text(AROUND.format(folder=folder, site=replaced(site, places | dict(changes))))
    process = subprocess.Popen([program, "-p", folder, "-c", file, "-e", folder / "error.txt"])

    def answers():
        assert process.poll() is None, (folder / "error.txt").read_text()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", front)).close()
            return True

    try:
        wait_until(answers)
        yield f"http://127.0.0.1:{front}/digits"
    finally:
        process.terminate()
        process.wait(60)
