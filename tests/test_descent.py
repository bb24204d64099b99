"""Blocks and float32: the short cuts of nn/descent.py end where the lecture's long way ends."""

from functools import cache
from itertools import product

import lecture
import numpy as np
import pytest

from nn import Recipe, load_mnist, train
from nn.descent import BLOCK, Batches, Online
from nn.images import NON_DIGIT
from nn.network import backward, cost, forward, initial_network, onehot, update

pytestmark = [pytest.mark.trains, pytest.mark.filterwarnings("error")]
HIDDEN = [0, 1, 30, 300]
bundled = cache(load_mnist)


def digits(n, start=0):
    mnist = bundled()
    return mnist.X_train[start : start + n], mnist.y_train[start : start + n]


def learn(descent, order, start=0):
    """Where the weights are after these images, and all positions at which they could have been read."""
    positions = list(descent.learn(order, start, len(order)))
    return [p.copy() for p in descent.parameters], positions


def image_by_image(network, X, y, order, eta):
    weights = [p.copy() for p in network.parameters]
    for i in order:
        weights = [w - eta * g for w, g in zip(weights, lecture.gradients(weights, X[i].astype(float), y[i]))]
    return weights


def test_a_block_is_its_images_one_after_the_other():
    sizes = 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 7, 500
    for n_hidden, n_images in product(HIDDEN, sizes):
        X, y = digits(n_images)
        network, order = initial_network(n_hidden, seed=1), np.random.default_rng(1).permutation(n_images)
        ours, _ = learn(Online(network, X, y, 0.1), order)
        off = lecture.relative_difference(ours, image_by_image(network, X / 255, y, order, 0.1))
        assert off < (1e-12 if n_images < 500 else 1e-10), f"{n_hidden} hidden units, {n_images} images"


def test_images_of_floats_are_learnt_as_bytes_are():
    X, y = digits(60)
    for pixel_max, eta in [(1.0, 0.1), (255.0, 0.001)]:
        network, order = initial_network(30, 6, pixel_max), np.arange(60)
        for kind, more, tolerance in [(Online, (), 1e-9), (Batches, (20,), 1e-3)]:
            of_bytes, _ = learn(kind(network, X, y, eta, *more), order)
            of_floats, _ = learn(kind(network, X / 255, y, eta, *more), order)
            off = lecture.relative_difference(of_floats, of_bytes)
            assert off < tolerance, f"{kind.__name__}, pixel_max {pixel_max}"


def batches_in_float64(network, X, y, order, eta, size):
    parameters = network.parameters
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        inputs = X[batch] / 255
        gradients = backward(parameters, inputs, forward(parameters, inputs), onehot(y[batch]))
        parameters = update(parameters, gradients, eta)
    return parameters


def test_batches_in_float32_are_those_of_float64_to_rounding():
    for n_hidden, size in product(HIDDEN, [2, 32, 128, 600]):  # 600: in parts
        X, y = digits(300 if size == 2 else 700)
        network, order = initial_network(n_hidden, seed=7), np.random.default_rng(7).permutation(len(X))
        ours, _ = learn(Batches(network, X, y, 0.3, size), order)
        off = lecture.relative_difference(ours, batches_in_float64(network, X, y, order, 0.3, size))
        assert off < 1e-4, f"{n_hidden} hidden units, batches of {size}"


def test_from_a_non_digit_all_ten_outputs_learn_to_be_0():
    X, y = digits(60)
    y, order = np.where(np.arange(60) % 3, y, NON_DIGIT), np.arange(60)
    for n_hidden in HIDDEN:
        network = initial_network(n_hidden, seed=1)
        for ours, size, tolerance in [
            (Online(network, X, y, 0.1), 1, 1e-12),
            (Batches(network, X, y, 0.1, 60), 60, 1e-6),
        ]:
            learnt, _ = learn(ours, order)
            off = lecture.relative_difference(learnt, batches_in_float64(network, X, y, order, 0.1, size))
            assert off < tolerance, f"{n_hidden} hidden units, batches of {size}"


@pytest.mark.slow
@pytest.mark.parametrize("size, eta", [(32, 0.5), (128, 1.0), (8_000, 2.0)])
def test_the_learning_curves_of_float32_and_float64_agree(size, eta):
    mnist = bundled()
    X, y, X_test, y_test = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
    recipe = Recipe(n_hidden=30, eta=eta, epochs=5, batch_size=size)
    *_, state = train(recipe, X, y, X_test, y_test, slice_seconds=1e9)
    network = initial_network(30, recipe.seed)
    for point in state.history[1:]:
        if not point.epoch.is_integer():
            continue
        order = np.random.default_rng([recipe.seed, round(point.epoch) - 1]).permutation(len(X))
        network = type(network)(*batches_in_float64(network, X, y, order, eta, size))
        z_out = forward(network, X_test / 255).z_out
        assert point.test_cost == pytest.approx(cost(z_out, onehot(y_test)), rel=1e-3)
        assert point.test_accuracy == pytest.approx((z_out.argmax(axis=1) == y_test).mean(), abs=0.005)  # 10 of 2,000
