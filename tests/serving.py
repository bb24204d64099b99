"""The page as it is served: Streamlit's own server, in a process of its own."""

import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from nginx import free_port
from waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent


def faults(log):
    """The tracebacks in a server's log; not those that Streamlit writes if a tab is closed while it sends something."""
    return [
        trace for trace in log.split("Traceback (most recent call last):")[1:] if "WebSocketDisconnected" not in trace
    ]


@contextmanager
def running_page(folder, *options, port=None, path=""):
    """A running page, with these options of Streamlit's: its address, and its process. Its files are in a folder.

    port is that of a page that ran before: a browser keeps things for an address. path is that of the page.
    """
    port = port or free_port()
    address, log = f"http://127.0.0.1:{port}{path}", folder / "log.txt"
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.baseUrlPath", path, *options]
    environment = os.environ | {"XDG_DATA_HOME": str(folder)}  # where the classes' database is
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment)

    def answers():
        assert process.poll() is None, log.read_text()
        with suppress(OSError):
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=10).close()
            return True

    try:
        wait_until(answers, every=0.1)
        yield address, process
        assert faults(log.read_text()) == []
    finally:
        process.terminate()
        process.wait(120)
