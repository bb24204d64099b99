"""Several trainings that belong together, in the background: within a Task, as soon as there is nothing else to do."""

from itertools import islice

from .turn_queue import Priority

AT_ONCE = 2  # trainings of one task that are under way
WAIT = 0.2  # seconds after which a task looks again for the next one that is over


def train_all(task, scheduler, plans):
    """Train by each of the plans, AT_ONCE at a time; yields each one's key and last TrainingState when it is over.

    plans : iterable of (key, recipe, images, state), as Scheduler.train takes them
    """
    plans, running = iter(plans), {}
    try:
        while True:
            for key, *plan in islice(plans, AT_ONCE - len(running)):
                running[key] = scheduler.train(*plan, snapshots=None, priority=Priority.BACKGROUND)
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
