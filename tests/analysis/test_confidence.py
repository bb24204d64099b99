"""A digit is accepted, and a drawing that looks like none or like two is rejected."""

import numpy as np
import pytest
from canvases import canvas, placed, rgba

from nn import load_mnist, load_pretrained, prepare_drawing, prepare_images
from nn.analysis.confidence import confidence, is_rejected, rejection_threshold
from nn.network import Network, sigmoid

pytestmark = pytest.mark.trains


def network_with_outputs(z):
    """A network without hidden layer whose net inputs are z whatever it sees."""
    return Network(np.zeros((784, 0)), np.zeros(0), np.zeros((784, 10)), np.asarray(z, float))


def test_confidence_is_the_probability_that_one_output_is_right_and_nine_are_wrong():
    z = np.linspace(-3, 2, 10)
    a = sigmoid(z)
    assert confidence(network_with_outputs(z), np.zeros((1, 784)))[0] == pytest.approx(a[9] * np.prod(1 - a[:9]))


def test_one_clear_yes_is_accepted_and_anything_else_is_rejected():
    for what, outputs, rejected in [
        ("one says yes", {3: 6}, False),
        ("all say no", {}, True),
        ("two say yes", {3: 6, 8: 6}, True),
        ("one is unsure", {3: -6}, True),
        ("one says yes with a very large number", {3: 900}, False),
        ("two say yes with very large numbers", {3: 900, 5: 900}, True),
    ]:
        z = np.full(10, -7.0)
        for digit, value in outputs.items():
            z[digit] = value
        assert is_rejected(network_with_outputs(z), np.zeros((28, 28)), 0.5) is rejected, what


def test_the_threshold_rejects_the_share_of_images_that_was_asked_for():
    rng = np.random.default_rng(0)
    network = Network(np.zeros((784, 0)), np.zeros(0), rng.normal(0, 0.2, (784, 10)), np.zeros(10))
    images = rng.random((1000, 784))
    threshold = rejection_threshold(network, images, 0.05)
    assert np.mean([is_rejected(network, image, threshold) for image in images]) == pytest.approx(0.05, abs=0.002)


# Letters and figures, some of them of kinds that the pre-trained network never saw: (x, y) in a box 1 high.
FIGURES = {
    "A": [[(0, 1), (0.4, 0), (0.8, 1)], [(0.15, 0.65), (0.65, 0.65)]],
    "E": [[(0.6, 0), (0, 0), (0, 1), (0.6, 1)], [(0, 0.5), (0.5, 0.5)]],
    "H": [[(0, 0), (0, 1)], [(0.7, 0), (0.7, 1)], [(0, 0.5), (0.7, 0.5)]],
    "K": [[(0, 0), (0, 1)], [(0.6, 0), (0, 0.5), (0.6, 1)]],
    "M": [[(0, 1), (0.1, 0), (0.45, 0.6), (0.8, 0), (0.9, 1)]],
    "R": [[(0, 1), (0, 0), (0.4, 0), (0.5, 0.2), (0.4, 0.45), (0, 0.5), (0.55, 1)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.2), (0.75, 1), (1, 0)]],
    "X": [[(0, 0), (0.7, 1)], [(0.7, 0), (0, 1)]],
    "I": [[(0, 0), (0, 1), (0.7, 0), (0.7, 1)]],  # the Cyrillic letter
    "Zh": [[(0, 0), (1, 1)], [(1, 0), (0, 1)], [(0.5, 0), (0.5, 1)]],
    "Sh": [[(0, 0), (0, 1), (0.9, 1), (0.9, 0)], [(0.45, 0), (0.45, 1)]],
    "Pi": [[(0, 1), (0, 0), (0.7, 0), (0.7, 1)]],
    "Sigma": [[(0.7, 0), (0, 0), (0.4, 0.5), (0, 1), (0.7, 1)]],
    "Psi": [[(0, 0), (0, 0.4), (0.2, 0.6), (0.6, 0.6), (0.8, 0.4), (0.8, 0)], [(0.4, 0), (0.4, 1)]],
    "Omega": [[(0, 1), (0.25, 1), (0.25, 0.8), (0, 0.4), (0.45, 0), (0.9, 0.4), (0.65, 0.8), (0.65, 1), (0.9, 1)]],
    "hash": [[(0.3, 0), (0.2, 1)], [(0.7, 0), (0.6, 1)], [(0, 0.3), (0.9, 0.3)], [(0, 0.7), (0.9, 0.7)]],
    "percent": [[(0.8, 0), (0, 1)], [(0.1, 0.1), (0.2, 0.2)], [(0.6, 0.8), (0.7, 0.9)]],
    "house": [[(0, 1), (0, 0.4), (0.4, 0), (0.8, 0.4), (0.8, 1), (0, 1)], [(0, 0.4), (0.8, 0.4)]],
    "two lines": [[(0, 0), (0.9, 0)], [(0, 0.5), (0.9, 0.5)]],
    "zigzag": [[(0, 0), (0.2, 1), (0.4, 0), (0.6, 1), (0.8, 0), (1, 1)]],
    "dot": [[(0.5, 0.5), (0.5, 0.5)]],
    "two dots": [[(0.2, 0.5), (0.2, 0.5)], [(0.8, 0.5), (0.8, 0.5)]],
    "short line": [[(0.4, 0.5), (0.6, 0.5)]],
}


