"""Save or export: the work saved in the browser, files that can be opened, and the training as a notebook."""

from functools import partial

import streamlit as st

from ... import prepare_drawing
from ...engine.fine_tuning import fine_tune
from ...files.notebook import notebook_zip
from ...recipe import counted
from ..session.browser_store import BrowserStore
from ..session.render_lock import release_render_lock
from ..session.start_over import start_over_button
from ..session.state import part, this_session, value_of
from ..session.trainings import open_drawings, open_network
from .teach import FineTuning


def panel(view, recipe):
    """Draw the saved work, the files to open, and the export, side by side."""
    for column, draw in zip(st.columns(3, gap="medium"), (_saved, partial(_open, recipe), partial(_export, view))):
        with column:
            draw()


def _saved():
    browser = part(BrowserStore)
    st.markdown("**Saved in this browser**")
    if browser.trouble:
        st.warning(browser.trouble)
    elif not browser.n_bytes and browser.order:
        st.markdown("Nothing is saved yet: your browser has not confirmed it.")
    elif not browser.n_bytes:
        st.markdown("Trainings with their networks and curves, and labelled drawings, will be here after a reload.")
    else:
        n_trainings, n_drawings = (browser.counts.get(name, 0) for name in ("trainings", "drawings"))
        st.markdown(
            f"{counted(n_trainings, 'training')} with network and curves, {counted(n_drawings, 'labelled drawing')}: "
            f"{browser.n_bytes / 1e6:.1f} MB, here again after a reload. Beyond 2 MB the oldest are deleted. If the "
            "page is open in two tabs, the last one that you used is saved."
        )
        if browser.order:
            st.markdown("Your browser has not confirmed the latest change yet.")
    in_class = "Your class stores your results on the server, and your drawings if you share them."
    stored = in_class if "class" in st.query_params else "Nothing is stored on the server."
    st.caption(f"{stored} Other people who use this computer can see your saved work.")
    start_over_button("keep")


def _open(recipe):
    n = this_session().n_opened
    st.markdown("**Open**")
    for key, words, act in [
        ("open_network_", "A network, from **Save this network**", lambda file: open_network(file, recipe)),
        ("open_drawings_", "Drawings, from **Save drawings**", open_drawings),
    ]:
        st.file_uploader(words, "npz", key=f"{key}{n}", on_change=_open_file, args=(f"{key}{n}", act))


def _open_file(key, act):
    """Open the file that was chosen; a new chooser, which holds no file, takes this one's place."""
    visitor = this_session()
    if file := value_of(key, lambda file: file.readable() and file):
        act(file)
        visitor.n_opened += 1
        visitor.redraws = True


def _export(view):
    training = view.training
    st.markdown("**Export**")
    st.markdown(
        "A Jupyter notebook in plain NumPy, with the images, your settings and your drawings. It repeats your training "
        "by the lecture's plain loop, explains every line, and ends with eight questions."
    )
    if why := why_no_notebook(training, view.active):
        st.markdown(why)
        return
    labelled = list(this_session().labelled.values())
    initial = None
    if was_just_taught(training):
        initial = fine_tune(part(FineTuning).network, training.state.n_images)[1].network
    state, epochs = training.state, training.recipe.epochs
    if not state.finished:
        st.markdown(f"Yours was stopped at epoch {state.epoch:.3g} of {epochs}; the notebook trains to the end.")
    st.download_button(
        "As a notebook",
        lambda: notebook_of(training, initial, labelled),  # it runs outside of any visitor's page
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
    if (training.origin or training.state.began_trained) and not was_just_taught(training):
        return "This network began with weights that the notebook can't include. **Train** or teach a new one."
    if training.is_mixed:
        return "You changed settings during this training, and the notebook can't repeat that. **Train** a new one."
    if active or training.images.mnist is None:
        return "You can export it when the training is over."
    return ""


def was_just_taught(training):
    """Whether a Training is the visitor's latest fine-tuning, whose images and first weights are still here."""
    return training.images is not None and training.images is part(FineTuning).drawing_set


def notebook_of(training, initial, labelled):
    """A Training, its initial Network (None if random), and LabelledDrawings: the bytes of a .zip."""
    release_render_lock()
    recipe = training.recipe
    drawings = [prepare_drawing(drawing.sketch.pixels, recipe.preparation).image for drawing in labelled]
    labels, words = [drawing.label for drawing in labelled], ", ".join(filter(None, (training.origin, *recipe.words())))
    return notebook_zip(recipe, training.images.mnist, drawings, labels, words, initial)
