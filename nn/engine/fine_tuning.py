"""Fine-tuning: a copy of a network goes on learning, from a visitor's drawings (images/drawing_set.py).

Whether it helped is judged on drawings that a network did not learn from. There are few, so each has to serve for both,
by cross-validation: a network learns from all folds of the drawings but one, and reads that one; then the next.
"""

from dataclasses import replace

import numpy as np

from ..images.drawing_set import folds
from ..network import Network
from ..recipe import Recipe
from ..training import TrainingState
from .scheduler import train_all
from .turn_queue import Priority

ETA, EPOCHS = 0.03, 3  # with an eta of 0.1 a network forgets more of MNIST, and more epochs hardly teach it more
NOT_READ = -1


def for_unit_pixels(network):
    """The Network itself, or for inputs of 0..255 one that computes the same from 0..1, for which ETA is right."""
    first = "W_h" if network.n_hidden else "W_out"
    weights = network.parameters._asdict()
    weights[first] = weights[first] * network.pixel_max
    return Network(**weights, preparation=network.preparation)


def fine_tune(network, n_images):
    """How a copy of a network learns from n_images images: the Recipe and the first TrainingState, for train()."""
    network = for_unit_pixels(network)
    recipe = Recipe(network.n_hidden, ETA, EPOCHS, batch_size=1, preparation=network.preparation)
    return recipe, TrainingState(network, n_images, began_trained=True)


def fine_tune_without(network, drawing_set, held_out):
    """How a copy of a network learns from a complete DrawingSet without the drawings of these numbers.

    Returns the Recipe, the DrawingSet that is left, and the first TrainingState.
    """
    images = drawing_set.without(held_out)
    recipe, state = fine_tune(network, images.n_images)
    # As if one epoch were over: in the first a training is measured a dozen times, which nobody would see here.
    return replace(recipe, epochs=1 + EPOCHS), images, replace(state, images_seen=images.n_images)


def cross_validate(task, scheduler, network, drawing_set):
    """Read every drawing of a DrawingSet with a copy of a network that learnt from others. Runs as a Task.

    Its progress is a pair of int64 (n,): the network's own answers, and those of the copies, NOT_READ until they are
    known; None until the set is complete.
    """
    scheduler.complete(task, drawing_set, Priority.BACKGROUND)
    before, after = network.predict(drawing_set.drawings), np.full(len(drawing_set.labels), NOT_READ)
    task.publish((before, after))
    parts = folds(drawing_set.labels)
    plans = ((i, *fine_tune_without(network, drawing_set, part)) for i, part in enumerate(parts))
    for i, state in train_all(task, scheduler, plans):
        after = after.copy()
        after[parts[i]] = state.network.predict(drawing_set.drawings[parts[i]])
        task.publish((before, after))
