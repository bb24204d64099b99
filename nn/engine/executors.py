"""Where slices of work are computed: in processes of this machine, on a Dask cluster, or in the thread that asks.

A slice is a pure function of its arguments, so it doesn't matter who computes it, or whether it is computed twice. All
that is behind Python's own interface, concurrent.futures.Executor: joblib's loky on this machine, or Dask's.
"""

import functools
import logging
import os
import tempfile
import threading
import time
import weakref
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)

IDLE_SECONDS = 60  # after which processes without work end, and their memory is free again
PATIENCE = 60  # seconds after which a slice is computed here, because nobody has answered
START_SECONDS = 20  # in which workers have to start, and a cluster has to answer
LEAST_MEMORY = 2_000_000_000  # bytes: with less, there are no processes, but more room for visitors
MEMORY_EACH = 300_000_000  # bytes of the machine for each process, which itself takes about 80 MB
NICE = 10  # of 19: the pages and what draws them get the processor at once, and trainings all that is left
AGAIN_SECONDS = 5  # after which lost workers are started again, or a lost cluster is looked for


class Workers:
    """Computes slices elsewhere if it can, and otherwise here.

    start : function that returns a Team, or None if there is none, or raises. It is called in a thread when the first
        slice is to be computed, and again when the team is lost or has ended. None: there is never one
    n : int, how many slices they compute at a time, once they have started
    here : Lock, for what is computed in the page's own process: one thread at a time
    """

    def __init__(self, start=lambda: None):
        self.n, self._start = 1, start
        self._lock, self.here = threading.Lock(), threading.Lock()
        self._team, self._starting, self._not_before, self._last_used = None, False, 0.0, 0.0

    def compute(self, function, mnist, *arguments):
        """The result of function((X_train, y_train, X_test, y_test), *arguments): a pure function of a module.

        While the workers start, and when they fail, it is computed in this thread, one at a time.
        """
        arrays = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
        team = self._ready()
        if team is not None:
            try:
                future = team.executor.submit(_outcome, function, team.place(mnist, arrays), *arguments)
                result, error = future.result(PATIENCE)
            except Exception as failure:  # of whatever kind: it isn't the function's, see _outcome
                self._lose(team, failure)
            else:
                self._last_used = time.monotonic()
                if error is not None:
                    raise error
                return result
        with self.here:
            return function(arrays, *arguments)

    @property
    def elsewhere(self):
        """Whether slices are computed elsewhere at present."""
        return self._team is not None

    def _ready(self):
        """The Team, if it can compute at once; otherwise it is started in the background."""
        with self._lock:
            team, now = self._team, time.monotonic()
            if team is not None and team.idle_seconds is not None and now > self._last_used + team.idle_seconds:
                team = self._team = None
            if team is None and not self._starting and now >= self._not_before:
                threading.Thread(target=self._begin, daemon=True, name="start workers").start()
                self._starting = True
            return team

    def _begin(self):
        team, wait = None, np.inf  # without a team, it isn't asked for again
        try:
            team = self._start()
        except Exception as failure:
            wait = AGAIN_SECONDS
            log.warning("No workers: %s: %s. Until there are, trainings are computed here.", *_named(failure))
        with self._lock:
            self._team, self._starting = team, False
            self._last_used, self._not_before = time.monotonic(), 0 if team else time.monotonic() + wait
            if team is not None:
                self.n = team.n

    def _lose(self, team, failure):
        with self._lock:
            if self._team is not team:
                return  # another slice has noticed it before
            self._team, self._not_before = None, time.monotonic() + AGAIN_SECONDS
        log.warning("The workers are lost: %s: %s. They are started again.", *_named(failure))
        threading.Thread(target=team.close, daemon=True, name="close workers").start()


