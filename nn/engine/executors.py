"""Where slices of work are computed: in processes of this machine, on a Dask cluster, or in the thread that asks.

A slice is a pure function of its arguments, so it doesn't matter where it is computed, or whether that is done twice.
"""

import functools
import logging
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .task import Task

log = logging.getLogger(__name__)

IDLE_SECONDS = 60  # after which processes without work end, and their memory is free again
PATIENCE = 60  # seconds after which a slice without an answer is computed here
START_SECONDS = 20  # in which workers have to start, and a cluster has to answer
LEAST_MEMORY = 2_000_000_000  # bytes: with less, there are no processes, but more room for visitors
MEMORY_EACH = 300_000_000  # bytes of the machine for each process, which itself takes about 80 MB
NICE = 10  # of 19: a lower priority for the processes, so that pages stay responsive
AGAIN_SECONDS = 5  # after which lost workers are started again, or a lost cluster is looked for

_files = weakref.WeakKeyDictionary()  # Mnist -> the name of a file with its arrays


@dataclass(eq=False)
class Pool:
    """Workers that have started.

    executor : concurrent.futures.Executor
    n : int, how many slices it computes at a time
    share : function of an Mnist and its arrays that returns what is sent with a slice in their place
    close : function that ends it, whatever state it is in
    idle_seconds : float, after how long without work its workers have ended
    """

    executor: futures.Executor
    n: int
    share: Callable
    close: Callable
    idle_seconds: float = np.inf
    shared: weakref.WeakKeyDictionary = field(default_factory=weakref.WeakKeyDictionary)  # Mnist -> what is sent
    lock: threading.Lock = field(default_factory=threading.Lock)

    def submit(self, function, mnist, arrays, *arguments):
        """A Future of _outcome. The images are shared once, as long as the Mnist is in use."""
        with self.lock:
            if mnist not in self.shared:
                self.shared[mnist] = self.share(mnist, arrays)
        return self.executor.submit(_outcome, function, self.shared[mnist], *arguments)


class Executor:
    """Computes slices in a Pool if there is one, and otherwise in the thread that asks.

    start : function that returns a Pool, or None if there is never one, or raises. It is called in the background for
        the first slice, and again when the pool is lost or has ended
    n : int, how many slices the pool computes at a time, once it has started
    here : Lock, for what is computed in the page's own process: one thread at a time
    """

    def __init__(self, start=lambda: None):
        self.n, self._start = 1, start
        self._lock, self.here = threading.Lock(), threading.Lock()
        self._pool, self._starting, self._not_before, self._last_used = None, False, 0.0, 0.0

    def compute(self, function, mnist, *arguments):
        """The result of function((X_train, y_train, X_test, y_test), *arguments): a pure function of a module.

        While the workers start, and when they fail, it is computed in this thread, one at a time.
        """
        arrays = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
        pool = self._ready()
        if pool is not None:
            try:
                result, error = pool.submit(function, mnist, arrays, *arguments).result(PATIENCE)
            except Exception as failure:  # of whatever kind: it isn't the function's, see _outcome
                self._lose(pool, failure)
            else:
                self._last_used = time.monotonic()
                if error is not None:
                    raise error
                return result
        with self.here:
            return function(arrays, *arguments)

    @property
    def elsewhere(self):
        """Whether slices are computed in a pool at present."""
        return self._pool is not None

    def _ready(self):
        """The Pool, if it can compute at once; otherwise it is started in the background."""
        with self._lock:
            now = time.monotonic()
            if self._pool is not None and now > self._last_used + self._pool.idle_seconds:
                self._pool = None
            if self._pool is None and not self._starting and now >= self._not_before:
                Task(self._begin, name="start workers").start()
                self._starting = True
            return self._pool

    def _begin(self, task):
        pool, wait = None, np.inf  # without a pool, it isn't asked for again
        try:
            pool = self._start()
        except Exception as failure:
            wait = AGAIN_SECONDS
            log.warning("No workers: %s: %s. Until there are, trainings are computed here.", *_named(failure))
        with self._lock:
            self._pool, self._starting = pool, False
            self._last_used, self._not_before = time.monotonic(), 0 if pool else time.monotonic() + wait
            if pool is not None:
                self.n = pool.n

    def _lose(self, pool, failure):
        with self._lock:
            if self._pool is not pool:
                return  # another slice has noticed it before
            self._pool, self._not_before = None, time.monotonic() + AGAIN_SECONDS
        log.warning("The workers are lost: %s: %s. They are started again.", *_named(failure))
        Task(lambda task: pool.close(), name="close workers").start()


def choose_pool():
    """The Pool that suits this machine, or None if its thread is best. The choice is logged.

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
    """A Pool of n processes on this machine, which end when nothing is left to compute."""
    from joblib.externals.loky import get_reusable_executor

    executor = get_reusable_executor(n, timeout=IDLE_SECONDS, initializer=_lower_priority)
    for begun in [executor.submit(time.sleep, 0.01) for _ in range(n)]:
        begun.result(START_SECONDS)
    close = functools.partial(executor.shutdown, wait=False, kill_workers=True)
    return Pool(executor, n, mapped_or_sent, close, IDLE_SECONDS / 2)


def dask_cluster(address):
    """The Pool of a Dask cluster, by its scheduler's address."""
    from distributed import Client

    client = Client(address, timeout=START_SECONDS, set_as_default=False)
    close, n = functools.partial(client.close, timeout=START_SECONDS), sum(client.nthreads().values())
    if n == 0:
        close()
        raise ConnectionError(f"the cluster at {address} has no workers")
    return Pool(
        client.get_executor(), n, lambda mnist, arrays: client.scatter(arrays, broadcast=True, hash=False), close
    )


def mapped_or_sent(mnist, arrays):
    """The name of a file with the arrays, which all processes map into their memory: it is deleted with the Mnist.

    On a full disk the arrays themselves, which are then sent with every slice.
    """
    import joblib

    if mnist not in _files:
        folder = tempfile.mkdtemp(prefix="nn-images-")
        weakref.finalize(mnist, shutil.rmtree, folder, ignore_errors=True)
        try:
            (_files[mnist],) = joblib.dump(arrays, Path(folder) / "images.joblib")
        except OSError as failure:
            log.warning("The images can't be put into files: %s: %s. They are sent with every slice.", *_named(failure))
            return arrays
    return _files[mnist]


@functools.lru_cache(maxsize=8)
def mapped(file):
    """The arrays in a file of mapped_or_sent."""
    import joblib

    return joblib.load(file, mmap_mode="r")


def _outcome(function, images, *arguments):
    """The function's result and None, or None and its error: so that errors of the workers can be told from its own."""
    try:
        return function(mapped(images) if isinstance(images, str) else images, *arguments), None
    except Exception as error:
        return None, error


def _lower_priority():
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
