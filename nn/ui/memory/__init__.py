"""What stays in the visitor's own browser over a reload or a restart of the server: trainings, networks and drawings.

Nothing of it is kept on the server. The page asks the browser once, at the beginning, and takes over what it finds.
From then on it sends a file whenever something has changed, which memory.js puts in the place of the one before.
"""

from functools import cache
from pathlib import Path

import streamlit as st

from ...npz import Refused
from ..kept import Kept, Yours, unpack, with_kept
from ..opening import add_drawings, take_over
from ..pace import fragment, keep_seconds
from ..sidebar import SETTINGS
from ..state import Key, this_visitor, value_of
from ..turns import step_aside

HERE = Path(__file__).parent


def memory(moment):
    """Draw what keeps things in the browser; it can't be seen."""
    fragment(_memory, moment, every=keep_seconds)


def _memory(moment):
    visitor = this_visitor()
    browser, training = visitor.browser, moment.training
    if training is not None and training.run.is_untrained:
        training = None

    def yours():
        step_aside()
        present = training and Kept.of(moment.number, training, compact=False)
        return Yours(present, visitor.kept, tuple(visitor.labelled.values()))

    state = training and (training.identity, training.run.images_seen, training.controls)
    known = state, *(kept.number for kept in visitor.kept), *visitor.labelled
    if browser.is_answered and browser.keeps and (training or visitor.labelled or browser.known):
        browser.keep((*known, *(drawing.label for drawing in visitor.labelled.values())), yours)
    question = "" if browser.is_answered else browser.question
    data = {"question": question, "order": browser.order, "file": browser.file}
    with st.container(key="memory_part"):
        _component()(data=data, key=Key.MEMORY, on_found_change=_found, on_carried_change=_carried)


def _carried():
    this_visitor().browser.carried(value_of(Key.MEMORY).carried)


def _found():
    """Take over what the browser has kept, as far as nothing has taken its place yet. This is a callback."""
    visitor = this_visitor()
    browser = visitor.browser
    file = browser.found(value_of(Key.MEMORY).found)
    if file is None:
        return
    try:
        yours = unpack(file)
    except Refused as error:
        browser.trouble = f"What this browser has kept can't be read. {error}"
        return
    if not visitor.labelled:
        add_drawings(yours.drawings)
    if visitor.n_trainings == 0 and visitor.training is None:
        present, visitor.kept = yours.training, yours.kept
        numbers = [kept.number for kept in yours.kept] + ([present.number - 1] if present else [])
        visitor.n_trainings = max(numbers, default=0)
        if present is not None and not take_over(present, sets_sidebar=SETTINGS.isdisjoint(st.query_params)):
            visitor.kept, visitor.n_trainings = with_kept(visitor.kept, present), visitor.n_trainings + 1
    browser.n_bytes, visitor.redraws = len(file), True


@cache
def _component():
    return st.components.v2.component("memory", js=(HERE / "memory.js").read_text(encoding="utf-8"))
