"""The history of a training: its network at a few moments, few enough to keep for every visitor.

A snapshot is a TrainingState without its history, and with its network in float32, which halves the memory.
"""

import threading
import weakref
from dataclasses import replace

import numpy as np

MAX_SNAPSHOTS = 40
MAX_BYTES_OF_ALL = 120_000_000  # for 30 visitors all that they want, for 200 six snapshots each
MAX_BYTES = 8_000_000  # of all snapshots of one training: 40 with 30 hidden units, 8 with 300
FEWEST = 3  # however large the network is
EARLY = 0.01  # of an epoch: moments closer together than this, at the very start, are dropped first

stores, _lock = weakref.WeakSet(), threading.Lock()  # all SnapshotStores of this process


class SnapshotStore:
    """The snapshots of one training, a tuple in order. The more stores a process has, the fewer each of them holds."""

    def __init__(self, snapshots=()):
        with _lock:
            stores.add(self)
            self.snapshots = snapshots
            for store in stores:
                store.snapshots = thinned(store.snapshots, bytes_of_each())

    def add(self, state):
        """Keep the network of a TrainingState that was measured, if it is later than the others."""
        with _lock:
            self.snapshots = with_snapshot(self.snapshots, state, bytes_of_each())


def bytes_of_each():
    """How many bytes each SnapshotStore may hold at present."""
    return min(MAX_BYTES, MAX_BYTES_OF_ALL // max(len(stores), 1))


def with_snapshot(snapshots, state, max_bytes=MAX_BYTES):
    """These snapshots, and this TrainingState's if it is a later one that was measured.

    Those are fixed moments (training.next_moment), and the ends of steps, so one seed keeps the same ones everywhere.
    """
    if not state.is_measured or (snapshots and state.epoch <= snapshots[-1].epoch):
        return snapshots
    return thinned((*snapshots, replace(state, network=state.network.astype(np.float32), history=())), max_bytes)


def thinned(snapshots, max_bytes):
    """Of these snapshots, at most MAX_SNAPSHOTS and max_bytes, but always FEWEST.

    The one whose neighbours are closest, compared with how far the training had come, is dropped first: so the
    beginning stays in small steps, and a long training in large ones.
    """
    each = sum(array.nbytes for array in snapshots[0].network.parameters) if snapshots else 1
    most = max(FEWEST, min(MAX_SNAPSHOTS, max_bytes // each))
    snapshots = list(snapshots)
    while len(snapshots) > most:
        epochs = np.array([snapshot.epoch for snapshot in snapshots])
        gaps = (epochs[2:] - epochs[:-2]) / (epochs[2:] + EARLY)
        del snapshots[1 + np.argmin(gaps)]  # never the first or the last
    return tuple(snapshots)


def first_read(answers, digit):
    """When a digit was first read, and since when always: two positions in answers (in order), or None."""
    first = answers.index(digit) if digit in answers else None
    since = max((i + 1 for i, answer in enumerate(answers) if answer != digit), default=0)
    return first, since if since < len(answers) else None
