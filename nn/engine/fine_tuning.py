"""A lesson: a copy of a network goes on learning, from a visitor's drawings (images/hand_set.py).

Whether it helped is judged on drawings that a network did not learn from. There are few, so each has to serve for both,
by cross-validation: a network learns from all folds of the drawings but one, and reads that one; then the next.
"""

from dataclasses import replace

import numpy as np

from ..network import Network
from ..recipe import Recipe
from ..training import TrainingState, train

ETA, EPOCHS = 0.03, 3  # with an eta of 0.1 a network forgets more of MNIST, and more epochs hardly teach it more
NOT_READ = -1


def pupil(network):
    """The Network that learns: this one, or for inputs of 0..255 one that computes the same from inputs of 0..1.

    With larger inputs, a step that is right for one network would be far too large for the other.
    """
    first = "W_h" if network.n_hidden else "W_out"
    weights = network.parameters._asdict()
    weights[first] = weights[first] * network.pixel_max
    return Network(**weights, preparation=network.preparation)


def lesson(network, n_images, seed=42):
    """The Settings of a lesson from n_images images, and the Run with which it begins: for train() or a Job."""
    network = pupil(network)
    recipe = Recipe(
        n_hidden=network.n_hidden, eta=ETA, epochs=EPOCHS, batch_size=1, seed=seed, preparation=network.preparation
    )
    return recipe, TrainingState(network, n_images, began_trained=True)


def fold(network, hand_set, held_out, seed=42):
    """A lesson from a complete HandSet without some drawings: the HandSet that is left, the Settings, and the Run.

    held_out : integers, the numbers of the drawings
    """
    images = hand_set.without(held_out)
    recipe, untaught = lesson(network, images.n_images, seed)
    # As if one epoch were over: in the first a training is measured a dozen times, which nobody would see here.
    return images, replace(recipe, epochs=1 + EPOCHS), replace(untaught, images_seen=images.n_images)


def teach(network, hand_set, seed=42):
    """Teach a copy of a Network all drawings of a complete HandSet; yields Runs as train() does, a finished one last.

    Each point of their history has the accuracy on MNIST's held-out images, the first one that before the lesson.
    """
    recipe, state = lesson(network, hand_set.n_images, seed)
    mnist = hand_set.mnist
    return train(recipe, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test, state=state)


def cross_validate(network, hand_set, folds, seed=42):
    """Read every drawing of a complete HandSet with a network that learnt from the other folds.

    Yields, after each slice of work, the digits that were read so far, int64 (n,), with NOT_READ for the others; in
    the last ones every drawing is read.

    folds : list of integer arrays, the drawings that are held out together, as folds() makes them
    """
    answers = np.full(len(hand_set.labels), NOT_READ)
    for held_out in folds:
        images, recipe, begin = fold(network, hand_set, held_out, seed)
        for state in train(recipe, images.mnist.X_train, images.mnist.y_train, state=begin):
            if state.finished:
                answers[held_out] = state.network.predict(hand_set.drawings[held_out])
            yield answers.copy()
