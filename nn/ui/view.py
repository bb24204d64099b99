"""How the page is looked at: on a screen of one's own, or with a projector (?view=projector), or not at all."""

from functools import cache
from pathlib import Path

import streamlit as st

from .state import Key, value_of

CANVAS, PROJECTED_CANVAS = 280, 420  # pixels: ten, or fifteen, for each of MNIST's 28


def is_projector():
    """Whether the address asks for the view for a projector."""
    return st.query_params.get("view") == "projector"


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
    folder = Path(__file__).parent
    st.html(folder / "style.css")
    if is_projector():
        st.html(folder / "projector.css")


def chart(data, spec, alt, **more):
    """Draw a Vega-Lite chart with a text alternative; with a projector, its text is larger. See st.vega_lite_chart."""
    if is_projector():
        sizes = {"labelFontSize": 17, "titleFontSize": 17}
        spec = spec | {"config": {"axis": sizes, "text": {"fontSize": 17}}}
    return st.vega_lite_chart(data, spec, alt=alt, **more)
