"""The past of a training: which moments are kept, and what they say."""

import numpy as np
import pytest

from nn import Settings, load_mnist, train
from nn.network import initial_network
from nn.snapshots import FEWEST, MAX_BYTES, MAX_SNAPSHOTS, first_read, remember
from nn.training import Run

pytestmark = pytest.mark.filterwarnings("error")


def run_at(epoch, network):
    return Run(network, 1_000, round(epoch * 1_000))


def kept(epochs, n_hidden=2):
    network, snapshots = initial_network(n_hidden, 0), ()
    for epoch in epochs:
        snapshots = remember(snapshots, run_at(float(epoch), network))
    return snapshots


def epochs_of(snapshots):
    return [snapshot.epoch for snapshot in snapshots]


def test_the_ends_of_epochs_and_the_moments_of_the_first_are_kept():
    assert epochs_of(kept([0, 0.25, 0.5, 1, 1.3, 2, 2.9, 3])) == [0, 0.25, 0.5, 1, 2, 3]


def test_no_moment_is_kept_twice():
    snapshots = kept([0, 1])
    assert remember(snapshots, run_at(1.0, initial_network(2, 0))) is snapshots


def test_a_snapshot_is_the_network_of_that_moment_in_half_the_memory():
    mnist = load_mnist().first(500)
    snapshots, networks = (), {}
    for run in train(Settings(n_hidden=5, epochs=3), mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test):
        snapshots, networks[run.epoch] = remember(snapshots, run), run.network
    assert {0, 1, 2, 3} <= set(epochs_of(snapshots))
    for snapshot in snapshots:
        network = networks[snapshot.epoch]
        for small, whole in zip(snapshot.network.parameters, network.parameters):
            assert small.dtype == np.float32 and np.array_equal(small, whole.astype(np.float32))
        assert snapshot.network.predict_proba(mnist.X_test[:50]) == pytest.approx(
            network.predict_proba(mnist.X_test[:50]), abs=1e-5
        )


@pytest.mark.parametrize("n_hidden", [0, 2, 30, 300])
def test_memory_is_bounded_and_the_first_and_the_last_moment_stay(n_hidden):
    snapshots = kept([i / 10 for i in range(10)] + list(range(1, 101)), n_hidden)
    size = sum(array.nbytes for snapshot in snapshots for array in snapshot.network.parameters)
    assert size <= MAX_BYTES and FEWEST <= len(snapshots) <= MAX_SNAPSHOTS
    assert epochs_of(snapshots)[0] == 0 and epochs_of(snapshots)[-1] == 100
    assert epochs_of(snapshots) == sorted(epochs_of(snapshots))
    assert sum(epoch <= 10 for epoch in epochs_of(snapshots)) >= 3  # the beginning is not forgotten


def test_a_network_too_large_for_the_bound_still_has_a_past():
    assert len(kept(range(10), 5_000)) == FEWEST


@pytest.mark.parametrize(
    "answers, expected",
    [
        ([7, 7, 7], (0, 0)),
        ([3, 7, 7], (1, 1)),
        ([7, 3, 7], (0, 2)),
        ([7, 3], (0, None)),
        ([3, 3], (None, None)),
        ([], (None, None)),
    ],
)
def test_when_a_digit_was_first_read_and_since_when(answers, expected):
    assert first_read(answers, 7) == expected
