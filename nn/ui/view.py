"""How the page is looked at: on a screen of one's own, or on a wall (?view=projector)."""

from pathlib import Path

import streamlit as st

CANVAS, CANVAS_ON_A_WALL = 280, 420  # pixels: ten, or fifteen, for each of MNIST's 28


def is_on_a_wall():
    """Whether the address asks for the view for a projector."""
    return st.query_params.get("view") == "projector"


def canvas_side():
    """The canvas's width and height in pixels."""
    return CANVAS_ON_A_WALL if is_on_a_wall() else CANVAS


def set_style():
    """Give the page its style; on a wall everything is larger."""
    folder = Path(__file__).parent
    st.html(folder / "style.css")
    if is_on_a_wall():
        st.html(folder / "projector.css")
