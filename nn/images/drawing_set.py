"""The images from which a network learns a handwriting: drawings, bent copies of them, and MNIST's images.

The copies are made of the ink on the canvas, which is finer than what the network sees. Distorting the 28 x 28 image
taught much less: a network of 30 units that had learnt from three drawings of a 7 that looks like a 2, beside images of
MNIST, read 46 % of other drawings of it, and 80 % with copies of the ink.
"""

import copy
import time
from dataclasses import replace

import numpy as np

from .augmentation import distort
from .augmented_set import prepared_randomly
from .preprocessing import as_pixels, cut_out, fine_ink, prepare_ink
from .training_set import SLICE_SECONDS, TrainingSet

COPIES = 500  # of all drawings together, so that many drawings take no longer than few
MNIST_IMAGES = 1_000  # from MNIST, to go with them; with 2,000 a network forgets less, but learns less of an odd style
NO_DRAWING = -1  # the source of an image of MNIST
FOLDS = 5


class DrawingSet(TrainingSet):
    """Drawings, then bent copies of them, then perhaps images of MNIST; made in slices, like every TrainingSet.

    inks, labels : n float arrays (rows, columns) in 0..1, the ink of each drawing as find_ink finds it, and n digits
        (ValueError if there is none, one is blank, or a label is missing)
    beside : TrainingSet of MNIST's images, prepared as the network needs them: MNIST_IMAGES to learn from, if
        with_mnist (otherwise it forgets how they are read), and the held-out ones. step() completes it, too
    drawings : uint8 (n, 784), exactly as the network sees them; None until the set is complete
    source : int64 (n_images,), for each image to learn from the number of its drawing, 0 to n - 1, or NO_DRAWING
    """

    def __init__(self, inks, labels, beside, with_mnist=True):
        labels = np.asarray(labels)
        n = len(inks)
        if n == 0:
            raise ValueError("There must be a drawing to learn from.")
        if any(np.ndim(ink) != 2 or not np.any(ink) for ink in inks):
            raise ValueError("Each drawing must have rows and columns, and ink.")
        if labels.shape != (n,) or labels.dtype.kind not in "iu" or not 0 <= labels.min() <= labels.max() <= 9:
            raise ValueError("Each drawing needs a label, a whole number from 0 to 9.")
        of_drawings = np.arange(n * (1 + max(1, COPIES // n))) % n
        self.labels, self.drawings, self._beside = labels.astype(np.int64), None, beside  # in use, as long as this is
        self.source = np.append(of_drawings, np.full(beside.n_images if with_mnist else 0, NO_DRAWING))
        self._begin([cut_out(ink).copy() for ink in inks], of_drawings, beside, with_mnist)  # a third of the canvas

    @property
    def n_images(self):
        """The number of images to learn from in the complete set."""
        return len(self.source)

    def _make(self, inks, of_drawings, beside, with_mnist):
        total, preparation = beside.n_images + len(of_drawings), beside.preparation
        while beside.mnist is None:
            beside.step()
            self.share = beside.share * beside.n_images / total
            yield
        X, fine, began = np.empty((len(of_drawings), 784), np.uint8), [None] * len(inks), time.perf_counter()
        for row, drawing in enumerate(of_drawings):
            if row == drawing:
                fine[drawing] = fine_ink(inks[drawing])
                X[row] = as_pixels(prepare_ink(inks[drawing], preparation)["centred"])
            else:
                rng = np.random.default_rng([0, row])  # one for each copy, so the slices don't change the result
                X[row] = prepared_randomly(distort(fine[drawing], rng), preparation, rng)
            if time.perf_counter() - began >= SLICE_SECONDS:
                self.share = (beside.n_images + row + 1) / total
                yield
                began = time.perf_counter()
        self.drawings, y, mnist = X[: len(inks)].copy(), self.labels[of_drawings], beside.mnist
        self.drawings.flags.writeable = False
        if with_mnist:
            X, y = np.concatenate([X, mnist.X_train]), np.concatenate([y, mnist.y_train])
        self._complete(replace(mnist, X_train=X, y_train=y))

    def without(self, held_out):
        """This set, which must be complete, without the drawings of these numbers and without every copy of them."""
        kept = ~np.isin(self.source, held_out)
        other = copy.copy(self)
        other.source = self.source[kept]
        other.mnist = replace(self.mnist, X_train=self.mnist.X_train[kept], y_train=self.mnist.y_train[kept])
        return other


def folds(labels):
    """The drawings held out in each of at most FOLDS folds: a list of integer arrays, in which each comes once.

    Each digit's drawings are spread over them at random. (scikit-learn's StratifiedKFold refuses ten drawings of ten
    digits.) Raises ValueError for fewer than two labels (n,): nothing would be left to learn from.
    """
    if len(labels) < 2:
        raise ValueError("There must be at least two drawings.")
    shuffled = np.random.default_rng(0).permutation(len(labels))
    by_digit = shuffled[np.argsort(np.asarray(labels)[shuffled], kind="stable")]
    k = min(FOLDS, len(labels))
    return [np.sort(by_digit[i::k]) for i in range(k)]
