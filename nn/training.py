"""Training: what can be set (Settings), how far it has got (Run), and how it continues (train).

All of it amounts to these lines, which a test compares with train(); X are inputs, Y one-hot labels:

    for epoch in range(settings.epochs):
        for i in np.random.default_rng([settings.seed, epoch]).permutation(len(X)):
            x, y = X[i : i + 1], Y[i : i + 1]
            gradients = backward(parameters, x, forward(parameters, x), y)
            parameters = update(parameters, gradients, settings.eta)

train() takes the same steps, only faster (descent.py), in slices that can be interrupted, and measures as it goes.
"""

import numbers
import time
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from .descent import PART, Batches, Online
from .images import NON_DIGIT
from .images.preparations import check_preparation
from .network import N_PIXELS, Network, cost, forward, initial_network, is_finite, onehot

MAX_BATCH = 1_000_000  # more images than there are: one batch of all of them, which is gradient descent
MEASURED_IMAGES = 4_000  # the curves are measured on at most this many training images and as many held-out ones


@dataclass(frozen=True)
class Settings:
    """What a person can set before training.

    Parameters
    ----------
    n_hidden : int
        Hidden units, 0 to 5000; 0 is the single-layer network.
    eta : float
        Learning rate, above 0 and finite.
    epochs : int
        How many times every training image is used, 1 to 10,000.
    batch_size : int
        Images for one update of the weights: 1 is the lecture's stochastic gradient descent, the number of training
        images (or more) is gradient descent. The gradient is the mean over the batch, so eta means the same for every
        size.
    seed : int
        At least 0; the same seed gives the same initial weights and the same shuffles.
    scale : bool
        Whether pixels are scaled to 0..1; otherwise they stay 0..255, as in the lecture's notebook.
    shuffle : bool
        Whether every epoch takes the images in a new order; otherwise always in the given order, as in the notebook.
    preparation : str
        How the images are prepared, "mnist" or "normalized" (see images/preprocessing.py). train() doesn't prepare
        them, but the network keeps this: drawings for it have to be prepared in the same way.

    Raises
    ------
    ValueError
        If a value has the wrong type or is out of range; the message names it.
    """

    n_hidden: int = 30
    eta: float = 0.1
    epochs: int = 10
    batch_size: int = 1
    seed: int = 42
    scale: bool = True
    shuffle: bool = True
    preparation: str = "mnist"

    def __post_init__(self):
        for name, low, high in [
            ("n_hidden", 0, 5_000),
            ("epochs", 1, 10_000),
            ("batch_size", 1, MAX_BATCH),
            ("seed", 0, 2**32 - 1),
        ]:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number from {low:,} to {high:,}, not {value!r}.")
            object.__setattr__(self, name, int(value))  # NumPy's whole numbers overflow
        try:
            eta = float(self.eta) if isinstance(self.eta, numbers.Real) and not isinstance(self.eta, bool) else np.nan
        except OverflowError:  # a whole number of hundreds of digits
            eta = np.inf
        if not 0 < eta < np.inf:
            raise ValueError(f"eta must be a finite number above 0, not {self.eta!r}.")
        object.__setattr__(self, "eta", eta)
        for name in ("scale", "shuffle"):
            if not isinstance(getattr(self, name), (bool, np.bool_)):
                raise ValueError(f"{name} must be True or False, not {getattr(self, name)!r}.")
            object.__setattr__(self, name, bool(getattr(self, name)))
        check_preparation(self.preparation)

    @property
    def pixel_max(self):
        """The value of a white pixel in the inputs: 1 if they are scaled, otherwise 255."""
        return 1.0 if self.scale else 255.0


@dataclass(frozen=True)
class Point:
    """One point of the learning curves, measured after `epoch` epochs (a float); costs are means per image.

    Measured on the first MEASURED_IMAGES of the training images and of the held-out images (None if there are none).
    Accuracies are shares of the digits among them, costs include non-digits.
    """

    epoch: float
    cost: float
    accuracy: float
    test_cost: float | None
    test_accuracy: float | None


@dataclass(frozen=True, eq=False)
class Run:
    """A training at one moment, complete and immutable: train(..., run=run) continues from here.

    network : Network             the weights at this moment
    n_images, images_seen : int   the number of training images, and how many were used so far in all epochs
    history : tuple of Point      from epoch 0 to now
    finished : bool               all epochs are over, or the training diverged
    diverged : bool               eta is too large: weights are no longer finite, or the cost is over 100 times that of
                                  the untrained network (network and history are then the last usable ones), or over
                                  twice that at the end of three epochs in a row
    began_trained : bool          it began with weights that had been learnt before, not with random ones
    """

    network: Network
    n_images: int
    images_seen: int = 0
    history: tuple = field(default=(), repr=False)
    finished: bool = False
    diverged: bool = False
    began_trained: bool = False

    @property
    def is_untrained(self):
        """Whether its network knows nothing: its weights are random."""
        return self.images_seen == 0 and not self.began_trained

    @property
    def epoch(self):
        """How many epochs are over, including a part of the present one: 2.5 is in the middle of the third."""
        return self.images_seen / self.n_images

    @property
    def is_measured(self):
        """Whether the last point of its history was measured at this very moment."""
        return bool(self.history) and self.history[-1].epoch == self.epoch


