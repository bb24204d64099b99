"""What all visitors of a process share: the images, the pre-trained network, and the gate for their trainings."""

import streamlit as st

from .. import load_mnist, load_pretrained
from ..images.training_set import TrainingSet
from ..job import Gate

# The pre-trained network on the bundled 2,000 held-out images: the share that it reads right, and the confidence below
# which its answer is rejected. Preparing these images takes seconds, so the results stand here; a test measures both again.
PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD = 0.986, 0.2998


@st.cache_resource(show_spinner=False)
def gate():
    """The Gate through which everything that computes for long has to go."""
    return Gate()


@st.cache_resource(show_spinner="Loading the images …")
def mnist(source):
    """The Mnist of a data source, "bundled" or "openml"; its arrays can't be written to."""
    return load_mnist(source)


@st.cache_resource(show_spinner=False, max_entries=6)
def training_set(source, n_images, preparation, distorted):
    """One TrainingSet for all visitors who want the same; the first training that needs it completes it."""
    return TrainingSet(mnist(source).first(n_images), preparation, distorted)


@st.cache_resource(show_spinner=False)
def pretrained_network():
    """The Network that answers until the visitor has trained one."""
    return load_pretrained()
