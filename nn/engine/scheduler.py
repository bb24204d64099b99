"""Trainings in the background: each computes slice by slice, in turns with the others, for all who subscribe to it."""

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from ..images.training_set import SLICE_SECONDS
from .executors import Executor
from .slices import train_slice
from .snapshots import SnapshotStore
from .subscription import SharedTraining, Subscription
from .task import Task
from .turn_queue import Priority, TurnQueue

LONGEST_SLICE, SHORTEST_SLICE = 0.4, 0.04  # seconds of work at a time for a worker
ROUND_SECONDS = 5  # with many trainings slices are shorter, so that each has had its turn after this time
CROWDED = 1.0  # seconds: after so long a wait for its turn, a training can be watched without pauses
AT_ONCE = 2  # trainings of train_all that are under way
WAIT = 0.2  # seconds after which train_all looks again for the next one that is over


class Scheduler:
    """All trainings of a process, the queue in which they wait for their turns, and the executor of their slices.

    queue : TurnQueue, for every long computation of the process
    executor : Executor; by default everything is computed in the process itself
    """

    def __init__(self, executor=None):
        self.executor = executor or Executor()
        self.queue = TurnQueue(lambda: 2 * self.executor.n or 1)  # so that no worker waits for its next slice
        self._lock, self._trainings = threading.Lock(), {}  # request -> the SharedTraining under way

    def train(self, recipe, images, state, snapshots=(), until=None, pause=None, priority=Priority.USUAL, owner=None):
        """A Subscription to the training that continues this TrainingState: a new one, or one that is under way.

        The same recipe and images lead from the same state to the same weights, so thirty visitors who ask for the same
        share one training. The turns are shared out among the owners, not among the trainings.

        images : TrainingSet or DrawingSet, which the training completes
        snapshots : tuple of those so far, or None for a training without any
        until : int or None, end after this many images, as in train()
        pause : function of the number of images seen, or None: how many seconds to wait at each measured moment of the
            first epoch, so that a person can watch. Others go on meanwhile, and the weights are the same
        priority : Priority; with USUAL, the first slice is nevertheless FIRST
        owner : the visitor for whom it computes, such as a Session; by default the Subscription itself
        """
        start = None if state.is_untrained else state  # all untrained states by the same recipe are the same
        key = recipe, images, start, snapshots is None, until, pause, priority
        with self._lock:
            training = self._trainings.get(key)
            is_new = training is None or not training.task.active
            if is_new:
                store = None if snapshots is None else SnapshotStore(snapshots)
                training = SharedTraining(recipe, images, state, store, until, pause, priority)
                training.task = Task(_train, self, training, name="training")
                self._trainings[key] = training
            subscription = Subscription(self, training, owner)
            training.owners.append(subscription.owner)
            training.share = frozenset(training.owners)
        if is_new:
            try:
                training.task.start()  # outside the lock, because it waits until the thread runs
            except RuntimeError:
                self.forget(training)
                raise
        return subscription

    def unsubscribe(self, training, owner):
        """End one subscription; the training is cancelled with its last one."""
        with self._lock:
            training.owners.remove(owner)
            training.share = frozenset(training.owners)
            if not training.owners:
                training.task.cancel()

    def forget(self, training):
        """Remove a training that is over."""
        with self._lock:
            self._trainings = {key: other for key, other in self._trainings.items() if other is not training}

    @property
    def watched(self):
        """The SharedTrainings under way, except in the background: those slow nobody down."""
        return [one for one in list(self._trainings.values()) if one.priority is not Priority.BACKGROUND]

    @property
    def n_watching(self):
        """The number of their owners."""
        return len({owner for training in self.watched for owner in training.owners})

    @property
    def n_shares(self):
        """The number of equal shares in which they get their turns: trainings with the same owners have one share."""
        return len({training.share for training in self.watched})

    @property
    def n_workers(self):
        """How many slices are computed at a time."""
        return max(self.executor.n, 1)

    @property
    def slice_seconds(self):
        """How long a slice should take at present."""
        if not self.executor.n:
            return SLICE_SECONDS
        return min(max(ROUND_SECONDS * self.n_workers / max(self.n_shares, 1), SHORTEST_SLICE), LONGEST_SLICE)

    @contextmanager
    def turn(self, *how):
        """Take a turn to compute something in this thread; only one thread at a time does. how : as for the queue."""
        with self.queue.turn(*how), self.executor.here:
            yield

    def complete(self, task, images, priority, owners=None):
        """Have a TrainingSet or DrawingSet made, in turns, within a Task."""
        while images.mnist is None:
            with self.turn(priority, task.wait_for, owners):
                images.step()


def _train(task, scheduler, training):
    """Complete the images, and have slice after slice computed. The function of a SharedTraining's Task."""
    training.measured = training.state
    try:
        scheduler.complete(task, training.images, training.priority, training.owners)
        until, state = training.until, training.state
        is_over = state.history and until is not None and state.images_seen >= until
        while not is_over:
            is_over = _take_slice(task, scheduler, training)
    finally:
        scheduler.forget(training)
        training.moved.set()


def _take_slice(task, scheduler, training):
    """Have a slice computed, publish its states, and pause; returns whether the training is over."""
    state, asked = training.state, time.monotonic()
    is_first = state.images_seen == 0
    priority = Priority.FIRST if is_first and training.priority is Priority.USUAL else training.priority
    with scheduler.queue.turn(priority, task.wait_for, training.owners):
        pauses = training.pause is not None and state.epoch < 1 and time.monotonic() - asked < CROWDED
        seconds = SLICE_SECONDS if is_first else scheduler.slice_seconds
        arguments = training.recipe, state, seconds, training.until, pauses
        states, is_over, computing = scheduler.executor.compute(train_slice, training.images.mnist, *arguments)
    last = states[-1]
    n_images = last.images_seen - state.images_seen
    for later in states:
        if later.is_measured and not later.diverged:
            training.measured = later
    if last.diverged and not last.is_measured:  # it ends where it was last measured, however it is sliced
        last = replace(training.measured, finished=True, diverged=True)
    with task.publishing():
        training.state = last
        training.learnt += n_images
        training.seconds += time.monotonic() - asked
        if state.epoch >= 1:
            training.learnt_later += n_images
            training.computing += computing
        for later in states if training.store is not None else ():
            training.store.add(later)
    if n_images:
        training.moved.set()
    if pauses and last.is_measured and not is_over and 0 < last.epoch < 1:
        task.sleep(training.pause(last.images_seen))
    return is_over


def train_all(task, scheduler, plans):
    """Train by each of the plans in the background, AT_ONCE at a time, within a Task.

    Yields each one's key and last TrainingState when it is over.

    plans : iterable of (key, recipe, images, state), as Scheduler.train takes them
    """
    plans, running = iter(plans), {}
    try:
        while True:
            for key, *plan in islice(plans, AT_ONCE - len(running)):
                running[key] = scheduler.train(*plan, snapshots=None, priority=Priority.BACKGROUND, owner=task)
            if not running:
                return
            next(iter(running.values())).wait(WAIT)
            task.raise_if_cancelled()
            for key, training in list(running.items()):
                if not training.active:
                    del running[key]
                    if training.error is not None:
                        raise training.error
                    yield key, training.state
    finally:
        for training in running.values():
            training.stop()
