"""The sidebar, and the address bar that mirrors it: what the visitor sets."""

import streamlit as st

from .. import DataError, Settings
from .session import Controls, learning_set, mnist

ETAS = [round(m * 10.0**e, 6) for e in range(-3, 1) for m in (1, 2, 3, 5, 7)] + [10.0]
BATCHES = ["1", "8", "32", "128", "512", "all"]
IMAGES = {"bundled": [100, 500, 1_000, 2_000, 4_000, 8_000], "openml": [1_000, 8_000, 30_000, 60_000]}
MOST_EPOCHS, MOST_HIDDEN = 100, 300
SOURCES = {"bundled": "10,000 images, bundled", "openml": "70,000 images, OpenML"}


def sidebar():
    """Draw the sidebar and return its Controls. Every value is kept in the address bar as well, to be shared."""
    with st.sidebar:
        st.subheader("Your network")
        bound = {"bind": "query-params"}
        epochs = st.slider(
            "Epochs",
            1,
            MOST_EPOCHS,
            30,
            key="epochs",
            **bound,
            help="How many times the network sees every training image.",
        )
        n_hidden = st.slider(
            "Hidden units",
            0,
            MOST_HIDDEN,
            30,
            key="hidden",
            **bound,
            help="The sigmoids between image and answer; with 0 the ten outputs look at the image itself: logistic regression.",
        )
        eta = st.select_slider(
            "Learning rate η (eta)",
            ETAS,
            0.1,
            key="eta",
            format_func="{:g}".format,
            **bound,
            help="How far each step goes down the slope: too small and it barely learns, too large and it jumps about.",
        )
        evened = st.toggle(
            "Prepare the training images as well",
            key="prepare",
            **bound,
            help="Slant and pen width are evened out, in the training images and in what you draw; off: MNIST as it is, as in "
            "the lecture.",
        )
        distorted = st.toggle(
            "Learn from distorted images too",
            key="distort",
            **bound,
            help="A bent copy of every image, ways of writing that MNIST lacks, and digits drawn from templates.",
        )
        with st.expander("More"):
            source = _source(bound)
            batch = st.select_slider(
                "Batch size",
                BATCHES,
                "1",
                key="batch",
                **bound,
                help="Images for one step: 1 is the lecture's stochastic gradient descent, all is gradient descent.",
            )
            choices = IMAGES[source]
            n_images = st.select_slider(
                "Training images",
                choices,
                choices[-1],
                key=f"images_{source}",
                format_func="{:,}".format,
                **bound,
                help="With fewer images it is faster, and knows fewer ways to write a digit.",
            )
            scale = st.toggle(
                "Scale inputs to 0..1",
                True,
                key="scale",
                **bound,
                help="Off: pixels stay 0..255 as in the lecture's notebook, and drive the sigmoids flat.",
            )
            shuffle = st.toggle(
                "Shuffle in every epoch",
                True,
                key="shuffle",
                **bound,
                help="Off: always the same order, as in the lecture's notebook.",
            )
            seed = st.number_input(
                "Seed",
                0,
                2**32 - 1,
                42,
                key="seed",
                **bound,
                help="Where the random numbers begin: the same seed gives the same network again.",
            )
    preparation = "evened" if evened else "mnist"
    all_images = learning_set(source, n_images, preparation, distorted).n_images
    settings = Settings(
        n_hidden=n_hidden,
        eta=eta,
        epochs=epochs,
        batch_size=all_images if batch == "all" else int(batch),
        seed=seed,
        scale=scale,
        shuffle=shuffle,
    )
    return Controls(settings, source, n_images, preparation, distorted)


def _source(bound):
    """The data source: the chosen one, or the bundled images with a word why."""
    source = st.radio(
        "Images",
        list(SOURCES),
        format_func=SOURCES.get,
        key="data",
        **bound,
        help="The bundled ones need no network; OpenML's are downloaded once, which needs more memory than most hosts give.",
    )
    if source == "bundled":
        return source
    failed = st.session_state.get("data_error")
    if failed and not st.button("Try again", key="try_again"):
        st.warning(f"{failed} The bundled images are used.")
        return "bundled"
    try:
        mnist(source)
    except DataError as error:
        st.session_state.data_error = str(error)
        st.rerun()
    st.session_state.pop("data_error", None)
    return source


def set_sidebar(controls):
    """Put Controls back onto the sidebar's widgets. Only before they are made: in a callback."""
    settings = controls.settings
    batch = str(settings.batch_size)
    st.session_state.update(
        {
            "epochs": settings.epochs,
            "hidden": settings.n_hidden,
            "eta": settings.eta,
            "seed": settings.seed,
            "scale": settings.scale,
            "shuffle": settings.shuffle,
            "batch": batch if batch in BATCHES else "all",
            "prepare": controls.preparation == "evened",
            "distort": controls.distorted,
            "data": controls.source,
            f"images_{controls.source}": controls.n_images,
        }
    )
