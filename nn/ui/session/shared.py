"""The state shared by all visitors of a process: the images, the pre-trained network, and their trainings."""

import streamlit as st
from streamlit.logger import get_logger

from ... import load_mnist, load_pretrained
from ...engine import executors
from ...engine.download import Download
from ...engine.scheduler import Scheduler
from ...images.training_set import TrainingSet
from .render_lock import release_render_lock

# The pre-trained network on the 2,000 bundled held-out images: its accuracy, and the confidence below which its answer
# is rejected. Preparing these images takes seconds, so the results are written here; a test measures both again.
PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD = 0.9905, 0.3776


@st.cache_resource(show_spinner=False)
def scheduler():
    """The Scheduler of all visitors' trainings. The server's log says where they are computed."""
    get_logger("nn.engine")  # Streamlit's log shows that, and the errors of tasks
    return Scheduler(executors.Executor(executors.choose_pool))


@st.cache_resource(show_spinner="Loading the images …")
def mnist(source):
    """The Mnist of a data source, "bundled" or "openml"; its arrays are read-only. Raises DataError like load_mnist.

    OpenML's images have to be stored already: openml_download() is for that.
    """
    release_render_lock()  # it takes a second or two
    return load_mnist(source, fetch=False)


@st.cache_resource(show_spinner=False)
def openml_download():
    """The Download of OpenML's images, one for all visitors."""
    return Download()


def training_set(recipe):
    """The TrainingSet of a Recipe: one for all visitors with the same images."""
    images = recipe.images_only
    return _plain_set(images) if images.has_plain_images else _prepared_set(images)


@st.cache_resource(show_spinner=False, max_entries=20)
def _plain_set(recipe):
    """The images as they are, at once; kept apart, so that they never push out prepared ones."""
    return TrainingSet(mnist(recipe.source).first(recipe.n_images), recipe)


@st.cache_resource(show_spinner=False, max_entries=6)
def _prepared_set(recipe):
    """Images that the first training that needs them has to prepare."""
    return TrainingSet(mnist(recipe.source).first(recipe.n_images), recipe)


@st.cache_resource(show_spinner=False)
def pretrained_network():
    """The Network that answers until the visitor has trained one."""
    return load_pretrained()
