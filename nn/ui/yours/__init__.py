"""Yours: ways to use a visitor's own trainings and drawings.

Each part is a module of this folder with a function panel(view, recipe) that draws it. It is imported when a visitor
chooses the part, and runs only while it is chosen.
"""

from importlib import import_module

import streamlit as st

from ..session.layout import close_button
from ..session.refresh import fragment, step_seconds
from ..session.state import OPEN_YOURS, this_session

PARTS = {"Compare": "compare", "Sweep": "sweep", "Teach it your handwriting": "teach", "Save or export": "keep"}


def yours(view, recipe):
    """Draw the bar of parts, and the chosen part; during a training it refreshes itself like a step."""
    fragment(_yours, view, recipe)


def _yours(view, recipe):
    with st.container(horizontal=True, vertical_alignment="center", key="yours_bar"):
        st.html("<h2>Yours</h2>", width="content")
        part = st.pills(
            "Compare, sweep, teach, save. Choose a part.",
            PARTS,
            key=OPEN_YOURS,
            required=True,
            bind="query-params",
            label_visibility="collapsed",
        )
        if part is not None:
            close_button(OPEN_YOURS, "close_part")
    if part is not None:
        module = import_module(f".{PARTS[part]}", __package__)
        with st.container(key="yours_part"):
            fragment(_part, view, recipe, module.panel, every=step_seconds)


def _part(view, recipe, panel):
    """Draw a part, and the error of the last action in it."""
    panel(view, recipe)
    if this_session().trouble:
        st.warning(this_session().trouble)
