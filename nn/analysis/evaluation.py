"""Cost and accuracy of a network, and the points of its learning curves."""

from dataclasses import dataclass

import numpy as np

from ..images import NON_DIGIT
from ..network import cost, forward, onehot

MEASURED_IMAGES = 4_000  # the curves are measured on at most this many training images and as many held-out ones
AT_A_TIME = 250  # images: few enough for the processor's cache


@dataclass(frozen=True)
class Point:
    """One point of the learning curves, measured after `epoch` epochs (a float); costs are means per image.

    Measured on the first MEASURED_IMAGES of the training images and of the held-out images (None if there are none).
    Accuracies are shares of the digits among them, costs include non-digits.
    """

    epoch: float
    cost: float
    accuracy: float
    test_cost: float | None
    test_accuracy: float | None


def read(network, image):
    """The ten outputs a_out (10,) of a Network for one image, 784 floats in 0..1 of any shape, and the digit.

    The digit is that of the largest net input, because outputs may be rounded to 1.
    """
    activations = forward(network, network.inputs(np.reshape(image, (1, -1))))
    return activations.a_out[0], int(activations.z_out[0].argmax())


def evaluate(network, images, y):
    """Cost (mean per image) and accuracy (a share in 0..1) of a network on images (n, 784) with labels y (n,).

    The accuracy is that on the digits among them: there must be one. Non-digits have no right answer.
    Computed in float32, which takes half the time: the cost is right to about six digits.
    """
    rounded = network.astype(np.float32)
    parts = range(0, len(images), AT_A_TIME)
    z_out = np.concatenate([forward(rounded, rounded.inputs(images[i : i + AT_A_TIME])).z_out for i in parts])
    return cost(z_out, onehot(y)), float((z_out.argmax(axis=1) == y)[y != NON_DIGIT].mean())


def measure(network, epoch, X, y, X_test=None, y_test=None):
    """The Point of a network after `epoch` epochs, on the first MEASURED_IMAGES training and held-out images."""
    training = evaluate(network, X[:MEASURED_IMAGES], y[:MEASURED_IMAGES])
    if X_test is None:
        return Point(epoch, *training, None, None)
    return Point(epoch, *training, *evaluate(network, X_test[:MEASURED_IMAGES], y_test[:MEASURED_IMAGES]))
