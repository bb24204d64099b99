"""A network's Scores on held-out images: the bundled network's once for all visitors, one's own as its training goes on."""

import threading
import time
import traceback
from typing import NamedTuple

import numpy as np
import streamlit as st

from ...learning_set import LearningSet
from ...scores import Scores, score
from ...training import MEASURED_IMAGES
from ..session import bundled_network, gate, mnist, own, slot

RENEWED = 6  # seconds between two Scores while it trains: in between there is time to read a list, and to click


class HeldOut(NamedTuple):
    """A network's Scores, and on which images: X (n, 784), the data source's first n held-out ones, prepared for it."""

    scores: Scores
    X: np.ndarray
    source: str
    which: str


class Examination:
    """Examines the bundled network in a thread behind a Gate.

    To prepare its images takes seconds, and to import scikit-learn another one: nobody who draws is to wait for that.

    held_out : HeldOut, or None as long as it is being made
    error : the Exception that ended it, if it was a fault, or None
    """

    def __init__(self, gate, images, network):
        self.held_out = self.error = None
        work = threading.Thread(target=self._work, args=(gate, images, network), daemon=True, name="examination")
        work.start()

    def _work(self, gate, images, network):
        try:
            prepared = LearningSet(images.first(1), network.preparation)  # only the held-out ones are needed
            while prepared.mnist is None:
                with gate:
                    prepared.step()
            X = prepared.mnist.X_test
            which = f"the {len(X):,} bundled images that are held out, with slant and pen width evened out, as it expects them"
            self.held_out = HeldOut(score(network, X, images.y_test), X, "bundled", which)
        except Exception as error:  # shown by the page, and in the server's log: nobody would see it in a thread
            self.error = error
            traceback.print_exc()


@st.cache_resource(show_spinner=False)
def examination():
    """The Examination of the bundled network: it never changes, so that one serves all visitors."""
    return Examination(gate(), mnist("bundled"), bundled_network())


def own_held_out(network):
    """The HeldOut of the visitor's own network, None without prepared images.

    Computed once for each state of the network, and while it trains no more often than every RENEWED seconds.
    """
    training = st.session_state.get("trainings") if slot().active else None
    known, of, at, held_out = st.session_state.get("scores", (None, None, 0.0, None))
    lately = training is not None and training == of and time.monotonic() - at < RENEWED
    if known is not network and not lately:
        mine = own()
        images, source = mine.images.mnist, mine.controls.source
        if images is None:
            return None
        X, y = images.X_test[:MEASURED_IMAGES], images.y_test[:MEASURED_IMAGES]
        which = f"the {len(X):,} bundled images that are held out"
        if source == "openml":
            which = f"the first {len(X):,} of the {len(images.X_test):,} images that OpenML's MNIST holds out"
        if network.preparation == "evened":
            which += ", prepared as its training images are"
        held_out = HeldOut(score(network, X, y), X, source, which)
        st.session_state.scores = network, training, time.monotonic(), held_out
    return held_out
