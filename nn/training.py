"""Training: how far it has got (TrainingState), and how it goes on from there (train).

train() takes the steps of network.sgd(), only faster (descent.py), in slices that can be interrupted, and measures as
it goes.
"""

import itertools
import time
from dataclasses import dataclass, field, replace

import numpy as np

from .analysis.evaluation import MEASURED_IMAGES, measure
from .descent import Batches, Online
from .images import NON_DIGIT, checked_images
from .network import Network, initial_network, onehot

GUESSES = 1, 2, 5, 10, 20, 50  # images, after which a network still knows next to nothing
CLIMB = 70, 100, 150, 200, 300, 500  # and after which it learns most; then ten times as many, and so on
MAX_WEIGHT = 1e30  # far beyond any learnt weight; below it no net input overflows, not even in float32


@dataclass(frozen=True, eq=False)
class TrainingState:
    """A training at one moment, complete and immutable: train(..., state=state) continues from here.

    network : Network, the weights at this moment
    n_images, images_seen : int, the number of training images, and how many were used so far in all epochs
    history : tuple of Point, from epoch 0 to now
    finished : bool, all epochs are over, or the training diverged
    diverged : bool, eta is too large: weights are no longer finite, or the cost is over 100 times that of the untrained
        network (network and history are then the last usable ones), or over twice that after three epochs in a row
    began_trained : bool, it began with weights that had been learnt before, not with random ones
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


def initial_state(recipe, n_images):
    """The TrainingState before any training on n_images images: the initial weights, nothing measured yet."""
    return TrainingState(initial_network(recipe.n_hidden, recipe.seed, recipe.pixel_max, recipe.preparation), n_images)


def next_moment(images_seen, n_images):
    """The number of images, counted over all epochs, after which a training is measured next.

    In the first epoch, in which a network learns most, that is after 1, 2, 5, 10, 20, 50, 70, 100, 150, 200, 300, 500,
    700, ... images; later it is at the end of every epoch. The first few are guesses. No clock is involved, so one seed
    tells one story on every processor of the same kind.
    """
    epoch, seen = divmod(images_seen, n_images)
    if epoch > 0:
        return (epoch + 1) * n_images
    moments = itertools.chain(GUESSES, (number * 10**zeros for zeros in range(20) for number in CLIMB))
    return min(n_images, next(moment for moment in moments if moment > seen))


def epoch_order(recipe, epoch, n_images):
    """The order in which an epoch (0, 1, ...) takes the images: their indices (n_images,)."""
    if not recipe.shuffle:
        return np.arange(n_images)
    return np.random.default_rng([recipe.seed, epoch]).permutation(n_images)


def images_between(recipe, n_images, start, stop):
    """The indices of the images that a training learns from after start images, until it has learnt from stop.

    Both are counted over all epochs, like TrainingState.images_seen.
    """
    first = start // n_images
    orders = [epoch_order(recipe, epoch, n_images) for epoch in range(first, max(first + 1, -(-stop // n_images)))]
    return np.concatenate(orders)[start - first * n_images : stop - first * n_images]


def train(recipe, X, y, X_test=None, y_test=None, *, state=None, slice_seconds=0.1, until=None):
    """Train a network; yields a TrainingState after each slice of work and, last, a finished one.

    A slice ends at the latest at the next_moment, where the state is measured. Neither the weights nor the history
    depend on how the work is sliced or whether it was interrupted: shuffles are seeded by [recipe.seed, epoch], and a
    state always ends with a whole block of images (descent.py) or a whole batch. With batch size 1 the steps are
    computed in float64, with larger batches in float32; a state's network is always in float64.

    Parameters
    ----------
    recipe : Recipe
    X, y : arrays (n, 784) and (n,)
        Training images, uint8 in 0..255 or floats in 0..1, and their labels: 0..9, or NON_DIGIT. They are used as they
        are: the recipe's preparation is only noted in the network.
    X_test, y_test : arrays, optional
        Held-out images, which are only used to measure.
    state : TrainingState, optional
        Where to continue: of the same network and training images. Epochs, eta and batch size may change.
    slice_seconds : float
        About the longest time that a slice of work takes.
    until : int, optional
        End, unfinished and measured, after this many images, counted like images_seen; with batches, at the end of the
        batch. A training that continues gets the same weights up to rounding, because a block was cut in two.

    Raises
    ------
    ValueError
        If images and labels don't fit together, if none of those that accuracy is measured on is a digit, or state
        doesn't fit the recipe or the images.
    """
    X, y = _checked(X, y, "training")
    if (X_test is None) != (y_test is None):
        raise ValueError("Held-out images need their labels, and labels their images.")
    if X_test is not None:
        X_test, y_test = _checked(X_test, y_test, "held-out")
    if state is None:
        state = initial_state(recipe, len(X))
    for name in ("n_hidden", "pixel_max", "preparation"):
        has, asked = getattr(state.network, name), getattr(recipe, name)
        if has != asked:
            raise ValueError(f"The state to continue has {name} = {has!r}, but the recipe says {asked!r}.")
    if state.n_images != len(X):
        raise ValueError(f"The state to continue was trained on {state.n_images:,} images, but {len(X):,} were given.")
    return _slices(recipe, X, y, X_test, y_test, state, slice_seconds, np.inf if until is None else until)


def _checked(X, y, which):
    """Images and labels as arrays; raises ValueError if they are invalid."""
    X, y = checked_images(X, f"The {which} images"), np.asarray(y)
    if len(X) == 0:
        raise ValueError(f"There are no {which} images.")
    if X.dtype != np.uint8 and not (X.min() >= 0 and X.max() <= 1):
        raise ValueError(f"The {which} images must be uint8 in 0..255 or floats in 0..1.")
    onehot(y)  # raises ValueError for labels that it doesn't know
    if len(y) != len(X):
        raise ValueError(f"There are {len(X):,} {which} images, but {len(y):,} labels.")
    if (y[:MEASURED_IMAGES] == NON_DIGIT).all():
        raise ValueError(f"None of the {which} images that accuracy is measured on shows a digit.")
    return X, y


def _slices(recipe, X, y, X_test, y_test, state, slice_seconds, until):
    def measured(state):
        return replace(state, history=(*state.history, measure(state.network, state.epoch, X, y, X_test, y_test)))

    n, clock, last_image = len(X), time.perf_counter, len(X) * recipe.epochs
    if recipe.batch_size == 1:
        descent = Online(state.network, X, y, recipe.eta)
    else:
        descent = Batches(state.network, X, y, recipe.eta, recipe.batch_size)
    if not state.history:
        state = measured(state)
    state = last_measured = replace(state, finished=state.diverged or state.images_seen >= last_image)
    yield state
    while not state.finished and state.images_seen < until:
        epoch, start = divmod(state.images_seen, n)
        order, stop = epoch_order(recipe, epoch, n), min(next_moment(state.images_seen, n), until)
        began = clock()
        for position in descent.learn(order, start, stop - epoch * n):
            seen = epoch * n + position
            if seen < stop and clock() - began < slice_seconds:
                continue
            if not is_finite(descent.parameters):
                state = replace(last_measured, finished=True, diverged=True)
            elif seen > state.images_seen:  # otherwise it is in the middle of a batch, before any update
                network = replace(state.network, **descent.parameters.astype(np.float64)._asdict())
                state = replace(state, network=network, images_seen=seen, finished=seen >= last_image)
                if seen >= stop:
                    state = measured(state)
                    if state.history[-1].cost > 100 * state.history[0].cost:
                        state = replace(last_measured, finished=True, diverged=True)
                    elif _diverging(state.history):
                        state = replace(state, finished=True, diverged=True)
                    last_measured = state
            yield state
            if state.finished:
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


def is_finite(parameters):
    """Whether every weight and bias of a Network or Parameters is a number smaller than MAX_WEIGHT."""
    arrays = parameters.W_h, parameters.b_h, parameters.W_out, parameters.b_out
    return all(bool((np.abs(array) < MAX_WEIGHT).all()) for array in arrays)  # NaN is not below anything
