"""The sidebar, mirrored in the address bar: what the visitor sets."""

import streamlit as st

from .. import DataError, Settings
from ..training import MAX_BATCH
from .resources import mnist
from .state import Controls, Key, set_value, this_visitor

ETAS = [round(m * 10.0**e, 6) for e in range(-3, 1) for m in (1, 2, 3, 5, 7)] + [10.0]
BATCHES = {"1": 1, "8": 8, "32": 32, "128": 128, "512": 512, "all": MAX_BATCH}
IMAGES = {"bundled": [100, 500, 1_000, 2_000, 4_000, 8_000], "openml": [1_000, 8_000, 30_000, 60_000]}
MAX_EPOCHS, MAX_HIDDEN = 100, 300
SOURCES = {"bundled": "10,000 images, bundled", "openml": "70,000 images, OpenML"}
IN_THE_ADDRESS = {"bind": "query-params"}


def sidebar():
    """Draw the sidebar and return its Controls. The address bar holds every value, so the address can be shared."""
    with st.sidebar:
        st.subheader("Your network")
        epochs = st.slider(
            "Epochs",
            1,
            MAX_EPOCHS,
            30,
            key=Key.EPOCHS,
            **IN_THE_ADDRESS,
            help="How many times the network sees every training image.",
        )
        n_hidden = st.slider(
            "Hidden units",
            0,
            MAX_HIDDEN,
            30,
            key=Key.HIDDEN,
            **IN_THE_ADDRESS,
            help="The sigmoid units between the pixels and the ten outputs. With 0, the outputs see the pixels "
            "themselves: logistic regression.",
        )
        eta = st.select_slider(
            "Learning rate η (eta)",
            ETAS,
            0.1,
            key=Key.ETA,
            format_func="{:g}".format,
            **IN_THE_ADDRESS,
            help="The size of each step down the slope. Too small: it barely learns. Too large: it jumps about.",
        )
        normalized = st.toggle(
            "Straighten the training images too",
            key=Key.PREPARE,
            **IN_THE_ADDRESS,
            help="Normalizes slant and stroke width, in the training images and in your drawing. Off: MNIST as it is, "
            "as in the lecture.",
        )
        distorted = st.toggle(
            "Learn from distorted images too",
            key=Key.DISTORT,
            **IN_THE_ADDRESS,
            help="Adds a distorted copy of every image, styles of writing that MNIST lacks, and digits drawn from "
            "templates.",
        )
        with st.expander("More"):
            source = _source()
            batch_size, n_images, scale, shuffle, seed = _more(source)
    settings = Settings(
        n_hidden=n_hidden,
        eta=eta,
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        scale=scale,
        shuffle=shuffle,
        preparation="normalized" if normalized else "mnist",
    )
    return Controls(settings, source, n_images, distorted)


def _source():
    """The chosen data source; if it isn't available, "bundled", and a sentence on the page that says why."""
    source = st.radio(
        "Images",
        list(SOURCES),
        format_func=SOURCES.get,
        key=Key.DATA,
        **IN_THE_ADDRESS,
        help="The bundled images work offline. OpenML's are downloaded once and need more memory than most hosts have.",
    )
    visitor = this_visitor()
    if source == "bundled":
        return source
    if visitor.data_error and not st.button("Try again", key="try_again"):
        st.warning(f"{visitor.data_error} The bundled images are used instead.")
        return "bundled"
    try:
        mnist(source)
    except DataError as error:
        visitor.data_error = str(error)
        st.rerun()
    visitor.data_error = ""
    return source


def _more(source):
    """The other values under "More": batch size, number of images, scale, shuffle, seed."""
    batch = st.select_slider(
        "Batch size",
        list(BATCHES),
        "1",
        key=Key.BATCH,
        **IN_THE_ADDRESS,
        help="Images per step. 1: stochastic gradient descent, as in the lecture. All: gradient descent.",
    )
    n_images = st.select_slider(
        "Training images",
        IMAGES[source],
        IMAGES[source][-1],
        key=f"{Key.IMAGES_OF}{source}",
        format_func="{:,}".format,
        **IN_THE_ADDRESS,
        help="Fewer images make training faster, but show fewer ways to write a digit.",
    )
    scale = st.toggle(
        "Scale inputs to 0..1",
        True,
        key=Key.SCALE,
        **IN_THE_ADDRESS,
        help="Off: pixels stay 0..255, as in the lecture's notebook, and the sigmoids become flat.",
    )
    shuffle = st.toggle(
        "Shuffle in every epoch",
        True,
        key=Key.SHUFFLE,
        **IN_THE_ADDRESS,
        help="Off: always the same order, as in the lecture's notebook.",
    )
    seed = st.number_input(
        "Seed",
        0,
        2**32 - 1,
        42,
        key=Key.SEED,
        **IN_THE_ADDRESS,
        help="The start of the random numbers: the same seed gives the same network again.",
    )
    return BATCHES[batch], n_images, scale, shuffle, seed


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
