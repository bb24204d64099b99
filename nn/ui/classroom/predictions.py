"""Predictions for a class's own digits, by the pre-trained network, the class's best, and each student's latest."""

import io

import numpy as np

from ... import load_network
from ...classroom.names import name_of
from ...network import N_DIGITS

PRETRAINED, BEST, CLASS = "pre-trained", "best", "class"  # kinds of networks


def predictions(board, classroom, known, pretrained, accuracy):
    """A list of dicts for a Board with drawings: the pre-trained network, the best if there is one, the others.

    who : str, the network's owner; number : theirs in the room, or None; kind : PRETRAINED, BEST or CLASS
    mnist, hands : float in 0..1, its accuracy on MNIST's unseen images, and on the class's digits
    answers : int (n,), the predicted digit of each drawing

    known is an empty dict at first, and kept up to date, so that each network reads each drawing once: a training's id
    (None: the pre-trained network, with this accuracy) -> its Network, and its answers by the ids of drawings.
    """
    known.setdefault(None, (pretrained, {}))
    rows = _load(board, classroom, known)  # the best first
    networks = [(None, PRETRAINED, "Pre-trained network", None, accuracy)]
    for kind, row in zip([BEST] + [CLASS] * len(rows), rows):
        networks.append((row.id, kind, name_of(row.number), row.number, row.content.accuracy))
    labels, found = np.array([drawing.content.label for drawing in board.drawings]), []
    for id, kind, who, number, mnist in networks:
        answers = _read(*known[id], board.drawings)
        hands = float((answers == labels).mean())
        found.append({"kind": kind, "who": who, "number": number, "mnist": mnist, "hands": hands, "answers": answers})
    return found


def _load(board, classroom, known):
    """Load the networks of the best training and of each person's latest; forget others.

    Returns these trainings, the best first.
    """
    ids = set(classroom.with_network(board.room))
    rows = [row for row in board.trainings if row.id in ids]
    best = sorted(rows, key=lambda row: -row.content.accuracy)[:1]
    wanted = {row.id: row for row in [*{row.number: row for row in rows}.values(), *best]}
    for id in known.keys() - {None, *wanted}:
        del known[id]
    for id, file in classroom.networks([id for id in wanted if id not in known]).items():
        known[id] = load_network(io.BytesIO(file)).astype(np.float32), {}  # in half the memory
    loaded = [row for id, row in wanted.items() if id in known]  # others have been removed meanwhile
    best = max(loaded, key=lambda row: row.content.accuracy, default=None)
    return sorted(loaded, key=lambda row: row is not best)


def _read(network, answers, drawings):
    """A network's predicted digits of a Board's drawings: int (n,). New ones are added to its answers."""
    new = [drawing for drawing in drawings if drawing.id not in answers]
    if new:
        X = np.array([getattr(drawing.content, network.preparation) for drawing in new])  # (n, 784)
        answers |= {drawing.id: int(answer) for drawing, answer in zip(new, network.predict(X))}
    return np.array([answers[drawing.id] for drawing in drawings], int)


def confusion_of(labels, answers):
    """How often each digit (row) was read as each (column): int (10, 10)."""
    return np.histogram2d(labels, answers, bins=range(N_DIGITS + 1))[0].astype(int)
