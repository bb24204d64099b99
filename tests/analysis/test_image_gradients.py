"""The gradient of a single image: against the lecture's formulas and a case worked by hand, and with absurd weights."""

from itertools import product

import lecture
import numpy as np
import pytest
from examples import by_hand, image, network_of

from nn import Network
from nn.analysis.image_gradients import (
    agreeing_digits,
    backpropagated_share,
    finite_differences,
    first_order_decrease,
    gradient_descent,
    inspect_image,
    largest,
    n_right,
)
from nn.network import Parameters

pytestmark = pytest.mark.filterwarnings("error")
HIDDEN = [0, 1, 30]


def test_a_case_worked_by_hand():
    # z_out of the 3 is 2 * 1/2 = 1, so its output is 1 / (1 + e^-1) = 0.7310585786, which is 0.2689414214 too small.
    # The others say 1/2, that is 1/2 too much. Back comes 2 * -0.2689414214, and the slope at 1/2 is 1/4.
    one = by_hand()
    np.testing.assert_allclose(one.delta_out, [0.5, 0.5, 0.5, -0.2689414214, *[0.5] * 6], atol=1e-10)
    assert one.costs.tolist() == pytest.approx([np.log(2)] * 3 + [0.3132616875] + [np.log(2)] * 6, abs=1e-10)
    assert one.cost == pytest.approx(9 * np.log(2) + 0.3132616875, abs=1e-9)
    assert one.backpropagated_error == pytest.approx([-0.5378828427], abs=1e-10)
    assert one.slopes.tolist() == [0.25] and backpropagated_share(one) == pytest.approx(0.25)
    assert one.delta_h == pytest.approx([-0.1344707107], abs=1e-10)
    assert np.flatnonzero(one.gradients.W_h).tolist() == [10 * 28 + 20]
    assert one.gradients.W_h[10 * 28 + 20, 0] == pytest.approx(-0.1344707107, abs=1e-10)
    np.testing.assert_allclose(one.gradients.W_out[0], one.delta_out / 2)


def test_the_gradient_is_the_lectures():
    for n_hidden, pixel_max in product(HIDDEN, [1.0, 255.0]):
        what = f"{n_hidden} hidden units, pixel_max {pixel_max}"
        one = inspect_image(network_of(n_hidden, pixel_max=pixel_max), image(), 4)
        weights, x = list(one.parameters), image().ravel() * pixel_max
        expected = lecture.gradients(weights, x, 4)
        assert lecture.relative_difference(one.gradients, expected) < 1e-10, what
        np.testing.assert_allclose(one.delta_out, expected[3], atol=1e-12, err_msg=what)
        np.testing.assert_allclose(one.backpropagated_error * one.slopes, expected[1], atol=1e-12, err_msg=what)
        np.testing.assert_allclose(one.delta_h, expected[1], atol=1e-12, err_msg=what)
        assert len(one.delta_h) == len(one.slopes) == len(one.backpropagated_error) == n_hidden, what
        if pixel_max == 1:  # where outputs are not so near 0 and 1 that the lecture's logarithms lose digits
            assert one.cost == pytest.approx(lecture.cost(weights, [x], [4]), rel=1e-10), what
            assert one.costs.sum() == pytest.approx(lecture.cost(weights, [x], [4]), rel=1e-10), what
    single = inspect_image(network_of(5, np.float32), image(), 0)  # is inspected in double precision
    arrays = single.X, *single.parameters, *single.activations, *single.gradients
    assert {array.dtype for array in arrays} == {np.dtype(np.float64)}


def test_descent_is_the_lectures_one_step_after_the_other():
    for n_hidden in HIDDEN:
        what = f"{n_hidden} hidden units"
        one = inspect_image(network_of(n_hidden), image(), 4)
        before = [array.copy() for array in one.parameters]
        outputs, read, costs, after = gradient_descent(one, 0.05, 7)
        weights, x, expected = before, image().ravel(), []
        for output, J in zip(outputs, costs, strict=True):
            expected.append(lecture.forward(weights, x)[-1])
            np.testing.assert_allclose(output, expected[-1], atol=1e-10, err_msg=what)
            assert pytest.approx(lecture.cost(weights, [x], [4]), rel=1e-8) == J, what
            last, weights = weights, lecture.epoch(weights, [x], [4], 0.05, [0])
        assert lecture.relative_difference(after, last) < 1e-10, what
        assert read.tolist() == np.argmax(expected, axis=1).tolist(), what
        assert len(costs) == 8 and costs[-1] < costs[0], what
        assert all(np.array_equal(a, b) for a, b in zip(before, one.parameters)), f"{what}: the network has changed"


def test_a_short_step_keeps_what_the_slope_promised_and_a_long_one_does_not():
    for n_hidden in HIDDEN:
        one = inspect_image(network_of(n_hidden), image(), 4)
        _, _, costs, _ = gradient_descent(one, 1e-6, 1)
        promised = first_order_decrease(one, 1e-6)
        assert costs[0] - costs[1] == pytest.approx(promised, rel=1e-3), f"{n_hidden} hidden units"
        _, _, costs, _ = gradient_descent(one, 100, 1)
        assert costs[0] - costs[1] < first_order_decrease(one, 100) / 2, f"{n_hidden} hidden units"


