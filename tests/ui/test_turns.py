"""Pages are drawn one after the other, and none of them waits for long."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit import config
from waiting import wait_until

from nn.gate import Gate, Line
from nn.ui import turns
from nn.ui.turns import step_aside, turn_to_draw


@pytest.fixture(autouse=True)
def gate(monkeypatch):
    """A gate of the test's own, and so much patience that a test in which nobody steps aside fails."""
    monkeypatch.setattr(turns, "_gate", Gate())
    monkeypatch.setattr(turns, "STUCK", 600)
    monkeypatch.setattr(turns, "REFRESH", 600)
    return turns._gate


class Page:
    """A thread that draws, until it is told to end."""

    def __init__(self, line=Line.FIRST):
        self.drawing, self.end = threading.Event(), threading.Event()
        self._line = line
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        with turn_to_draw(self._line):
            self.drawing.set()
            self.end.wait(60)


def test_one_page_is_drawn_at_a_time_clicks_before_new_pages_and_those_before_refreshes(gate):
    first = Page()
    assert first.drawing.wait(60)
    refresh = Page(Line.BACKGROUND)
    wait_until(lambda: gate.n_waiting == 1)
    opened = Page(Line.USUAL)
    wait_until(lambda: gate.n_waiting == 2)
    click = Page()
    wait_until(lambda: gate.n_waiting == 3)
    assert not (refresh.drawing.is_set() or opened.drawing.is_set() or click.drawing.is_set())
    first.end.set()
    assert click.drawing.wait(60) and not opened.drawing.is_set()
    click.end.set()
    assert opened.drawing.wait(60) and not refresh.drawing.is_set()
    opened.end.set()
    assert refresh.drawing.wait(60)
    refresh.end.set()
    refresh.thread.join(60)
    assert not gate.busy


@pytest.mark.parametrize("line, patience", [(Line.FIRST, "STUCK"), (Line.USUAL, "STUCK"), (Line.BACKGROUND, "REFRESH")])
def test_who_has_waited_long_draws_without_a_turn_and_the_gate_stays_right(gate, monkeypatch, line, patience):
    first = Page()
    assert first.drawing.wait(60)
    monkeypatch.setattr(turns, patience, 0.05)
    with turn_to_draw(line):
        assert gate.busy and gate.n_waiting == 0
    assert gate.busy  # the first one still draws: nobody else's end lets the next one in
    first.end.set()
    first.thread.join(60)
    assert not gate.busy


def test_while_the_line_moves_a_click_waits_for_its_turn(gate, monkeypatch):
    monkeypatch.setattr(turns, "STUCK", 0.3)
    first = gate.ask()
    others = [gate.ask(Line.FIRST) for _ in range(8)]
    click = Page()
    wait_until(lambda: gate.n_waiting == 9)
    first.leave()
    for turn in others:
        assert turn.wait(60)
        time.sleep(0.15)  # together, they take longer than STUCK
        assert not click.drawing.is_set()
        turn.leave()
    assert click.drawing.wait(60)
    click.end.set()
    click.thread.join(60)
    assert not gate.busy


def test_who_steps_aside_lets_the_next_one_draw():
    with turn_to_draw():
        step_aside()
        other = Page()
        assert other.drawing.wait(60)
        other.end.set()
        other.thread.join(60)


def test_a_page_that_fails_or_is_run_again_lets_the_next_one_draw(gate):
    with pytest.raises(KeyError), turn_to_draw():
        raise KeyError  # st.rerun() and st.stop() are exceptions too
    assert not gate.busy


def test_without_a_turn_there_is_nothing_to_step_aside_from():
    with ThreadPoolExecutor() as threads:
        threads.submit(step_aside).result(60)  # in a thread that has never drawn


def test_the_page_and_each_part_that_runs_alone_take_a_turn(page, gate, monkeypatch):
    asked, ask = [], gate.ask
    monkeypatch.setattr(gate, "ask", lambda line: asked.append(line) or ask(line))
    page.run()
    assert asked == [Line.USUAL] and not gate.busy
    page.button(key="train").click().run()
    assert len(asked) >= 2 and not gate.busy


def test_a_visitor_has_one_thread_at_a_time():
    """A second one, started by a change in the sidebar, would take away the places that a refresh draws in."""
    assert config.get_option("runner.fastReruns") is False
