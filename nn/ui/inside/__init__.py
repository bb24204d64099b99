"""Look inside: the lecture's steps, with the visitor's own network and drawing in them.

Each step is a module of this folder, named in steps.py, with a function section(moment, controls) that draws it. The
module is imported when a visitor chooses the step, and runs only while it is chosen: a closed step costs nothing.
"""

from importlib import import_module

import streamlit as st

from ...analysis.evaluation import read
from ..html import picture
from ..session.current_image import drawing, selected_example
from ..session.refresh import fragment, step_seconds
from ..session.state import Key, set_value, this_visitor
from .steps import STEPS, neighbours_of, step_of

# Runs whenever another step is chosen, and at every "See how", because the script then differs.
BRING_INTO_VIEW = """<script>
{{ // {why}
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(".st-key-{place}")?.scrollIntoView({{ behavior: still ? "auto" : "smooth" }});
}}
</script>"""


def inside(moment, recipe):
    """Draw the bar of steps, and the chosen step; during a training they refresh themselves every fourth tick."""
    fragment(_inside, moment, recipe)


def _inside(moment, recipe):
    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        st.html("<h2>Look inside</h2>", width="content")
        small = st.container(key="small_image")
        title = st.pills(
            "The lecture step by step, with your network and your drawing. Choose a step; choose it again to close it.",
            [step.title for step in STEPS.values()],
            key=Key.STEP,
            bind="query-params",
            label_visibility="collapsed",
            on_change=_step_chosen,
        )
        step = step_of(title)
        if step is not STEPS.get(this_visitor().playing):  # what plays in a step ends when it is left
            this_visitor().playing = ""
    if step is not None:
        with small:
            fragment(_small_image, moment, every=step_seconds)
        module = import_module(f".{step.module}", __package__)
        with st.container(key="section"):
            st.subheader(step.title, anchor=False)
            fragment(module.section, moment, recipe, every=step_seconds)
            _neighbours(step)
            place, why = this_visitor().explained or ("section", step.title)
            st.html(BRING_INTO_VIEW.format(place=place, why=why), unsafe_allow_javascript=True)


def _neighbours(step):
    """Draw the ways to the previous and to the next step."""
    previous, following = neighbours_of(step)
    with st.container(horizontal=True, key="neighbours"):
        if previous is not None:
            icon = ":material/arrow_back:"
            st.button(previous.title, key="previous_step", icon=icon, on_click=_open, args=(previous,))
        if following is not None:
            icon = ":material/arrow_forward:"
            st.button(
                following.title, key="next_step", icon=icon, on_click=_open, args=(following,), icon_position="right"
            )


def _small_image(moment):
    """Draw the drawing, or the example in its place, and what is read in it, small, in the bar."""
    current = selected_example(moment) or drawing()
    if current is None:
        st.html("<div></div>")
    else:
        answer = read(moment.network, current.image)[1]
        st.html(f'<p class="nn-small">{picture(current.image, current.name)} → <b>{answer}</b></p>')


def _open(step):
    set_value(Key.STEP, step.title)
    this_visitor().explained = None


def _step_chosen():
    this_visitor().explained = None


def open_at_unit(unit, hidden):
    """Open the step that takes a weighted sum apart at a hidden unit, or at an output. Call it in a callback."""
    from .step4_weighted_sum import HIDDEN, OUTPUT

    visitor = this_visitor()
    _, count = visitor.explained or ("", 0)
    _open(STEPS["forward"])
    set_value(Key.SUM_LAYER, HIDDEN if hidden else OUTPUT)
    set_value(Key.SUM_UNIT if hidden else Key.SUM_DIGIT, unit if hidden else str(unit))
    visitor.explained = Key.SUM_LAYER if hidden else Key.SUM_DIGIT, count + 1
