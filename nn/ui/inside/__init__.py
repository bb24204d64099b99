"""Look inside: the lecture's steps, one section each, with the visitor's own network and drawing in them.

Each module of this folder named step... is one step, with a function section(controls, moment) that draws it. It is
imported when somebody chooses it, and run only while it is chosen: what nobody looks at costs nothing.
"""

from importlib import import_module

import streamlit as st

from ..pace import fragment
from ..state import Key
from .steps import STEPS, step_of


def inside(controls, moment):
    """The choice of a step, and the chosen one; while a training is under way it renews itself, every fourth tick."""
    st.subheader("Look inside", anchor=False)
    fragment(_choice, moment, controls)


def _choice(moment, controls):
    title = st.pills(
        "The lecture step by step, with your network and your drawing in it. Choose a step; choose it again to close it.",
        [step.title for step in STEPS.values()],
        key=Key.STEP,
        bind="query-params",
    )
    step = step_of(title)
    if step is not None:
        module = import_module(f".{step.module}", __package__)
        with st.container(key="section"):
            fragment(module.section, moment, controls, ticks=4)
