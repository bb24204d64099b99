"""Work in the background: a function in a daemon thread, with progress, result and cancel()."""

import logging
import threading
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial

log = logging.getLogger(__name__)


class Task:
    """A function(task, *arguments) that runs in a daemon thread from start() on.

    progress : the latest progress that the function has published, None at first
    result : the function's result, None before it is there
    error : Exception or None, raised by the function; it is logged once
    """

    def __init__(self, function, *arguments, name="task"):
        self.progress = self.result = self.error = None
        self._cancelled, self._done, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._future = None  # the one that the function waits for
        self._call, self._name = partial(function, self, *arguments), name

    def start(self):
        """Begin; returns the task. Raises RuntimeError if there are too many threads: then it is over."""
        try:
            threading.Thread(target=self.run, daemon=True, name=self._name).start()
        except RuntimeError as error:
            self.error = error
            self._done.set()
            raise
        return self

    def run(self):
        """Do all of it in this thread, in place of start()."""
        try:
            self.result = self._call()
        except CancelledError:
            pass
        except Exception as error:
            if not getattr(error, "is_logged", False):  # by a task that this one has waited for
                error.is_logged = True
                log.exception("The task %r failed.", self._name)
            self.error = error
        finally:
            self._call = None  # its arguments may be large
            self._done.set()

    # For its owner

    def cancel(self):
        """End it as soon as possible, without waiting for that: nothing is published any more."""
        with self._lock:
            self._cancelled.set()
            future = self._future
        if future is not None:
            future.cancel()

    @property
    def active(self):
        """Whether the function is to go on: it has not ended, and cancel() was not called."""
        return not (self._cancelled.is_set() or self._done.is_set())

    def wait(self, seconds):
        """Wait for the function's end, at most this long; returns whether it has ended."""
        return self._done.wait(seconds)

    # For the function: after cancel(), each of these raises CancelledError

    def raise_if_cancelled(self):
        """Raise CancelledError after cancel()."""
        if self._cancelled.is_set():
            raise CancelledError

    @contextmanager
    def publishing(self):
        """Within it, change what others see: cancel() comes either before that or after all of it."""
        with self._lock:
            self.raise_if_cancelled()
            yield

    def publish(self, progress):
        """Set the progress."""
        with self.publishing():
            self.progress = progress

    def sleep(self, seconds):
        """Wait this long."""
        self._cancelled.wait(seconds)
        self.raise_if_cancelled()

    def wait_for(self, future):
        """Wait for a Future; cancel() cancels it."""
        self._future = future
        if self._cancelled.is_set():
            future.cancel()
        future.result()
        self.raise_if_cancelled()
