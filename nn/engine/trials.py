"""Several trainings that belong together, in the background: a grid of settings, or a lesson's cross-validation."""

import threading
import time
import traceback
from collections import deque
from dataclasses import replace

import numpy as np

from ..images.drawing_set import folds
from ..training import initial_state
from .fine_tuning import NOT_READ, fold
from .gate import Line

AT_ONCE = 2  # trainings of one sweep that are under way, each in a thread
WAIT = 0.2  # seconds after which a thread looks whether it is to stop


class Trials:
    """Trainings on the same images by several Recipes, each as soon as nobody waits for a training of their own.

    trainings : Trainings
    images : TrainingSet
    recipes : tuple of Recipe, those to try, in order
    states : dict of Recipe -> TrainingState, those that are over, without their networks: only the curves are kept.
        What is in it at first isn't trained again
    error : Exception or None, what ended it before its time
    """

    def __init__(self, trainings, images, recipes, states=()):
        self.images, self.recipes, self.error = images, tuple(recipes), None
        self.states = {one: state for one, state in dict(states).items() if one in self.recipes}
        self._trainings, self._stop = trainings, threading.Event()
        self._waiting = deque(one for one in self.recipes if one not in self.states)
        n = min(AT_ONCE, len(self._waiting))
        self._threads = [threading.Thread(target=self._work, daemon=True, name="trials") for _ in range(n)]
        for thread in self._threads:
            thread.start()

    def _work(self):
        try:
            while not self._stop.is_set():
                try:
                    recipe = self._waiting.popleft()
                except IndexError:
                    return
                start = initial_state(recipe, self.images.n_images)
                state = _trained(self._trainings, recipe, self.images, start, self._stop)
                if state is not None:
                    self.states[recipe] = replace(state, network=None)
        except Exception as error:  # the page shows it, and the server's log: in a thread it would be lost
            self.error = error
            traceback.print_exc()
            self.stop()

    def stop(self):
        """End it; what is over stays."""
        self._stop.set()

    def join(self, seconds):
        """Wait for its end, at most these seconds; returns whether it is over."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def active(self):
        """Whether it is under way."""
        return not self._stop.is_set() and any(thread.is_alive() for thread in self._threads)


def _trained(trainings, recipe, images, state, stop):
    """The last TrainingState of a training in the background, or None if the Event stop was set before it was over."""
    seat = trainings.join(recipe, images, state, snapshots=None, line=Line.BACKGROUND)
    try:
        while seat.active and not stop.is_set():
            seat.join(WAIT)
        if seat.error is not None:
            raise seat.error
        return seat.state if seat.state.finished else None
    finally:
        seat.stop()


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
                images, recipe, start = fold(self._network, hand_set, held_out)
                state = _trained(self._trainings, recipe, images, start, self._stop)
                if state is None:
                    return
                answers = self.answers.copy()
                answers[held_out] = state.network.predict(hand_set.drawings[held_out])
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
