"""The mathematics: against the slope of the cost itself, against the lecture's formulas, and with absurd numbers."""

import pickle
from dataclasses import replace
from functools import cache
from itertools import product

import lecture
import numpy as np
import pytest

from nn import Network, load_mnist
from nn.images import NON_DIGIT
from nn.network import Parameters, backward, cost, cost_terms, forward, initial_network, onehot, sigmoid

pytestmark = pytest.mark.filterwarnings("error")
HIDDEN = [0, 1, 30]
bundled = cache(load_mnist)


def images(n):
    """n inputs and labels: half MNIST's, half random, because a pixel that is always 0 has no slope to check."""
    mnist, rng = bundled(), np.random.default_rng(1)
    X = np.concatenate([mnist.X_train[: n // 2] / 255, rng.random((n - n // 2, 784))])
    return X, np.concatenate([mnist.y_train[: n // 2], rng.integers(0, 10, n - n // 2)])


def weights_of(n_hidden, seed=7):
    """Weights and biases in the course of training: biases too are not 0."""
    rng = np.random.default_rng(seed)
    return [p + rng.normal(0, 0.1, p.shape) for p in initial_network(n_hidden, seed).parameters]


# The gradient is the slope of the cost


@pytest.mark.parametrize("n_hidden", HIDDEN)
def test_every_gradient_is_the_slope_of_the_cost(n_hidden):
    X, y = images(2)
    Y = onehot(y)
    parameters = Parameters(*weights_of(n_hidden))
    gradients = backward(parameters, X, forward(parameters, X), Y)
    h, rng = 1e-4, np.random.default_rng(2)
    for name, array, gradient in zip(Parameters._fields, parameters, gradients):
        assert gradient.shape == array.shape
        for index in rng.permutation(array.size)[:1_500]:  # all of them, but of the largest arrays
            value, costs = array.flat[index], []
            for changed in (value + h, value - h):
                array.flat[index] = changed
                costs.append(cost(forward(parameters, X).z_out, Y))
            array.flat[index] = value
            slope = (costs[0] - costs[1]) / (2 * h)
            assert slope != 0, f"the cost does not depend on this entry of {name}: nothing is checked there"
            assert gradient.flat[index] == pytest.approx(slope, rel=1e-5, abs=1e-8), f"{name}, entry {index}"


# The lecture's formulas


@pytest.mark.parametrize("n_hidden", HIDDEN)
def test_outputs_cost_and_gradients_are_the_lectures(n_hidden):
    X, y = images(20)
    weights = weights_of(n_hidden)
    parameters, network = Parameters(*weights), Network(*weights)
    result = forward(parameters, X)
    expected = [np.array(values) for values in zip(*(lecture.forward(weights, x) for x in X))]
    assert result._fields == ("z_h", "a_h", "z_out", "a_out")
    assert lecture.relative_difference(result, expected) < 1e-10
    np.testing.assert_allclose(network.predict_proba(X), expected[-1], rtol=1e-10)
    assert network.predict(X).tolist() == expected[-1].argmax(axis=1).tolist()
    assert network.predict(X[:0]).shape == (0,)
    assert cost(result.z_out, onehot(y)) == pytest.approx(lecture.cost(weights, X, y), rel=1e-10)
    each = [lecture.gradients(weights, x, digit) for x, digit in zip(X, y)]
    mean = [sum(arrays) / len(X) for arrays in zip(*each)]
    assert lecture.relative_difference(backward(parameters, X, result, onehot(y)), mean) < 1e-10


def test_the_cost_of_a_worked_example():
    # Two outputs, two images. In the first the right output says 1/2, the other 1/4: log 2 + log 4/3. In the second the
    # right output says 9/10 and the other 1/10: twice log 10/9. The cost is the mean of the two.
    z_out = np.log([[1.0, 1 / 3], [1 / 9, 9.0]])
    Y = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(sigmoid(z_out), [[1 / 2, 1 / 4], [1 / 10, 9 / 10]])
    by_hand = ((0.693147180560 + 0.287682072452) + 2 * 0.105360515658) / 2
    assert cost(z_out, Y) == pytest.approx(by_hand, abs=1e-11)


def test_the_terms_of_the_cost():
    z_out = np.array([[0.0, 2.0, -3.0, 1e30, -1e30, 0, 0, 0, 0, 0]])
    terms = cost_terms(z_out, onehot([3]))[0]
    assert terms[0] == pytest.approx(np.log(2))  # -log(1 - 1/2)
    assert terms[1] == pytest.approx(-np.log(1 - 1 / (1 + np.exp(-2))))
    assert terms[3] == terms[4] == 0 and np.isfinite(cost_terms(z_out, onehot([4]))).all()
    z_out = np.array([[-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0]])
    says_no = [0.048587351574, 0.126928011043, 0.313261687518, 0.474076984181, 0.693147180560]  # log(1 + e^z) by hand
    says_no += [0.974076984181, 1.313261687518, 2.126928011043, 3.048587351574, 4.018149927917]
    for label in range(10):
        by_hand = [term - z * (k == label) for k, (term, z) in enumerate(zip(says_no, z_out[0]))]
        np.testing.assert_allclose(cost_terms(z_out, onehot([label]))[0], by_hand, atol=1e-11, err_msg=f"{label}")
        assert cost(z_out, onehot([label])) == pytest.approx(sum(by_hand), abs=1e-10), f"{label}"


# Numbers at their limits


@np.errstate(all="raise")
def test_sigmoid_is_exact_in_both_tails():
    z = np.array([-1e308, -1000.0, -745.0, -40.0, -1.0, 0.0, 1.0, 40.0, 1000.0, 1e308, np.inf, -np.inf])
    a = sigmoid(z)
    assert np.all((a >= 0) & (a <= 1))
    assert (a[5], a[8], a[9], a[10], a[11], a[0]) == (0.5, 1, 1, 1, 0, 0)
    assert a[3] == pytest.approx(np.exp(-40.0), rel=1e-14)  # 1 / (1 + e) - 1 would be off here
    assert a[2] > 0
    assert a[4] + a[6] == pytest.approx(1, abs=1e-15)
    assert sigmoid(0) == 0.5
    assert sigmoid(np.float32([0.5])).dtype == np.float32


@np.errstate(all="raise")
def test_the_cost_is_finite_for_every_finite_net_input():
    right, wrong = onehot(np.array([0])), 1 - onehot(np.array([0]))
    for z in (40.0, 800.0, 1e10, 1e300, np.finfo(float).max):
        z_out = np.where(right == 1, z, -z)
        assert 0 <= cost(z_out, right) < 1e-15, f"z = {z}: confident and right"
        assert np.isfinite(cost(z_out, wrong)), f"z = {z}: confident and wrong, ten times"
        if z <= 1e300:
            assert cost(z_out, wrong) == pytest.approx(10 * z)
        many = np.tile(z_out, (1000, 1))
        assert np.isfinite(cost(many, np.tile(wrong, (1000, 1)))), f"z = {z}: a thousand images"
        assert np.isfinite(cost(z_out.astype(np.float32) if z < 1e38 else z_out, wrong)), f"z = {z}: float32"


@np.errstate(all="raise")
def test_a_small_cost_is_not_rounded_to_nothing():
    confident = np.where(onehot(np.array([3])) == 1, 40.0, -40.0)  # each output is off by exp(-40)
    assert cost(confident, onehot(np.array([3]))) == pytest.approx(10 * np.exp(-40.0), rel=1e-12)


# Labels


def test_onehot_has_a_single_one_in_the_digits_column_and_none_for_a_non_digit():
    assert onehot(np.array([2, 0, NON_DIGIT])).tolist() == [[0, 0, 1] + 7 * [0], [1] + 9 * [0], 10 * [0]]
    assert onehot(np.array([], dtype=int)).shape == (0, 10)
    assert onehot(np.array([7], dtype=np.uint8))[0, 7] == 1
    for y in ([10], [-2], [1.0], ["1"], [[1, 2]], 3, [True], [None], [0, 300]):
        with pytest.raises(ValueError, match="from 0 to 9"):
            onehot(np.array(y))
            pytest.fail(f"{y} was accepted")


# The network


def test_a_new_network_has_small_random_weights_and_no_biases():
    for n_hidden in HIDDEN:
        what = f"{n_hidden} hidden units"
        network = initial_network(n_hidden, seed=5)
        assert network.n_hidden == n_hidden
        shapes = [parameter.shape for parameter in network.parameters]
        assert shapes == [(784, n_hidden), (n_hidden,), (n_hidden or 784, 10), (10,)], what
        assert not network.b_h.any() and not network.b_out.any(), what
        same, other = initial_network(n_hidden, seed=5), initial_network(n_hidden, seed=6)
        assert all(np.array_equal(a, b) for a, b in zip(network.parameters, same.parameters)), what
        assert not np.array_equal(network.W_out, other.W_out), what
    assert network.W_h.std() == pytest.approx(0.1, rel=0.02) and network.W_out.std() == pytest.approx(0.1, rel=0.2)
    assert abs(network.W_h.mean()) < 0.003


def test_outputs_that_are_all_rounded_to_one_still_have_a_largest():
    network = Network(np.zeros((784, 0)), np.zeros(0), np.zeros((784, 10)), np.arange(10) * 100.0)
    assert network.predict(np.zeros((1, 784))).tolist() == [9]  # sigmoid(800) and sigmoid(900) are both 1


def test_a_network_of_raw_pixels_is_given_the_same_images():
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (5, 784), dtype=np.uint8)
    weights = weights_of(1)
    scaled, raw = Network(*weights), Network(weights[0] / 255, *weights[1:], pixel_max=255.0)
    np.testing.assert_allclose(scaled.predict_proba(pixels), raw.predict_proba(pixels))
    np.testing.assert_allclose(raw.predict_proba(pixels / 255), raw.predict_proba(pixels))
    assert raw.inputs(pixels).max() == pixels.max() and scaled.inputs(pixels).max() == pixels.max() / 255


def test_inputs_never_share_their_memory_with_the_images():
    arrays = np.full((2, 784), 0.5), np.full((2, 784), 128, dtype=np.uint8)
    for pixel_max, array in product([1.0, 255.0], arrays):
        before = array.copy()
        initial_network(1, 1, pixel_max).inputs(array)[:] = -1
        assert np.array_equal(array, before), f"{array.dtype}, pixel_max {pixel_max}"


def test_a_network_cannot_be_changed():
    given = Parameters(np.ones((784, 2)), np.ones(2), np.ones((2, 10)), np.ones(10))
    network = Network(*given)
    view = np.ones((784, 2))[:]
    view.flags.writeable = False  # but not what it is a view of
    other = Network(view, *given[1:])
    view.base[:] = 7
    for array in given:
        array[:] = 7
    pickled = pickle.loads(pickle.dumps(network))
    for one in (network, other, pickled):
        assert all((array == 1).all() and not array.flags.writeable for array in (*one.parameters, one.W_h[0]))
    for name, value in {"W_h": np.zeros((784, 2)), "pixel_max": 255.0}.items():
        with pytest.raises(AttributeError):
            setattr(network, name, value)
    again = replace(network, pixel_max=255.0)
    assert all(a is b for a, b in zip(network.parameters, again.parameters))  # nothing is copied needlessly


def test_a_network_that_cannot_be_calculated_with_is_refused():
    network = initial_network(3, seed=1)
    cases = [({name: getattr(network, name)[:-1]}, "shape") for name in Parameters._fields]
    cases += [({"pixel_max": pixel_max}, "pixel_max") for pixel_max in (0, -1, np.nan, np.inf)]
    for changes, of_what in cases:
        with pytest.raises(ValueError, match=of_what):
            replace(network, **changes)
            pytest.fail(f"another {list(changes)} was accepted")
    not_numbers = np.zeros((3, 784))
    not_numbers[1, 5] = np.nan
    wrong = [(np.zeros(shape), "784") for shape in [(784,), (3, 783), (28, 28), (2, 28, 28), ()]]
    for images, of_what in [*wrong, (not_numbers, "NaN"), (np.zeros((1, 784), int), "int64")]:
        with pytest.raises(ValueError, match=of_what):
            network.predict(images)
            pytest.fail(f"{images.dtype} {images.shape} was accepted")
