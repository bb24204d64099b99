"""How often the page refreshes itself, and measurements that nobody has to wait for."""

import time
from types import SimpleNamespace

import pytest

import nn
from nn.images.training_set import TrainingSet
from nn.job import Trainings
from nn.training import initial_run
from nn.ui import pace
from nn.ui.state import Visitor
from nn.ui.training_panel import duration


@pytest.fixture(autouse=True)
def visitor(monkeypatch):
    """The visitor whose page this is: a new one."""
    visitor = Visitor()
    monkeypatch.setattr(pace, "this_visitor", lambda: visitor)


@pytest.fixture
def trainings(monkeypatch):
    """Trainings of the test's own, in place of those that all visitors share."""
    trainings = Trainings()
    monkeypatch.setattr(pace, "trainings", lambda: trainings)
    monkeypatch.setattr(pace, "is_hidden", lambda: False)
    return trainings


def test_pages_tick_less_often_the_more_of_them_watch(trainings):
    images, settings = TrainingSet(nn.load_mnist().first(100)), nn.Settings(epochs=10_000)
    assert pace.tick_seconds() == pace.picture_seconds() == pace.SHORTEST < pace.watch_seconds()
    run, pause = initial_run(settings, 100), pace.watch_seconds
    seats = [trainings.join(settings, images, run, pause=pause) for _ in range(200)]  # one job, but each counts
    assert pace.tick_seconds() == pytest.approx(10) and pace.keep_seconds() == pytest.approx(600)
    assert pace.picture_seconds() == pytest.approx(30) and pace.step_seconds() == pytest.approx(120)
    assert pace.watch_seconds() == pace.LONGEST_PAUSE
    for seat in seats:
        seat.stop()
    assert pace.tick_seconds() == pace.SHORTEST and pace.keep_seconds() == pace.KEEP_SECONDS


def test_a_measurement_waits_behind_the_gate_and_nobody_waits_for_it(trainings):
    def measure():
        with trainings.here():
            return 0.25

    with trainings.here():  # somebody trains
        measurement = pace.Measurement(measure)
        while trainings.gate.n_waiting < 1:
            time.sleep(0.01)
        assert measurement.seconds is None and measurement.active
    while measurement.active:
        time.sleep(0.01)
    assert measurement.seconds == 0.25


@pytest.mark.parametrize("batch_size", [1, 1_000_000])
def test_the_time_of_an_image_is_measured_in_turns_with_the_trainings(trainings, monkeypatch, batch_size):
    entered, ask = [], trainings.gate.ask
    monkeypatch.setattr(trainings.gate, "ask", lambda line: entered.append(line) or ask(line))
    measurement = pace.seconds_per_image.__wrapped__(3, batch_size)
    measurement._thread.join(30)
    assert 1e-7 < measurement.seconds < 1e-3
    assert len(entered) >= 7  # a turn for each slice


@pytest.mark.parametrize("distorted", [False, True])
def test_the_time_to_prepare_an_image_is_measured(trainings, distorted):
    measurement = pace.seconds_to_prepare.__wrapped__("normalized", distorted)
    measurement._thread.join(30)
    assert 1e-5 < measurement.seconds < 0.1


def test_durations_are_as_precise_as_an_estimate():
    assert [duration(seconds) for seconds in (0.2, 59.7, 600, 7_200)] == ["a second", "60 s", "10 min", "2.0 h"]


class Page:
    """Stands for Streamlit: runs a fragment once, keeps it to run alone later, and notes what is done."""

    def __init__(self):
        self.done, self.part, self.run_every = [], None, None

    def fragment(self, part, run_every):
        self.part, self.run_every = part, run_every
        return part

    def rerun(self):
        self.done.append("rerun")


def test_a_fragment_shows_the_pages_moment_first_and_its_own_when_it_runs_alone(trainings, monkeypatch):
    page = Page()
    monkeypatch.setattr(pace, "st", page)
    moments = iter([SimpleNamespace(n_jobs=1, active=True), SimpleNamespace(n_jobs=1, active=False)])
    monkeypatch.setattr(pace, "take_moment", lambda: next(moments))
    first = SimpleNamespace(n_jobs=1, active=True)
    pace.fragment(lambda moment, word: page.done.append((moment.active, word)), first, "drawn", every=pace.step_seconds)
    assert page.run_every == 4 * pace.SHORTEST and page.done == [(True, "drawn")]
    page.part()  # a tick: the training goes on
    assert page.done == [(True, "drawn")] * 2
    page.part()  # it is over: what was clicked is done, and then the whole page runs once and ends the ticking
    assert page.done[2:] == [(False, "drawn"), "rerun"]


def test_a_fragment_runs_the_whole_page_when_another_training_has_begun(trainings, monkeypatch):
    page = Page()
    monkeypatch.setattr(pace, "st", page)
    monkeypatch.setattr(pace, "take_moment", lambda: SimpleNamespace(n_jobs=2, active=True))
    pace.fragment(lambda moment: None, SimpleNamespace(n_jobs=1, active=False))
    assert page.run_every is None and page.done == []
    page.part()
    assert page.done == ["rerun"]


def test_a_click_that_comes_before_the_tick_at_which_a_training_is_over_runs_the_whole_page(trainings, monkeypatch):
    page, over = Page(), SimpleNamespace(n_jobs=1, active=False)
    monkeypatch.setattr(pace, "st", page)
    monkeypatch.setattr(pace, "take_moment", lambda: over)
    pace.fragment(lambda moment: None, SimpleNamespace(n_jobs=1, active=True))
    page.part()  # with the ticking parts in it, which it draws anew: they wouldn't tick again
    assert page.done == ["rerun"]
    pace.fragment(lambda moment: None, over)
    page.part()
    assert page.done == ["rerun"]


def test_what_ticks_and_is_drawn_anew_by_the_part_around_it_without_ticking_is_stopped(trainings, monkeypatch):
    page, moment, parts, ticks = Page(), SimpleNamespace(n_jobs=1, active=False), [], [True, True, False]
    monkeypatch.setattr(pace, "st", page)
    monkeypatch.setattr(pace, "take_moment", lambda: moment)

    def inner(moment):
        pass

    def outer(moment):
        parts.append(page.part)
        pace.fragment(inner, moment, every=pace.tick_seconds, active=lambda moment: ticks.pop(0))

    pace.fragment(outer, moment)
    around = parts[0]
    around()  # a click in it: the part in it ticks as before
    assert page.done == []
    around()  # what the part in it waited for has come meanwhile, and Streamlit doesn't stop a timer by itself
    assert page.run_every is None and page.done == ["rerun"]


def test_a_part_whose_timer_was_lost_is_missed_by_another_that_ticks(trainings, monkeypatch):
    page, moment, now = Page(), SimpleNamespace(n_jobs=1, active=True), 1_000.0
    monkeypatch.setattr(pace, "st", page)
    monkeypatch.setattr(pace, "take_moment", lambda: moment)
    monkeypatch.setattr(pace.time, "monotonic", lambda: now)
    pace.fragment(lambda moment: None, moment, every=pace.tick_seconds)
    often = page.part
    pace.fragment(lambda moment: None, moment, every=pace.step_seconds)
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


def test_nothing_ticks_in_a_hidden_tab(trainings, monkeypatch):
    page = Page()
    monkeypatch.setattr(pace, "st", page)
    monkeypatch.setattr(pace, "is_hidden", lambda: True)
    pace.fragment(lambda moment: None, SimpleNamespace(n_jobs=1, active=True), every=pace.tick_seconds)
    assert page.run_every is None
