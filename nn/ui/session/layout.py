"""The layout of the page: on a visitor's own screen, on a projector, and without the parts that a link hides.

In the address, view=projector is for a projector, view=board for the board of a class, view=teachers for the page for
teachers, view=kiosk for a computer that many people use (start_over.py), and hide=eta,hidden hides parts of the page.
"""

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from ...files.sketches import MAX_SIDE
from .state import set_value, value_of

CANVAS_SIDE, PROJECTED_SIDE = 280, MAX_SIDE  # pixels of a side: ten, or fifteen, for each of MNIST's 28
PROJECTOR, BOARD, FOR_TEACHERS, KIOSK = VIEWS = "projector", "board", "teachers", "kiosk"

# The parts of the page that a link can hide: their name in the address -> their name in words, and their containers.
HIDEABLE = {
    "epochs": ("Epochs", "epochs"),
    "hidden": ("Hidden units", "hidden"),
    "eta": ("Learning rate", "eta"),
    "prepare": ("Straighten", "prepare"),
    "distort": ("Distorted images", "distort"),
    "more": ("More", "more"),
    "presets": ("The lecture's settings", "presets"),
    "pace": ("Pace", "pace"),
    "inside": ("Look inside", "steps", "section"),
    "yours": ("Yours", "yours_bar", "yours_part"),
    "reveal": ("Reveal, in step 6", "bug_reveal"),
    "board": ("The board on students' pages", "board", "class_board"),
    "class": ("Start or join a class", "class_part"),
}


def requested_view():
    """The one of VIEWS that the address asks for, "" if none."""
    asked = st.query_params.get("view", "")
    return asked if asked in VIEWS else ""


def page_address(query):
    """The address of this page with a query, a dict."""
    return f"{re.split('[?#]', st.context.url or '')[0]}?{urlencode(query)}"


def is_projector():
    """Whether the page is shown on a wall."""
    return requested_view() in (PROJECTOR, BOARD)


def is_hidden():
    """Whether the tab is hidden: nobody would see a refresh."""
    return value_of("tab", lambda state: bool(state.hidden), False)


def watch_the_tab():
    """Draw the invisible component behind is_hidden()."""
    component("tab", Path(__file__).with_name("tab"))(key="tab", on_hidden_change=lambda: None)


def close_button(bar, key):
    """Draw the button that closes the open part of a bar, the pills with the key `bar`."""
    st.button("Close", key=key, icon=":material/close:", type="tertiary", on_click=set_value, args=(bar, None))


@cache
def component(name, path):
    """Streamlit's component made of the files at this path, which end in .html, .css or .js."""
    files = [(kind, path.with_suffix(f".{kind}")) for kind in ("html", "css", "js")]
    return st.components.v2.component(name, **{kind: file.read_text("utf-8") for kind, file in files if file.exists()})


def configure():
    """Set up the page; on a projector, the sidebar is closed at first. Hide the parts that the address names."""
    state = "collapsed" if is_projector() else "auto"
    st.set_page_config("A network learns to read", page_icon="✍️", layout="wide", initial_sidebar_state=state)
    folder = Path(__file__).parents[1]
    st.html(folder / "style.css")
    if is_projector():
        st.html(folder / "projector.css")
    names = [name for name in st.query_params.get("hide", "")[:200].split(",") if name in HIDEABLE]
    hidden = ", ".join(f".st-key-{key}" for name in names for key in HIDEABLE[name][1:])
    st.html(f"<style>{hidden} {{ display: none !important; }}</style>" if hidden else "<style></style>")


def chart(data, spec, alt, **more):
    """Draw a Vega-Lite chart with a text alternative; on a projector, its text is larger. See st.vega_lite_chart."""
    if is_projector():
        sizes = {"labelFontSize": 17, "titleFontSize": 17}
        spec = spec | {"config": {"axis": sizes, "text": {"fontSize": 17}}}
    return st.vega_lite_chart(data, spec, alt=alt, **more)
