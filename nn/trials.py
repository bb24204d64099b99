"""Several trainings that belong together, in the background: a grid of settings, or a lesson's cross-validation."""

import threading
import traceback
from collections import deque
from dataclasses import replace

import numpy as np

from .gate import Line
from .images.hand_set import folds
from .teaching import NOT_READ, fold
from .training import initial_run

AT_ONCE = 2  # trainings of one sweep that are under way: others want to use the machine too


class Trials:
    """Trainings on the same images with several Settings, each as soon as nobody waits for a training of their own.

    trainings : Trainings
    images : TrainingSet
    settings : tuple of Settings, those to try, in order
    runs : dict of Settings -> Run, those that are over; their network is None, because only the curves are kept
    error : Exception or None, what ended it before its time
    """

    def __init__(self, trainings, images, settings):
        self.images, self.settings, self.runs, self.error = images, tuple(settings), {}, None
        self._trainings, self._waiting = trainings, deque(self.settings)
        self._stop, self._seats, self._lock = threading.Event(), set(), threading.Lock()
        n = min(AT_ONCE, len(self.settings))
        self._threads = [threading.Thread(target=self._work, daemon=True, name="trials") for _ in range(n)]
        for thread in self._threads:
            thread.start()

    def _work(self):
        try:
            while not self._stop.is_set():
                try:
                    settings = self._waiting.popleft()
                except IndexError:
                    return
                run = self._train(settings)
                if run is not None:
                    self.runs[settings] = replace(run, network=None)
        except Exception as error:  # the page shows it, and the server's log: in a thread it would be lost
            self.error = error
            traceback.print_exc()
            self.stop()

    def _train(self, settings):
        """The last Run of a training with these Settings, or None if it was stopped."""
        start = initial_run(settings, self.images.n_images)
        seat = self._trainings.join(settings, self.images, start, snapshots=None, line=Line.BACKGROUND)
        with self._lock:
            self._seats.add(seat)
        try:
            while seat.active and not self._stop.is_set():
                seat.join(1)
            if seat.error is not None:
                raise seat.error
            return seat.run if seat.run.finished else None
        finally:
            seat.stop()
            with self._lock:
                self._seats.discard(seat)

    def stop(self):
        """End it; what is over stays."""
        self._stop.set()
        with self._lock:
            seats = tuple(self._seats)
        for seat in seats:
            seat.stop()

    @property
    def active(self):
        """Whether it is under way."""
        return not self._stop.is_set() and any(thread.is_alive() for thread in self._threads)

    @property
    def share(self):
        """How much of it is done, a share in 0..1; trainings under way count as far as they are."""
        with self._lock:
            seats = tuple(self._seats)
        under_way = sum(seat.run.images_seen / (seat.run.n_images * self.settings[0].epochs) for seat in seats)
        return min((len(self.runs) + under_way) / len(self.settings), 1.0)


class CrossValidation:
    """Has every drawing of a HandSet read by a network that learnt from the others: a thread, and a lesson a fold.

    trainings : Trainings
    network : Network, of which copies are taught
    hand_set : HandSet; it is completed, if nobody else does that
    answers : int64 (n,), what is read in each drawing, NOT_READ until that is known
    before : int64 (n,), what the network itself reads in them, or None until the set is complete
    error : Exception or None, what ended it before its time
    """

    def __init__(self, trainings, network, hand_set):
        self.answers, self.before, self.error = np.full(len(hand_set.labels), NOT_READ), None, None
        self._trainings, self._network, self._hand_set = trainings, network, hand_set
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="cross-validation")
        self._thread.start()

    def _work(self):
        try:
            hand_set = self._hand_set
            while hand_set.mnist is None and not self._stop.is_set():
                with self._trainings.here(Line.BACKGROUND):
                    hand_set.step()
            if hand_set.mnist is None:
                return
            self.before = self._network.predict(hand_set.drawings)
            for held_out in folds(hand_set.labels):
                images, settings, start = fold(self._network, hand_set, held_out)
                seat = self._trainings.join(settings, images, start, snapshots=None, line=Line.BACKGROUND)
                while seat.active and not self._stop.is_set():
                    seat.join(1)
                seat.stop()
                if seat.error is not None:
                    raise seat.error
                if self._stop.is_set():
                    return
                answers = self.answers.copy()
                answers[held_out] = seat.run.network.predict(hand_set.drawings[held_out])
                self.answers = answers
        except Exception as error:  # the page shows it, and the server's log: in a thread it would be lost
            self.error = error
            traceback.print_exc()

    def stop(self):
        """End it; what has been read stays."""
        self._stop.set()

    @property
    def active(self):
        """Whether it is under way."""
        return not self._stop.is_set() and self._thread.is_alive()