class Team:
    """Some workers: an Executor, and how the images come to them.

    executor : concurrent.futures.Executor
    n : int, how many slices it computes at a time
    share : function that makes of images, a tuple of arrays, what is sent with a slice in their place
    close : function that ends it, whatever state it is in
    idle_seconds : float or None, after how long without work its workers have ended
    """

    def __init__(self, executor, n, share, close, idle_seconds=None):
        self.executor, self.n, self.close, self.idle_seconds = executor, n, close, idle_seconds
        self._share, self._shared, self._lock = share, weakref.WeakKeyDictionary(), threading.Lock()

    def place(self, mnist, arrays):
        """What is sent to a worker in the place of these images; shared once, for as long as the Mnist is in use."""
        with self._lock:
            if mnist not in self._shared:
                self._shared[mnist] = self._share(arrays)
            return self._shared[mnist]


def choose_team():
    """The Team that suits this machine, or None if its thread is best. The choice is logged.

    It is a Dask cluster if the environment has its scheduler's address in DASK_SCHEDULER_ADDRESS; otherwise a process
    for each processor that there is memory for, unless that is only one.
    """
    if address := os.environ.get("DASK_SCHEDULER_ADDRESS"):
        log.info("Trainings are computed on the Dask cluster at %s.", address)
        return dask_cluster(address)
    from joblib import cpu_count

    memory = available_memory()
    n = int(min(cpu_count(), memory / MEMORY_EACH))
    if n < 2 or memory < LEAST_MEMORY:
        log.info("Trainings are computed in the page's own process: there is one processor only, or little memory.")
        return None
    log.info("Trainings are computed in %s processes of their own.", n)
    return local_processes(n)


def local_processes(n):
    """A Team of n processes on this machine, which end when nothing is left to compute."""
    from joblib.externals.loky import get_reusable_executor

    executor = get_reusable_executor(n, timeout=IDLE_SECONDS, initializer=_prefer_others)
    for begun in [executor.submit(time.sleep, 0.01) for _ in range(n)]:
        begun.result(START_SECONDS)
    close = functools.partial(executor.shutdown, wait=False, kill_workers=True)
    return Team(executor, n, mapped_or_sent, close, IDLE_SECONDS / 2)


def dask_cluster(address):
    """The Team of a Dask cluster, by its scheduler's address."""
    from distributed import Client

    client = Client(address, timeout=START_SECONDS, set_as_default=False)
    close, n = functools.partial(client.close, timeout=START_SECONDS), sum(client.nthreads().values())
    if n == 0:
        close()
        raise ConnectionError(f"the cluster at {address} has no workers")
    share = functools.partial(client.scatter, broadcast=True, hash=False)
    return Team(client.get_executor(), n, share, close)


class MappedArrays:
    """Arrays in files that all processes of this machine map into their memory, so that there is one copy of them.

    Pickled, it is the files' folder, which is deleted when the object is.
    """

    def __init__(self, arrays):
        self._folder = tempfile.TemporaryDirectory(prefix="nn-images-")
        for i, array in enumerate(arrays):
            np.save(Path(self._folder.name) / f"{i}.npy", array)

    def __reduce__(self):
        return _mapped, (self._folder.name,)


@functools.lru_cache(maxsize=8)
def _mapped(folder):
    return tuple(np.load(path, mmap_mode="r") for path in sorted(Path(folder).glob("*.npy")))


def mapped_or_sent(arrays):
    """MappedArrays, or on a full disk the arrays themselves, which are then sent with every slice."""
    try:
        return MappedArrays(arrays)
    except OSError as failure:
        log.warning("The images can't be put into files: %s: %s. They are sent with every slice.", *_named(failure))
        return arrays


def _outcome(function, arrays, *arguments):
    """The function's result and None, or None and its error: so that errors of the workers can be told from its own."""
    try:
        return function(arrays, *arguments), None
    except Exception as error:
        return None, error


def _prefer_others():
    """Whatever else this machine does, answers above all, comes before the slices of this process."""
    if hasattr(os, "nice"):
        os.nice(NICE)


def available_memory():
    """The bytes of memory that this process may use at most, as far as the system tells; infinity if it doesn't."""
    limits = [np.inf]
    if hasattr(os, "sysconf"):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):  # of a container
        if os.path.exists(file):
            text = Path(file).read_text().strip()
            limits.append(float(text) if text.isdigit() else np.inf)
    return min(limits)


def _named(failure):
    return type(failure).__name__, failure
