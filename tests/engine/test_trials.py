"""A grid of trainings in the background: the same results as train(), and everybody's own trainings come before."""

from itertools import product

from examples import few_images
from waiting import expected, wait_until

import nn
from nn.engine.scheduler import Trainings
from nn.engine.trials import AT_ONCE, Trials
from nn.images.training_set import TrainingSet
from nn.training import initial_state, train_slice

LONG = 10_000  # epochs
IMAGES = TrainingSet(few_images())


def ended(*several):
    """Whether these Trials come to their end."""
    return all(one.join(60) for one in several)


def long_grid():
    return [nn.Recipe(epochs=LONG, seed=seed) for seed in range(4)]


def test_a_grid_gives_the_curves_of_train_two_at_a_time_and_after_a_visitors_own_training(monkeypatch):
    slices, trainings = [], Trainings()

    def noted(arrays, recipe, *others):
        slices.append((recipe, trainings.gate.n_waiting))
        return train_slice(arrays, recipe, *others)

    monkeypatch.setattr("nn.engine.scheduler.train_slice", noted)
    grid = [nn.Recipe(n_hidden=5, eta=eta, seed=seed, epochs=2) for eta, seed in product([0.01, 0.1], range(2))]
    diverging, own = nn.Recipe(n_hidden=0, eta=1e300, epochs=9), nn.Recipe(n_hidden=7)
    with trainings.here():  # nobody else has a turn
        several = Trials(trainings, IMAGES, [*grid, diverging])
        wait_until(lambda: trainings.gate.n_waiting == AT_ONCE)
        assert several.active and trainings.n_jobs == 0
        seat = trainings.join(own, IMAGES, initial_state(own, IMAGES.n_images))
        wait_until(lambda: trainings.gate.n_waiting == AT_ONCE + 1)
    assert ended(several) and seat.join(60)
    assert not several.active and several.error is None and set(several.states) == {*grid, diverging}
    for recipe, state in several.states.items():
        alone = expected(IMAGES, recipe)
        assert state.history == alone.history and state.finished and state.network is None
        assert state.images_seen == alone.images_seen and state.diverged == (recipe is diverging)
    assert slices[0] == (own, AT_ONCE)  # and of the later slices, see test_gate.py
    assert max(n_waiting for _, n_waiting in slices) == AT_ONCE


def test_finished_trainings_are_not_repeated():
    known, new = nn.Recipe(epochs=1, n_hidden=3), nn.Recipe(epochs=1, n_hidden=4)
    runs = {known: "its run", nn.Recipe(epochs=9): "of another sweep"}
    several = Trials(Trainings(), IMAGES, (known, new), runs)
    assert ended(several)
    assert several.states[known] == "its run" and several.states[new].finished and len(several.states) == 2
    nothing = Trials(Trainings(), IMAGES, ())
    assert not nothing.active and nothing.states == {} and nothing.error is None


def test_a_stop_keeps_what_is_over_and_leaves_the_line():
    trainings, quick = Trainings(), nn.Recipe(epochs=1)
    several = Trials(trainings, IMAGES, [quick, *long_grid()])
    wait_until(lambda: quick in several.states)
    with trainings.here():
        wait_until(lambda: trainings.gate.n_waiting == AT_ONCE)
        several.stop()
        several.stop()  # twice does nothing
        assert not several.active and ended(several)
        wait_until(lambda: trainings.gate.n_waiting == 0)
    assert set(several.states) == {quick} and several.error is None


def test_an_error_in_a_training_ends_all_and_is_kept_for_the_page_to_show(monkeypatch):
    calls = []

    def broken(*arguments):
        calls.append(arguments)
        raise MemoryError("no room")

    monkeypatch.setattr("nn.engine.scheduler.train_slice", broken)
    trainings = Trainings()
    several = Trials(trainings, IMAGES, long_grid())
    assert ended(several) and not several.active
    assert isinstance(several.error, MemoryError) and several.states == {}
    assert len(calls) <= AT_ONCE
    wait_until(lambda: not trainings.gate.busy)
