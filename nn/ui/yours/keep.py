"""Save or export: the work saved in the browser, files that can be opened, and the training as a notebook."""

import streamlit as st

from ... import prepare_drawing
from ...files.notebook import notebook_zip
from ...recipe import counted
from ..session.browser_store import BrowserStore
from ..session.render_lock import release_render_lock
from ..session.state import Key, part, this_visitor, value_of
from ..session.trainings import open_drawings, open_network


def panel(moment, recipe):
    """Draw what is saved, what can be opened, and what can be exported, side by side."""
    saved, opened, exported = st.columns(3, gap="medium")
    with saved:
        _saved()
    with opened:
        _open(recipe)
    with exported:
        _export(moment)


def _saved():
    """Say what the browser has saved, and offer to delete it."""
    visitor = this_visitor()
    browser = part(BrowserStore)
    st.markdown("**Saved in this browser**")
    if browser.trouble:
        st.warning(browser.trouble)
    elif not browser.keeps:
        st.markdown("Everything that was saved is deleted. Nothing more is saved until you reload the page.")
        st.button("Save again", key="keep_again", on_click=_tell, args=(browser.keep_again,))
        return
    elif not browser.n_bytes:
        st.markdown("Trainings with their networks and curves, and labelled drawings, will be here after a reload.")
    else:
        n_trainings, n_drawings = len(visitor.kept) + (visitor.training is not None), len(visitor.labelled)
        st.markdown(
            f"{counted(n_trainings, 'training')} with network and curves, {counted(n_drawings, 'labelled drawing')}: "
            f"{browser.n_bytes / 1e6:.1f} MB, here again after a reload. Beyond 4 MB the oldest are deleted. If the "
            "page is open in two tabs, the last one that you used is saved."
        )
    stored = "Nothing is stored on the server."
    if "class" in st.query_params:
        stored = "Your class stores your results on the server, and your drawings if you share them."
    st.caption(f"{stored} Other people who use this computer can see what is saved here.")
    delete = {"key": "forget", "icon": ":material/delete:", "disabled": not browser.n_bytes}
    st.button("Forget", on_click=_tell, args=(browser.forget,), **delete)


def _tell(tell):
    """Tell the browser something: another part of the page does so when it is drawn. This is a callback."""
    tell()
    this_visitor().redraws = True


def _open(recipe):
    """Offer to open files that the page has saved."""
    n = this_visitor().n_opened
    st.markdown("**Open**")
    for key, words, act in [
        (Key.OPEN_NETWORK, "A network, from **Save this network**", lambda file: open_network(file, recipe)),
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


def _export(moment):
    """Offer the visitor's training as a notebook."""
    training = moment.training
    st.markdown("**Export**")
    st.markdown(
        "A Jupyter notebook in plain NumPy, with the images, your settings and your drawings. It trains to the same "
        "weights as here, explains every line, and asks how to go on."
    )
    why = why_no_notebook(training, moment.active)
    if why:
        st.markdown(why)
        return
    labelled = list(this_visitor().labelled.values())
    state, epochs = training.state, training.recipe.epochs
    if not state.finished:
        st.markdown(f"Yours was stopped at epoch {state.epoch:.3g} of {epochs}; the notebook trains to the end.")
    st.download_button(
        "As a notebook",
        lambda: notebook_of(training, labelled),  # nobody's page runs it: there is no visitor then
        "neural_network.zip",
        key="notebook",
        on_click="ignore",  # a rerun would replace the file before the browser has asked for it
        icon=":material/school:",
        help="A .zip: unpack it, and read README.txt.",
    )


def why_no_notebook(training, active):
    """Why a Training (or None) can't be exported, as a sentence; "" if it can."""
    if training is None:
        return "Train a network first."
    if training.origin or training.state.began_trained:
        return "The notebook begins with random weights, and this network had learnt before. **Train** a new one."
    if training.is_mixed:
        return "Its settings were changed on the way, which the notebook doesn't repeat. **Train** a new one."
    if active or training.images.mnist is None:
        return "You can export it when the training is over."
    return ""


def notebook_of(training, labelled):
    """A Training, and Labelled drawings, as the bytes of a .zip with a notebook."""
    release_render_lock()
    recipe = training.recipe
    drawings = [prepare_drawing(drawing.sketch.pixels, recipe.preparation).image for drawing in labelled]
    labels, words = [drawing.label for drawing in labelled], ", ".join(recipe.words())
    return notebook_zip(recipe, training.images.mnist, drawings, labels, words)
