"""The images that a network learns from, prepared and perhaps distorted: made once for all who want the same."""

import time
from dataclasses import replace

import numpy as np

from .augmented_set import augmented_set_size, make_augmented_set
from .preprocessing import prepare_images

SLICE_SECONDS = 0.05  # of work at a time: so short that each of thirty trainings moves every two seconds


class TrainingSet:
    """The images of an Mnist, prepared and perhaps distorted, made in slices.

    A training calls step() until the set is complete; thirty that want the same set make it together. Only one thread
    at a time may do so (Trainings.here sees to that).

    The images are in their own order or, if is_sorted, by digit (non-digits come first).

    mnist : Mnist with X_train and X_test prepared in the same way, or None until it is complete
    share : float in 0..1, how much of it is made
    n_images : int, the number of training images of the complete set
    """

    def __init__(self, mnist, preparation="mnist", distorted=False, is_sorted=False):
        self.preparation = preparation
        self.n_images = augmented_set_size(len(mnist.X_train)) if distorted else len(mnist.X_train)
        self._is_sorted = is_sorted
        plain = preparation == "mnist" and not distorted
        self.mnist, self.share = (self._ordered(mnist), 1.0) if plain else (None, 0.0)
        self._source = mnist, distorted
        self._steps = self._make(*self._source)

    def step(self):
        """Make another slice, unless the set is complete."""
        if self.mnist is None:
            try:
                next(self._steps)
            except Exception:
                self._steps, self.share = self._make(*self._source), 0.0  # the next training begins again
                raise

    def _make(self, mnist, distorted):
        done, total = 0, self.n_images + len(mnist.X_test)

        def prepared(images):
            nonlocal done
            result, began = np.empty_like(images), time.perf_counter()
            for i in range(0, len(images), 10):
                result[i : i + 10] = prepare_images(images[i : i + 10], self.preparation)
                done += len(images[i : i + 10])
                if time.perf_counter() - began >= SLICE_SECONDS:
                    self.share = done / total
                    yield
                    began = time.perf_counter()
            return result

        X_test = yield from prepared(mnist.X_test)
        if distorted:
            for augmented in make_augmented_set(
                mnist.X_train, mnist.y_train, preparation=self.preparation, slice_seconds=SLICE_SECONDS
            ):
                self.share = (done + augmented.share * self.n_images) / total
                yield
            X, y = augmented.X, augmented.y
        else:
            X, y = (yield from prepared(mnist.X_train)), mnist.y_train
        self.mnist, self.share = self._ordered(replace(mnist, X_train=X, y_train=y, X_test=X_test)), 1.0
        for array in (self.mnist.X_train, self.mnist.y_train, X_test):
            array.flags.writeable = False
        yield  # without it, the last step() would raise StopIteration

    def _ordered(self, mnist):
        if not self._is_sorted:
            return mnist
        order = np.argsort(mnist.y_train, kind="stable")
        return replace(mnist, X_train=mnist.X_train[order], y_train=mnist.y_train[order])
