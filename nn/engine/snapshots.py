"""The past of a training: the network at a few of its moments, few enough to keep for every visitor."""

import threading
import weakref
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..network import Network

MAX_SNAPSHOTS = 40
ALBUM_BYTES = 120_000_000  # of all snapshots of a process: for 30 visitors all that they want, for 200 six each
MAX_BYTES = 8_000_000  # of all snapshots of one training: 40 with 30 hidden units, 8 with 300
FEWEST = 3  # however large the network is
EARLY = 0.01  # of an epoch: moments closer together than this, at the very start, are dropped first


class Snapshot(NamedTuple):
    """A Network (in float32, which halves the memory) after `epoch` epochs (a float)."""

    network: Network
    epoch: float


def remember(snapshots, state, max_bytes=MAX_BYTES):
    """Snapshots (a tuple, in order), with this Run among them if it is a later one that was measured.

    Those are fixed moments (training.next_moment), and the ends of steps, so one seed keeps the same ones everywhere.
    """
    if not state.is_measured or (snapshots and state.epoch <= snapshots[-1].epoch):
        return snapshots
    parameters = state.network.parameters.astype(np.float32)
    return thinned((*snapshots, Snapshot(replace(state.network, **parameters._asdict()), state.epoch)), max_bytes)


def thinned(snapshots, max_bytes=MAX_BYTES):
    """Of these Snapshots, at most MAX_SNAPSHOTS and max_bytes, but always FEWEST.

    When there are too many, the one whose neighbours are closest, compared with how far the training had come, is
    dropped: the beginning is kept in small steps, and a long training in large ones.
    """
    each = sum(array.nbytes for array in snapshots[0].network.parameters) if snapshots else 1
    most = max(FEWEST, min(MAX_SNAPSHOTS, max_bytes // each))
    while len(snapshots) > most:
        epochs = [snapshot.epoch for snapshot in snapshots]
        gaps = [(after - before) / (after + EARLY) for before, after in zip(epochs, epochs[2:])]
        missed_least = 1 + int(np.argmin(gaps))  # never the first or the last
        snapshots = snapshots[:missed_least] + snapshots[missed_least + 1 :]
    return snapshots


class Past:
    """The Snapshots of one training, which all who watch it share. An Album opens it.

    snapshots : tuple of Snapshot, in order. Some of it may go when others train, or when the training goes on
    """

    def __init__(self, album, snapshots):
        self.snapshots, self._album = snapshots, album

    def remember(self, state):
        """Keep a Run as a Snapshot, if it was measured."""
        with self._album.lock:
            self.snapshots = remember(self.snapshots, state, self._album.bytes_each)


class Album:
    """The pasts of all trainings of a process, which share its memory: the more there are, the fewer each can keep.

    A Past that nobody needs any more makes room for others.
    """

    def __init__(self, max_bytes=ALBUM_BYTES):
        self.lock, self._max_bytes, self._pasts = threading.Lock(), max_bytes, weakref.WeakSet()

    @property
    def bytes_each(self):
        """How many bytes each Past may have at present."""
        return min(MAX_BYTES, self._max_bytes // max(len(self._pasts), 1))

    def open(self, snapshots=()):
        """A Past that begins with these Snapshots."""
        past = Past(self, snapshots)
        with self.lock:
            self._pasts.add(past)
            for other in self._pasts:
                other.snapshots = thinned(other.snapshots, self.bytes_each)
        return past


def first_read(answers, digit):
    """When a digit was first read, and since when it has always been read: two positions in answers, None if never.

    answers : one digit for each moment, in order
    """
    if digit not in answers:
        return None, None
    others = [i for i, answer in enumerate(answers) if answer != digit]
    since = others[-1] + 1 if others else 0
    return answers.index(digit), since if since < len(answers) else None
