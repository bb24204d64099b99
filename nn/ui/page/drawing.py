"""The drawing panel: the canvas, the network with its answer, the question, and the training."""

import streamlit as st

from ..session.browser_store import BrowserStore, store_in_browser
from ..session.current_image import DrawingPart
from ..session.refresh import fragment, keep_seconds, picture_seconds, tick_seconds
from ..session.state import OPEN_STEP, OPEN_YOURS, part, this_session, value_of
from .answer import answer_place, show_answer
from .canvas import canvas, examples, tools
from .curves import show_curves
from .question import challenge_panel, next_button, question_panel, question_places
from .training import measurements_for, show_progress, training_buttons


def drawing_panel(view, recipe, curves):
    """Draw the canvas, the buttons beneath it, and the network with its answer; and the curves in their container.

    A stroke reruns nothing else, unless a step of "Look inside" or a part of "Yours" is open: then the whole page
    reruns after the answer. During a training the network, the answer, the progress and the curves refresh themselves.
    """
    fragment(_drawing_panel, view, recipe, curves)


def _drawing_panel(view, recipe, curves):
    with st.container(horizontal=True, key="draw"):
        left, right = st.container(key="hand"), st.container(key="picture")
    with left, st.container(horizontal=True, key="paper_and_examples"):
        canvas_place, examples_place = st.container(key="paper"), st.container(key="examples")
    with canvas_place:
        sketch, example = canvas(view)
    prepared = None if example else part(DrawingPart).prepared
    with left:
        task = st.container(key="task")
        tools_place, pace = st.container(horizontal=True, key="tools"), st.container()
        progress = st.container(key="progress")
    with right:
        network = answer_place(view)
        words, reply, stages, drawings = question_places()
    _live(view, recipe, network, (stages, curves), progress)  # first: the answer must come quickly
    question_panel(view, prepared, sketch, words, reply, drawings)
    with examples_place:
        examples()
    with task:
        challenge_panel()
    with tools_place:
        tools(example)
        next_button(prepared, sketch)
    training_buttons(view, recipe, pace, tools_place)
    store_in_browser(view)
    if not view.whole_page and (value_of(OPEN_STEP, bool) or value_of(OPEN_YOURS, bool)):
        st.rerun()


def _live(view, recipe, network, places, progress):
    """Show everything that changes during a training, or until it is known how long one takes.

    For the server a fragment costs as much as its content, so there are only two: the progress, small, which refreshes
    often even if hundreds watch, and one with everything that takes longer. Their containers are filled again and
    again; no widgets may be in them, except in the network's.
    """
    measurements = measurements_for(recipe)

    def active(view):
        return view.active or any(measurement.active for measurement in measurements)

    with network:
        fragment(_pictures, view, recipe, *places, every=picture_seconds)
    with progress:
        fragment(show_progress, view, recipe, measurements, every=tick_seconds, active=active)


def _pictures(view, recipe, stages, curves):
    show_answer(view, stages)
    with curves:
        show_curves(view, recipe)
    if view.active and part(BrowserStore).is_due("trainings", keep_seconds()):
        this_session().redraws = True  # so that the browser stores the present network
