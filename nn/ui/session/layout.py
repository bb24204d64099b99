"""How the page is looked at: on a screen of one's own, on a wall, without some parts of it, or not at all.

In the address, view=projector is for a projector, view=board for a class's board on the wall, view=teachers for the
page for teachers, and hide=eta,hidden takes parts of the page away.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ...files.sketches import MAX_SIDE
from .state import Key, value_of

CANVAS, PROJECTED_CANVAS = 280, MAX_SIDE  # pixels: ten, or fifteen, for each of MNIST's 28
PROJECTOR, BOARD, FOR_TEACHERS = VIEWS = "projector", "board", "teachers"


class Hideable(NamedTuple):
    """A part of the page that a link can hide: its name in words, and the keys of its containers."""

    words: str
    keys: tuple


HIDEABLE = {
    "epochs": Hideable("Epochs", (Key.EPOCHS,)),
    "hidden": Hideable("Hidden units", (Key.HIDDEN,)),
    "eta": Hideable("Learning rate", (Key.ETA,)),
    "prepare": Hideable("Straighten", (Key.PREPARE,)),
    "distort": Hideable("Distorted images", (Key.DISTORT,)),
    "more": Hideable("More", ("more",)),
    "pace": Hideable("Pace", (Key.PACE,)),
    "inside": Hideable("Look inside", ("steps", "section")),
    "yours": Hideable("Yours", ("yours_bar", "yours_part")),
    "reveal": Hideable("Reveal, in step 6", ("bug_reveal",)),
    "board": Hideable("The board on students' pages", (Key.BOARD, "class_board")),
    "class": Hideable("Start or join a class", ("class_part",)),
}


def view():
    """Which of VIEWS the address asks for, "" if none."""
    asked = st.query_params.get("view", "")
    return asked if asked in VIEWS else ""


def is_projector():
    """Whether the page is on a wall."""
    return view() in (PROJECTOR, BOARD)


def hidden_css():
    """The style that takes away what the address says; what it says else is ignored."""
    names = [name for name in st.query_params.get("hide", "")[:200].split(",") if name in HIDEABLE]
    keys = [f".st-key-{key}" for name in names for key in HIDEABLE[name].keys]
    return f"<style>{', '.join(keys)} {{ display: none !important; }}</style>" if keys else "<style></style>"


def canvas_side():
    """The canvas's width and height in pixels."""
    return PROJECTED_CANVAS if is_projector() else CANVAS


# Tells the page when its tab is hidden, behind another one or in a pocket, and when it is shown again.
WATCH_THE_TAB = """export default ({ setStateValue }) => {
  const tell = () => setStateValue("hidden", document.hidden);
  document.addEventListener("visibilitychange", tell);
  return () => document.removeEventListener("visibilitychange", tell);
}"""


def is_hidden():
    """Whether the tab is hidden: nobody sees what refreshes itself there."""
    return bool(getattr(value_of(Key.TAB), "hidden", False))


def watch_the_tab():
    """Draw what tells is_hidden(); it can't be seen."""
    _tab()(key=Key.TAB, on_hidden_change=lambda: None)


@cache
def _tab():
    return st.components.v2.component("tab", js=WATCH_THE_TAB)


def configure():
    """Set up the page; with a projector, the sidebar is closed at first."""
    state = "collapsed" if is_projector() else "auto"
    st.set_page_config("A network learns to read", page_icon="✍️", layout="wide", initial_sidebar_state=state)
    folder = Path(__file__).parents[1]
    st.html(folder / "style.css")
    if is_projector():
        st.html(folder / "projector.css")
    st.html(hidden_css())


def chart(data, spec, alt, **more):
    """Draw a Vega-Lite chart with a text alternative; with a projector, its text is larger. See st.vega_lite_chart."""
    if is_projector():
        sizes = {"labelFontSize": 17, "titleFontSize": 17}
        spec = spec | {"config": {"axis": sizes, "text": {"fontSize": 17}}}
    return st.vega_lite_chart(data, spec, alt=alt, **more)
