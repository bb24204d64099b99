"""Look inside: the lecture's steps, one section each, with the visitor's own network and drawing in them.

Each module of this folder is one section, with a function section(controls) that draws it. It is imported when somebody
chooses it, and run while it is chosen: what is not looked at costs nothing.
"""

from importlib import import_module

import streamlit as st

from ..session import slot, tick_seconds

SECTIONS = {
    "1 The data": "data",
    "2 From perceptron to network": "perceptron",
    "3 Hidden units": "hidden_units",
    "4 Forward": "forward",
    "5 Backward": "backward",
    "6 Spot the bug": "bugs",
    "7 Through time": "time",
    "8 How good is it?": "scores",
    "9 Hints": "hints",
}


def inside(controls):
    """The choice of a section, and the chosen one; while a training is under way it renews itself, four ticks a time."""
    st.subheader("Look inside", anchor=False)
    st.fragment(_choice)(controls, 4 * tick_seconds() if slot().active else None)


def _choice(controls, run_every):
    chosen = st.pills(
        "The lecture step by step, with your network and your drawing in it. Choose a step; choose it again to close it.",
        list(SECTIONS),
        key="inside",
        bind="query-params",
    )
    if chosen is not None:
        module = import_module(f".{SECTIONS[chosen]}", __package__)
        with st.container(key="section"):
            st.fragment(module.section, run_every=run_every)(controls)
