"""A training under way, and a visitor's share in it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean

from ..images.training_set import TrainingSet
from ..recipe import Recipe
from ..training import TrainingState, next_moment
from .snapshots import SnapshotStore
from .task import Task
from .turn_queue import Priority


@dataclass(eq=False)
class SharedTraining:
    """A training under way. The first fields are parameters of Scheduler.train."""

    recipe: Recipe
    images: TrainingSet
    state: TrainingState  # the latest
    store: SnapshotStore | None
    until: int | None
    pause: Callable | None
    priority: Priority
    task: Task | None = None
    owners: list = field(default_factory=list)  # of its subscriptions, one for each
    share: frozenset = frozenset()  # the same as a set, which each estimate asks for: they take turns among themselves
    moved: threading.Event = field(default_factory=threading.Event)  # set when it has learnt from an image or is over
    measured: TrainingState | None = None  # the latest that was measured
    learnt: int = 0  # images
    seconds: float = 0.0  # the time for them, waiting for turns included
    learnt_later: int = 0  # images after the first epoch, in which most of the time goes into measuring
    computing: float = 0.0  # the time for those, without waiting

    @property
    def images_left(self):
        """How many images it has still to learn from."""
        end = self.recipe.epochs * self.state.n_images
        return max((end if self.until is None else min(end, self.until)) - self.state.images_seen, 0)

    @property
    def pauses_left(self):
        """Seconds of all pauses that are still to come."""
        n_images, seconds = self.state.n_images, 0
        moment = next_moment(self.state.images_seen, n_images)
        while self.pause is not None and moment < n_images:
            seconds, moment = seconds + self.pause(moment), next_moment(moment, n_images)
        return seconds


def estimate(training, trainings, n_workers):
    """Seconds until one of the trainings is over if all go on in turns, and how many are over before; or None.

    The time for an image is the mean of all trainings until the training has its own, after the first epoch. Trainings
    with the same owners have one share, in which they take turns; until the training is over, all shares get the same.
    """
    per_image = {one: one.computing / one.learnt_later for one in trainings if one.learnt_later}
    if training not in trainings or not per_image:
        return None
    usual = fmean(per_image.values())
    left, shares = {one: one.images_left * per_image.get(one, usual) for one in trainings}, {}
    for one in trainings:
        shares.setdefault(one.share, []).append(one)
    needed = {one: sum(min(left[one], left[other]) for other in share) for share in shares.values() for one in share}
    mine = needed[training]
    together = sum(min(mine, sum(left[one] for one in share)) for share in shares.values())
    n_before = sum(needed[one] <= mine for one in trainings) - 1
    return max(together / n_workers, left[training] + training.pauses_left), n_before


class Subscription:
    """A share in a SharedTraining: all see the same progress, late joiners its history, and each leaves alone.

    Scheduler.train makes it.

    owner : the visitor for whom it computes, by default itself
    snapshot_store : SnapshotStore or None, the training's. It goes on if others do
    """

    def __init__(self, scheduler, training, owner=None):
        self._scheduler, self._training, self.snapshot_store = scheduler, training, training.store
        self.owner = self if owner is None else owner
        self._began, self._ended, self._last = time.monotonic(), None, None
        self._lock = threading.Lock()

    def stop(self):
        """Leave. The visitor keeps the state of this moment; the training ends if it was the last subscription."""
        with self._lock:
            if self._ended is not None:
                return
            self._last, self._ended = self._training.state, time.monotonic()
        self._scheduler.unsubscribe(self._training, self.owner)

    @property
    def state(self):
        """The latest TrainingState, or that at stop()."""
        return self._last or self._training.state

    @property
    def error(self):
        """The Exception that ended the training, or None."""
        return self._training.task.error

    @property
    def active(self):
        """Whether the training is under way, and stop() was not called."""
        return self._ended is None and self._training.task.active

    def wait(self, seconds):
        """Wait for the training's end, at most this long; returns whether it is over."""
        return self._training.task.wait(seconds)

    def wait_for_progress(self, seconds):
        """Wait until it has learnt from an image, or has ended, at most this long."""
        self._training.moved.wait(seconds)

    @property
    def seconds_since_click(self):
        """Seconds since stop() or, before that, since the beginning; the end of the training doesn't count."""
        return time.monotonic() - (self._ended or self._began)

    @property
    def images_per_second(self):
        """The training's speed, with the waits for turns but without the pauses; 0 before the first slice."""
        return self._training.learnt / self._training.seconds if self._training.seconds else 0.0

    @property
    def estimate(self):
        """Seconds until it is over, and how many others are over before; None if that isn't known yet."""
        return estimate(self._training, self._scheduler.watched, self._scheduler.n_workers)
