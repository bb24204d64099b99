"""Predictions for a class's own digits, by the pre-trained network, the class's best, and each student's latest."""

import io
import threading
from dataclasses import replace

import numpy as np

from ... import load_network
from ...classroom.names import name_of
from ...network import N_DIGITS

PRETRAINED, BEST, CLASS = "pre-trained", "best", "class"  # kinds of networks


class Predictions:
    """The predictions for a room's drawings, kept up to date: each network reads each drawing once.

    pretrained : Network; accuracy : float in 0..1, its accuracy on MNIST's unseen images
    """

    def __init__(self, pretrained, accuracy):
        self._lock, self._version, self._found, self._accuracy = threading.Lock(), None, None, accuracy
        self._networks, self._answers = {None: pretrained}, {None: {}}  # by the id of the training

    def of(self, board, classroom):
        """A list of dicts for a Board with drawings: the pre-trained network, the best if there is one, the others.

        who : str, the network's owner; number : theirs in the room, or None; kind : PRETRAINED, BEST or CLASS
        mnist, hands : float in 0..1, its accuracy on MNIST's unseen images, and on the class's digits
        answers : int (n,), the predicted digit of each drawing
        """
        with self._lock:
            if self._version != board.version:
                self._found, self._version = list(self._predictions(board, classroom)), board.version
            return self._found

    def _predictions(self, board, classroom):
        rows = self._load(board, classroom)  # the best first
        networks = [(None, PRETRAINED, "Pre-trained network", None, self._accuracy)]
        for kind, row in zip([BEST] + [CLASS] * len(rows), rows):
            networks.append((row.id, kind, name_of(row.number), row.number, row.content.accuracy))
        labels = np.array([drawing.content.label for drawing in board.drawings])
        for id, kind, who, number, mnist in networks:
            answers = self._read(id, board)
            prediction = {"kind": kind, "who": who, "number": number, "mnist": mnist}
            yield prediction | {"hands": float((answers == labels).mean()), "answers": answers}

    def _load(self, board, classroom):
        """Load the networks of the best training and of each person's latest; forget others.

        Returns these trainings, the best first.
        """
        ids = set(classroom.with_network(board.room))
        rows = [row for row in board.trainings if row.id in ids]
        best = sorted(rows, key=lambda row: -row.content.accuracy)[:1]
        wanted = {row.id: row for row in [*{row.number: row for row in rows}.values(), *best]}
        files = classroom.networks([id for id in wanted if id not in self._networks])
        known = {id: self._networks[id] for id in (None, *wanted) if id in self._networks}
        self._networks = known | {id: _in_single_precision(load_network(io.BytesIO(files[id]))) for id in files}
        self._answers = {id: self._answers.get(id, {}) for id in self._networks}
        loaded = [row for id, row in wanted.items() if id in self._networks]  # others have been removed meanwhile
        best = max(loaded, key=lambda row: row.content.accuracy, default=None)
        return sorted(loaded, key=lambda row: row is not best)

    def _read(self, id, board):
        """The predicted digits of a Board's drawings, by the network of a training, or the pre-trained one (None)."""
        network, known = self._networks[id], self._answers[id]
        new = [drawing for drawing in board.drawings if drawing.id not in known]
        if new:
            X = np.array([getattr(drawing.content, network.preparation) for drawing in new])  # (n, 784)
            known |= {drawing.id: int(answer) for drawing, answer in zip(new, network.predict(X))}
        return np.array([known[drawing.id] for drawing in board.drawings], int)


def _in_single_precision(network):
    """A Network in half the memory."""
    arrays = {name: getattr(network, name).astype(np.float32) for name in ("W_h", "b_h", "W_out", "b_out")}
    return replace(network, **arrays)


def confusion_of(labels, answers):
    """How often each digit (row) was read as each (column): int (10, 10)."""
    return np.histogram2d(labels, answers, bins=range(N_DIGITS + 1))[0].astype(int)