def scribble(rng):
    """A pen that goes anywhere."""
    return [rng.uniform(0, 1, (rng.integers(8, 25), 2))]


def two_digits(rng):
    """A 2 and a 7 or so beside each other."""
    seven, four = [[(0, 0), (0.5, 0), (0.2, 1)]], [[(0.3, 0), (0, 0.6), (0.6, 0.6)], [(0.4, 0.3), (0.4, 1)]]
    one, zero = [[(0, 0), (0, 1)]], [[(0.3, 0), (0, 0.5), (0.3, 1), (0.6, 0.5), (0.3, 0)]]
    left, right = (([seven, four, one, zero])[i] for i in rng.choice(4, 2, replace=False))
    return placed(left, 0.9, (0, 0)) + placed(right, 0.9, (0.8, 0.05))


@pytest.fixture(scope="module")
def pretrained():
    """The pre-trained network, the held-out images as it expects them, and the confidence below which it rejects."""
    network, mnist = load_pretrained(), load_mnist()
    held_out = prepare_images(mnist.X_test, network.preparation)
    return network, held_out, rejection_threshold(network, held_out)


def rejected(pretrained, strokes, rng):
    """Whether strokes in a box 1 high are rejected when they are drawn somewhere with some pen."""
    network, _, threshold = pretrained
    size = rng.uniform(100, 180)
    drawing = canvas(placed(strokes, size, rng.uniform(20, 260 - size, 2)), rng.uniform(10, 24))
    return is_rejected(network, prepare_drawing(rgba(drawing), network.preparation).image, threshold)


@pytest.mark.slow
def test_at_most_two_held_out_digits_in_a_hundred_are_rejected(pretrained):
    network, held_out, threshold = pretrained
    assert np.mean(confidence(network, held_out) < threshold) <= 0.02
    threshold = rejection_threshold(network, held_out[::2])  # and of digits that the threshold was not chosen by
    assert np.mean(confidence(network, held_out[1::2]) < threshold) <= 0.02


@pytest.mark.slow
def test_letters_figures_scribbles_and_pairs_of_digits_are_rejected(pretrained):
    rng = np.random.default_rng(1)
    share = {name: np.mean([rejected(pretrained, strokes, rng) for _ in range(6)]) for name, strokes in FIGURES.items()}
    assert np.mean(list(share.values())) >= 0.8, share
    for draw in (scribble, two_digits):
        assert np.mean([rejected(pretrained, draw(rng), rng) for _ in range(80)]) >= 0.8, draw.__name__
