"""The download of OpenML's images, by a process of its own: it can be ended at any time."""

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from weakref import WeakKeyDictionary

from .task import Task

COMMAND = [sys.executable, "-m", "nn", "download"]  # prints its progress as "42 %"
ENDED = 143  # the exit status of a terminated command, by the shell's convention
WAITING = 30  # seconds: visitors silent for this long no longer count
LIMIT = 900  # seconds: a download that takes longer is given up
TOO_SLOW = f"MNIST could not be loaded from OpenML within {LIMIT // 60} minutes."
BROKE_OFF = "MNIST could not be loaded from OpenML: the download broke off."
REASONS = {0: "", ENDED: TOO_SLOW, -signal.SIGTERM: TOO_SLOW}  # by the exit status of the command


class Download:
    """The download of OpenML's images to images.mnist.cache_path(), one for all visitors.

    share : float in 0..1, how much has arrived
    error : str, a sentence on why the latest one failed, "" if it didn't
    """

    def __init__(self):
        self.share, self.error = 0.0, ""
        self._lock, self._process = threading.Lock(), None
        self._waiting = WeakKeyDictionary()  # visitor -> when they last said that they wait, by time.monotonic()

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
            Task(self._watch, self._process, name="download").start()

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

    def _watch(self, task, process):
        """Follow the process to its end. Runs as a Task."""
        limit = Task(lambda limit: limit.sleep(LIMIT) or process.terminate(), name="download limit").start()
        last_error = ""
        with process:
            for line in process.stdout:
                if (found := re.match(r"(\d+) %", line)) and self._process is process:
                    self.share = int(found[1]) / 100
                elif line.startswith("error: "):
                    last_error = line.removeprefix("error: ").strip()
        limit.cancel()
        with self._lock:
            if self._process is process:  # it was not cancelled
                refused = process.returncode == 2 and last_error
                self.error, self._process = refused or REASONS.get(process.returncode, BROKE_OFF), None
