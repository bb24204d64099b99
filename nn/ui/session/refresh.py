"""Refreshing: the parts of the page that rerun by themselves, their intervals, and the reruns of the whole page.

The protocol:

- Every run takes the render lock and one View at its beginning. whole_page() does so for a run of the script, and
  fragment() for a part of the page that Streamlit reruns alone, after a click in it or by a timer.
- While a training is under way, these parts refresh themselves:

      the progress                                                      every tick_seconds()
      the network with its answer, and the curves                       every picture_seconds()
      the open step of "Look inside"                                    every step_seconds()
      the whole page, so that the browser stores the present network    every keep_seconds()

  and others while something else is under way: a step that plays, the trainings of step 6, an evaluation, a sweep, a
  measurement, a download; in a class, the board. They name their interval and their condition when they call
  fragment(). The more people watch trainings, the less often all of them refresh. Nothing refreshes in a hidden tab.
- A timer is set when the part is drawn, and Streamlit ends it only when the whole page runs. So a part that finds that
  the training is over, that another one has begun, that its interval has changed or that its timer isn't needed any
  more reruns the whole page once, which sets all timers anew.
- Anything else that concerns the whole page sets `redraws` of the Session: the next part that runs reruns the page.
"""

import functools
import random
import time
from contextlib import contextmanager

import streamlit as st

from ...engine.turn_queue import Priority
from ...training import GUESSES
from .layout import is_hidden
from .render_lock import render_lock
from .shared import scheduler
from .state import take_view, this_session

SHORTEST = 0.4  # seconds between two reruns of a part of a page, if few visitors watch a training
# More seconds for each of them. A rerun of the progress takes 4 ms of the server's time, and one of the pictures 9 ms
# (tests/benchmarks/refreshes.py): a seventh of a processor for any number of visitors. Storing takes several times as
# much: the whole page is drawn, and then the browser answers.
TICK_PER_VISITOR, PICTURE_PER_VISITOR, KEEP_PER_VISITOR = 0.05, 0.15, 3
LONGEST_PAUSE = 1.1  # seconds
GUESS_SECONDS = 0.1  # for which it pauses while it is still guessing
KEEP_SECONDS = 10


def tick_seconds():
    """Seconds between two reruns of the progress: 0.4 for few visitors, 10 if 200 watch a training."""
    return max(SHORTEST, TICK_PER_VISITOR * scheduler().n_watching)


def picture_seconds():
    """Seconds between two reruns of larger parts: 0.4 for few visitors, 30 if 200 watch a training."""
    return max(SHORTEST, PICTURE_PER_VISITOR * scheduler().n_watching)


def step_seconds():
    """Seconds between two reruns of a step of "Look inside"."""
    return 4 * picture_seconds()


def keep_seconds():
    """Seconds between two copies of a training under way in the browser: each reruns the whole page."""
    return max(KEEP_SECONDS, KEEP_PER_VISITOR * scheduler().n_watching)


def watch_seconds(images_seen):
    """Seconds that a watched training pauses at a moment: if possible, longer than its pictures stay."""
    return GUESS_SECONDS if images_seen <= GUESSES[-1] else min(1.2 * picture_seconds(), LONGEST_PAUSE)


@contextmanager
def whole_page():
    """A run of the script: takes the render lock and the View, and ends all timers; fragment() sets them anew."""
    session = this_session()
    has_clicked = session.n_shown != session.n_starts  # a training has been started, and isn't seen yet
    with render_lock(Priority.FIRST if has_clicked else Priority.USUAL):
        session.redraws, session.n_shown = False, session.n_starts
        session.overdue.clear()
        yield take_view(whole_page=True)


def fragment(function, view, *arguments, every=None, active=lambda view: view.active, priority=Priority.BACKGROUND):
    """Draw a part of the page that can rerun alone: function(view, *arguments).

    In the present run it gets the present View, so that everything on the page shows the same. When it reruns alone
    later, because of a click in it or its timer, it takes a new one.

    every : function, optional
        One of those above: the seconds between its reruns while active(view). Without it, it has no timer.
    priority : Priority, of the reruns by its timer
    """
    run_every = every() if every and active(view) and not is_hidden() else None
    session = this_session()
    overdue = session.overdue
    if run_every:
        overdue[function] = _overdue(run_every)
    elif function in overdue:  # drawn anew by the part around it: Streamlit would never end its timer
        session.redraws = True
    known = view.n_starts, view.active
    present = [view]  # the fragment outlives the view, and must not keep its network
    patience = random.uniform(2, 4)  # not the same for all: hundreds of pages would change their intervals at once

    @functools.wraps(function)  # Streamlit tells fragments apart by their function's name
    def rerun():
        if present:
            return function(present.pop(), *arguments)
        with render_lock(priority if run_every else Priority.FIRST, look=this_session):
            now = take_view()
            function(now, *arguments)  # before st.rerun(), which would lose a click in it
        reruns_page = (now.n_starts, now.active) != known or session.redraws
        if run_every:
            overdue[function] = _overdue(run_every)
            keeps_pace = active(now) and 1 / patience < every() / run_every < patience
            is_lost = time.monotonic() >= min(overdue.values())
            has_news = any(session.notify("has_news"))
            reruns_page = reruns_page or not keeps_pace or is_lost or has_news
        if reruns_page:
            st.rerun()

    st.fragment(rerun, run_every=run_every)()


def _overdue(run_every):
    """The time, by time.monotonic(), after which a timer is lost, and another part reruns the page to set it again.

    While hundreds of pages are drawn, Streamlit may drop the last messages of a run when the next one begins.
    """
    return time.monotonic() + 2 * run_every + 10
