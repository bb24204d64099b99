"""How often the page refreshes itself, and measurements that nobody has to wait for."""

import threading
from types import SimpleNamespace

import pytest
from waiting import wait_until

import nn
from nn.engine.scheduler import Scheduler
from nn.images.training_set import TrainingSet
from nn.training import initial_state
from nn.ui.session import measurements
from nn.ui.session import refresh as pace
from nn.ui.session.state import Session


@pytest.fixture(autouse=True)
def visitor(monkeypatch):
    """The visitor whose page this is: a new one."""
    visitor = Session()
    monkeypatch.setattr(pace, "this_session", lambda: visitor)


@pytest.fixture(autouse=True)
def scheduler(monkeypatch):
    """A Scheduler of the test's own, in place of the one that all visitors share."""
    scheduler = Scheduler()
    for module in (pace, measurements):
        monkeypatch.setattr(module, "scheduler", lambda: scheduler)
    monkeypatch.setattr(pace, "is_hidden", lambda: False)
    return scheduler


def test_pages_tick_less_often_the_more_of_them_watch(scheduler):
    images, recipe = TrainingSet(nn.load_mnist().first(100)), nn.Recipe(epochs=10_000)
    assert pace.tick_seconds() == pace.picture_seconds() == pace.SHORTEST < pace.watch_seconds(70)
    assert pace.watch_seconds(50) == pace.GUESS_SECONDS < pace.SHORTEST
    state, pause = initial_state(recipe, 100), pace.watch_seconds
    subscriptions = [scheduler.train(recipe, images, state, pause=pause) for _ in range(200)]  # each counts
    assert pace.tick_seconds() == pytest.approx(10) and pace.keep_seconds() == pytest.approx(600)
    assert pace.picture_seconds() == pytest.approx(30) and pace.step_seconds() == pytest.approx(120)
    assert pace.watch_seconds(7_000) == pace.LONGEST_PAUSE
    for subscription in subscriptions:
        subscription.stop()
    assert pace.tick_seconds() == pace.SHORTEST and pace.keep_seconds() == pace.KEEP_SECONDS


@pytest.mark.parametrize(
    "measure, arguments, n_turns",
    [
        (measurements.seconds_per_image, (4, 1), 7),  # a turn for each slice
        (measurements.seconds_per_image, (4, 1_000_000), 7),
        (measurements.seconds_to_prepare, (nn.Recipe(preparation="normalized"),), 3),
        (measurements.seconds_to_prepare, (nn.Recipe(preparation="normalized", distorted=True),), 3),
    ],
)
def test_a_measurement_takes_turns_with_the_trainings_and_nobody_waits_for_it(
    scheduler, monkeypatch, measure, arguments, n_turns
):
    asked, enter = [], scheduler.queue.enter
    monkeypatch.setattr(scheduler.queue, "enter", lambda *how: asked.append(how[0]) or enter(*how))
    measure.clear()
    with scheduler.turn():  # somebody trains
        measurement = measure(*arguments)
        wait_until(lambda: len(scheduler.queue) == 1)
        assert measurement.result is None and measurement.active
    measurement.wait(60)
    assert measurement.result > 0 and not measurement.active
    assert len(asked) > n_turns  # and one of whoever trained


def test_measurements_are_made_one_after_the_other_and_take_no_memory_before_their_turn(scheduler, monkeypatch):
    made, make, sizes = [], measurements.initial_state, range(24)
    monkeypatch.setattr(
        measurements, "initial_state", lambda recipe, n: made.append(recipe.n_hidden) or make(recipe, n)
    )
    measurements.seconds_per_image.clear()
    with scheduler.turn():  # somebody trains
        n_threads = threading.active_count()
        tasks = [measurements.seconds_per_image(n_hidden, 1) for n_hidden in sizes]
        wait_until(lambda: len(scheduler.queue) == 1)
        assert all(task.active for task in tasks)
        assert not made and len(scheduler.queue) == 1 and threading.active_count() <= n_threads + 1
    for task in tasks:
        assert task.wait(60) and task.result > 0
    assert made == list(sizes)


