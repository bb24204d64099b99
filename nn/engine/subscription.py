"""A visitor's share in a training that others may watch, too."""

import threading
import time


class Subscription:
    """A share in a SharedTraining: all see the same progress, late joiners its history, and each leaves alone.

    Scheduler.train makes it.
    """

    def __init__(self, scheduler, training):
        self._scheduler, self._training = scheduler, training
        self._began, self._ended, self._last = time.monotonic(), None, None
        self._lock = threading.Lock()

    def stop(self):
        """Leave. The visitor keeps the state of this moment; the training ends if it was the last subscription."""
        with self._lock:
            if self._ended is not None:
                return
            self._last, self._ended = self._training.state, time.monotonic()
        self._scheduler.unsubscribe(self._training)

    @property
    def state(self):
        """The latest TrainingState, or that at stop()."""
        return self._last or self._training.state

    @property
    def snapshot_store(self):
        """The training's SnapshotStore, or None. It goes on if others do."""
        return self._training.store

    @property
    def error(self):
        """The Exception that ended the training, or None."""
        return self._training.task.error

    @property
    def active(self):
        """Whether the training is under way, and stop() was not called."""
        return self._ended is None and self._training.task.active

    def wait(self, seconds):
        """Wait for the training's end, at most this long; returns whether it is over."""
        return self._training.task.wait(seconds)

    def wait_for_progress(self, seconds):
        """Wait until it has learnt from an image, or has ended, at most this long."""
        self._training.moved.wait(seconds)

    @property
    def seconds_since_click(self):
        """Seconds since stop() or, before that, since the beginning; a training that ended by itself is no click."""
        return time.monotonic() - (self._ended or self._began)

    @property
    def images_per_second(self):
        """The training's speed, without pauses."""
        return self._training.images_per_second

    @property
    def estimate(self):
        """Seconds until it is over, and how many others are over before; None if that isn't known yet."""
        return self._scheduler.estimate(self._training)
