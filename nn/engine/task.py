"""Work in the background: a function in a daemon thread, with an interface like concurrent.futures.Future."""

import logging
import threading
from concurrent.futures import CancelledError
from contextlib import contextmanager

log = logging.getLogger(__name__)


class Task:
    """A function that runs in a daemon thread, as function(task, *arguments), from start() on.

    The function may publish its progress; after cancel(), each method that it calls here raises CancelledError.

    progress : whatever the function has published last, None at first
    result : what the function has returned, None before
    error : Exception or None, what the function has raised; it is logged here, once
    """

    def __init__(self, function, *arguments, name="task"):
        self.progress = self.result = self.error = None
        self._cancelled, self._done, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._future = None  # the one that the function waits for
        self._thread = threading.Thread(target=self._run, args=[function, arguments], daemon=True, name=name)

    def start(self):
        """Begin; returns the task. Raises RuntimeError if there are too many threads: then it is over."""
        try:
            self._thread.start()
        except RuntimeError as error:
            self.error = error
            self._done.set()
            raise
        return self

    def _run(self, function, arguments):
        try:
            self.result = function(self, *arguments)
        except CancelledError:
            pass
        except Exception as error:
            if not getattr(error, "is_logged", False):  # by a task that this one has waited for
                error.is_logged = True
                log.exception("The task %r failed.", self._thread.name)
            self.error = error
        finally:
            self._done.set()

    # For whoever waits for it

    def cancel(self):
        """End it as soon as possible, without waiting for that: nothing is published any more."""
        with self._lock:
            self._cancelled.set()
            future = self._future
        if future is not None:
            future.cancel()

    @property
    def cancelled(self):
        """Whether cancel() was called."""
        return self._cancelled.is_set()

    def done(self):
        """Whether the function has ended, one way or another."""
        return self._done.is_set()

    @property
    def active(self):
        """Whether the function is to go on."""
        return not (self.cancelled or self.done())

    def wait(self, seconds):
        """Wait for the function's end, at most this long; returns whether it has ended."""
        return self._done.wait(seconds)

    # For the function

    def raise_if_cancelled(self):
        """Raise CancelledError after cancel()."""
        if self.cancelled:
            raise CancelledError

    @contextmanager
    def publishing(self):
        """Change what others see: cancel() comes either before, and raises CancelledError here, or after all of it."""
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
        if self.cancelled:
            future.cancel()
        future.result()
        self.raise_if_cancelled()
