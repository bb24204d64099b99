"""Pages are drawn one after the other, and none of them waits for long."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit import config
from waiting import wait_until

from nn.engine.gate import Gate, Line, Turn
from nn.ui.session import render_lock as turns
from nn.ui.session.render_lock import REFRESH, STUCK, step_aside, turn_to_draw


@pytest.fixture(autouse=True)
def gate(monkeypatch):
    """A gate of the test's own."""
    monkeypatch.setattr(turns, "gate", Gate())
    return turns.gate


def test_one_page_is_drawn_at_a_time_clicks_before_new_pages_and_those_before_refreshes(gate, monkeypatch):
    monkeypatch.setattr(turns, "STUCK", 600)
    monkeypatch.setattr(turns, "REFRESH", 600)
    drawn, first = [], gate.ask()

    def page(line):
        with turn_to_draw(line):
            drawn.append(line)

    with ThreadPoolExecutor() as threads:
        pages = [threads.submit(page, line) for line in (Line.BACKGROUND, Line.USUAL, Line.FIRST)]
        wait_until(lambda: gate.n_waiting == 3)
        assert drawn == []
        first.leave()
        for one in pages:
            one.result(60)
    assert drawn == [Line.FIRST, Line.USUAL, Line.BACKGROUND] and not gate.busy


@pytest.mark.parametrize(
    "line, waits", [(Line.FIRST, [STUCK] * 4), (Line.USUAL, [STUCK] * 4), (Line.BACKGROUND, [REFRESH])]
)
def test_a_page_waits_while_the_line_moves_and_then_draws_without_a_turn(gate, monkeypatch, line, waits):
    """Each wait ends without a turn; during the first three, others got one."""
    first, waited = gate.ask(), []

    def wait(turn, seconds):
        waited.append(seconds)
        gate.n_let_in += len(waited) <= 3
        return False

    monkeypatch.setattr(Turn, "wait", wait)
    with turn_to_draw(line):
        assert waited == waits and gate.n_waiting == 0
    assert first.inside and gate.busy  # nobody else's end lets the next one in
    first.leave()
    assert not gate.busy


def test_a_page_that_steps_aside_or_fails_lets_the_next_one_draw(gate):
    with turn_to_draw():
        assert gate.busy
        step_aside()
        assert not gate.busy
    with pytest.raises(KeyError), turn_to_draw():
        raise KeyError  # st.rerun() and st.stop() are exceptions too
    assert not gate.busy
    with ThreadPoolExecutor() as threads:
        threads.submit(step_aside).result(60)  # in a thread that has never drawn: nothing happens


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
