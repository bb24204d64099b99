"""How the page is looked at: on a screen of one's own, or with a projector (?view=projector)."""

from pathlib import Path

import streamlit as st

CANVAS, PROJECTED_CANVAS = 280, 420  # pixels: ten, or fifteen, for each of MNIST's 28


def is_projector():
    """Whether the address asks for the view for a projector."""
    return st.query_params.get("view") == "projector"


def canvas_side():
    """The canvas's width and height in pixels."""
    return PROJECTED_CANVAS if is_projector() else CANVAS


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
