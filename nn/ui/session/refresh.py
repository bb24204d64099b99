"""What refreshes itself, how often, and until when; how long things take; and what keeps the process quick.

While a training is under way, parts of the page rerun by themselves, each as a fragment of Streamlit's:

    the progress                                                        every tick_seconds()
    the network with its answer, and the curves                         every picture_seconds()
    the open step of "Look inside", and the small image in its bar      every step_seconds()

and the whole page, so that the browser keeps what it has learnt           every keep_seconds()

as long as there is a class (nn/ui/classroom)

    what a student sees of it, if the board is open or nothing trains   every class_seconds()
    its board on the projector                                          every BOARD_SECONDS

and some more while something else is under way:

    step 4's weighted sum, and step 7, while they play                  every picture_seconds()
    step 6's curves, while one of its four trainings is                 every picture_seconds()
    step 8, until the pre-trained network is evaluated                  every picture_seconds()
    the estimate below Train, until it has been measured                every tick_seconds()

All these parts are drawn by fragment(); nothing else ticks, and nothing at all while the tab is hidden. When a
fragment, ticking or not, finds that the training is over, that another one has begun or that the pace has changed, it
reruns the whole page once: that ends the ticking or starts it again.
"""

import ctypes
import functools
import gc
import random
import sys
import threading
import time
from dataclasses import replace

import streamlit as st

from ...engine.gate import Line
from ...images.training_set import TrainingSet
from ...recipe import Recipe
from ...training import initial_state, train
from .layout import is_hidden
from .render_lock import turn_to_draw
from .shared import mnist, trainings
from .state import forget_departed, take_moment, this_visitor

SHORTEST = 0.5  # seconds between two reruns of a part of a page, if few visitors watch a training
# Seconds for each who does. On the machine that this was measured on (tests/benchmarks/ticks.py), a rerun of the
# progress takes 4 ms of the server's time, and one of the pictures 9 ms: a seventh of a processor, however many watch.
# A copy to keep costs several times as much: the whole page is drawn, and then the browser answers.
TICK_PER_VISITOR, PICTURE_PER_VISITOR, KEEP_PER_VISITOR = 0.05, 0.15, 3
LONGEST_PAUSE = 1.2  # seconds
KEEP_SECONDS = 10


def tick_seconds():
    """Seconds between two reruns of the progress: 0.5 for few visitors, 10 if 200 watch a training."""
    return max(SHORTEST, TICK_PER_VISITOR * trainings().n_watching)


def picture_seconds():
    """Seconds between two reruns of what takes longer than the progress: 0.5 for few visitors, 30 if 200 watch."""
    return max(SHORTEST, PICTURE_PER_VISITOR * trainings().n_watching)


def step_seconds():
    """Seconds between two reruns of a step of "Look inside"."""
    return 4 * picture_seconds()


def keep_seconds():
    """Seconds between two copies of a training under way for the browser to keep: each reruns the whole page."""
    return max(KEEP_SECONDS, KEEP_PER_VISITOR * trainings().n_watching)


def watch_seconds():
    """Seconds that a watched training waits at each moment: a little more than for a picture, so that it is seen.

    When many train and pictures are rare, it doesn't wait for them as long as that.
    """
    return min(1.2 * picture_seconds(), LONGEST_PAUSE)


def fragment(function, moment, *arguments, every=None, active=lambda moment: moment.active, line=Line.BACKGROUND):
    """Draw a part of the page that can rerun alone: function(moment, *arguments).

    In the present run it is given the present Moment, so that everything on the page shows the same. When it reruns
    alone later, because of a click in it or a tick, it takes a new one.

    every : function, optional
        One of those above: how many seconds are between its reruns while active(moment). Without it, it never reruns by
        itself.
    line : Line, where a part that reruns by itself waits for its turns
    """
    run_every = every() if every and active(moment) and not is_hidden() else None
    visitor = this_visitor()
    if run_every:
        visitor.ticking[function] = _overdue(run_every)
    elif function in visitor.ticking:  # drawn anew by the part around it: Streamlit would go on ticking for ever
        visitor.redraws = True
    known = moment.n_jobs, moment.active
    present = [moment]  # the fragment outlives the moment, and must not keep its network
    patience = random.uniform(2, 4)  # not the same for all: hundreds of pages would change their pace in one moment

    @functools.wraps(function)  # Streamlit tells fragments apart by their function's name
    def part():
        if present:
            return function(present.pop(), *arguments)
        with turn_to_draw(line if run_every else Line.FIRST):
            now = take_moment()
            function(now, *arguments)  # before st.rerun(), which would lose a click in it
        keeps_pace = not run_every or active(now) and 1 / patience < every() / run_every < patience
        if run_every:
            visitor.ticking[function] = _overdue(run_every)
            keeps_pace = keeps_pace and time.monotonic() < min(visitor.ticking.values())
        has_news = run_every and any(getattr(one, "has_news", bool)() for one in visitor.parts.values())
        if (now.n_jobs, now.active) != known or not keeps_pace or has_news or visitor.redraws:
            st.rerun()

    st.fragment(part, run_every=run_every)()


