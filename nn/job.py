"""Training in the background: one Job for each visitor, and a Gate that lets all of them work in turn."""

import threading
import time
import traceback
from collections import deque

from .images.training_set import SLICE_SECONDS
from .snapshots import remember
from .training import train


class Gate:
    """Lets one thread in at a time, in the order in which they came.

    Small NumPy steps hold the interpreter's lock, so two trainings at once are no faster than one after the other, but
    many at once leave nothing for those who draw. threading.Lock gives no turns; this does.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._queue = deque()  # of Events; the first belongs to whoever is inside

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
        """How many trainings are under way: inside or in the queue."""
        return len(self._queue)


class Job:
    """One training: a daemon thread behind a gate that completes a TrainingSet and then consumes train().

    It goes on from a Run, with Settings, and from the Snapshots of what was before. Its attributes run and snapshots are where
    it is now, and whoever reads them may keep them: they never change. error is the Exception that ended the training, if it
    was a fault.
    """

    def __init__(self, gate, settings, images, run, snapshots=()):
        self.run, self.snapshots, self.error = run, snapshots, None
        self._gate, self._stop = gate, threading.Event()
        self._began, self._seen_before = None, run.images_seen
        self._thread = threading.Thread(target=self._work, args=(settings, images), daemon=True, name="training")
        self._thread.start()

    def _work(self, settings, images):
        try:
            while images.mnist is None and not self._stop.is_set():
                with self._gate:
                    images.step()
            if self._stop.is_set():
                return
            self._began = time.monotonic()
            mnist = images.mnist
            data = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
            steps = train(settings, *data, run=self.run, slice_seconds=SLICE_SECONDS)
            while not self._stop.is_set():
                with self._gate:
                    run = next(steps, None)
                if run is None or self._stop.is_set():  # whoever stopped it has seen where it was
                    return
                self.run, self.snapshots = run, remember(self.snapshots, run)
        except Exception as error:  # shown by the page, and in the server's log: nobody would see it in a thread
            self.error = error
            traceback.print_exc()

    def stop(self):
        """End the training after the present slice; does not wait for that."""
        self._stop.set()

    @property
    def active(self):
        """Whether the training goes on."""
        return self._thread.is_alive() and not self._stop.is_set()

    @property
    def images_per_second(self):
        """Since the first image was learnt, waiting at the gate included; 0 before."""
        if self._began is None:
            return 0.0
        return (self.run.images_seen - self._seen_before) / max(time.monotonic() - self._began, 1e-6)
