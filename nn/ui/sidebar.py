"""The sidebar, mirrored in the address bar: what the visitor sets."""

import streamlit as st

from .. import DataError, Settings
from ..training import MAX_BATCH
from .resources import mnist
from .state import Controls, Key, set_value, this_visitor
from .turns import step_aside

ETAS = [round(m * 10.0**e, 6) for e in range(-3, 1) for m in (1, 2, 3, 5, 7)] + [10.0]
BATCHES = {"1": 1, "8": 8, "32": 32, "128": 128, "512": 512, "all": MAX_BATCH}
IMAGES = {"bundled": [100, 500, 1_000, 2_000, 4_000, 8_000], "openml": [1_000, 8_000, 30_000, 60_000]}
MAX_EPOCHS, MAX_HIDDEN = 100, 300
DEFAULTS = Controls(Settings(epochs=30), "bundled", 8_000, distorted=False)
SOURCES = {"bundled": "10,000 images, bundled", "openml": "70,000 images, OpenML"}
HELP = {
    Key.EPOCHS: "How many times the network sees every training image.",
    Key.HIDDEN: "The sigmoid units between the pixels and the ten outputs. With 0, the outputs see the pixels "
    "themselves: logistic regression.",
    Key.ETA: "The size of each step down the slope. Too small: it barely learns. Too large: it jumps about.",
    Key.PREPARE: "Normalizes slant and stroke width, in the training images and in your drawing. Off: MNIST as it is, "
    "as in the lecture.",
    Key.DISTORT: "Adds a distorted copy of every image, styles of writing that MNIST lacks, and digits drawn from "
    "templates.",
    Key.DATA: "The bundled images work offline. OpenML's are downloaded once, and need more memory than most hosts "
    "have.",
    Key.BATCH: "Images per step. 1: stochastic gradient descent, as in the lecture. All: gradient descent.",
    Key.IMAGES_OF: "Fewer images make training faster, but show fewer ways to write a digit.",
    Key.SCALE: "Off: pixels stay 0..255, as in the lecture's notebook, and the sigmoids become flat.",
    Key.SHUFFLE: "Off: always the same order, as in the lecture's notebook.",
    Key.SEED: "The start of the random numbers: the same seed gives the same network again.",
}


def sidebar():
    """Draw the sidebar and return its Controls. The address bar holds every value, so the address can be shared."""
    defaults = DEFAULTS.settings
    with st.sidebar:
        st.header("Your network", anchor=False)
        epochs = st.slider("Epochs", 1, MAX_EPOCHS, defaults.epochs, **_bound(Key.EPOCHS))
        n_hidden = st.slider("Hidden units", 0, MAX_HIDDEN, defaults.n_hidden, **_bound(Key.HIDDEN))
        eta = st.select_slider(
            "Learning rate η (eta)", ETAS, defaults.eta, format_func="{:g}".format, **_bound(Key.ETA)
        )
        normalized = st.toggle("Straighten the training images too", **_bound(Key.PREPARE))
        distorted = st.toggle("Learn from distorted images too", **_bound(Key.DISTORT))
        with st.expander("More"):
            source = _source()
            batch = st.select_slider("Batch size", list(BATCHES), "1", **_bound(Key.BATCH))
            images, bound = IMAGES[source], _bound(Key.IMAGES_OF, source)
            n_images = st.select_slider("Training images", images, images[-1], format_func="{:,}".format, **bound)
            scale = st.toggle("Scale inputs to 0..1", True, **_bound(Key.SCALE))
            shuffle = st.toggle("Shuffle in every epoch", True, **_bound(Key.SHUFFLE))
            seed = st.number_input("Seed", 0, 2**32 - 1, defaults.seed, **_bound(Key.SEED))
    preparation = "normalized" if normalized else "mnist"
    settings = Settings(n_hidden, eta, epochs, BATCHES[batch], seed, scale, shuffle, preparation)
    return Controls(settings, source, n_images, distorted)


def _bound(key, name=""):
    """A widget's key (with a name at its end), its help, and that its value is kept in the address bar."""
    return {"key": key + name, "help": HELP[key], "bind": "query-params"}


def _source():
    """The chosen data source; if it isn't available, "bundled", and a sentence on the page that says why."""
    visitor = this_visitor()
    source = st.radio("Images", list(SOURCES), format_func=SOURCES.get, **_bound(Key.DATA))
    if source == "bundled":
        return source
    if visitor.data_error and not st.button("Try again", key="try_again"):
        st.warning(f"{visitor.data_error} The bundled images are used instead.")
        return "bundled"
    step_aside()  # to load them may take minutes
    try:
        mnist(source)
    except DataError as error:
        visitor.data_error = str(error)
        st.rerun()
    visitor.data_error = ""
    return source


def set_sidebar(controls):
    """Set the sidebar's widgets to these Controls. Call it before they are drawn, that is, in a callback."""
    settings = controls.settings
    values = {
        Key.EPOCHS: settings.epochs,
        Key.HIDDEN: settings.n_hidden,
        Key.ETA: settings.eta,
        Key.SEED: settings.seed,
        Key.SCALE: settings.scale,
        Key.SHUFFLE: settings.shuffle,
        Key.BATCH: next(name for name, size in BATCHES.items() if size == settings.batch_size),
        Key.PREPARE: settings.preparation == "normalized",
        Key.DISTORT: controls.distorted,
        Key.DATA: controls.source,
        f"{Key.IMAGES_OF}{controls.source}": controls.n_images,
    }
    for key, value in values.items():
        set_value(key, value)
