"""Measurements of work on this machine, from which the page estimates the duration of a training.

They are made one after the other, by one thread, and take no memory before their turn.
"""

import time
from dataclasses import replace
from queue import SimpleQueue

from ...engine.task import Task
from ...images.training_set import TrainingSet
from ...recipe import Recipe
from ...training import initial_state, train
from .shared import mnist, once, scheduler

_waiting = SimpleQueue()


@once
def seconds_per_image(n_hidden, batch_size):
    """The Task that measures how many seconds learning from an image takes on this machine: its result, once.

    Raises ValueError for values that the page doesn't offer: their number would have no limit.
    """
    recipe = Recipe(n_hidden=n_hidden, batch_size=batch_size, epochs=10_000)
    if not replace(recipe, epochs=1).is_offered:
        raise ValueError(f"The page offers no training with {recipe.changes(Recipe())}.")
    return _measure(_learn_from_images, recipe)


@once
def seconds_to_prepare(recipe):
    """The Task that measures how many seconds preparing an image takes on this machine: its result, once."""
    return _measure(_prepare_images, recipe)


def _measure(function, recipe):
    """A Task that is over when those before it and function(task, scheduler, recipe) are."""
    _measurer()
    task = Task(function, scheduler(), recipe, name="measurement")
    _waiting.put(task)
    return task


@once
def _measurer():
    """The Task of the thread that makes the measurements."""
    return Task(_make_all, name="measurements").start()


def _make_all(task):
    while True:
        _waiting.get().run()


def _learn_from_images(task, scheduler, recipe):
    """The fastest of a few slices of a real training."""
    X, y = mnist("bundled").X_train, mnist("bundled").y_train
    costs = []
    with scheduler.turn():
        # It begins after the first epoch, because accuracy is measured often during that one.
        state = replace(initial_state(recipe, len(X)), images_seen=len(X))
        steps = train(recipe, X, y, state=state, slice_seconds=0.02)
        state = next(steps)  # no training yet: this measures the untrained network
    while len(costs) < 6:  # others may use the machine during one slice, hardly during all
        seconds, seen = 0.0, state.images_seen
        while state.images_seen == seen:  # a large batch takes more than one slice
            with scheduler.turn():
                began, state = time.perf_counter(), next(steps)
                seconds += time.perf_counter() - began
        costs.append(seconds / (state.images_seen - seen))
    return min(costs)


def _prepare_images(task, scheduler, recipe):
    """The fastest of three small sets."""
    images = mnist("bundled").first(20)
    few = replace(images, X_test=images.X_test[:5], y_test=images.y_test[:5])  # 4 : 1, as in the full set
    costs = []
    for _ in range(3):  # others may use the machine during one of them
        with scheduler.turn():
            began, prepared = time.perf_counter(), TrainingSet(few, recipe)
            while prepared.mnist is None:
                prepared.step()
            costs.append((time.perf_counter() - began) / (prepared.n_images + len(few.X_test)))
    return min(costs)
