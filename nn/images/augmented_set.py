"""An augmented set: prepared images, distorted copies of them, digits drawn from pen strokes, and non-digits."""

import time

import numpy as np

from ..checks import one_of
from . import NON_DIGIT, PREPARATIONS, checked_images
from .augmentation import distort, non_digit, styled, written_digit
from .preprocessing import as_pixels, enlarged, prepare_images, prepare_ink

MAX_IMAGES = 1_000_000  # in an augmented set: 784 MB
STYLED = 0.5  # the share of the distorted 1s, 7s and 9s that get a style that MNIST lacks


def augmented_set_size(n, copies=1, written=0.7, non_digits=0.1):
    """The number of images in an augmented set that is made from n images."""
    return sum(_parts(n, copies, written, non_digits))


def _parts(n, copies, written, non_digits):
    """How many images, distorted copies, written digits and non-digits there are."""
    return n, n * copies, round(n * copies * written), round(n * copies * non_digits)


def make_augmented_set(
    X, y, *, preparation="normalized", seed=0, copies=1, written=0.7, non_digits=0.1, slice_seconds=0.1
):
    """Make an augmented set in slices; yields the part made so far after each, and the whole one last.

    Each is a tuple: images uint8 (n, 784), digits or NON_DIGIT (n,), and the share of the set that is made, in 0..1.

    First come the images themselves, then `copies` distorted copies of each, then digits drawn from people's pen
    strokes, then non-digits: letters, invented letters, scribbles, two digits side by side, dots. Each image has its
    own random generator, seeded by [seed, its row], so the slices don't change the result.

    X, y : uint8 (n, 784) and integers (n,), images and their digits
    preparation : "mnist" or "normalized", as in prepare_images; all images of the set are prepared like this
    copies, written, non_digits : int, float and float, distorted copies of each image; digits from pen strokes, and
        non-digits, for each distorted copy
    slice_seconds : float, about how long a slice takes

    Raises ValueError if the images or digits are others, one of the numbers is below 0, or the set would be larger than
    MAX_IMAGES.
    """
    one_of("preparation", preparation, PREPARATIONS)
    X, y = checked_images(X, floats=False), np.asarray(y)
    if y.shape != X.shape[:1] or y.dtype.kind not in "iu" or (y.size and not 0 <= y.min() <= y.max() <= 9):
        raise ValueError(f"Labels must be whole numbers from 0 to 9, one for each of the {len(X):,} images.")
    if not all(0 <= number < np.inf for number in (copies, written, non_digits)):
        raise ValueError("The numbers of copies, of written digits and of non-digits must be at least 0.")
    parts = _parts(len(X), copies, written, non_digits)
    total = sum(parts)
    if total > MAX_IMAGES:
        raise ValueError(f"With {copies:,} copies there would be {total:,} images; {MAX_IMAGES:,} are allowed.")
    n, end_of_copies, end_of_written, _ = np.cumsum(parts)
    images, digits = np.zeros((total, X.shape[1]), np.uint8), np.zeros(total, np.int64)
    began = time.perf_counter()
    for row in range(total):
        if row < n:
            images[row], digits[row] = prepare_images(X[row : row + 1], preparation)[0], y[row]
        else:
            rng = np.random.default_rng([seed, row])
            if row < end_of_copies:
                ink, digit = enlarged(X[row % n]), y[row % n]
                ink = distort(styled(ink, digit, rng) if rng.random() < STYLED else ink, rng)
            elif row < end_of_written:
                ink, digit = written_digit(row % 10, rng), row % 10
            else:
                ink, digit = non_digit(rng), NON_DIGIT
            images[row], digits[row] = prepared_randomly(ink, preparation, rng), digit
        if row + 1 == total or time.perf_counter() - began >= slice_seconds:
            yield images[: row + 1], digits[: row + 1], (row + 1) / total
            began = time.perf_counter()


def prepared_randomly(ink, preparation, rng):
    """An image (112, 112) as a row of pixels (784,), prepared a little inexactly: a network mustn't rely on it."""
    jitter = {"pen": rng.uniform(2.3, 2.7), "scale": rng.normal(1, 0.03), "shift": rng.normal(0, 0.3, 2)}
    if not ink.any():
        return np.zeros(784, np.uint8)
    return as_pixels(prepare_ink(ink, preparation, **jitter)["centred"])
