"""How often the page refreshes itself, and measurements that nobody has to wait for."""

import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from nn.job import Gate
from nn.ui import pace
from nn.ui.training_panel import duration


@pytest.fixture
def gate(monkeypatch):
    """A Gate of the test's own, in place of the one that all visitors share."""
    gate = Gate()
    monkeypatch.setattr(pace, "gate", lambda: gate)
    return gate


def test_pages_tick_less_often_the_more_of_them_train(gate):
    assert pace.tick_seconds() == pace.TICK_SECONDS
    with ExitStack() as trainings:
        for _ in range(31):  # they count while they pause, too
            trainings.enter_context(gate.training())
        assert pace.tick_seconds() == pytest.approx(31 * pace.TICK_SECONDS_PER_TRAINING)
        assert pace.watch_seconds() == pace.LONGEST_PAUSE
    assert pace.tick_seconds() == pace.TICK_SECONDS < pace.watch_seconds()


def test_a_measurement_waits_behind_the_gate_and_nobody_waits_for_it(gate):
    def measure():
        with gate:
            return 0.25

    with gate:  # somebody trains
        measurement = pace.Measurement(measure)
        while gate.waiting < 2:
            time.sleep(0.01)
        assert measurement.seconds is None and measurement.active
    while measurement.active:
        time.sleep(0.01)
    assert measurement.seconds == 0.25


@pytest.mark.parametrize("batch_size", [1, 1_000_000])
def test_the_time_of_an_image_is_measured_in_turns_with_the_trainings(gate, monkeypatch, batch_size):
    entered = []
    monkeypatch.setattr(Gate, "__enter__", lambda self, enter=Gate.__enter__: entered.append(self) or enter(self))
    measurement = pace.seconds_per_image.__wrapped__(3, batch_size)
    measurement._thread.join(30)
    assert 1e-7 < measurement.seconds < 1e-3
    assert len(entered) >= 7  # a turn for each slice


@pytest.mark.parametrize("distorted", [False, True])
def test_the_time_to_prepare_an_image_is_measured(gate, distorted):
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


def test_a_fragment_shows_the_pages_moment_first_and_its_own_when_it_runs_alone(gate, monkeypatch):
    page = Page()
    monkeypatch.setattr(pace, "st", page)
    moments = iter([SimpleNamespace(n_jobs=1, active=True), SimpleNamespace(n_jobs=1, active=False)])
    monkeypatch.setattr(pace, "take_moment", lambda: next(moments))
    first = SimpleNamespace(n_jobs=1, active=True)
    pace.fragment(lambda moment, word: page.done.append((moment.active, word)), first, "drawn", ticks=4)
    assert page.run_every == 4 * pace.TICK_SECONDS and page.done == [(True, "drawn")]
    page.part()  # a tick: the training goes on
    assert page.done == [(True, "drawn")] * 2
    page.part()  # it is over: what was clicked is done, and then the whole page runs once and ends the ticking
    assert page.done[2:] == [(False, "drawn"), "rerun"]


def test_a_fragment_runs_the_whole_page_when_another_training_has_begun(gate, monkeypatch):
    page = Page()
    monkeypatch.setattr(pace, "st", page)
    monkeypatch.setattr(pace, "take_moment", lambda: SimpleNamespace(n_jobs=2, active=True))
    pace.fragment(lambda moment: None, SimpleNamespace(n_jobs=1, active=False))
    assert page.run_every is None and page.done == []
    page.part()
    assert page.done == ["rerun"]
