"""The images with which a network is taught a hand: a visitor's drawings, distorted copies of them, and MNIST's images.

The copies are made of the ink on the canvas, which is finer than what the network sees. Distorting the 28 x 28 image
taught much less: a network of 30 units that had learnt from three drawings of a 7 that looks like a 2, beside images of
MNIST, read 46 % of other drawings of it, and 80 % with copies of the ink.
"""

import copy
import time
from dataclasses import replace

import numpy as np

from .augmentation import distorted
from .augmented_set import prepared_randomly
from .preprocessing import as_pixels, cut_out, fine_ink, prepare_ink
from .training_set import SLICE_SECONDS

COPIES = 500  # distorted copies of all drawings together, so that many drawings take no longer than few
MNIST_IMAGES = 1_000  # from MNIST, to go with them; with 2,000 a network forgets less, but learns less of an odd style
NO_DRAWING = -1  # the source of an image of MNIST


class HandSet:
    """Drawings, distorted copies of them and perhaps images of MNIST, made in slices as a TrainingSet is.

    A training calls step() until the set is complete. First come the drawings, then the copies, then MNIST's images.
    Each copy has its own random generator, seeded by [seed, its row], so the slices don't change the result.

    Parameters
    ----------
    inks : sequence of float arrays (rows, columns) in 0..1
        The ink of each drawing, as find_ink finds it; no drawing is blank.
    labels : integers (n,)
        The digits that the drawings were meant to be.
    beside : TrainingSet
        MNIST's images, prepared as the network needs them: MNIST_IMAGES that it goes on learning from, if with_mnist,
        and the held-out ones. If it isn't complete yet, step() completes it.
    with_mnist : bool
        Whether the network learns from MNIST's images as well. Without them it forgets how they are read.
    seed : int

    Attributes
    ----------
    mnist : Mnist
        All images to learn from, and MNIST's held-out ones; None until the set is complete.
    share : float in 0..1
        How much of it is made.
    drawings : uint8 (n, 784), or None until the set is complete
        The drawings exactly as the network sees them.
    labels : int64 (n,)
    source : int64 (n_images,)
        For each image to learn from the number of its drawing, 0 to n - 1, or NO_DRAWING.

    Raises
    ------
    ValueError
        If there is no drawing, if one is blank, or the labels aren't a digit for each.
    """

    def __init__(self, inks, labels, beside, with_mnist=True, seed=0):
        labels = np.asarray(labels)
        n = len(inks)
        if n == 0:
            raise ValueError("There must be a drawing to learn from.")
        if any(np.ndim(ink) != 2 or not np.any(ink) for ink in inks):
            raise ValueError("Each drawing must have rows and columns, and ink.")
        if labels.shape != (n,) or labels.dtype.kind not in "iu" or not 0 <= labels.min() <= labels.max() <= 9:
            raise ValueError("Each drawing needs a label, a whole number from 0 to 9.")
        n_rows = n * (1 + max(1, COPIES // n))
        self.labels, self.drawings = labels.astype(np.int64), None
        self.source = np.append(np.arange(n_rows) % n, np.full(beside.n_images if with_mnist else 0, NO_DRAWING))
        self.mnist, self.share = None, 0.0
        self._inks = [cut_out(ink).copy() for ink in inks]  # a third of the whole canvas
        self._beside, self._with_mnist, self._seed = beside, with_mnist, seed
        self._n_rows, self._made = n_rows, 0
        self._fine, self._rows = [None] * n, np.empty((n_rows, 784), np.uint8)

    @property
    def n_images(self):
        """The number of images to learn from in the complete set."""
        return len(self.source)

    def step(self):
        """Make another slice, unless the set is complete."""
        if self.mnist is not None:
            return
        if self._beside.mnist is None:
            self._beside.step()
        else:
            began = time.perf_counter()
            while self._made < self._n_rows:
                self._rows[self._made] = self._row(self._made)
                self._made += 1
                if time.perf_counter() - began >= SLICE_SECONDS:
                    break
            if self._made == self._n_rows:
                self._complete()
        n_beside = self._beside.n_images
        self.share = (self._beside.share * n_beside + self._made) / (n_beside + self._n_rows)

    def _row(self, row):
        """A drawing, or a distorted copy of it, prepared: uint8 (784,)."""
        drawing, preparation = self.source[row], self._beside.preparation
        if row == drawing:
            self._fine[drawing] = fine_ink(self._inks[drawing])
            return as_pixels(prepare_ink(self._inks[drawing], preparation)["centred"])
        rng = np.random.default_rng([self._seed, row])
        return prepared_randomly(distorted(self._fine[drawing], rng), preparation, rng)

    def _complete(self):
        X, y, beside = self._rows, self.labels[self.source[: self._n_rows]], self._beside.mnist
        if self._with_mnist:
            X, y = np.concatenate([X, beside.X_train]), np.concatenate([y, beside.y_train])
        self.drawings = X[: len(self.labels)].copy()
        for array in (X, y, self.drawings):
            array.flags.writeable = False
        self.mnist = replace(beside, X_train=X, y_train=y)  # last: others take it as complete
        self._inks = self._fine = self._rows = None  # no longer needed

    def without(self, held_out):
        """This set, which must be complete, without some drawings and without every copy of them.

        held_out : integers, the numbers of the drawings
        """
        kept = ~np.isin(self.source, held_out)
        other = copy.copy(self)
        other.source = self.source[kept]
        other.mnist = replace(self.mnist, X_train=self.mnist.X_train[kept], y_train=self.mnist.y_train[kept])
        return other


def folds(labels, k=5, seed=0):
    """The drawings that are held out in each of at most k folds: a list of integer arrays, in which each comes once.

    The folds are as large as each other, and each digit's drawings are spread over them, as far as that is possible.
    Among drawings of the same digit chance decides, seeded by seed.

    labels : integers (n,), the digits; n is at least 2, otherwise nothing would be left to learn from (ValueError)
    """
    labels = np.asarray(labels)
    if len(labels) < 2 or k < 2:
        raise ValueError("There must be at least two drawings and two folds.")
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_digit = shuffled[np.argsort(labels[shuffled], kind="stable")]
    k = min(k, len(labels))
    return [np.sort(by_digit[i::k]) for i in range(k)]
