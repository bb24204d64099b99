"""Where slices of work are computed: in processes of this machine, on a Dask cluster, or in the thread that asks.

A slice is a pure function of its arguments, so it doesn't matter where it is computed, or whether that is done twice.
"""

import functools
import logging
import os
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path

import numpy as np

from .image_files import mapped, sharing_in_files
from .processes import IDLE_SECONDS, ProcessPool, free_large_arrays_at_once
from .task import Task

log = logging.getLogger(__name__)

PATIENCE = 60  # seconds after which a slice without an answer is computed here
START_SECONDS = 20  # in which a cluster has to answer
LEAST_MEMORY = 2_000_000_000  # bytes: with less, there are no processes, but more room for visitors
MEMORY_EACH = 300_000_000  # bytes of the machine for each process, which itself takes about 80 MB
AGAIN_SECONDS = 5  # after which lost workers are started again, or a lost cluster is looked for
NO_POOL = None, 0, None, None, np.inf


class Executor:
    """Computes slices in a pool of workers if there is one, and otherwise in the thread that asks.

    start : function that returns a pool, or None if there is never one, or raises. It is called in the background for
        the first slice, and again when the pool is lost or has ended. A pool is a tuple of
        call : function(seconds, function, *arguments) that returns the result that one of its workers computes, or
            raises if that is lost or takes longer; they have started
        n : int, how many slices it computes at a time
        share : function of an Mnist and its arrays that returns the object to send with a slice in their place
        close : function that ends it, whatever state it is in
        idle_seconds : float, after so long without work its workers have ended
    here : Lock, for all that is computed in the page's own process: one thread at a time
    n : int, that of the pool; 0 without one
    """

    def __init__(self, start=lambda: None):
        self._start, self._lock, self.here = start, threading.Lock(), threading.Lock()
        self._starting, self._not_before, self._last_used = False, 0.0, 0.0
        self._use(NO_POOL)

    def _use(self, pool):
        self._call, self.n, self._share, self._close, self._idle_seconds = pool

    def compute(self, function, mnist, *arguments):
        """The result of function((X_train, y_train, X_test, y_test), *arguments): a pure function of a module.

        While the workers start, and when they fail, it is computed in this thread, one at a time.
        """
        arrays = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
        call, share = self._ready()
        if call is not None:
            try:
                result, error = call(PATIENCE, _on_images, function, share(mnist, arrays), *arguments)
            except Exception as failure:  # of whatever kind: it isn't the function's, see outcome()
                self._lose(call, failure)
            else:
                self._last_used = time.monotonic()
                if error is not None:
                    raise error
                return result
        with self.here:
            return function(arrays, *arguments)

    def _ready(self):
        """The pool's call() and share(), if it can compute at once; otherwise one is started in the background."""
        with self._lock:
            now = time.monotonic()
            if self._call is not None and now > self._last_used + self._idle_seconds:
                self._end_pool()
            if self._call is None and not self._starting and now >= self._not_before:
                Task(self._begin, name="start workers").start()
                self._starting = True
            return self._call, self._share

    def _begin(self, task):
        try:
            pool = self._start()
            again = np.inf if pool is None else 0.0
        except Exception as failure:
            pool, again = None, time.monotonic() + AGAIN_SECONDS
            log.warning("No workers: %r. Until there are, trainings are computed here.", failure)
        with self._lock:
            self._use(pool or NO_POOL)
            self._starting, self._not_before, self._last_used = False, again, time.monotonic()

    def _lose(self, call, failure):
        with self._lock:
            if self._call is not call:
                return  # another slice has noticed it before
            self._not_before = time.monotonic() + AGAIN_SECONDS
            self._end_pool()
        log.warning("The workers are lost: %r. They are started again.", failure)

    def _end_pool(self):
        """Use the pool no more, and end it in the background."""
        close = self._close
        self._use(NO_POOL)
        Task(lambda task: close(), name="close workers").start()


def choose_pool():
    """The pool that suits this machine, or None if the thread that asks is best. The choice is logged.

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
    """A pool of n processes on this machine, which end when nothing is left to compute, or with this process."""
    pool = ProcessPool(n)
    free_large_arrays_at_once()
    return pool.call, n, cached(sharing_in_files()), pool.close, IDLE_SECONDS / 2


def dask_cluster(address):
    """The pool of a Dask cluster, by its scheduler's address."""
    client = dask_client(address)
    share = cached(lambda mnist, arrays: client.scatter(arrays, broadcast=True, hash=False))
    close = functools.partial(client.close, timeout=START_SECONDS)
    workers = client.get_executor()
    call = lambda seconds, *call: workers.submit(*call).result(seconds)  # noqa: E731
    return call, sum(client.nthreads().values()), share, close, np.inf


def dask_client(address):
    """Dask's Client by its scheduler's address. Raises ConnectionError if nothing answers there, or has no workers."""
    from distributed import Client
    from distributed.comm import get_address_host_port

    try:
        get_address_host_port(address)  # raises ValueError, after which a Client would wait for itself
        client = Client(address, timeout=START_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConnectionError(f"No Dask scheduler answers at {address}.") from error
    if not client.nthreads():
        client.close(timeout=START_SECONDS)
        raise ConnectionError(f"The Dask cluster at {address} has no workers.")
    return client


def cached(share):
    """A function share(mnist, arrays) whose results are kept for as long as the Mnist is in use."""
    known, lock = weakref.WeakKeyDictionary(), threading.Lock()

    def known_or_shared(mnist, arrays):
        with lock:
            if mnist not in known:
                known[mnist] = share(mnist, arrays)
            return known[mnist]

    return known_or_shared


def _on_images(function, images, *arguments):
    """The outcome() of a function with images as mapped_or_sent shares them."""
    if isinstance(images, str):
        images = mapped(images)  # if this fails, it is these workers' fault, and others get new files
    return outcome(function, images, *arguments)


def outcome(function, *arguments):
    """The function's result and None, or None and its error: so that errors of the workers can be told from its own."""
    try:
        return function(*arguments), None
    except Exception as error:
        return None, error


def available_memory():
    """The bytes of memory that this process may use at most; infinity if the system has no such limit."""
    limits = [np.inf]
    if hasattr(os, "sysconf"):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):  # of a container
        with suppress(OSError, ValueError):  # there is no such file, or it says "max"
            limits.append(float(Path(file).read_text()))
    return min(limits)
