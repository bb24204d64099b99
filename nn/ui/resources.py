"""What all visitors of a process share: the images, the pre-trained network, and the gate for their trainings."""

import streamlit as st

from .. import load_mnist, load_pretrained
from ..images.training_set import TrainingSet
from ..job import Gate

# The pre-trained network on the 2,000 bundled held-out images: its accuracy, and the confidence below which its answer
# is rejected. Preparing these images takes seconds, so the results are written here; a test measures both again.
PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD = 0.986, 0.2998


@st.cache_resource(show_spinner=False)
def gate():
    """The Gate that every long computation has to pass."""
    return Gate()


@st.cache_resource(show_spinner="Loading the images …")
def mnist(source):
    """The Mnist of a data source, "bundled" or "openml"; its arrays are read-only. Raises DataError like load_mnist."""
    return load_mnist(source)


def training_set(source, n_images, preparation, distorted):
    """The TrainingSet of these images: the images as they are at once, others as one set for all visitors."""
    if preparation == "mnist" and not distorted:
        return TrainingSet(mnist(source).first(n_images))
    return _prepared_set(source, n_images, preparation, distorted)


@st.cache_resource(show_spinner=False, max_entries=6)
def _prepared_set(source, n_images, preparation, distorted):
    """The TrainingSet, shared by all visitors with the same choices; the first training that needs it completes it."""
    return TrainingSet(mnist(source).first(n_images), preparation, distorted)


@st.cache_resource(show_spinner=False)
def pretrained_network():
    """The Network that answers until the visitor has trained one."""
    return load_pretrained()
