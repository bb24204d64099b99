"""Training in the background: one Job for each visitor, and a Gate that lets all of them work in turn."""

import threading
import time
import traceback
from collections import deque
from contextlib import contextmanager

from .images.training_set import SLICE_SECONDS
from .snapshots import remember
from .training import train


class Gate:
    """Lets one thread in at a time, in the order in which they came.

    Small NumPy steps hold the interpreter's lock, so two trainings at once are no faster than one after the other, and
    many at once leave no time for drawing. threading.Lock keeps no order; this does.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._queue = deque()  # of Events; the first belongs to the thread that is inside
        self.n_trainings = 0  # under way, wherever they are: inside, in the queue, or pausing to be watched

    def __enter__(self):
        turn = threading.Event()
        with self._lock:
            self._queue.append(turn)
            if self._queue[0] is turn:
                turn.set()
        turn.wait()

    def __exit__(self, *_):
        with self._lock:
            self._queue.popleft()
            if self._queue:
                self._queue[0].set()

    @property
    def waiting(self):
        """How many threads are inside or in the queue."""
        return len(self._queue)

    @contextmanager
    def training(self):
        """A training is under way: it counts in n_trainings."""
        with self._lock:
            self.n_trainings += 1
        try:
            yield
        finally:
            with self._lock:
                self.n_trainings -= 1


class Job:
    """One training: a daemon thread behind a gate that completes a TrainingSet and then consumes train().

    It continues from a Run with Settings, and from the Snapshots of the past (None: the past isn't kept), to the end or
    until it has learnt from this many images. The attributes run and snapshots are the latest ones; they are immutable,
    so they can be kept, and once the job isn't active they no longer change. error is the Exception that ended the
    training, or None.

    pause is a function that returns how many seconds to wait at each measured moment of the first epoch, so that a
    person can watch. It can be exchanged at any time. The wait is outside the gate: nobody else waits, and the weights
    are the same.
    """

    def __init__(self, gate, settings, images, run, snapshots=(), until=None, pause=lambda: 0):
        self.run, self.snapshots, self.error, self.pause = run, snapshots, None, pause
        self._gate, self._stop, self._commit = gate, threading.Event(), threading.Lock()
        self._made, self._ended, self._began = time.monotonic(), None, None
        self._seen_before = run.images_seen
        self._paused, self._pause_began = 0.0, None  # seconds of the pauses so far, and when the present one began
        arguments = settings, images, until
        self._thread = threading.Thread(target=self._work, args=arguments, daemon=True, name="training")
        self._thread.start()

    def _work(self, settings, images, until):
        try:
            with self._gate.training():
                self._train(settings, images, until)
        except Exception as error:  # the page shows it, and the server's log: in a thread it would be lost
            self.error = error
            traceback.print_exc()
        finally:
            self._ended = self._ended or time.monotonic()

    def _train(self, settings, images, until):
        while images.mnist is None and not self._stop.is_set():
            with self._gate:
                images.step()
        if self._stop.is_set():
            return
        self._began = time.monotonic()
        mnist = images.mnist
        data = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
        steps = train(settings, *data, run=self.run, slice_seconds=SLICE_SECONDS, until=until)
        watched = None
        while not self._stop.is_set():
            with self._gate:
                run = next(steps, None)
            past = None if self.snapshots is None or run is None else remember(self.snapshots, run)
            with self._commit:
                if run is None or self._stop.is_set():
                    return
                self.run, self.snapshots = run, past
            measured = run.history[-1].epoch
            if run.epoch == measured != watched and run.epoch < 1 and not run.finished:
                watched = measured  # a large batch takes several slices, all at one moment
                self._wait()

    def _wait(self):
        began = self._pause_began = time.monotonic()
        while time.monotonic() < began + self.pause() and not self._stop.is_set():
            self._stop.wait(0.05)  # and look again: pause may have been exchanged
        self._paused, self._pause_began = self._paused + time.monotonic() - began, None

    def stop(self):
        """End the training after the present slice, without waiting for it."""
        with self._commit:
            self._stop.set()
        self._ended = self._ended or time.monotonic()

    def join(self, seconds):
        """Wait for its end, but not longer than this."""
        self._thread.join(seconds)

    @property
    def active(self):
        """Whether the training is under way."""
        return self._thread.is_alive() and not self._stop.is_set()

    @property
    def seconds_since_change(self):
        """Seconds since it was made or, if it isn't active any more, since it was stopped or ended."""
        return time.monotonic() - (self._ended or self._made)

    @property
    def images_per_second(self):
        """The speed since the images were complete, including the waits at the gate but not the pauses; 0 before."""
        if self._began is None:
            return 0.0
        now = self._pause_began or time.monotonic()
        seconds = now - self._began - self._paused
        return (self.run.images_seen - self._seen_before) / max(seconds, 1e-6)
