"""The images that a network learns from, as a Recipe asks for them: made once for all trainings that need the same."""

from dataclasses import replace

import numpy as np

from .augmented_set import augmented_set_size, make_augmented_set

SLICE_SECONDS = 0.05  # of work at a time: so short that each of thirty trainings moves every two seconds


class TrainingSet:
    """The images of an Mnist, made in slices: prepared, with distorted copies, sorted by digit, as a Recipe says.

    A training calls step() until the set is complete; thirty that want the same set make it together. Only one thread
    at a time may do so (Scheduler.turn sees to that). Without a Recipe the images stay as they are.

    mnist : Mnist with X_train and X_test prepared in the same way, or None until it is complete
    share : float in 0..1, how much of it is made
    n_images : int, the number of training images of the complete set
    """

    def __init__(self, mnist, recipe=None):
        self._copies = int(recipe is not None and recipe.distorted)
        self._is_sorted = recipe is not None and recipe.is_sorted
        self.preparation = "mnist" if recipe is None else recipe.preparation
        self.n_images = augmented_set_size(len(mnist.X_train), self._copies)
        self._begin(mnist)
        if self.preparation == "mnist" and not self._copies:
            self._complete(self._ordered(mnist))

    def step(self):
        """Make another slice, unless the set is complete."""
        if self.mnist is None:
            try:
                next(self._slices, None)
            except Exception:
                self._begin(*self._source)  # for the next training
                raise

    def _begin(self, *source):
        self.mnist, self.share = None, 0.0
        self._source, self._slices = source, self._make(*source)

    def _make(self, mnist):
        made, done = [], 0
        for X, y, copies in (mnist.X_test, mnist.y_test, 0), (mnist.X_train, mnist.y_train, self._copies):
            how = {"preparation": self.preparation, "copies": copies, "slice_seconds": SLICE_SECONDS}
            for part in make_augmented_set(X, y, **how):
                self.share = (done + len(part[0])) / (len(mnist.X_test) + self.n_images)
                yield
            made.append(part)
            done = len(part[0])
        (X_test, *_), (X_train, y_train, _) = made
        self._complete(self._ordered(replace(mnist, X_train=X_train, y_train=y_train, X_test=X_test)))

    def _complete(self, mnist):
        for array in (mnist.X_train, mnist.y_train, mnist.X_test):
            array.flags.writeable = False
        self.mnist, self.share = mnist, 1.0
        self._source = self._slices = None

    def _ordered(self, mnist):
        if not self._is_sorted:
            return mnist
        order = np.argsort(mnist.y_train, kind="stable")  # non-digits come first
        return replace(mnist, X_train=mnist.X_train[order], y_train=mnist.y_train[order])
