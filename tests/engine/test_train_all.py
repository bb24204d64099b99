"""A grid of trainings in the background: the same results as train(), and everybody's own trainings come before."""

from itertools import product

from examples import few_images
from waiting import expected, wait_until

import nn
from nn.engine.scheduler import AT_ONCE, Scheduler
from nn.engine.slices import train_slice
from nn.engine.sweep import train_grid
from nn.engine.task import Task
from nn.images.training_set import TrainingSet
from nn.training import initial_state

LONG = 10_000  # epochs
IMAGES = TrainingSet(few_images())


def started(scheduler, recipes, states):
    return Task(train_grid, scheduler, IMAGES, recipes, states).start()


def long_grid():
    return [nn.Recipe(epochs=LONG, seed=seed) for seed in range(4)]


def test_a_grid_gives_the_curves_of_train_two_at_a_time_and_after_a_visitors_own_training(monkeypatch):
    slices, scheduler, states = [], Scheduler(), {}

    def noted(arrays, recipe, *others):
        slices.append((recipe, len(scheduler.queue)))
        return train_slice(arrays, recipe, *others)

    monkeypatch.setattr("nn.engine.scheduler.train_slice", noted)
    grid = [nn.Recipe(n_hidden=5, eta=eta, seed=seed, epochs=2) for eta, seed in product([0.01, 0.1], range(2))]
    diverging, own = nn.Recipe(n_hidden=0, eta=1e300, epochs=9), nn.Recipe(n_hidden=7)
    with scheduler.turn():  # nobody else has a turn
        task = started(scheduler, [*grid, diverging], states)
        wait_until(lambda: len(scheduler.queue) == AT_ONCE)
        assert task.active and scheduler.n_shares == 0
        subscription = scheduler.train(own, IMAGES, initial_state(own, IMAGES.n_images))
        wait_until(lambda: len(scheduler.queue) == AT_ONCE + 1)
    assert task.wait(60) and subscription.wait(60)
    assert not task.active and task.error is None and set(states) == {*grid, diverging}
    for recipe, state in states.items():
        alone = expected(IMAGES, recipe)
        assert state.history == alone.history and state.finished and state.network is None
        assert state.images_seen == alone.images_seen and state.diverged == (recipe is diverging)
    assert slices[0] == (own, AT_ONCE)  # and of the later slices, see test_turn_queue.py
    assert max(n_waiting for _, n_waiting in slices) == AT_ONCE


def test_finished_trainings_are_not_repeated():
    known, new = nn.Recipe(epochs=1, n_hidden=3), nn.Recipe(epochs=1, n_hidden=4)
    states = {known: "its state"}
    assert started(Scheduler(), (known, new), states).wait(60)
    assert states[known] == "its state" and states[new].finished and len(states) == 2
    nothing = started(Scheduler(), (), {})
    assert nothing.wait(60) and nothing.error is None


def test_a_stop_keeps_what_is_over_and_leaves_the_queue():
    scheduler, quick, states = Scheduler(), nn.Recipe(epochs=1), {}
    task = started(scheduler, [quick, *long_grid()], states)
    wait_until(lambda: quick in states)
    with scheduler.turn():
        wait_until(lambda: len(scheduler.queue) == AT_ONCE)
        task.cancel()
        task.cancel()  # twice does nothing
        assert not task.active and task.wait(60)
        wait_until(lambda: len(scheduler.queue) == 0)
    assert set(states) == {quick} and task.error is None


def test_an_error_in_a_training_ends_all_and_is_kept_for_the_page_to_show(monkeypatch):
    calls = []

    def broken(*arguments):
        calls.append(arguments)
        raise MemoryError("no room")

    monkeypatch.setattr("nn.engine.scheduler.train_slice", broken)
    scheduler, states = Scheduler(), {}
    task = started(scheduler, long_grid(), states)
    assert task.wait(60) and not task.active
    assert isinstance(task.error, MemoryError) and states == {}
    assert len(calls) <= AT_ONCE
    with scheduler.turn():
        pass  # its turns were given back
