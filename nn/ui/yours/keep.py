"""Keep, take home: what the browser keeps, files that can be opened, and the training as a notebook."""

import streamlit as st

from ..opening import open_drawings, open_network
from ..state import Key, this_visitor, value_of


def panel(moment, controls):
    """Draw what is kept here, what can be opened, and what can be taken home."""
    kept, opened, taken = st.columns(3, gap="medium")
    with kept:
        _kept()
    with opened:
        _open(controls)
    with taken:
        _take_home(moment)


def _kept():
    """Say what the browser keeps, and offer to forget it."""
    visitor = this_visitor()
    browser = visitor.browser
    st.markdown("**Kept in this browser**")
    if browser.trouble:
        st.warning(browser.trouble)
    if not browser.keeps:
        st.markdown("Everything that was kept is deleted. Nothing more is kept until you reload the page.")
        st.button("Keep again", key="keep_again", on_click=browser.keep_again)
        return
    n_trainings, n_drawings = len(visitor.kept) + (visitor.training is not None), len(visitor.labelled)
    st.markdown(
        f"{_number(n_trainings, 'training')} with network and curves, and {_number(n_drawings, 'labelled drawing')}: "
        f"{browser.n_bytes / 1e6:.1f} MB of at most 4. They are here again after a reload. Nothing of it stays on the "
        "server. Others who use this computer can see it."
    )
    st.button("Forget", key="forget", icon=":material/delete:", on_click=browser.forget, disabled=not browser.n_bytes)


def _number(n, what):
    return f"{n} {what}{'' if n == 1 else 's'}"


def _open(controls):
    """Offer to open what the page has saved."""
    n = this_visitor().n_opened
    st.markdown("**Open**")
    for key, words, act in [
        (Key.OPEN_NETWORK, "A network, from **Save this network**", lambda file: open_network(file, controls)),
        (Key.OPEN_DRAWINGS, "Drawings, from **Save drawings**", open_drawings),
    ]:
        st.file_uploader(words, "npz", key=f"{key}{n}", on_change=_open_file, args=(f"{key}{n}", act))


def _open_file(key, act):
    """Open the file that was chosen; a new chooser, which holds no file, takes this one's place."""
    visitor, file = this_visitor(), value_of(key)
    if file is not None:
        act(file)
        visitor.n_opened += 1
        visitor.redraws = True


def _take_home(moment):
    st.markdown("**Take it home**")
