"""A network's Scores on held-out images: the pre-trained network's for all visitors, and each visitor's own."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...analysis.evaluation import MEASURED_IMAGES
from ...analysis.metrics import Scores, score
from ...engine.task import Task
from ...engine.turn_queue import Priority
from ...images.training_set import TrainingSet
from ...network import Network
from ...recipe import Recipe
from ..session.render_lock import release_render_lock
from ..session.shared import mnist, once, pretrained_network, scheduler
from ..session.state import part

ALL_MISTAKES = "mistakes"  # the list of cells offers them, too
RENEWED = 6  # seconds between two Scores during a training: enough time to read a list and click


class Evaluation(NamedTuple):
    """A network's Scores, and the images: X (n, 784), the source's first n held-out images, prepared for the network.

    which : str, which images these are, in words
    """

    scores: Scores
    X: np.ndarray
    source: str
    which: str


@dataclass(eq=False)
class MetricsPart:
    """The Evaluation of a visitor's own network, and the visitor's choices in the confusion matrix.

    network, number, time : that network, the number of its training, and when it was evaluated, by time.monotonic()
    cell : the chosen cell (label, answer), or ALL_MISTAKES; image : int or None, the chosen image among its images
    selected : the cells that the chart itself counts as selected
    """

    evaluation: Evaluation | None = None
    network: Network | None = None
    number: int = 0
    time: float = 0.0
    cell: tuple | str = ALL_MISTAKES
    selected: tuple = ()
    image: int | None = None

    def training_started(self, ended):
        """Free the memory of the network that isn't the visitor's any more."""
        self.evaluation = self.network = None


@once
def pretrained_evaluation():
    """The Task whose result is the pre-trained network's Evaluation: one for all visitors.

    Preparing its images takes seconds, and importing scikit-learn another: no visitor should have to wait for that.
    """
    return Task(evaluate, scheduler(), mnist("bundled"), pretrained_network(), name="evaluation").start()


def evaluate(task, scheduler, images, network):
    """The Evaluation of a network on the bundled held-out images, prepared in turns that no training needs."""
    recipe = Recipe(preparation=network.preparation)
    prepared = TrainingSet(images.first(1), recipe)  # only the held-out ones are needed
    scheduler.complete(task, prepared, Priority.BACKGROUND)
    X = prepared.mnist.X_test
    which = f"the {len(X):,} unseen bundled images, slant and stroke width normalized as it expects them"
    return Evaluation(score(network, X, images.y_test), X, "bundled", which)


def own_evaluation(view):
    """The Evaluation of the visitor's own network; None until its images are prepared.

    Computed once for each state of the network, and during a training at most every RENEWED seconds.
    """
    own, training, network = part(MetricsPart), view.training, view.network
    is_recent = view.active and own.number == view.number and time.monotonic() - own.time < RENEWED
    if own.evaluation is not None and (own.network is network or is_recent):
        return own.evaluation
    images, source = training.images.mnist, training.recipe.source
    if images is None:
        return None
    X, y = images.X_test[:MEASURED_IMAGES], images.y_test[:MEASURED_IMAGES]
    which = f"the {len(X):,} unseen bundled images"
    if source == "openml":
        which = f"the first {len(X):,} of the {len(images.X_test):,} images that OpenML's MNIST holds out"
    if network.preparation == "normalized":
        which += ", straightened like its training images"
    release_render_lock()
    own.evaluation = Evaluation(score(network, X, y), X, source, which)
    own.network, own.number, own.time = network, view.number, time.monotonic()
    return own.evaluation
