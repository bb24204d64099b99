"""Networks and images that several files of tests use."""

import numpy as np

from nn import Network, load_mnist
from nn.analysis.image_gradients import inspect_image
from nn.engine.fine_tuning import fine_tune, fine_tune_without
from nn.images.mnist import Mnist
from nn.network import initial_network
from nn.training import train


def image(seed=1):
    """An image (28, 28) of which about half is black."""
    pixels = np.random.default_rng(seed).random((28, 28))
    return np.where(pixels < 0.5, 0, pixels)


def network_of(n_hidden, dtype=np.float64, **more):
    """A network as if in the middle of a training: its biases aren't 0 either."""
    rng = np.random.default_rng(3)
    arrays = initial_network(n_hidden, 3).parameters
    return Network(*((array + rng.normal(0, 0.1, array.shape)).astype(dtype) for array in arrays), **more)


def by_hand():
    """A hidden unit sees one white pixel (row 10, column 20), has the activation 1/2, and a weight of 2 to digit 3."""
    pixel, W_out = np.zeros((28, 28)), np.zeros((1, 10))
    pixel[10, 20], W_out[0, 3] = 1, 2
    return inspect_image(Network(np.zeros((784, 1)), np.zeros(1), W_out, np.zeros(10)), pixel, 3)


def few_images():
    """An Mnist of 20 training images and 10 held-out ones."""
    mnist = load_mnist("bundled").first(20)
    return Mnist(mnist.X_train, mnist.y_train, mnist.X_test[:10], mnist.y_test[:10], "a few")


def completed(images):
    """A TrainingSet, or what is made in slices like one, when it is complete: its share must have grown from 0 to 1."""
    shares = [images.share]
    while images.mnist is None:
        images.step()
        shares.append(images.share)
    assert shares == sorted(shares) and shares[-1] == 1
    return images


def fine_tuned(network, drawing_set):
    """The last TrainingState of fine-tuning a copy of a Network on a complete DrawingSet."""
    recipe, state = fine_tune(network, drawing_set.n_images)
    mnist = drawing_set.mnist
    *_, last = train(recipe, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test, state=state)
    return last


def cross_validated(network, drawing_set, folds):
    """What is read in each drawing of a complete DrawingSet by a copy of a Network that learnt from the other folds."""
    answers = np.empty(len(drawing_set.labels), np.int64)
    for held_out in folds:
        recipe, images, state = fine_tune_without(network, drawing_set, held_out)
        *_, last = train(recipe, images.mnist.X_train, images.mnist.y_train, state=state)
        answers[held_out] = last.network.predict(drawing_set.drawings[held_out])
    return answers
