"""The history of a training: which moments are kept, and what they say."""

import weakref

import numpy as np
import pytest

from nn import Recipe, load_mnist, train
from nn.analysis.evaluation import Point
from nn.engine.snapshots import (
    FEWEST,
    MAX_BYTES,
    MAX_SNAPSHOTS,
    SnapshotStore,
    bytes_of_each,
    first_read,
    with_snapshot,
)
from nn.network import initial_network
from nn.training import CLIMB, GUESSES, TrainingState

pytestmark = pytest.mark.filterwarnings("error")
SMALL = initial_network(2, 0)


def run_at(epoch, network=SMALL, measured=True):
    images_seen = round(epoch * 1_000)
    history = (Point(images_seen / 1_000, 1.0, 0.5, None, None),) if measured else ()
    return TrainingState(network, 1_000, images_seen, history)


def kept(epochs, n_hidden=2):
    network, snapshots = initial_network(n_hidden, 0), ()
    for epoch in epochs:
        snapshots = with_snapshot(snapshots, run_at(float(epoch), network))
    return snapshots


def epochs_of(snapshots):
    return [snapshot.epoch for snapshot in snapshots]


def size_of(snapshots):
    return sum(array.nbytes for snapshot in snapshots for array in snapshot.network.parameters)


def test_each_measured_moment_is_kept_once_and_nothing_else():
    snapshots = ()
    for epoch, measured in [(0, True), (0.2, False), (0.5, True), (1, True), (1.3, False), (2, True)]:
        snapshots = with_snapshot(snapshots, run_at(epoch, measured=measured))
    assert epochs_of(snapshots) == [0, 0.5, 1, 2]
    assert with_snapshot(snapshots, run_at(2.0)) is snapshots


def test_one_seed_has_one_past_of_its_networks_in_half_the_memory_however_the_work_is_sliced():
    mnist = load_mnist().first(200)
    for slice_seconds in (0, 0.003, 10):
        snapshots, networks = (), {}
        for state in train(Recipe(n_hidden=3, epochs=3), mnist.X_train, mnist.y_train, slice_seconds=slice_seconds):
            snapshots, networks[state.epoch] = with_snapshot(snapshots, state), state.network
        images = [round(200 * epoch) for epoch in epochs_of(snapshots)]
        assert images == [0, 1, 2, 5, 10, 20, 50, 70, 100, 150, 200, 400, 600]
        for snapshot in snapshots:
            network = networks[snapshot.epoch]
            for small, whole in zip(snapshot.network.parameters, network.parameters):
                assert small.dtype == np.float32 and np.array_equal(small, whole.astype(np.float32))
            X = mnist.X_test[:50]
            assert snapshot.network.predict_proba(X) == pytest.approx(network.predict_proba(X), abs=1e-5)


def test_a_large_network_keeps_the_moments_in_which_it_learns():
    moments = [0, *GUESSES, *CLIMB, *(10 * n for n in CLIMB), 7_000]
    epochs = [n / 8_000 for n in moments] + list(range(1, 31))
    few = epochs_of(kept([round(epoch, 3) for epoch in epochs], n_hidden=300))
    assert len(few) == 8 and sum(0.05 < epoch <= 1 for epoch in few) >= 2 and sum(epoch > 1 for epoch in few) >= 3


@pytest.mark.parametrize("n_hidden", [0, 2, 30, 300])
def test_memory_is_bounded_and_the_first_and_the_last_moment_stay(n_hidden):
    snapshots = kept([i / 10 for i in range(10)] + list(range(1, 101)), n_hidden)
    assert size_of(snapshots) <= MAX_BYTES and FEWEST <= len(snapshots) <= MAX_SNAPSHOTS
    epochs = epochs_of(snapshots)
    assert epochs[0] == 0 and epochs[-1] == 100 and epochs == sorted(epochs)
    assert sum(epoch <= 10 for epoch in epochs) >= 3, f"the beginning is forgotten, {epochs}"


def test_a_network_too_large_for_the_bound_still_has_a_past():
    assert len(kept(range(5), 5_000)) == FEWEST


def test_when_a_digit_was_first_read_and_since_when():
    for answers, when in [
        ([7, 7, 7], (0, 0)),
        ([3, 7, 7], (1, 1)),
        ([7, 3, 7], (0, 2)),
        ([7, 3], (0, None)),
        ([3, 3], (None, None)),
        ([], (None, None)),
    ]:
        assert first_read(answers, 7) == when, f"{answers}"


def test_all_stores_together_keep_to_their_bytes_and_each_keeps_its_first_and_its_last_moment(monkeypatch):
    monkeypatch.setattr("nn.engine.snapshots.stores", weakref.WeakSet())
    monkeypatch.setattr("nn.engine.snapshots.MAX_BYTES_OF_ALL", 10_000_000)
    network = initial_network(30, 0)  # 95 KB for a snapshot
    stores = [SnapshotStore() for _ in range(5)]
    for store in stores:
        for epoch in range(60):
            store.add(run_at(float(epoch), network))
    assert [len(store.snapshots) for store in stores] == [20] * 5
    stores += [SnapshotStore(stores[0].snapshots) for _ in range(15)]  # the others make room at once
    assert sum(size_of(store.snapshots) for store in stores) <= 10_000_000
    for store in stores:
        assert len(store.snapshots) == 5 and epochs_of(store.snapshots)[0::4] == [0, 59]
    stores.clear()
    del store
    assert bytes_of_each() == MAX_BYTES, "a store that nobody needs makes room"