def test_the_digit_of_the_largest_net_input_is_read_and_right_answers_are_counted():
    network = Network(np.zeros((784, 0)), np.zeros(0), np.zeros((784, 10)), np.arange(10) * 50.0)
    outputs, read, _, _ = gradient_descent(inspect_image(network, image(), 9), 0.1, 1)
    assert outputs[0].argmax() < 9 and read.tolist() == [9, 9]  # several outputs are rounded to 1
    parameters = Parameters(np.zeros((784, 0)), np.zeros(0), np.eye(784)[:, :10], np.zeros(10))
    assert n_right(parameters, np.eye(784)[:4], np.array([0, 1, 2, 9])) == 3  # pixel 4 says that it is a 4


def test_a_long_step_can_make_it_worse():
    # The unit is nearly on, and the 3 rests on it alone: without it, its net input is -40. The 7 pulls the other way,
    # and as the error of the 7 is the larger one, a long step switches the unit off.
    pixel, W_out, b_out = np.zeros((28, 28)), np.zeros((1, 10)), np.full(10, -10.0)
    pixel[10:20, 10:20], W_out[0, [3, 7]], b_out[[3, 7]] = 1, [50, 10], [-40, -8]
    one = inspect_image(Network(np.zeros((784, 1)), np.full(1, np.log(9)), W_out, b_out), pixel, 3)
    _, _, costs, _ = gradient_descent(one, 1.0, 1)
    assert costs[0] < 2 and costs[1] > 30
    _, _, costs, _ = gradient_descent(one, 1e-4, 1)
    assert costs[1] < costs[0]


def test_the_measured_slope_is_the_derived_one_at_the_largest_of_every_kind():
    for n_hidden in HIDDEN:
        one = inspect_image(network_of(n_hidden), image(), 4)
        before = [array.copy() for array in one.parameters]
        for name in Parameters._fields:
            what = f"{name}, {n_hidden} hidden units"
            gradient = getattr(one.gradients, name)
            if gradient.size:
                at = largest(gradient, (None,) * gradient.ndim)
                assert abs(gradient[at]) == np.abs(gradient).max(), what
                (above, below, quotient), (_, _, coarse) = finite_differences(one, name, at, [1e-5, 1.0])
                assert quotient == (above - below) / 2e-5, what
                assert agreeing_digits(quotient, gradient[at]) >= 7, what
                assert agreeing_digits(coarse, gradient[at]) < 4, what
        assert all(np.array_equal(a, b) for a, b in zip(before, one.parameters)), "the weights are not as before"


def test_differences_change_one_weight_and_no_other():
    one = by_hand()
    ((above, below, _),) = finite_differences(one, "b_out", (3,), [1.0])  # z_out of the 3 becomes 2 and 0
    assert above == pytest.approx(9 * np.log(2) + np.log1p(np.exp(-2)))
    assert below == pytest.approx(10 * np.log(2))
    assert finite_differences(one, "W_h", (0, 0), [0.1])[0][2] == 0  # a black pixel


def test_the_largest_among_those_in_line_with_what_is_chosen():
    values = np.array([[1.0, -5.0, 2.0], [4.0, 0.0, -3.0]])
    found = {(None, None): (0, 1), (1, None): (1, 0), (None, 2): (1, 2), (1, 1): (1, 1)}
    assert {chosen: largest(values, chosen) for chosen in found} == found
    assert largest(np.zeros(3), (None,)) == (0,)


def test_agreeing_digits():
    assert agreeing_digits(1.2345, 1.2345) == agreeing_digits(0.0, 0.0) == 15
    assert agreeing_digits(1.0001, 1.0) == agreeing_digits(1.0, 1.0001) == 4
    assert agreeing_digits(-2e-9, -2.002e-9) == 3
    assert agreeing_digits(1.0, -1.0) == agreeing_digits(0.0, 1e-9) == agreeing_digits(1e300, 0.0) == 0


def test_saturated_units_pass_nothing_on():
    network = network_of(5)
    saturated = Network(network.W_h, network.b_h + 1000, network.W_out, network.b_out)
    one = inspect_image(saturated, image(), 4)
    assert np.abs(one.backpropagated_error).min() > 0
    assert backpropagated_share(one) == 0 and not one.gradients.W_h.any() and one.gradients.W_out.any()
    assert backpropagated_share(inspect_image(network_of(0), image(), 4)) == 0
    assert 0 < backpropagated_share(inspect_image(network, image(), 4)) < 0.25


def test_absurd_weights_give_numbers():
    for n_hidden, size in product(HIDDEN, [1e3, 1e29]):
        absurd = Network(*(array * size for array in network_of(n_hidden).parameters), pixel_max=255.0)
        one = inspect_image(absurd, image(), 4)
        outputs, read, costs, after = gradient_descent(one, 10.0, 100)
        differences = finite_differences(one, "W_out", (0, 0), [1e-1, 1e-13])
        decrease, share = first_order_decrease(one, 10.0), backpropagated_share(one)
        numbers = *one.gradients, *after, one.backpropagated_error, one.costs, outputs, costs, read
        for number, array in enumerate([*numbers, *differences, decrease, share]):
            assert np.isfinite(array).all(), f"{number}: {n_hidden} hidden units, weights times {size:g}"
