"""An augmented set: prepared images, distorted copies of them, and digits drawn from templates."""

import time
from typing import NamedTuple

import numpy as np

from .augmentation import distorted, non_digit, styled, template_image
from .preparations import check_preparation
from .preprocessing import SIDE, Jitter, as_pixels, enlarged, prepare_images, prepare_ink
from .stroke_templates import DIGITS

MAX_IMAGES = 1_000_000  # in an augmented set: 784 MB
STYLED = 0.5  # the share of the distorted 1s, 7s and 9s that get a style that MNIST lacks


class AugmentedSet(NamedTuple):
    """The part of an augmented set that is made so far.

    X : uint8 (n, 784) and y : int64 (n,), images and their digits
    share : float in 0..1, how much of the whole set that is
    """

    X: np.ndarray
    y: np.ndarray
    share: float


def augmented_set_size(n, copies=1, templates=0.7):
    """The number of images in an augmented set that is made from n images."""
    return n + n * copies + round(n * copies * templates)


def make_augmented_set(X, y, *, preparation="normalized", seed=0, copies=1, templates=0.7, slice_seconds=0.1):
    """Make an augmented set in slices; yields the AugmentedSet so far after each, and the whole one last.

    First come the images themselves, then `copies` distorted copies of each, then the digits from templates. Each image
    has its own random generator, seeded by [seed, its row], so the slices don't change the result.

    Parameters
    ----------
    X, y : uint8 (n, 784) and integers (n,)
        Images and their digits.
    preparation : str
        "mnist" or "normalized", as in prepare_images; all images of the set are prepared like this.
    seed : int
    copies : int
        Distorted copies of each image.
    templates : float
        Digits from templates per distorted copy.
    slice_seconds : float
        About how long a slice takes.

    Raises
    ------
    ValueError
        If the images or digits are others, copies or templates are below 0, or the set would be larger than MAX_IMAGES.
    """
    check_preparation(preparation)
    X, y = np.asarray(X), np.asarray(y)
    if X.dtype != np.uint8 or X.ndim != 2 or X.shape[1] != SIDE * SIDE or y.shape != X.shape[:1]:
        raise ValueError(f"Images must be uint8 (n, {SIDE * SIDE}), with n digits, not {X.dtype} {X.shape}, {y.shape}.")
    if y.dtype.kind not in "iu" or (y.size and not 0 <= y.min() <= y.max() <= 9):
        raise ValueError("Labels must be whole numbers from 0 to 9.")
    if not (copies >= 0 and templates >= 0):
        raise ValueError("The numbers of copies and of templates must be at least 0.")
    n, total = len(X), augmented_set_size(len(X), copies, templates)
    if total > MAX_IMAGES:
        raise ValueError(f"With {copies:,} copies there would be {total:,} images; {MAX_IMAGES:,} are allowed.")
    images, digits = np.zeros((total, X.shape[1]), np.uint8), np.zeros(total, np.int64)
    began = time.perf_counter()
    for row in range(total):
        if row < n:
            images[row], digits[row] = prepare_images(X[row : row + 1], preparation)[0], y[row]
        else:
            rng = np.random.default_rng([seed, row])
            if row < n + n * copies:
                ink, digit = distorted_digit(X[row % n], y[row % n], rng), y[row % n]
            else:
                digit = row % 10
                ink = template_image(DIGITS[digit], rng)
            images[row], digits[row] = prepared_randomly(ink, preparation, rng), digit
        if row + 1 == total or time.perf_counter() - began >= slice_seconds:
            yield AugmentedSet(images[: row + 1], digits[: row + 1], (row + 1) / total)
            began = time.perf_counter()


def distorted_digit(image, digit, rng):
    """A row (784,) of uint8 pixels, distorted at random, perhaps in a style that MNIST lacks: an image (112, 112)."""
    ink = enlarged(image)
    if rng.random() < STYLED:
        ink = styled(ink, digit, rng)
    return distorted(ink, rng)


def non_digits(n, *, preparation="normalized", seed=0):
    """Images of non-digits, uint8 (n, 784): letters, invented letters, scribbles, two digits side by side, dots."""
    rows = []
    for row in range(n):
        rng = np.random.default_rng([seed, row, 10])
        rows.append(prepared_randomly(non_digit(rng), preparation, rng))
    return np.array(rows)


def prepared_randomly(ink, preparation, rng):
    """An image (112, 112) as a row of pixels (784,), prepared with a random jitter."""
    jitter = Jitter(pen=rng.uniform(2.3, 2.7), scale=rng.normal(1, 0.03), x=rng.normal(0, 0.3), y=rng.normal(0, 0.3))
    if not ink.any():
        return np.zeros(784, np.uint8)
    return as_pixels(prepare_ink(ink, preparation, jitter)["centred"])
