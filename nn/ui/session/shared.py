"""The state shared by all visitors of a process: the images, the pre-trained network, and their trainings.

It is kept in this module. Streamlit's cache would do, but any browser can send a message that empties it.
"""

import functools
import os
import threading
from collections import deque
from weakref import WeakValueDictionary

import streamlit as st
from streamlit.logger import get_logger

from ... import DataError, load_mnist, load_pretrained
from ...engine import executors
from ...engine.download import Download
from ...engine.scheduler import Scheduler
from ...images.training_set import TrainingSet
from .render_lock import release_render_lock

# The pre-trained network on the 2,000 bundled held-out images: its accuracy, and the confidence below which its answer
# is rejected. Preparing these images takes seconds, so the results are written here; a test measures both again.
PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD = 0.9905, 0.3776
OPENML_MEMORY = 4_000_000_000  # bytes: with all kinds of OpenML's images in use, the process takes half of it
YES = "yes", "true", "on", "1"
LATEST_SETS = 4  # that stay although nobody uses them: a prepared one has up to 19 MB, with OpenML's images 140


def once(function):
    """Decorate a function so that the process keeps each result, like functools.cache; clear() forgets all.

    Threads that ask for the same at the same time wait for one computation of it.
    """
    known, locks = functools.cache(function), {}

    @functools.wraps(function)
    def result(*arguments):
        with locks.setdefault(arguments, threading.Lock()):
            return known(*arguments)

    result.clear = known.cache_clear
    return result


@once
def scheduler():
    """The Scheduler of all visitors' trainings. The server's log says where they are computed."""
    get_logger("nn.engine")  # Streamlit's log shows that, and the errors of tasks
    return Scheduler(executors.Executor(executors.choose_pool))


@once
def mnist(source):
    """The Mnist of a data source, "bundled" or "openml"; its arrays are read-only. Raises DataError like load_mnist.

    OpenML's images have to be offered, and stored already: openml_download() is for that.
    """
    if source == "openml" and not offers_openml():
        raise DataError("OpenML's images are not offered here.")
    release_render_lock()  # it takes a second or two
    with st.spinner("Loading the images …"):
        return load_mnist(source, fetch=False)


@once
def openml_download():
    """The Download of OpenML's images, one for all visitors."""
    return Download()


def offers_openml():
    """Whether the page offers OpenML's images: NN_OPENML in the environment says so, or else there is the memory."""
    setting = os.environ.get("NN_OPENML", "").lower()
    return setting in YES if setting else executors.available_memory() >= OPENML_MEMORY


_sets, _latest_sets, _sets_lock = WeakValueDictionary(), deque(maxlen=LATEST_SETS), threading.Lock()


def training_set(recipe):
    """The TrainingSet of a Recipe: one for all visitors with the same images, for as long as any of them uses it.

    The page offers 48 kinds of bundled images. All of them, prepared, take 250 MB.
    """
    kind, images = recipe.images_only, mnist(recipe.source)
    with _sets_lock:
        found = _sets.get(kind)
        if found is None:
            found = _sets[kind] = TrainingSet(images.first(kind.n_images), kind)
        if found in _latest_sets:
            _latest_sets.remove(found)
        _latest_sets.append(found)
    return found


@once
def pretrained_network():
    """The Network that answers until the visitor has trained one."""
    return load_pretrained()
