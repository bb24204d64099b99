"""OpenML's images, fetched by a process of its own: nobody has to wait for it, and it can be ended at any time."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from weakref import WeakKeyDictionary

from ..images.mnist import cache_path

COMMAND = [sys.executable, "-m", "nn", "download"]  # prints its progress as "42 %"
ENDED = 143  # the exit status of a command that was told to end, by the shell's convention
WAITING = 30  # seconds: who hasn't said so for longer waits no more
LIMIT = 900  # seconds: a download that takes longer is given up


class Download:
    """The download of OpenML's images to cache_path(), one for all visitors.

    share : float in 0..1, how much has arrived
    error : str, why the latest one failed: a sentence for the user, "" if it didn't
    """

    def __init__(self):
        self.share, self.error = 0.0, ""
        self._lock, self._process = threading.Lock(), None
        self._waiting = WeakKeyDictionary()  # who waits -> when they last said so, by time.monotonic()

    @property
    def is_here(self):
        """Whether the images are stored, from this download or an earlier one."""
        return os.path.isfile(cache_path())

    @property
    def active(self):
        """Whether it is under way."""
        return self._process is not None

    def start(self, visitor):
        """Begin it in the background, unless it is under way; the visitor (anything hashable) waits for it."""
        with self._lock:
            self._waiting[visitor] = time.monotonic()
            if self._process is not None:
                return
            self.share, self.error = 0.0, ""
            folder, pipes = Path(__file__).parents[2], {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            try:
                self._process = subprocess.Popen(COMMAND, cwd=folder, text=True, **pipes)
            except OSError as error:
                self.error = f"The download can't be started: {error.strerror}."
                return
            threading.Thread(target=self._watch, args=[self._process], daemon=True, name="download").start()

    def wait(self, visitor):
        """Note that a visitor still waits for it. Call it again and again."""
        with self._lock:
            self._waiting[visitor] = time.monotonic()

    def leave(self, visitor):
        """Note that a visitor waits no longer; if nobody else does, it is ended."""
        with self._lock:
            self._waiting.pop(visitor, None)
            latest = max(self._waiting.values(), default=-WAITING)
            if self._process is not None and time.monotonic() > latest + WAITING:
                self._process.terminate()
                self._process = None

    def _watch(self, process):
        limit = threading.Timer(LIMIT, process.terminate)
        limit.daemon = True
        limit.start()
        said = ""  # the reason of a failure
        with process:
            for line in process.stdout:
                found = re.match(r"(\d+) %", line)
                if found and self._process is process:
                    self.share = int(found[1]) / 100
                said = line if line.startswith("error: ") else said
        limit.cancel()
        with self._lock:
            if self._process is process:  # it was not cancelled
                self.error = _what_went_wrong(process.returncode, said)
                self._process = None


def _what_went_wrong(status, said):
    """A sentence for the user, or "" if the images are there."""
    if status == 0:
        return ""
    if status == 2 and said:
        return said.removeprefix("error: ").strip()
    if status in (ENDED, -signal.SIGTERM):
        return f"MNIST could not be loaded from OpenML within {LIMIT // 60} minutes."
    return "MNIST could not be loaded from OpenML: the download broke off."
