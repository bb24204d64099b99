"""What stays in the visitor's own browser over a reload or a restart of the server: trainings, networks and drawings.

Nothing of it is kept on the server. The page asks the browser once, at the beginning, and takes over what it finds.
From then on it sends a file whenever something has changed, during a training at most every keep_seconds(), and
browser_store.js puts it in the place of the one before.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import streamlit as st

from ...files.arrays import Refused
from ...files.saved_work import (
    MAX_DRAWINGS_BYTES,
    MAX_TRAININGS_BYTES,
    N_KEPT,
    NOTHING,
    SavedWork,
    pack,
    stored,
    unpack,
)
from ...recipe import ADDRESS_KEYS, MAX_HIDDEN
from .opening import add_drawings, take_over
from .refresh import keep_seconds
from .render_lock import release_render_lock, render_lock
from .state import this_visitor, value_of

SCRIPT = Path(__file__).with_suffix(".js")


def memory(moment):
    """Draw what keeps things in the browser; it can't be seen.

    It is no fragment of its own: Streamlit reruns just one fragment when the browser's answer and a click come in the
    same moment, and the answer to a label often comes with the next click in the drawing panel.
    """
    visitor, training = this_visitor(), moment.training
    browser = visitor.browser
    if training is not None and (training.state.is_untrained or (moment.active and training.state.images_seen == 0)):
        training = None  # it has learnt nothing yet

    def trainings():
        release_render_lock()
        large = training is not None and training.state.network.n_hidden > MAX_HIDDEN
        present = training and stored(training, compact=large)
        return pack(SavedWork(present, visitor.kept, ()), MAX_TRAININGS_BYTES)

    def drawings():
        return pack(SavedWork(None, (), tuple(visitor.labelled.values())), MAX_DRAWINGS_BYTES)

    state = () if training is None else ((training.number, training.state.images_seen, training.recipe),)
    pause = keep_seconds() if moment.active else 0
    browser.keep("trainings", (*state, *(kept.number for kept in visitor.kept)), trainings, pause)
    labels = tuple((key, labelled.label) for key, labelled in visitor.labelled.items())
    browser.keep("drawings", labels, drawings, pause)
    data = {"question": "" if browser.is_answered else browser.question, "order": browser.order}
    data |= {"deletes": not browser.keeps, "files": browser.files}
    with st.container(key="memory_part"):
        _component()(data=data, key="memory", on_found_change=take_found, on_carried_change=_carried)


def _carried():
    this_visitor().browser.carried(value_of("memory").carried)


def take_found():
    """Take over what the browser has kept, beside what the visitor has by now. This is a callback."""
    browser = this_visitor().browser
    files = browser.found(value_of("memory").found)
    if not files:
        return
    with render_lock():
        try:
            found = {name: unpack(file) for name, file in files.items()}
        except Refused as error:
            browser.unreadable(error)
        else:
            _take_over(found.get("trainings", NOTHING))
            add_drawings(found.get("drawings", NOTHING).drawings)
    this_visitor().redraws = True


def _take_over(found):
    """Take over the trainings of a SavedWork: if the visitor has trained by now, as those before."""
    visitor, present, everything = this_visitor(), found.training, found.trainings
    last = max((kept.number for kept in everything), default=0)
    if visitor.n_trainings:

        def later(training):
            return replace(training, number=training.number + last)

        visitor.kept, visitor.n_trainings = (
            (*everything, *map(later, visitor.kept))[-N_KEPT:],
            visitor.n_trainings + last,
        )
        with visitor.lock:
            visitor.training = later(visitor.training)
        if visitor.fine_tuning is not None:
            visitor.fine_tuning = replace(visitor.fine_tuning, number=visitor.fine_tuning.number + last)
        return
    visitor.kept, visitor.n_trainings = found.kept, last
    if present is not None:
        visitor.n_trainings = last - 1  # it counts as started
        if not take_over(present, sets_sidebar=ADDRESS_KEYS.isdisjoint(st.query_params)):
            visitor.kept, visitor.n_trainings = everything[-N_KEPT:], last


@cache
def _component():
    return st.components.v2.component("memory", js=SCRIPT.read_text(encoding="utf-8"))
