"""Blocks and float32: the short cuts of nn/descent.py end where the lecture's long way ends."""

import lecture
import numpy as np
import pytest

from nn import Settings, load_mnist, train
from nn.descent import BLOCK, Batches, Online
from nn.network import Parameters, backward, forward, initial_network, onehot

pytestmark = pytest.mark.filterwarnings("error")


def digits(n, start=0):
    mnist = load_mnist()
    return mnist.X_train[start : start + n], mnist.y_train[start : start + n]


def learn(descent, order, start=0):
    """Where the weights are after these images, and all positions at which they could have been read."""
    positions = list(descent.epoch(order, start))
    return [p.copy() for p in descent.parameters], positions


def image_by_image(network, X, y, order, eta):
    weights = [p.copy() for p in network.parameters]
    for i in order:
        weights = [w - eta * g for w, g in zip(weights, lecture.gradients(weights, X[i].astype(float), y[i]))]
    return weights


@pytest.mark.parametrize("n_hidden", [0, 1, 30, 300])
@pytest.mark.parametrize("n_images", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 7])
def test_a_block_is_its_images_one_after_the_other(n_hidden, n_images):
    X, y = digits(n_images)
    network, order = initial_network(n_hidden, seed=1), np.random.default_rng(1).permutation(n_images)
    ours, _ = learn(Online(network, X, y, 0.1), order)
    assert lecture.relative_difference(ours, image_by_image(network, X / 255, y, order, 0.1)) < 1e-12


@pytest.mark.parametrize("n_hidden", [0, 1, 30, 300])
def test_a_whole_epoch_of_blocks_is_an_epoch_image_by_image(n_hidden):
    n = 1_000
    X, y = digits(n)
    network, order = initial_network(n_hidden, seed=2), np.random.default_rng(2).permutation(n)
    ours, _ = learn(Online(network, X, y, 0.1), order)
    assert lecture.relative_difference(ours, image_by_image(network, X / 255, y, order, 0.1)) < 1e-10


@pytest.mark.parametrize("n_hidden", [0, 1, 30, 300])
def test_raw_pixels_with_net_inputs_in_the_thousands(n_hidden):
    n = 2 * BLOCK + 5  # not more: with raw pixels the last digits of whoever computes soon grow large
    X, y = digits(n)
    network, order = initial_network(n_hidden, seed=3, pixel_max=255.0), np.arange(n)
    assert n_hidden < 30 or np.abs(forward(network, X.astype(float)).z_h).max() > 500
    ours, _ = learn(Online(network, X, y, 0.001), order)
    assert lecture.relative_difference(ours, image_by_image(network, X, y, order, 0.001)) < 1e-9


@pytest.mark.parametrize("n_hidden", [0, 30])
def test_where_a_block_begins_does_not_change_what_is_learnt_but_for_rounding(n_hidden):
    X, y = digits(100)
    network, order = initial_network(n_hidden, seed=4), np.arange(100)
    from_the_start, _ = learn(Online(network, X, y, 0.1), order)
    begun, _ = learn(Online(network, X, y, 0.1), order[:10])
    from_the_tenth, positions = learn(Online(type(network)(*begun), X, y, 0.1), order, start=10)
    assert positions[0] == 10 + BLOCK and positions[-1] == 100
    assert lecture.relative_difference(from_the_tenth, from_the_start) < 1e-12


@pytest.mark.parametrize("n_hidden", [0, 30])
@pytest.mark.parametrize("kind, eta", [(Online, (0.1,)), (Batches, (0.5, 32))])
def test_weights_that_are_read_and_given_to_another_go_on_bit_by_bit(n_hidden, kind, eta):
    X, y = digits(300)
    network, order = initial_network(n_hidden, seed=5), np.arange(300)
    whole, positions = learn(kind(network, X, y, *eta), order)
    at, stops = 0, 0
    while at < 300:
        descent = kind(network, X, y, *eta)
        at = next(descent.epoch(order, at))
        network = type(network)(*(p.astype(np.float64) for p in descent.parameters))
        stops += 1
    assert stops == len(positions)
    assert all(np.array_equal(a, b) for a, b in zip(network.parameters, whole))


@pytest.mark.parametrize("pixel_max, eta", [(1.0, 0.1), (255.0, 0.001)])
def test_images_of_floats_are_learnt_as_bytes_are(pixel_max, eta):
    X, y = digits(60)
    network, order = initial_network(30, 6, pixel_max), np.arange(60)
    for kind, more, tolerance in [(Online, (), 1e-9), (Batches, (20,), 1e-3)]:
        of_bytes, _ = learn(kind(network, X, y, eta, *more), order)
        of_floats, _ = learn(kind(network, X / 255, y, eta, *more), order)
        assert lecture.relative_difference(of_floats, of_bytes) < tolerance


def batches_in_float64(network, X, y, order, eta, size):
    weights = Parameters(*(p.copy() for p in network.parameters))
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        inputs = X[batch] / 255
        gradients = backward(weights, inputs, forward(weights, inputs), onehot(y[batch]))
        weights = Parameters(*(w - eta * g for w, g in zip(weights, gradients)))
    return weights


@pytest.mark.parametrize("n_hidden", [0, 1, 30, 300])
@pytest.mark.parametrize("size", [2, 32, 128, 600])  # 600: in parts
def test_batches_in_float32_are_those_of_float64_to_rounding(n_hidden, size):
    X, y = digits(1_000)
    network, order = initial_network(n_hidden, seed=7), np.random.default_rng(7).permutation(1_000)
    ours, _ = learn(Batches(network, X, y, 0.3, size), order)
    assert lecture.relative_difference(ours, batches_in_float64(network, X, y, order, 0.3, size)) < 1e-4


@pytest.mark.parametrize("size, eta", [(32, 0.5), (128, 1.0), (8_000, 2.0)])
def test_the_learning_curves_of_float32_and_float64_agree(size, eta):
    mnist = load_mnist()
    X, y, X_test, y_test = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
    settings = Settings(n_hidden=30, eta=eta, epochs=5, batch_size=size)
    *_, run = train(settings, X, y, X_test, y_test, slice_seconds=1e9)
    network = initial_network(30, settings.seed)
    for point in run.history[1:]:
        order = np.random.default_rng([settings.seed, round(point.epoch) - 1]).permutation(len(X))
        network = type(network)(*batches_in_float64(network, X, y, order, eta, size))
        z_out = forward(network, X_test / 255).z_out
        a_out = 1 / (1 + np.exp(-z_out))
        cost = -np.log(np.where(onehot(y_test) == 1, a_out, 1 - a_out)).sum(axis=1).mean()
        assert point.test_cost == pytest.approx(cost, rel=1e-4)
        assert point.test_accuracy == pytest.approx((z_out.argmax(axis=1) == y_test).mean(), abs=0.001)  # 2 of 2,000
