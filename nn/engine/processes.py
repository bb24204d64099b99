"""Processes of this machine that compute for the page's own one, each over pipes of its own.

Other pools of processes, the standard library's and loky's, have one pipe for all results. A process that is killed in
the middle of writing blocks it for ever: no result gets through any more, and the page's own process can't end either.
"""

import ctypes
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

IDLE_SECONDS = 60  # after which processes without work end, and their memory is free again
START_SECONDS = 20  # in which they have to start
NICE = 10  # of 19: a lower priority, so that pages stay responsive (Windows has no os.nice)
M_MMAP_THRESHOLD = -3  # of glibc's malloc.h: the size from which something gets memory of its own
LARGE = 65_536  # bytes
FOLDER = Path(__file__).parents[2]  # where this package is


class ProcessPool:
    """n processes, started, of which each computes one call at a time. The next calls wait there, not here.

    They end when nothing is left to compute, and as soon as this process has ended, however that happens. If one is
    lost, so is the pool: close() ends the others.
    """

    def __init__(self, n):
        self._processes, self._lock = [], threading.Lock()
        try:
            for _ in range(n):
                # They take turns: each has one before n pauses that are too short for the whole pool to be idle.
                self._processes.append(Process(n * IDLE_SECONDS))
            for process in self._processes:
                process.call(START_SECONDS, os.getpid)
        except BaseException:
            self.close()
            raise

    def call(self, seconds, function, *arguments):
        """The result of a function of a module, computed in the process with the fewest calls.

        Raises EOFError or OSError if the process is lost, or is killed because it hasn't answered in time.
        """
        with self._lock:
            process = min(self._processes, key=lambda one: one.n_calls)  # of these, the first one
            self._processes.remove(process)
            self._processes.append(process)
            process.n_calls += 1
        try:
            return process.call(seconds, function, *arguments)
        finally:
            with self._lock:
                process.n_calls -= 1

    def close(self):
        """End the processes, whatever they do."""
        with self._lock:  # call() reorders them
            for process in self._processes:
                process.kill()


def free_large_arrays_at_once():
    """Have glibc give arrays such as weights memory of their own, which the system gets back as soon as they are free.

    Otherwise much of what a class has needed stays, because something small lies between. It is for a process that
    leaves trainings to others: one here would take 1.6 times as long.
    """
    system = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(system, "mallopt"):  # musl has no such function
        system.mallopt(M_MMAP_THRESHOLD, LARGE)


class Process:
    """One of them. Its answers come in the order of the calls, and are read in a thread of their own.

    n_calls : int, how many it has not answered yet
    """

    def __init__(self, idle_seconds):
        self.n_calls, self._answers, self._lock = 0, queue.SimpleQueue(), threading.Lock()
        path = os.pathsep.join([str(FOLDER), *filter(None, sys.path)])
        how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": os.environ | {"PYTHONPATH": path}}
        command = [sys.executable, "-c", f"from {__name__} import work; work({idle_seconds})"]
        self._process = subprocess.Popen(command, **how)
        threading.Thread(target=self._read, daemon=True, name="answers").start()

    def call(self, seconds, function, *arguments):
        """As for the pool."""
        message, answer = pickle.dumps((function, arguments)), Future()
        with self._lock:
            self._answers.put(answer)
            self._process.stdin.write(message)
            self._process.stdin.flush()
        try:
            return answer.result(seconds)
        except TimeoutError:
            self.kill()
            raise
        finally:
            del answer  # its error would keep this call and so itself, and the images, until garbage is collected

    def kill(self):
        """End it, and its thread."""
        self._process.kill()
        self._process.wait()
        self._answers.put(None)

    def _read(self):
        while (answer := self._answers.get()) is not None:
            try:
                answer.set_result(pickle.load(self._process.stdout))
            except Exception as error:
                answer.set_exception(error)


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
