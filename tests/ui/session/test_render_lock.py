"""Pages are drawn one after the other, and none of them waits for long."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit import config
from waiting import wait_until

from nn.engine.turn_queue import Priority, TurnQueue
from nn.ui.session import render_lock as module
from nn.ui.session.render_lock import STUCK, release_render_lock, render_lock


@pytest.fixture(autouse=True)
def queue(monkeypatch):
    """A queue of the test's own."""
    monkeypatch.setattr(module, "queue", TurnQueue())
    return module.queue


def is_free(queue):
    """Whether nobody draws."""
    turn = queue.enter(Priority.FIRST)
    came = turn.done()
    queue.leave(turn)
    return came


def test_one_page_is_drawn_at_a_time_clicks_before_new_pages_and_those_before_refreshes(queue, monkeypatch):
    monkeypatch.setattr(module, "STUCK", 600)
    monkeypatch.setattr(module, "REFRESH", 600)
    drawn, first = [], queue.enter()

    def page(priority):
        with render_lock(priority):
            drawn.append(priority)

    with ThreadPoolExecutor() as threads:
        pages = [threads.submit(page, one) for one in (Priority.BACKGROUND, Priority.USUAL, Priority.FIRST)]
        wait_until(lambda: len(queue) == 3)
        assert drawn == []
        queue.leave(first)
        for one in pages:
            one.result(60)
    assert drawn == [Priority.FIRST, Priority.USUAL, Priority.BACKGROUND] and is_free(queue)


@pytest.mark.parametrize("priority", Priority)
def test_a_page_waits_while_others_get_turns_and_then_draws_without_one(queue, monkeypatch, priority):
    """Each wait ends without a turn; during the first three, others got one."""
    first, waited = queue.enter(), []

    def wait(turns, seconds):
        waited.append(seconds)
        queue.n_served += len(waited) <= 3

    monkeypatch.setattr(module, "wait", wait)
    monkeypatch.setattr(module, "REFRESH", 0)
    with render_lock(priority):
        assert waited == [STUCK] * 4 and len(queue) == 0
    assert first.done() and not is_free(queue)  # nobody else's end lets the next one in
    queue.leave(first)
    assert is_free(queue)


def test_a_refresh_that_waits_gives_way_to_a_click_of_its_visitor(queue, monkeypatch):
    monkeypatch.setattr(module, "LOOK", 0)
    first, looks = queue.enter(), [None, None]
    with pytest.raises(IndexError), render_lock(Priority.BACKGROUND, look=looks.pop):
        pytest.fail("it was drawn")
    assert len(queue) == 0
    queue.leave(first)
    assert is_free(queue)


def test_a_refresh_that_has_waited_for_long_takes_its_turn_with_the_others_and_before_those_who_came_later(
    queue, monkeypatch
):
    monkeypatch.setattr(module, "REFRESH", 0)
    first, drawn = queue.enter(), []

    def draw(priority):
        with render_lock(priority):
            drawn.append(priority)

    with ThreadPoolExecutor() as threads:
        pages = [threads.submit(draw, Priority.BACKGROUND)]
        wait_until(lambda: len(queue) == 1)
        pages.append(threads.submit(draw, Priority.USUAL))
        wait_until(lambda: len(queue) == 2)
        queue.leave(first)
        for one in pages:
            one.result(60)
    assert drawn == [Priority.BACKGROUND, Priority.USUAL]


def test_the_page_that_shows_a_training_just_started_comes_before_new_pages(page, queue, monkeypatch):
    asked, enter = [], queue.enter
    monkeypatch.setattr(queue, "enter", lambda priority: asked.append(priority) or enter(priority))
    page.button(key="train").click().run()
    assert asked[:2] == [Priority.USUAL, Priority.FIRST]  # the script itself runs for a click here, then again
    page.run()
    assert asked[-1] is Priority.USUAL


def test_a_page_that_releases_the_lock_or_fails_lets_the_next_one_draw(queue):
    with render_lock():
        assert not is_free(queue)
        release_render_lock()
        assert is_free(queue)
    with pytest.raises(KeyError), render_lock():
        raise KeyError  # st.rerun() and st.stop() are exceptions too
    assert is_free(queue)
    with ThreadPoolExecutor() as threads:
        threads.submit(release_render_lock).result(60)  # in a thread that has never drawn: nothing happens


def test_the_page_and_each_part_that_runs_alone_take_a_turn(page, queue, monkeypatch):
    asked, enter = [], queue.enter
    monkeypatch.setattr(queue, "enter", lambda priority: asked.append(priority) or enter(priority))
    page.run()
    assert asked == [Priority.USUAL] and is_free(queue)
    page.button(key="train").click().run()
    assert len(asked) >= 3 and is_free(queue)


def test_a_visitor_has_one_thread_at_a_time():
    """A second one, started by a change in the sidebar, would take away the places that a refresh draws in."""
    assert config.get_option("runner.fastReruns") is False