def initial_run(settings, n_images):
    """The Run before any training on n_images images: the initial weights, nothing measured yet."""
    return Run(initial_network(settings.n_hidden, settings.seed, settings.pixel_max, settings.preparation), n_images)


def next_moment(images_seen, n_images):
    """The number of images, counted over all epochs, after which a training is measured next.

    In the first epoch, in which a network learns most, that is after 1, 2, 5, 10, 20, 50, 100, ... of the n_images
    images; later it is at the end of every epoch. No clock is involved, so one seed tells one story on every processor
    of the same kind; on another, where sums are rounded otherwise, long steps may lead elsewhere.
    """
    epoch, seen = divmod(images_seen, n_images)
    if epoch > 0:
        return (epoch + 1) * n_images
    round_numbers = (digit * 10**exponent for exponent in range(20) for digit in (1, 2, 5))
    return min(n_images, next(number for number in round_numbers if number > seen))


def epoch_order(settings, epoch, n_images):
    """The order in which an epoch (0, 1, ...) takes the images: their indices (n_images,)."""
    if not settings.shuffle:
        return np.arange(n_images)
    return np.random.default_rng([settings.seed, epoch]).permutation(n_images)


def images_between(settings, n_images, start, stop):
    """The indices of the images that a training learns from after start images, until it has learnt from stop.

    Both are counted over all epochs, like Run.images_seen.
    """
    epochs = range(start // n_images, -(-stop // n_images))
    orders = [epoch_order(settings, epoch, n_images) for epoch in epochs] or [np.arange(0)]
    first = start - start % n_images  # the image of this number is the first of orders
    return np.concatenate(orders)[start - first : stop - first]


def train(settings, X, y, X_test=None, y_test=None, *, run=None, slice_seconds=0.1, until=None):
    """Train a network; yields a Run after each slice of work and, last, a finished one.

    A slice takes about slice_seconds, and ends at the latest at the next_moment, where the Run is measured. Neither the
    weights nor the history depend on how the work is sliced or whether it was interrupted: shuffles are seeded by
    [settings.seed, epoch], and a Run always ends with a whole block of images (descent.py) or a whole batch. With batch
    size 1 the steps are computed in float64, with larger batches in float32; a Run's network is always in float64.

    Parameters
    ----------
    settings : Settings
    X, y : arrays (n, 784) and (n,)
        Training images, uint8 in 0..255 or floats in 0..1, and their labels: 0..9, or NON_DIGIT.
    X_test, y_test : arrays, optional
        Held-out images: they are only used to measure.
    run : Run, optional
        Where to continue: a run of the same network and training images. Epochs, eta and batch size may change.
    slice_seconds : float
        About the longest time that a slice of work takes.
    until : int, optional
        End, unfinished, after exactly this many images, counted over all epochs like Run.images_seen; with batches, at
        the end of the batch. The Run is measured there too. A training that continues from there gets the same weights
        up to rounding, because a block of images was cut in two.

    Raises
    ------
    ValueError
        If images and labels don't fit together, if none of those that accuracy is measured on is a digit, or run
        doesn't fit the settings or the images.
    """
    X, y = _checked(X, y, "training")
    if (X_test is None) != (y_test is None):
        raise ValueError("Held-out images need their labels, and labels their images.")
    if X_test is not None:
        X_test, y_test = _checked(X_test, y_test, "held-out")
    if run is None:
        run = initial_run(settings, len(X))
    network = run.network
    if (network.n_hidden, network.pixel_max) != (settings.n_hidden, settings.pixel_max):
        raise ValueError("The run to continue has another number of hidden units or other inputs than the settings.")
    if network.preparation != settings.preparation:
        raise ValueError(
            f"The run to continue learnt from images prepared as {network.preparation!r}, but the settings say "
            f"{settings.preparation!r}."
        )
    if run.n_images != len(X):
        raise ValueError(f"The run to continue was trained on {run.n_images:,} images, but {len(X):,} were given.")
    return _slices(settings, X, y, X_test, y_test, run, slice_seconds, np.inf if until is None else until)


class Slice(NamedTuple):
    """What a slice of work has brought.

    runs : tuple of Run, in order: those that were measured, and the latest one, from which train_slice continues
    over : bool, whether the training is over
    seconds : float, how long it took: between the time by the clock, which is longest while others are at work too, and
        the processor's time, which it would take alone, but nearer to the clock. How long the next ones take lies
        there.
    """

    runs: tuple
    over: bool
    seconds: float


def train_slice(arrays, settings, run, seconds, until=None, one_moment=False):
    """Train from a Run for about this many seconds; returns a Slice.

    A pure function of everything but the time, wherever it is computed: slice after slice brings the Runs that train()
    yields.

    Parameters
    ----------
    arrays : tuple
        X_train, y_train, X_test, y_test, as for train().
    settings, run, until
        As for train().
    seconds : float
        About how long. Large batches may take longer, because a Run is never in the middle of a batch.
    one_moment : bool
        Whether to end where the Run is measured for the first time.
    """
    began, cpu_began, seen, runs, later = time.perf_counter(), time.thread_time(), run.images_seen, [], run
    for later in train(settings, *arrays, run=run, slice_seconds=seconds / 2, until=until):
        if len(later.history) > len(run.history):
            runs.append(later)
            run = later
        time_is_up = time.perf_counter() - began >= seconds and later.images_seen > seen
        if later.finished or time_is_up or (runs and one_moment):
            break
    over = later.finished or (until is not None and later.images_seen >= until)
    if not runs or runs[-1] is not later:
        runs.append(later)
    clock, processor = time.perf_counter() - began, time.thread_time() - cpu_began
    return Slice(tuple(runs), over, clock**0.75 * processor**0.25)


def evaluate(network, images, y):
    """Cost (mean per image) and accuracy (a share in 0..1) of a network on images (n, 784) with labels y (n,).

    The accuracy is that on the digits among them: there must be one. Non-digits have no right answer.
    Computed in float32, which takes half the time: the cost is right to about six digits.
    """
    rounded = replace(network, **network.parameters.astype(np.float32)._asdict())
    parts = range(0, len(images), PART)
    z_out = np.concatenate([forward(rounded, rounded.inputs(images[i : i + PART])).z_out for i in parts])
    return cost(z_out, onehot(y)), float((z_out.argmax(axis=1) == y)[y != NON_DIGIT].mean())


def measure(network, epoch, X, y, X_test=None, y_test=None):
    """The Point of a network after `epoch` epochs, on the first MEASURED_IMAGES training and held-out images."""
    training = evaluate(network, X[:MEASURED_IMAGES], y[:MEASURED_IMAGES])
    if X_test is None:
        return Point(epoch, *training, None, None)
    return Point(epoch, *training, *evaluate(network, X_test[:MEASURED_IMAGES], y_test[:MEASURED_IMAGES]))


def _checked(X, y, which):
    """Images and labels as arrays; raises ValueError if they aren't what train() asks for."""
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != N_PIXELS or len(X) == 0:
        raise ValueError(f"The {which} images must have the shape (n, {N_PIXELS}) with n > 0, not {X.shape}.")
    if X.dtype != np.uint8 and (X.dtype.kind != "f" or not (X.min() >= 0 and X.max() <= 1)):
        raise ValueError(f"The {which} images must be uint8 in 0..255 or floats in 0..1, not {X.dtype}.")
    onehot(y)  # raises ValueError for labels that it doesn't know
    if len(y) != len(X):
        raise ValueError(f"There are {len(X):,} {which} images, but {len(y):,} labels.")
    if (y[:MEASURED_IMAGES] == NON_DIGIT).all():
        raise ValueError(f"None of the {which} images that accuracy is measured on shows a digit.")
    return X, y


def _slices(settings, X, y, X_test, y_test, run, slice_seconds, until):
    def measured(run):
        return replace(run, history=(*run.history, measure(run.network, run.epoch, X, y, X_test, y_test)))

    n, clock = len(X), time.perf_counter
    if settings.batch_size == 1:
        descent = Online(run.network, X, y, settings.eta)
    else:
        descent = Batches(run.network, X, y, settings.eta, settings.batch_size)
    if not run.history:
        run = measured(run)
    run = last_measured = replace(run, finished=run.diverged or run.images_seen >= n * settings.epochs)
    yield run
    while not run.finished and run.images_seen < until:
        epoch, start = divmod(run.images_seen, n)
        order, stop = epoch_order(settings, epoch, n), min(next_moment(run.images_seen, n), until)
        began = clock()
        for position in descent.learn(order, start, stop - epoch * n):
            images_seen = epoch * n + position
            if images_seen < stop and clock() - began < slice_seconds:
                continue
            if not is_finite(descent.parameters):
                run = replace(last_measured, finished=True, diverged=True)
            elif images_seen > run.images_seen:  # otherwise this is the middle of a large batch
                network = replace(run.network, **descent.parameters.astype(np.float64)._asdict())
                run = replace(
                    run, network=network, images_seen=images_seen, finished=images_seen >= n * settings.epochs
                )
                if images_seen >= stop:
                    run = measured(run)
                    if run.history[-1].cost > 100 * run.history[0].cost:
                        run = replace(last_measured, finished=True, diverged=True)
                    elif _diverging(run.history):
                        run = replace(run, finished=True, diverged=True)
                    last_measured = run
            yield run
            if run.finished:
                break
            began = clock()


def _diverging(history):
    """Whether the cost was over twice that of the untrained network at the end of each of the last three epochs.

    Gradient descent may overshoot at first and recover later, but three epochs in a row are no accident.
    """
    limit = 2 * history[0].cost
    if history[-1].cost <= limit:
        return False
    ends = [point.cost for point in history if point.epoch >= 1 and point.epoch.is_integer()]
    return len(ends) >= 3 and min(ends[-3:]) > limit
