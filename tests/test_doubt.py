"""A digit is believed, and what looks like none or like two is doubted."""
import numpy as np
import pytest

from nn.doubt import doubt_threshold, is_doubtful, sureness
from nn.network import Network, sigmoid


def network_with_outputs(z):
    """A network without hidden layer whose net inputs are z whatever it sees."""
    return Network(np.zeros((784, 0)), np.zeros(0), np.zeros((784, 10)), np.asarray(z, float))


def test_sureness_is_the_probability_that_one_output_is_right_and_nine_are_wrong():
    z = np.linspace(-3, 2, 10)
    a = sigmoid(z)
    assert sureness(network_with_outputs(z), np.zeros((1, 784)))[0] == pytest.approx(a[9] * np.prod(1 - a[:9]))


@pytest.mark.parametrize(
    "outputs, doubtful",
    [
        ({3: 6}, False),  # one says yes
        ({}, True),  # all say no
        ({3: 6, 8: 6}, True),  # two say yes
        ({3: -6}, True),  # nobody is sure
        ({3: 900}, False),  # and very large numbers do no harm
        ({3: 900, 5: 900}, True),
    ],
)
def test_one_clear_yes_is_believed_and_anything_else_is_doubted(outputs, doubtful):
    z = np.full(10, -7.0)
    for digit, value in outputs.items():
        z[digit] = value
    assert is_doubtful(network_with_outputs(z), np.zeros((28, 28)), 0.5) is doubtful


def test_the_threshold_doubts_the_share_of_images_that_was_asked_for():
    rng = np.random.default_rng(0)
    network = Network(np.zeros((784, 0)), np.zeros(0), rng.normal(0, 0.2, (784, 10)), np.zeros(10))
    images = rng.random((1000, 784))
    threshold = doubt_threshold(network, images, 0.05)
    assert np.mean([is_doubtful(network, image, threshold) for image in images]) == pytest.approx(0.05, abs=0.002)
