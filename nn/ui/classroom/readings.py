"""How networks read a class's own digits: the pre-trained one, the latest of each student, and the class's best."""

import io
import threading
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ... import load_network
from ...classroom.names import name_of
from ...network import N_DIGITS

PRETRAINED, BEST, CLASS = "pre-trained", "best", "class"  # kinds of networks


class Reading(NamedTuple):
    """How a network reads the class's digits.

    who : str, whose it is; kind : PRETRAINED, BEST or CLASS; number : the owner's in the room, None without one
    mnist : float in 0..1, its accuracy on MNIST's held-out images
    answers : int (n,), what it reads in each of the board's drawings
    """

    who: str
    kind: str
    number: int | None
    mnist: float
    answers: np.ndarray

    def share(self, labels):
        """The share of the drawings that it reads as what they are, labels (n,), n > 0."""
        return float((self.answers == labels).mean())


class Readings:
    """The Readings of a room, brought up to date: each network reads each drawing once.

    pretrained : Network; accuracy : float in 0..1, its accuracy on MNIST's held-out images
    """

    def __init__(self, pretrained, accuracy):
        self._lock, self._version, self._found = threading.Lock(), None, None
        self._pretrained, self._accuracy = pretrained, accuracy
        self._networks, self._answers = {}, {}

    def of(self, board, classroom):
        """The Readings of a Board; first the pre-trained network, then the best if there is one, then the others.

        classroom : Classroom, which has the networks
        """
        with self._lock:
            if self._version == board.version:
                return self._found
            kept = self._load(board, classroom)
            readings = [Reading("Pre-trained network", PRETRAINED, None, self._accuracy, self._read(None, board))]
            best = max(kept, key=lambda row: row.accuracy, default=None)
            for row in sorted(kept, key=lambda row: row is not best):
                kind = BEST if row is best else CLASS
                answers = self._read(row.id, board)
                readings.append(Reading(name_of(row.number).words, kind, row.number, row.accuracy, answers))
            self._found, self._version = readings, board.version
            return readings

    def _load(self, board, classroom):
        """The rows of the trainings whose networks are wanted; what is no longer wanted is forgotten."""
        ids = set(classroom.kept_networks(board.room))
        rows = [row for row in board.trainings if row.id in ids]
        wanted = {row.number: row for row in rows}  # the latest of each
        best = max(rows, key=lambda row: row.accuracy, default=None)
        if best is not None:
            wanted["best"] = best
        by_id = {row.id: row for row in wanted.values()}
        files = classroom.networks([id for id in by_id if id not in self._networks])
        self._networks = {id: network for id, network in self._networks.items() if id in by_id}
        self._networks |= {id: _in_single_precision(load_network(io.BytesIO(file))) for id, file in files.items()}
        self._answers = {id: known for id, known in self._answers.items() if id is None or id in by_id}
        return [row for id, row in by_id.items() if id in self._networks]

    def _read(self, id, board):
        """What a network, the pre-trained one (None) or that of a training, reads in each of a Board's drawings."""
        network = self._pretrained if id is None else self._networks[id]
        known = self._answers.setdefault(id, {})
        new = [drawing for drawing in board.drawings if drawing.id not in known]
        if new:
            X = np.array([drawing.images[network.preparation] for drawing in new])  # (n, 784)
            known |= {drawing.id: int(answer) for drawing, answer in zip(new, network.predict(X))}
        return np.array([known[drawing.id] for drawing in board.drawings], int)


def _in_single_precision(network):
    """A Network in half the memory."""
    arrays = {name: getattr(network, name).astype(np.float32) for name in ("W_h", "b_h", "W_out", "b_out")}
    return replace(network, **arrays)


def confusion_of(labels, answers):
    """How often each digit (row) was read as each (column): int (10, 10)."""
    confusion = np.zeros((N_DIGITS, N_DIGITS), int)
    np.add.at(confusion, (labels, answers), 1)
    return confusion