@pytest.mark.parametrize("n_hidden, batch_size", [(301, 1), (4_999, 1), (-1, 1), (30, 2), (30, 0)])
def test_nothing_is_measured_that_the_page_does_not_offer(n_hidden, batch_size):
    with pytest.raises(ValueError):
        measurements.seconds_per_image(n_hidden, batch_size)


class Page:
    """Stands for Streamlit: runs a fragment once, keeps it to run alone later, and notes what is done."""

    def __init__(self):
        self.done, self.part, self.run_every = [], None, None
        self.view = SimpleNamespace(n_starts=1, active=True)

    def fragment(self, part, run_every):
        self.part, self.run_every = part, run_every
        return part

    def rerun(self):
        self.done.append("rerun")


@pytest.fixture
def page(monkeypatch):
    """A Page on which a training is under way."""
    page = Page()
    monkeypatch.setattr(pace, "st", page)
    monkeypatch.setattr(pace, "take_view", lambda: page.view)
    return page


ENDED, NEXT = SimpleNamespace(n_starts=1, active=False), SimpleNamespace(n_starts=2, active=True)


def nothing(view):
    """A part without content."""


def test_a_fragment_shows_the_pages_moment_first_and_its_own_when_it_runs_alone(page):
    def part(view, word):
        page.done.append((view.active, word))

    pace.fragment(part, page.view, "drawn", every=pace.step_seconds)
    assert page.run_every == 4 * pace.SHORTEST and page.done == [(True, "drawn")]
    page.part()  # a tick: the training goes on
    assert page.done == [(True, "drawn")] * 2
    page.view = ENDED
    page.part()  # what was clicked is done, and then the whole page runs once and ends the ticking
    assert page.done[2:] == [(False, "drawn"), "rerun"]


@pytest.mark.parametrize("shown, now, reruns", [(ENDED, NEXT, 1), (NEXT, ENDED, 1), (ENDED, ENDED, 0), (NEXT, NEXT, 0)])
def test_a_click_in_a_part_runs_the_whole_page_if_a_training_has_begun_or_ended_meanwhile(page, shown, now, reruns):
    page.view = now
    pace.fragment(nothing, shown)
    assert page.run_every is None and page.done == []
    page.part()  # with the ticking parts in it, which it draws anew: they wouldn't tick again
    assert page.done == ["rerun"] * reruns


def test_a_part_that_is_drawn_anew_by_the_part_around_it_without_ticking_is_stopped(page):
    page.view, parts, ticks = ENDED, [], [True, True, False]

    def outer(view):
        parts.append(page.part)
        pace.fragment(nothing, view, every=pace.tick_seconds, active=lambda view: ticks.pop(0))

    pace.fragment(outer, page.view)
    around = parts[0]
    around()  # a click in it: the part in it ticks as before
    assert page.done == []
    around()  # the inner part's result has come meanwhile, and Streamlit doesn't stop a timer by itself
    assert page.run_every is None and page.done == ["rerun"]


def test_a_part_whose_timer_was_lost_is_missed_by_another_that_ticks(page, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(pace.time, "monotonic", lambda: now)
    pace.fragment(lambda view: None, page.view, every=pace.tick_seconds)
    often = page.part
    pace.fragment(lambda view: None, page.view, every=pace.step_seconds)
    seldom = page.part
    now = 1_006
    often()
    now = 1_012
    often()
    assert page.done == []
    now = 1_015  # after twice two seconds and ten more, the other one is overdue
    often()
    assert page.done == ["rerun"]
    seldom()  # it was only late
    often()
    assert page.done == ["rerun"]


def test_nothing_ticks_in_a_hidden_tab(page, monkeypatch):
    monkeypatch.setattr(pace, "is_hidden", lambda: True)
    pace.fragment(nothing, page.view, every=pace.tick_seconds)
    assert page.run_every is None
