"""More to learn from than there is: a pool of images, distorted copies of them and template digits, prepared."""

import time
from typing import NamedTuple

import numpy as np

from .augmentation import distorted, non_digit, styled, template_image
from .preprocessing import Jitter, as_pixels, check_preparation, enlarged, prepare_images, prepare_ink
from .stroke_templates import DIGITS

STYLED = 0.5  # share of the distorted 1s, 7s and 9s that are given a style that MNIST lacks


class AugmentedSet(NamedTuple):
    """As much of a pool as there is so far.

    X : uint8 (n, 784) and y : int64 (n,), images and their digits
    share : float in 0..1, how much of the pool that is; 1 is all of it
    """

    X: np.ndarray
    y: np.ndarray
    share: float


def augmented_set_size(n, copies=1, templates=0.7):
    """How many images a pool has that is made from n."""
    return n + n * copies + round(n * copies * templates)


def make_augmented_set(X, y, *, preparation="normalized", seed=0, copies=1, templates=0.7, slice_seconds=0.1):
    """Make a pool in slices; yields a AugmentedSet after each, and the whole one last.

    The images as they are come first, then `copies` distorted ones of each, then the digits from templates. Every image has
    a random generator of its own, seeded by [seed, its row]: how the work is sliced changes nothing.

    Parameters
    ----------
    X, y : uint8 (n, 784) and integers (n,)
        Images and their digits.
    preparation : str
        "mnist" or "normalized", as prepare_images; also the images as they are are prepared so.
    seed : int
    copies : int
        Distorted copies of each image.
    templates : float
        Digits from templates, for one distorted copy.
    slice_seconds : float
        About how long a slice takes.
    """
    check_preparation(preparation)
    n, total = len(X), augmented_set_size(len(X), copies, templates)
    pool_X, pool_y = np.zeros((total, X.shape[1]), np.uint8), np.zeros(total, np.int64)
    began = time.perf_counter()
    for row in range(total):
        if row < n:
            pool_X[row], pool_y[row] = prepare_images(X[row : row + 1], preparation)[0], y[row]
        else:
            rng = np.random.default_rng([seed, row])
            if row < n + n * copies:
                ink, digit = distorted_digit(X[row % n], y[row % n], rng), y[row % n]
            else:
                digit = row % 10
                ink = template_image(DIGITS[digit], rng)
            pool_X[row], pool_y[row] = prepared_randomly(ink, preparation, rng), digit
        if row + 1 == total or time.perf_counter() - began >= slice_seconds:
            yield AugmentedSet(pool_X[: row + 1], pool_y[: row + 1], (row + 1) / total)
            began = time.perf_counter()


def distorted_digit(image, digit, rng):
    """A row (784,) of uint8 pixels distorted at random and perhaps in a style that MNIST lacks: an image (112, 112)."""
    ink = enlarged(image)
    if rng.random() < STYLED:
        ink = styled(ink, digit, rng)
    return distorted(ink, rng)


def non_digits(n, *, preparation="normalized", seed=0):
    """Images that are no digits, uint8 (n, 784): letters, invented ones, scribbles, two digits side by side, dots."""
    rows = []
    for row in range(n):
        rng = np.random.default_rng([seed, row, 10])
        rows.append(prepared_randomly(non_digit(rng), preparation, rng))
    return np.array(rows)


def prepared_randomly(ink, preparation, rng):
    """An image (112, 112) as a row of pixels (784,), prepared a little differently each time."""
    jitter = Jitter(pen=rng.uniform(2.3, 2.7), scale=rng.normal(1, 0.03), x=rng.normal(0, 0.3), y=rng.normal(0, 0.3))
    if not ink.any():
        return np.zeros(784, np.uint8)
    return as_pixels(prepare_ink(ink, preparation, jitter)["centred"])
