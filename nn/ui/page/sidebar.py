"""The sidebar: the settings of the visitor, mirrored in the address bar."""

import streamlit as st

from ... import DataError
from ...images.mnist import OPENML_BYTES
from ...recipe import BATCH_SIZES, DEFAULT, ETAS, LECTURE, MAX_EPOCHS, MAX_HIDDEN, N_IMAGES, Recipe
from ..session.refresh import fragment, tick_seconds
from ..session.shared import mnist, offers_openml, openml_download
from ..session.state import set_value, this_session, value_of

SOURCES = {"bundled": "10,000 images, bundled", "openml": "70,000 images, OpenML"}
HELP = {
    "epochs": "How many times the network sees every training image.",
    "hidden": "The sigmoid units between the pixels and the ten outputs. With 0, the outputs see the pixels "
    "themselves: logistic regression.",
    "eta": "The size of each step down the slope. Too small: it barely learns. Too large: it jumps about.",
    "prepare": "Normalizes slant and stroke width, in the training images and in your drawing. Off: MNIST as it is, "
    "as in the lecture.",
    "distort": "Adds a distorted copy of every image, styles of writing that MNIST lacks, digits as twenty other "
    "people write them, and non-digits, so that the network learns to reject them.",
    "data": "The bundled images work offline. OpenML's are downloaded once, and need more memory than most hosts have.",
    "batch": "Images per step. 1: stochastic gradient descent, as in the lecture. All: gradient descent.",
    "images_": "Fewer images make training faster, but show fewer ways to write a digit.",
    "scale": "Off: pixels stay 0..255, as in the lecture's notebook, and the sigmoids become flat.",
    "shuffle": "Off: always the same order, as in the lecture's notebook.",
    "sort": "On: first all zeros, then all ones, at last all nines. It matters when they are not shuffled.",
    "seed": "The start of the random numbers. On the same kind of processor, a seed gives the same network again.",
}
# The settings that a click sets at once: their key and help text.
PRESETS = {
    "The lecture's settings": ("lecture", LECTURE, f"{LECTURE.changes(DEFAULT)}."),
    "Defaults": ("defaults", DEFAULT, "The initial settings."),
}


def sidebar(view, notice):
    """Draw the sidebar and return its Recipe. The address bar holds every value, so the address can be shared.

    notice is a container on the page itself for problems with a value, because the sidebar may be closed.
    """
    session = this_session()
    if session.to_set is not None:
        # Not in a callback, which may belong to a fragment: a tick that the browser sent before would bring the old
        # values again.
        for key, value in session.to_set.widget_values().items():
            set_value(key, value)
        session.to_set = None
    with st.sidebar:
        st.header("Your network", anchor=False)
        epochs = st.slider("Epochs", 1, MAX_EPOCHS, DEFAULT.epochs, **_bound("epochs"))
        n_hidden = st.slider("Hidden units", 0, MAX_HIDDEN, DEFAULT.n_hidden, **_bound("hidden"))
        eta = st.select_slider("Learning rate η (eta)", ETAS, DEFAULT.eta, format_func="{:g}".format, **_bound("eta"))
        normalized = st.toggle("Straighten slanted digits", **_bound("prepare"))
        distorted = st.toggle("Add distorted copies", **_bound("distort"))
        with st.expander("More", key="more"):
            source = _source(view, notice)
            sizes = list(BATCH_SIZES)
            batch_size = st.select_slider("Batch size", sizes, 1, format_func=BATCH_SIZES.get, **_bound("batch"))
            images, bound = N_IMAGES[source], _bound("images_", source)
            n_images = st.select_slider("Training images", images, images[-1], format_func="{:,}".format, **bound)
            scale = st.toggle("Scale inputs to 0..1", True, **_bound("scale"))
            shuffle = st.toggle("Shuffle in every epoch", True, **_bound("shuffle"))
            is_sorted = st.toggle("Sort the images by digit", **_bound("sort"))
            seed = st.number_input(  # one for floats: for whole numbers, an infinite one in the address is an error
                "Seed", 0.0, 2.0**32 - 1, float(DEFAULT.seed), step=1.0, format="%0.0f", **_bound("seed")
            )
        seed = int(seed + 0.5)  # as it is shown
        preparation = "normalized" if normalized else "mnist"
        recipe = Recipe(
            n_hidden, eta, epochs, batch_size, seed, scale, shuffle, preparation, source, n_images, distorted, is_sorted
        )
        with st.container(horizontal=True, key="presets"):
            for words, (key, preset, help) in PRESETS.items():
                is_set = recipe == preset and value_of("data", list(SOURCES)) == recipe.source
                click = {"on_click": setattr, "args": (session, "to_set", preset)}
                st.button(words, key=key, help=help, disabled=is_set, **click)
    return recipe


def _bound(key, name=""):
    """The arguments of a widget that the address bar mirrors: its key, with a name at its end, and its help."""
    return {"key": key + name, "help": HELP[key], "bind": "query-params"}


def _source(view, notice):
    """The chosen data source; until it is available "bundled", with the reason in the container notice."""
    source = st.radio("Images", list(SOURCES), format_func=SOURCES.get, **_bound("data"))
    download = openml_download()
    if source == "bundled":
        return source
    if download.active:
        with notice:
            fragment(_show_download, view, every=tick_seconds, active=lambda view: download.active)
        return "bundled"
    try:
        mnist(source)
        return source
    except DataError as error:
        why = download.error or str(error)
    with notice:
        st.warning(f"{why} The bundled images are used instead.")
        if offers_openml():  # a click starts it: a link can't
            words = f"Download OpenML's 70,000 images ({OPENML_BYTES / 1e6:.0f} MB)"
            st.button(words, key="download", on_click=download.start, args=(this_session(),))
    return "bundled"


def _show_download(view):
    """Draw the progress of the download of OpenML's images, and a way out."""
    download = openml_download()
    if value_of("data", list(SOURCES)) == "bundled":  # Cancel was clicked
        st.rerun()
    download.wait(this_session())
    with st.container(horizontal=True, vertical_alignment="center"):
        what = "Preparing" if download.share == 1 else "Downloading"
        st.progress(download.share, f"{what} OpenML's 70,000 images; until then, the bundled images are used.")
        st.button("Cancel", key="cancel_download", on_click=_cancel_download)


def _cancel_download():
    """Use the bundled images. This is a callback."""
    openml_download().leave(this_session())
    set_value("data", "bundled")
