"""Many trainings: a grid of learning rates, hidden units and seeds, spread over processes or machines by joblib.

A training is a pure function of its Recipe (train_one), so it doesn't matter where it is computed.
"""

import functools
import itertools
import logging
import multiprocessing
import signal
import threading
import time
import warnings
from collections import deque
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

from ..analysis.evaluation import evaluate
from ..images.mnist import load_mnist
from ..images.preprocessing import prepare_images
from ..recipe import Recipe
from ..training import initial_state, train
from .executors import dask_client, outcome
from .scheduler import train_all


class Result(NamedTuple):
    """The result of a training by a Recipe."""

    recipe: Recipe
    test_accuracy: float  # on all held-out images, a share in 0..1
    test_cost: float  # the mean per image
    accuracy: float  # the same on the training images
    cost: float
    diverged: bool  # as in TrainingState; then the numbers are those of the last usable network
    seconds: float  # of training, by the clock, without loading and evaluating


class Cell(NamedTuple):
    """Accuracies of n trainings that differ only in their seed: mean, lowest and highest, shares in 0..1."""

    mean: float
    low: float
    high: float
    n: int


MOST_VALUES = 50  # of eta, or of hidden units
MOST_TRAININGS = 1_000
BACKENDS = ("loky", "dask")
MOST_JOBS = 256


def plan_sweep(recipe, etas, hidden, n_seeds):
    """The grid() of a sweep. Raises ValueError if a value is out of range or appears twice, or if it is too large."""
    for name, values in (("eta", etas), ("hidden units", hidden)):
        if len(set(values)) < len(values):
            raise ValueError(f"A value of {name} appears twice.")
        if not 1 <= len(values) <= MOST_VALUES:
            raise ValueError(f"There must be from 1 to {MOST_VALUES} values of {name}, not {len(values):,}.")
    if n_seeds < 1:
        raise ValueError(f"The number of seeds must be at least 1, not {n_seeds:,}.")
    if (n := len(etas) * len(hidden) * n_seeds) > MOST_TRAININGS:
        raise ValueError(f"At most {MOST_TRAININGS:,} trainings are possible, but these are {n:,}.")
    return grid(recipe, etas, hidden, n_seeds)


def grid(recipe, etas, hidden, n_seeds):
    """A tuple of Recipes: this one with each combination of eta, hidden units and n_seeds seeds from its own on."""
    seeds = [(recipe.seed + i) % 2**32 for i in range(n_seeds)]
    points = itertools.product(seeds, hidden, etas)
    return tuple(replace(recipe, seed=seed, n_hidden=n_hidden, eta=eta) for seed, n_hidden, eta in points)


def train_one(recipe):
    """The Result of a training by a Recipe, computed in this process with one thread."""
    from threadpoolctl import threadpool_limits

    X, y, X_test, y_test = _images(recipe.source, recipe.n_images, recipe.preparation)
    with threadpool_limits(1):  # a second thread only costs time, and the other processors have their own trainings
        began = time.perf_counter()
        (state,) = deque(train(recipe, X, y), maxlen=1)  # the last one
        seconds = round(time.perf_counter() - began, 3)
        test_cost, test_accuracy = evaluate(state.network, X_test, y_test)
        cost, accuracy = evaluate(state.network, X, y)
    return Result(recipe, test_accuracy, float(test_cost), accuracy, float(cost), state.diverged, seconds)


@functools.lru_cache(maxsize=1)
def _images(source, n, preparation):
    """X_train, y_train, X_test and y_test, read once by each process, so that they are never sent."""
    mnist = load_mnist(source, fetch=False).first(n)
    X, X_test = prepare_images(mnist.X_train, preparation), prepare_images(mnist.X_test, preparation)
    return X, mnist.y_train, X_test, mnist.y_test


def run_sweep(recipes):
    """Yield the Result of each Recipe as soon as it is there, computed by joblib (see computing_on).

    Raises ConnectionError if the workers are lost, DataError if one of them can't read the images, and MemoryError.
    """
    outcomes, error = _outcomes(recipes), None
    try:
        for result, error in outcomes:
            if error is not None:
                break
            yield result
    except (ValueError, OSError, MemoryError):
        raise
    except Exception as failure:  # not a training's: each of joblib's backends has its own
        raise ConnectionError(f"The workers were lost ({type(failure).__name__}).") from failure
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib warns of results that nobody waits for
            outcomes.close()
    if error is not None:
        raise error


def _outcomes(recipes):
    """Yield the _outcome of each Recipe, in any order; if joblib's backend can, each when it is over."""
    from joblib import Parallel, delayed
    from joblib.parallel import get_active_backend

    how = "generator_unordered" if get_active_backend()[0].supports_return_generator else "list"
    yield from Parallel(return_as=how, batch_size=1)(map(delayed(_outcome), recipes))


def _outcome(recipe):
    """The outcome() of train_one: joblib waits for ever for a task of Dask that raises an error."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if multiprocessing.parent_process() is not None and in_main_thread:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    return outcome(train_one, recipe)


@contextmanager
def computing_on(backend, jobs=None, scheduler=None):
    """Within it, joblib computes with "loky" (processes of this machine), or on a cluster of "dask".

    Raises ValueError if a package is missing, and OSError if no Dask scheduler answers.

    jobs : int, the trainings at a time, by default one for each processor; a Dask cluster decides that itself
    scheduler : str, the address of Dask's
    """
    from joblib import parallel_config

    client, how = None, {}
    if backend == "dask":
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # the error message is a sentence
        try:
            client = how["client"] = dask_client(scheduler)
        except ImportError as error:
            raise ValueError('--backend dask needs distributed: pip install "dask[distributed]"') from error
    with client or nullcontext(), parallel_config(backend, n_jobs=jobs or -1, **how):
        yield


def train_grid(task, scheduler, images, recipes, states):
    """Train by each Recipe in the background, except those in states. Runs as a Task.

    states : dict of Recipe -> TrainingState that is filled, without networks: only the curves are kept
    """
    left = [recipe for recipe in recipes if recipe not in states]
    plans = ((recipe, recipe, images, initial_state(recipe, images.n_images)) for recipe in left)
    for recipe, state in train_all(task, scheduler, plans):
        with task.publishing():
            states[recipe] = replace(state, network=None)


def cells(accuracies):
    """Mean and spread over the seeds: a dict of (eta, n_hidden) -> Cell, in the order of eta and then n_hidden.

    accuracies are triples (eta, n_hidden, accuracy), in any order; a training that diverged counts with its accuracy.
    """
    found = {}
    for *place, accuracy in accuracies:
        found.setdefault(tuple(place), []).append(accuracy)
    return {place: Cell(fmean(each), min(each), max(each), len(each)) for place, each in sorted(found.items())}


def table(cells):
    """The lines of a plain table of cells(): a row for each eta, a column for each number of hidden units, in %."""
    etas, hidden = sorted({eta for eta, _ in cells}), sorted({n_hidden for _, n_hidden in cells})
    rows = [["eta", *map(str, hidden)]]
    for eta in etas:
        row = [cells.get((eta, n_hidden)) for n_hidden in hidden]
        texts = [f"{100 * c.mean:.2f} ({100 * c.low:.2f} to {100 * c.high:.2f})" if c else "" for c in row]
        rows.append([f"{eta:.12g}", *texts])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(f"{text:>{width}}" for text, width in zip(row, widths)).rstrip() for row in rows]
