"""Measurements of work on this machine, from which the page estimates the duration of a training."""

import time
from dataclasses import replace

import streamlit as st

from ...engine.task import Task
from ...images.training_set import TrainingSet
from ...recipe import Recipe
from ...training import initial_state, train
from .shared import mnist, scheduler


@st.cache_resource(show_spinner=False)
def seconds_per_image(n_hidden, batch_size):
    """The Task that measures how many seconds learning from an image takes on this machine: its result, once."""
    return Task(_learn_from_images, scheduler(), n_hidden, batch_size, name="measurement").start()


def _learn_from_images(task, scheduler, n_hidden, batch_size):
    """The fastest of a few slices of a real training."""
    X, y = mnist("bundled").X_train, mnist("bundled").y_train
    recipe = Recipe(n_hidden=n_hidden, batch_size=batch_size, epochs=10_000)
    # It begins after the first epoch, because accuracy is measured often during that one.
    state = replace(initial_state(recipe, len(X)), images_seen=len(X))
    steps, costs = train(recipe, X, y, state=state, slice_seconds=0.02), []
    with scheduler.turn():
        state = next(steps)  # no training yet: this measures the untrained network
    while len(costs) < 6:  # others may use the machine during one slice, hardly during all
        seconds, seen = 0.0, state.images_seen
        while state.images_seen == seen:  # a large batch takes more than one slice
            with scheduler.turn():
                began, state = time.perf_counter(), next(steps)
                seconds += time.perf_counter() - began
        costs.append(seconds / (state.images_seen - seen))
    return min(costs)


@st.cache_resource(show_spinner=False)
def seconds_to_prepare(recipe):
    """The Task that measures how many seconds preparing an image takes on this machine: its result, once."""
    return Task(_prepare_images, scheduler(), recipe, name="measurement").start()


def _prepare_images(task, scheduler, recipe):
    """The fastest of three small sets."""
    images = mnist("bundled").first(20)
    few = replace(images, X_test=images.X_test[:5], y_test=images.y_test[:5])  # 4 : 1, as in the full set
    costs = []
    for _ in range(3):  # others may use the machine during one of them
        prepared = TrainingSet(few, recipe)
        with scheduler.turn():
            began = time.perf_counter()
            while prepared.mnist is None:
                prepared.step()
            costs.append((time.perf_counter() - began) / (prepared.n_images + len(few.X_test)))
    return min(costs)
