"""Measurements of how long work takes on this machine, from which the page estimates the duration of a training."""

import threading
import time
from dataclasses import replace

import streamlit as st

from ...images.training_set import TrainingSet
from ...recipe import Recipe
from ...training import initial_state, train
from .shared import mnist, trainings


class Measurement:
    """How many seconds some work takes on this machine: measured once, in a thread of its own, behind the gate.

    seconds : float, or None until they are known
    """

    def __init__(self, measure):
        self.seconds, self._measure = None, measure
        self._thread = threading.Thread(target=self._work, daemon=True, name="measurement")
        self._thread.start()

    def _work(self):
        self.seconds = self._measure()

    def join(self, seconds):
        """Wait for the end of the work, but not longer than this."""
        self._thread.join(seconds)

    @property
    def active(self):
        """Whether it is still being measured."""
        return self._thread.is_alive()


@st.cache_resource(show_spinner=False)
def seconds_per_image(n_hidden, batch_size):
    """The Measurement of learning from one image: the fastest of a few slices of a real training."""

    def measure():
        X, y = mnist("bundled").X_train, mnist("bundled").y_train
        recipe = Recipe(n_hidden=n_hidden, batch_size=batch_size, epochs=10_000)
        # It begins after the first epoch, because accuracy is measured often during that one.
        state = replace(initial_state(recipe, len(X)), images_seen=len(X))
        steps, costs, seconds = train(recipe, X, y, state=state, slice_seconds=0.02), [], 0.0
        with trainings().here():
            state = next(steps)  # no training yet: this measures the untrained network
        while len(costs) < 6:  # others may use the machine during one slice, hardly during all
            with trainings().here():
                began, seen, state = time.perf_counter(), state.images_seen, next(steps)
                seconds += time.perf_counter() - began
            if state.images_seen > seen:  # a large batch takes more than one slice
                costs.append(seconds / (state.images_seen - seen))
                seconds = 0.0
        return min(costs)

    return Measurement(measure)


@st.cache_resource(show_spinner=False)
def seconds_to_prepare(preparation, distorted):
    """The Measurement of preparing one image: the fastest of three small sets."""

    def measure():
        images = mnist("bundled").first(20)
        few = replace(images, X_test=images.X_test[:5], y_test=images.y_test[:5])  # 4 : 1, as in the full set
        costs = []
        for _ in range(3):  # others may use the machine during one of them
            prepared = TrainingSet(few, preparation, distorted)
            with trainings().here():
                began = time.perf_counter()
                while prepared.mnist is None:
                    prepared.step()
                costs.append((time.perf_counter() - began) / (prepared.n_images + len(few.X_test)))
        return min(costs)

    return Measurement(measure)
