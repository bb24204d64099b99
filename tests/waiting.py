"""What the tests of trainings in the background share: to wait for them, and to compare them with train()."""

import time

import numpy as np

import nn


def wait_until(condition, seconds=120, every=0.01):
    """Wait until a condition holds, and look every so many seconds. Where there is an event, wait for that instead."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not happen in time"
        time.sleep(every)


def expected(images, recipe):
    """The last Run of a training on the images of a TrainingSet, without a page."""
    mnist = images.mnist
    *_, last = nn.train(recipe, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test)
    return last


def assert_same(state, other):
    """Two Runs have the same weights, to the bit, and the same history."""
    assert all(np.array_equal(a, b) for a, b in zip(state.network.parameters, other.network.parameters))
    assert state.history == other.history and state.images_seen == other.images_seen
