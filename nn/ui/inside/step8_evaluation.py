"""A network's Scores on held-out images: the pre-trained network's for all visitors, and each visitor's own."""

import threading
import time
import traceback
from typing import NamedTuple

import numpy as np
import streamlit as st

from ...analysis.evaluation import MEASURED_IMAGES
from ...analysis.metrics import Scores, score
from ...engine.gate import Line
from ...images.training_set import TrainingSet
from ...network import Network
from ...recipe import Recipe
from ..session.render_lock import step_aside
from ..session.shared import mnist, pretrained_network, trainings
from ..session.state import this_visitor

RENEWED = 6  # seconds between two Scores during a training: enough time to read a list and click


class Evaluation(NamedTuple):
    """A network's Scores, and the images: X (n, 784), the source's first n held-out images, prepared for the network.

    which : str, which images these are, in words
    """

    scores: Scores
    X: np.ndarray
    source: str
    which: str


class OwnEvaluation(NamedTuple):
    """The Evaluation of a visitor's own network, when it was made, and in which of the visitor's trainings."""

    evaluation: Evaluation
    network: Network
    number: int
    time: float


class PretrainedEvaluation:
    """Evaluates the pre-trained network in a thread, in the turns that no training needs.

    Preparing its images takes seconds, and importing scikit-learn another: no visitor should have to wait for that.

    evaluation : Evaluation, or None until it is made
    error : the Exception that ended it, or None
    """

    def __init__(self, trainings, images, network):
        self.evaluation = self.error = None
        arguments = trainings, images, network
        self._thread = threading.Thread(target=self._work, args=arguments, daemon=True, name="evaluation")
        self._thread.start()

    @property
    def is_done(self):
        """Whether it has ended, one way or the other."""
        return self.evaluation is not None or self.error is not None

    def join(self, seconds):
        """Wait for its end, but not longer than this."""
        self._thread.join(seconds)

    def _work(self, trainings, images, network):
        try:
            recipe = Recipe(preparation=network.preparation)
            prepared = TrainingSet(images.first(1), recipe)  # only the held-out ones are needed
            while prepared.mnist is None:
                with trainings.here(Line.BACKGROUND):
                    prepared.step()
            X = prepared.mnist.X_test
            which = f"the {len(X):,} held-out bundled images, slant and stroke width normalized as it expects them"
            self.evaluation = Evaluation(score(network, X, images.y_test), X, "bundled", which)
        except Exception as error:  # the page shows it, and the server's log: in a thread it would be lost
            self.error = error
            traceback.print_exc()


@st.cache_resource(show_spinner=False)
def pretrained_evaluation():
    """The PretrainedEvaluation: the network never changes, so one serves all visitors."""
    return PretrainedEvaluation(trainings(), mnist("bundled"), pretrained_network())


def own_evaluation(moment):
    """The Evaluation of the visitor's own network; None until its images are prepared.

    Computed once for each state of the network, and during a training at most every RENEWED seconds.
    """
    visitor, training, network = this_visitor(), moment.training, moment.network
    kept = visitor.own_evaluation
    if kept is not None:
        recent = moment.active and kept.number == moment.number and time.monotonic() - kept.time < RENEWED
        if kept.network is network or recent:
            return kept.evaluation
    images, source = training.images.mnist, training.recipe.source
    if images is None:
        return None
    X, y = images.X_test[:MEASURED_IMAGES], images.y_test[:MEASURED_IMAGES]
    which = f"the {len(X):,} held-out bundled images"
    if source == "openml":
        which = f"the first {len(X):,} of the {len(images.X_test):,} images that OpenML's MNIST holds out"
    if network.preparation == "normalized":
        which += ", straightened like its training images"
    step_aside()
    evaluation = Evaluation(score(network, X, y), X, source, which)
    visitor.own_evaluation = OwnEvaluation(evaluation, network, moment.number, time.monotonic())
    return evaluation
