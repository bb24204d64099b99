"""A grid of trainings in the background: the same results as train(), and everybody's own trainings come before."""

import threading
from itertools import pairwise, product

import pytest
from waiting import expected, wait_until

import nn
from nn.gate import Line
from nn.images.training_set import TrainingSet
from nn.job import Trainings
from nn.training import initial_run
from nn.trials import AT_ONCE, Trials

LONG = 10_000  # epochs


@pytest.fixture(scope="module")
def images():
    return TrainingSet(nn.load_mnist("bundled").first(200))


@pytest.fixture
def trials(images):
    """trials(trainings, *settings) begins some, which end with the test."""
    begun = []

    def trials(trainings, *settings):
        begun.append(Trials(trainings, images, settings))
        return begun[-1]

    yield trials
    for one in begun:
        one.stop()
    wait_until(lambda: not any(thread.is_alive() for one in begun for thread in one._threads))


def test_a_grid_gives_the_curves_that_train_gives(images, trials):
    grid = [nn.Settings(n_hidden=5, eta=eta, seed=seed, epochs=2) for eta, seed in product([0.01, 0.1], range(2))]
    several = trials(Trainings(), *grid)
    wait_until(lambda: not several.active)
    assert several.error is None and set(several.runs) == set(grid)
    for settings, run in several.runs.items():
        alone = expected(images, settings)
        assert run.history == alone.history and run.finished and run.network is None
        assert run.images_seen == alone.images_seen == 400


def test_one_that_diverges_is_over_too(images, trials):
    settings = nn.Settings(n_hidden=0, eta=10.0, scale=False, epochs=9, seed=3)
    several = trials(Trainings(), settings)
    wait_until(lambda: not several.active)
    assert several.runs[settings].diverged and several.runs[settings].history == expected(images, settings).history
    assert several.error is None


def test_no_settings_are_done_at_once(trials):
    several = trials(Trainings())
    assert not several.active and several.runs == {} and several.error is None


def test_a_visitors_own_training_comes_before_those_in_the_background(images, trials, monkeypatch):
    """While it is under way, it never waits for more than the slice that was begun before it asked."""
    trainings, let_in = Trainings(), []
    real = Trainings.ask

    def ask(self, line):
        turn = real(self, line)
        leave = turn.leave
        turn.leave = lambda: (let_in.append(line) if turn.inside else None, leave())
        return turn

    monkeypatch.setattr(Trainings, "ask", ask)
    several = trials(trainings, *(nn.Settings(epochs=LONG, seed=seed) for seed in range(4)))
    wait_until(lambda: len(let_in) > 2)
    settings = nn.Settings(epochs=60)
    seat = trainings.join(settings, images, initial_run(settings, images.n_images))
    wait_until(lambda: not seat.active)
    own = [place for place, line in enumerate(let_in) if line is not Line.BACKGROUND]
    assert seat.run.finished and several.active and len(own) > 1
    # A training asks for its next slice a moment after it has left: those in the background take one each time at most.
    assert all(later - earlier <= 2 for earlier, later in pairwise(own))


def test_at_most_two_are_under_way(images, trials):
    trainings = Trainings()
    several = trials(trainings, *(nn.Settings(epochs=LONG, seed=seed) for seed in range(5)))
    wait_until(lambda: sum(job.run.images_seen > 0 for job in list(trainings._jobs.values())) == AT_ONCE)
    assert several.active and len(trainings._jobs) == AT_ONCE


def test_what_was_trained_before_is_not_trained_again(images, trials):
    known, new = nn.Settings(epochs=1, n_hidden=3), nn.Settings(epochs=1, n_hidden=4)
    runs = {known: "its run", nn.Settings(epochs=9): "of another sweep"}
    several = Trials(Trainings(), images, (known, new), runs)
    wait_until(lambda: not several.active)
    assert several.runs[known] == "its run" and several.runs[new].finished and len(several.runs) == 2


def test_who_stops_keeps_what_is_over_and_nothing_goes_on(images, trials):
    trainings = Trainings()
    quick, slow = nn.Settings(epochs=1), [nn.Settings(epochs=LONG, seed=seed) for seed in range(4)]
    several = trials(trainings, quick, *slow)
    wait_until(lambda: quick in several.runs and trainings._jobs)
    several.stop()
    several.stop()  # twice does nothing
    assert not several.active
    wait_until(lambda: not trainings._jobs and not trainings.gate.busy and trainings.gate.n_waiting == 0)
    wait_until(lambda: not any(thread.is_alive() for thread in several._threads))
    assert set(several.runs) == {quick} and several.error is None


def test_who_stops_at_the_gate_leaves_the_line(trials):
    trainings = Trainings()
    with trainings.here():
        several = trials(trainings, *(nn.Settings(epochs=LONG, seed=seed) for seed in range(4)))
        wait_until(lambda: trainings.gate.n_waiting == AT_ONCE)
        several.stop()
        wait_until(lambda: trainings.gate.n_waiting == 0 and not trainings._jobs)
    wait_until(lambda: not any(thread.is_alive() for thread in several._threads))
    assert several.runs == {} and several.error is None


def test_an_error_ends_all_and_is_kept_for_the_page_to_show(trials, monkeypatch):
    calls, lock = [], threading.Lock()

    def broken(*arguments):
        with lock:
            calls.append(arguments)
        raise MemoryError("no room")

    monkeypatch.setattr("nn.job.train_slice", broken)
    trainings = Trainings()
    several = trials(trainings, *(nn.Settings(seed=seed) for seed in range(8)))
    wait_until(lambda: not any(thread.is_alive() for thread in several._threads))
    assert isinstance(several.error, MemoryError) and not several.active and several.runs == {}
    assert len(calls) <= AT_ONCE and not trainings._jobs and not trainings.gate.busy
