"""How good a network is on images that it never learnt from, by scikit-learn's metrics."""

import math
from dataclasses import dataclass

import numpy as np

from ..network import N_DIGITS, forward


@dataclass(frozen=True, eq=False)
class Scores:
    """How a network read n images whose labels are known.

    labels, answers, outputs : (n,), the digit that each image is, the one that was read, and its output in 0..1
    order : int (n,), the indices of all images, the largest output first
    accuracy : float in 0..1, the share that was read right
    confusion : int (10, 10), how many images with the row's label were read as the column's digit
    recall : floats (10,), for each digit the share of its images that were read as it; NaN if it has none
    precision : floats (10,), for each digit the share of the images read as it that are it; NaN if there are none
    """

    labels: np.ndarray
    answers: np.ndarray
    outputs: np.ndarray
    order: np.ndarray
    accuracy: float
    confusion: np.ndarray
    recall: np.ndarray
    precision: np.ndarray


def score(network, images, labels):
    """The Scores of a Network on images (n, 784), uint8 or floats in 0..1, n > 0, prepared as it expects them."""
    # Imported here because it takes a second.
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    activations = forward(network, network.inputs(images))
    answers = activations.z_out.argmax(axis=1)  # by z_out: several outputs can be so close to 1 that they are rounded
    of_answer, digits = (np.arange(len(answers)), answers), range(N_DIGITS)  # all ten, also digits that it never read
    order = np.argsort(-activations.z_out[of_answer], kind="stable")
    confusion = confusion_matrix(labels, answers, labels=digits)
    precision, recall, *_ = precision_recall_fscore_support(labels, answers, labels=digits, zero_division=np.nan)
    accuracy, outputs = accuracy_score(labels, answers), activations.a_out[of_answer]
    return Scores(np.asarray(labels), answers, outputs, order, accuracy, confusion, recall, precision)


def mistakes(scores):
    """The indices of all images that were read wrong, the most confident mistake (with the largest output) first."""
    return scores.order[(scores.labels != scores.answers)[scores.order]]


def in_cell(scores, label, answer):
    """The indices of the images with this label that were read as this answer.

    The most confident mistake comes first; of right answers, the least confident, which was nearly a mistake.
    """
    order = scores.order[::-1] if label == answer else scores.order
    return order[((scores.labels == label) & (scores.answers == answer))[order]]


def filled_cells(confusion):
    """The filled cells of a confusion matrix as pairs (label, answer): mistakes first, then by descending number."""
    cells = [(int(label), int(answer)) for label, answer in np.argwhere(confusion)]
    return sorted(cells, key=lambda cell: (cell[0] == cell[1], -confusion[cell]))


def interval(right, n, z=1.96):
    """The 95 % interval of a share, if `right` of n were right: a pair (low, high) in 0..1, after Wilson (1927).

    Unlike the usual plus-minus it is useful for a handful of drawings, and never leaves 0..1.
    """
    middle = (right + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(right * (n - right) / n + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
