"""The past of a training: the network at a few of its moments, few enough to keep for every visitor."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .network import Network

MAX_SNAPSHOTS = 40
MAX_BYTES = 8_000_000  # of all snapshots of one training: 40 with 30 hidden units, 8 with 300
FEWEST = 3  # however large the network is
EARLY = 0.01  # of an epoch: moments closer together than this, at the very start, are dropped first


class Snapshot(NamedTuple):
    """A Network (in float32, which halves the memory) after `epoch` epochs (a float)."""

    network: Network
    epoch: float


def remember(snapshots, run):
    """Snapshots (a tuple, in order), with this Run among them if it is a later one that was measured.

    Those are fixed moments (training.next_moment), and the ends of steps, so one seed keeps the same ones everywhere.
    When there are too many, the one whose neighbours are closest, compared with how far the training had come, is
    dropped: the beginning is kept in small steps, and a long training in large ones.
    """
    measured = bool(run.history) and run.history[-1].epoch == run.epoch
    if not measured or (snapshots and run.epoch <= snapshots[-1].epoch):
        return snapshots
    parameters = run.network.parameters.astype(np.float32)
    snapshots = (*snapshots, Snapshot(replace(run.network, **parameters._asdict()), run.epoch))
    most = max(FEWEST, min(MAX_SNAPSHOTS, MAX_BYTES // sum(array.nbytes for array in parameters)))
    while len(snapshots) > most:
        epochs = [snapshot.epoch for snapshot in snapshots]
        gaps = [(after - before) / (after + EARLY) for before, after in zip(epochs, epochs[2:])]
        missed_least = 1 + int(np.argmin(gaps))  # never the first or the last
        snapshots = snapshots[:missed_least] + snapshots[missed_least + 1 :]
    return snapshots


def first_read(answers, digit):
    """When a digit was first read, and since when it has always been read: two positions in answers, None if never.

    answers : one digit for each moment, in order
    """
    if digit not in answers:
        return None, None
    others = [i for i, answer in enumerate(answers) if answer != digit]
    since = others[-1] + 1 if others else 0
    return answers.index(digit), since if since < len(answers) else None