def _overdue(run_every):
    """When a part that reruns by itself, and does so now, must have done so again, by time.monotonic().

    If it hasn't, its timer has been lost, and another part that ticks lets the whole page set all timers again: while
    hundreds of pages are drawn, Streamlit may drop the last messages of a run of the script when the next one begins.
    """
    return time.monotonic() + 2 * run_every + 10


class Measurement:
    """How many seconds some work takes on this machine: measured once, in a thread of its own, behind the gate.

    seconds : float, or None until they are known
    """

    def __init__(self, measure):
        self.seconds, self._measure = None, measure
        self._thread = threading.Thread(target=self._work, daemon=True, name="measurement")
        self._thread.start()

    def _work(self):
        self.seconds = self._measure()

    def join(self, seconds):
        """Wait for the end of the work, but not longer than this."""
        self._thread.join(seconds)

    @property
    def active(self):
        """Whether it is still being measured."""
        return self._thread.is_alive()


@st.cache_resource(show_spinner=False)
def seconds_per_image(n_hidden, batch_size):
    """The Measurement of learning from one image: the fastest of a few slices of a real training."""

    def measure():
        X, y = mnist("bundled").X_train, mnist("bundled").y_train
        recipe = Recipe(n_hidden=n_hidden, batch_size=batch_size, epochs=10_000)
        # It begins after the first epoch, because accuracy is measured often during that one.
        state = replace(initial_state(recipe, len(X)), images_seen=len(X))
        steps, costs, seconds = train(recipe, X, y, state=state, slice_seconds=0.02), [], 0.0
        with trainings().here():
            state = next(steps)  # no training yet: this measures the untrained network
        while len(costs) < 6:  # others may use the machine during one slice, hardly during all
            with trainings().here():
                began, seen, state = time.perf_counter(), state.images_seen, next(steps)
                seconds += time.perf_counter() - began
            if state.images_seen > seen:  # a large batch takes more than one slice
                costs.append(seconds / (state.images_seen - seen))
                seconds = 0.0
        return min(costs)

    return Measurement(measure)


@st.cache_resource(show_spinner=False)
def seconds_to_prepare(preparation, distorted):
    """The Measurement of preparing one image: the fastest of three small sets."""

    def measure():
        images = mnist("bundled").first(20)
        few = replace(images, X_test=images.X_test[:5], y_test=images.y_test[:5])  # 4 : 1, as in the full set
        costs = []
        for _ in range(3):  # others may use the machine during one of them
            prepared = TrainingSet(few, preparation, distorted)
            with trainings().here():
                began = time.perf_counter()
                while prepared.mnist is None:
                    prepared.step()
                costs.append((time.perf_counter() - began) / (prepared.n_images + len(few.X_test)))
        return min(costs)

    return Measurement(measure)


def _is_connected(session):
    """Whether the visitor of Streamlit's session of this name is there."""
    return st.runtime.exists() and st.runtime.get_instance().is_active_session(session)


@st.cache_resource(show_spinner=False)
def prepare_process():
    """Set up the process, once, so that no answer has to wait for a training or for garbage collection.

    A computing thread yields after a millisecond (Python's default is five, and one answer may wait for it many times).
    Objects that exist after five seconds, nearly all from imports, are frozen: the collector skips them from then on.
    The rest, including what ended sessions leave behind, is collected every 20 seconds, not after each run of the
    script (see config.toml), and what is free is given back to the system: glibc would keep as much memory as the
    largest class has ever needed.
    """

    def work():
        give_back = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
        time.sleep(5)  # the first visitor's page comes first
        gc.collect()
        gc.freeze()
        while True:
            time.sleep(20)
            forget_departed(_is_connected)
            gc.collect()
            if give_back is not None:  # musl has no such function
                give_back(0)

    sys.setswitchinterval(0.001)
    threading.Thread(target=work, daemon=True, name="garbage").start()
