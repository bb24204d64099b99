"""Processes of this machine that compute for the page's own one, each over pipes of its own.

Other pools of processes, the standard library's and loky's, have one pipe for all results. A process that is killed in
the middle of writing blocks it for ever: no result gets through any more, and the page's own process can't end either.
"""

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

IDLE_SECONDS = 60  # after which processes without work end, and their memory is free again
START_SECONDS = 20  # in which they have to start
NICE = 10  # of 19: a lower priority, so that pages stay responsive (Windows has no os.nice)
FOLDER = Path(__file__).parents[2]  # where this package is


class ProcessPool:
    """n processes, started, of which each computes one call at a time.

    They end when nothing is left to compute, and as soon as this process has ended, however that happens. If one is
    lost, so is the pool: close() ends the others.
    """

    def __init__(self, n):
        path = os.pathsep.join([str(FOLDER), *filter(None, sys.path)])
        how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": os.environ | {"PYTHONPATH": path}}
        # They take turns: each has one before n pauses that are too short for the whole pool to be idle.
        command = [sys.executable, "-c", f"from {__name__} import work; work({n * IDLE_SECONDS})"]
        self._idle, self._processes = queue.SimpleQueue(), []
        try:
            for _ in range(n):
                self._processes.append(subprocess.Popen(command, **how))
            for process in self._processes:
                _ask(process, START_SECONDS, os.getpid)
                self._idle.put(process)
        except BaseException:
            self.close()
            raise

    def call(self, seconds, function, *arguments):
        """The result of a function of a module, computed in one of the processes.

        Raises EOFError or OSError if the process is lost, or is killed because it hasn't answered in time; and
        queue.Empty if in this time none was idle.
        """
        process = self._idle.get(timeout=seconds)
        try:
            return _ask(process, seconds, function, *arguments)
        finally:
            self._idle.put(process)

    def close(self):
        """End the processes, whatever they do."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()


def _ask(process, seconds, function, *arguments):
    message, late = pickle.dumps((function, arguments)), threading.Timer(seconds, process.kill)
    late.daemon = True
    late.start()
    try:
        process.stdin.write(message)
        process.stdin.flush()
        return pickle.load(process.stdout)
    finally:
        late.cancel()


def work(idle_seconds):
    """The work of one of the processes, until there has been none for so long."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    if hasattr(os, "nice"):
        os.nice(NICE)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a function prints is no answer
    calls = queue.SimpleQueue()
    threading.Thread(target=_read, args=[calls], daemon=True).start()
    while True:
        try:
            function, arguments = calls.get(timeout=idle_seconds)
        except queue.Empty:
            os._exit(0)
        answers.write(pickle.dumps(function(*arguments)))
        answers.flush()


def _read(calls):
    """Read calls, and end at once when the process that sends them has ended."""
    try:
        while True:
            calls.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        os._exit(0)
