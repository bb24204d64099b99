"""The past of a training: which moments are kept, and what they say."""

import numpy as np
import pytest

from nn import Settings, load_mnist, train
from nn.network import initial_network
from nn.snapshots import FEWEST, MAX_BYTES, MAX_SNAPSHOTS, Album, first_read, remember
from nn.training import Point, Run

pytestmark = pytest.mark.filterwarnings("error")


def run_at(epoch, network, measured=True):
    images_seen = round(epoch * 1_000)
    history = (Point(images_seen / 1_000, 1.0, 0.5, None, None),) if measured else ()
    return Run(network, 1_000, images_seen, history)


def kept(epochs, n_hidden=2):
    network, snapshots = initial_network(n_hidden, 0), ()
    for epoch in epochs:
        snapshots = remember(snapshots, run_at(float(epoch), network))
    return snapshots


def epochs_of(snapshots):
    return [snapshot.epoch for snapshot in snapshots]


def test_what_is_measured_is_kept_and_nothing_else():
    network, snapshots = initial_network(2, 0), ()
    for epoch, measured in [(0, True), (0.2, False), (0.5, True), (1, True), (1.3, False), (2, True)]:
        snapshots = remember(snapshots, run_at(epoch, network, measured))
    assert epochs_of(snapshots) == [0, 0.5, 1, 2]


def test_one_seed_has_one_past_however_the_work_is_sliced():
    mnist = load_mnist().first(1_000)
    pasts = []
    for slice_seconds in (0, 0.003, 10):
        snapshots = ()
        for run in train(Settings(n_hidden=3, epochs=3), mnist.X_train, mnist.y_train, slice_seconds=slice_seconds):
            snapshots = remember(snapshots, run)
        pasts.append(snapshots)
    images = [round(1_000 * epoch) for epoch in epochs_of(pasts[0])]
    assert images == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 3_000]
    for other in pasts[1:]:
        assert epochs_of(other) == epochs_of(pasts[0])
        for a, b in zip(pasts[0], other):
            assert np.array_equal(a.network.W_h, b.network.W_h)


def test_a_large_network_keeps_the_moments_in_which_it_learns():
    epochs = [n / 8_000 for n in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)] + list(range(1, 31))
    few = epochs_of(kept([round(epoch, 3) for epoch in epochs], n_hidden=300))
    assert len(few) == 8 and sum(0.05 < epoch <= 1 for epoch in few) >= 2 and sum(epoch > 1 for epoch in few) >= 3


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


def test_memory_is_bounded_and_the_first_and_the_last_moment_stay():
    for n_hidden in (0, 2, 30, 300):
        what = f"{n_hidden} hidden units"
        snapshots = kept([i / 10 for i in range(10)] + list(range(1, 101)), n_hidden)
        size = sum(array.nbytes for snapshot in snapshots for array in snapshot.network.parameters)
        assert size <= MAX_BYTES and FEWEST <= len(snapshots) <= MAX_SNAPSHOTS, what
        epochs = epochs_of(snapshots)
        assert epochs[0] == 0 and epochs[-1] == 100 and epochs == sorted(epochs), f"{what}: {epochs}"
        assert sum(epoch <= 10 for epoch in epochs) >= 3, f"{what}: the beginning is forgotten, {epochs}"


def test_a_network_too_large_for_the_bound_still_has_a_past():
    assert len(kept(range(5), 5_000)) == FEWEST


def test_when_a_digit_was_first_read_and_since_when():
    for answers, expected in [
        ([7, 7, 7], (0, 0)),
        ([3, 7, 7], (1, 1)),
        ([7, 3, 7], (0, 2)),
        ([7, 3], (0, None)),
        ([3, 3], (None, None)),
        ([], (None, None)),
    ]:
        assert first_read(answers, 7) == expected, f"{answers}"


def size(past):
    return sum(array.nbytes for snapshot in past.snapshots for array in snapshot.network.parameters)


def test_all_pasts_together_keep_to_their_bytes_and_each_keeps_its_first_and_its_last_moment():
    album, network = Album(max_bytes=10_000_000), initial_network(30, 0)  # 95 KB for a snapshot
    pasts = [album.open() for _ in range(5)]
    for past in pasts:
        for epoch in range(60):
            past.remember(run_at(float(epoch), network))
    assert [len(past.snapshots) for past in pasts] == [20] * 5
    pasts += [album.open(pasts[0].snapshots) for _ in range(15)]  # the others make room at once
    assert sum(map(size, pasts)) <= 10_000_000
    for past in pasts:
        assert len(past.snapshots) == 5 and epochs_of(past.snapshots)[0::4] == [0, 59]


def test_a_past_that_nobody_needs_makes_room():
    album = Album(max_bytes=1_000)
    first, others = album.open(), [album.open() for _ in range(9)]
    assert album.bytes_each == 100
    del others
    assert album.bytes_each == 1_000
    assert first.snapshots == ()
