"""Keep, take home: what the browser keeps, files that can be opened, and the training as a notebook."""

import streamlit as st

from ... import prepare_drawing
from ...files.notebook import notebook_zip
from ..session.opening import open_drawings, open_network
from ..session.render_lock import step_aside
from ..session.state import Key, this_visitor, value_of


def panel(moment, recipe):
    """Draw what is kept here, what can be opened, and what can be taken home."""
    kept, opened, taken = st.columns(3, gap="medium")
    with kept:
        _kept()
    with opened:
        _open(recipe)
    with taken:
        _take_home(moment)


def _kept():
    """Say what the browser keeps, and offer to forget it."""
    visitor = this_visitor()
    browser = visitor.browser
    st.markdown("**Kept in this browser**")
    if browser.trouble:
        st.warning(browser.trouble)
    elif not browser.keeps:
        st.markdown("Everything that was kept is deleted. Nothing more is kept until you reload the page.")
        st.button("Keep again", key="keep_again", on_click=_tell, args=(browser.keep_again,))
        return
    elif not browser.n_bytes:
        st.markdown("Trainings with their networks and curves, and labelled drawings, will be here after a reload.")
    else:
        n_trainings, n_drawings = len(visitor.kept) + (visitor.training is not None), len(visitor.labelled)
        st.markdown(
            f"{_number(n_trainings, 'training')} with network and curves, {_number(n_drawings, 'labelled drawing')}: "
            f"{browser.n_bytes / 1e6:.1f} MB. They are here again after a reload. If they are more than 4 MB, the "
            "oldest go; of two tabs, the one that you used last counts."
        )
    st.caption("Nothing of it stays on the server. Others who use this computer can see it.")
    st.button(
        "Forget",
        key="forget",
        icon=":material/delete:",
        on_click=_tell,
        args=(browser.forget,),
        disabled=not browser.n_bytes,
    )


def _tell(tell):
    """Tell the browser something: another part of the page does so when it is drawn. This is a callback."""
    tell()
    this_visitor().redraws = True


def _number(n, what):
    return f"{n} {what}{'' if n == 1 else 's'}"


def _open(recipe):
    """Offer to open what the page has saved."""
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


def _take_home(moment):
    """Offer the visitor's training as a notebook."""
    training = moment.training
    st.markdown("**Take it home**")
    st.markdown(
        "A Jupyter notebook in plain NumPy, with the images, your settings and your drawings. It repeats your training "
        "by the lecture's plain loop, explains every line, and asks how to go on."
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
    """Why a Training (or None) can't be taken home, as a sentence; "" if it can."""
    if training is None:
        return "Train a network first."
    if training.origin or training.state.began_trained:
        return "The notebook begins with random weights, and this network had learnt before. **Train** a new one."
    if training.is_mixed:
        return "Its settings were changed on the way, and the notebook doesn't repeat that. **Train** a new one."
    if active or training.images.mnist is None:
        return "When the training is over, you can take it home."
    return ""


def notebook_of(training, labelled):
    """A Training, and LabelledDrawings, as the bytes of a .zip with a notebook."""
    step_aside()
    recipe = training.recipe
    drawings = [prepare_drawing(drawing.sketch.pixels, recipe.preparation).image for drawing in labelled]
    words = ", ".join(training.recipe.words())
    return notebook_zip(recipe, training.images.mnist, drawings, [drawing.label for drawing in labelled], words)
