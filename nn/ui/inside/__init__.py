"""Look inside: the lecture's steps, with the visitor's own network and drawing in them.

Each step is a module of this folder, named in steps.py, with a function section(moment, controls) that draws it. The
module is imported when a visitor chooses the step, and runs only while it is chosen: a closed step costs nothing.
"""

from importlib import import_module

import streamlit as st

from ..pace import fragment
from ..state import Key, set_value
from .steps import STEPS, step_of


def inside(moment, controls):
    """Draw the choice of a step, and the chosen step; during a training it refreshes itself every fourth tick."""
    st.subheader("Look inside", anchor=False)
    fragment(_choice, moment, controls)


def _choice(moment, controls):
    title = st.pills(
        "The lecture step by step, with your network and your drawing. Choose a step; choose it again to close it.",
        [step.title for step in STEPS.values()],
        key=Key.STEP,
        bind="query-params",
    )
    step = step_of(title)
    if step is not None:
        module = import_module(f".{step.module}", __package__)
        with st.container(key="section"):
            fragment(module.section, moment, controls, ticks=4)


def open_at_unit(unit, hidden):
    """Open the step that takes a weighted sum apart at a hidden unit, or at an output. Call it in a callback."""
    from .step4_weighted_sum import HIDDEN, OUTPUT  # only when it is needed, like all steps

    set_value(Key.STEP, STEPS["forward"].title)
    set_value(Key.SUM_LAYER, HIDDEN if hidden else OUTPUT)
    set_value(Key.SUM_UNIT if hidden else Key.SUM_DIGIT, unit if hidden else str(unit))
