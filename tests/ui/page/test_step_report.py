"""The report of a step: the sentences about it, and the weights that moved most."""

import re
from dataclasses import replace

import numpy as np
import pytest
from examples import network_of

from nn.images import NON_DIGIT
from nn.ui.page.step_report import moved_weights, step_in_words

pytestmark = pytest.mark.filterwarnings("error")


def test_after_a_step_of_one_image_the_page_says_how_it_was_read_before_and_after():
    answers, outputs = ([3], [8]), ([0.0349], [0.5])
    assert step_in_words(1_234, [8], answers, outputs) == (
        "It learnt from image 1,235, <b>an 8</b>. It read 3 before and 8 after; its output for 8 went from 0.03 to "
        "0.50. In colour: the weights that moved most."
    )
    assert "image 1, <b>a 7</b>" in step_in_words(0, [7], answers, outputs)


def test_after_a_step_of_several_images_the_page_counts_those_that_were_read_right():
    def words(n):
        right, wrong = np.arange(n) % 10, np.arange(1, n + 1) % 10
        return step_in_words(100, right, (wrong, right), None)

    assert words(10).startswith("It learnt from images 101 to 110. It got 0 of them right before and 10 after.")
    assert "images 101 to 200, of which the first 10 are shown. It got 0 of them right" in words(100)


def test_a_non_digit_has_no_right_answer():
    words = step_in_words(9, [NON_DIGIT], ([3], [8]), ([0.7], [0.2]))
    assert "image 10, <b>a non-digit</b>. All ten outputs should be 0: the largest was 0.70 before and is 0.20" in words
    labels = np.array([7, NON_DIGIT, 1])
    words = step_in_words(0, labels, (np.array([7, 9, 0]), np.array([7, 9, 1])), None)
    assert "It got 1 of the 2 digits among them right before and 2 after" in words


def moved(before, **change):
    """The names and the largest values in the pictures of what changed from a Network to the next."""
    figures = moved_weights(
        before, replace(before, **{name: getattr(before, name) + by for name, by in change.items()})
    )
    for picture, name in figures:
        assert f'alt="{name}: the largest ' in picture
    return [(name, re.search("the largest (.[0-9.]+)", picture)[1]) for picture, name in figures]


def test_the_hidden_units_or_outputs_whose_weights_moved_most_are_shown():
    by = np.zeros((784, 30))
    by[:, [4, 20, 7, 29]] = [0.02, 0.05, -0.04, 0.03]  # in either direction
    by[0, 11] = 0.06  # a single weight of it moved, all others stayed
    assert moved(network_of(30), W_h=by) == [("unit 20", "+0.05"), ("unit 7", "−0.04"), ("unit 29", "+0.03")]
    by = np.zeros((784, 10))
    by[:, [8, 0, 3]] = [0.02, 0.04, 0.03]
    assert moved(network_of(0), W_out=by) == [("output 0", "+0.04"), ("output 3", "+0.03"), ("output 8", "+0.02")]


def test_of_two_hidden_units_both_are_shown_even_if_nothing_moved():
    assert moved(network_of(2), W_h=np.full((784, 2), [0.01, 0.02])) == [("unit 1", "+0.02"), ("unit 0", "+0.01")]
    assert moved(network_of(2), W_h=np.zeros((784, 2))) == [("unit 0", "+0.00"), ("unit 1", "+0.00")]
    assert moved(network_of(1), W_h=np.ones((784, 1))) == [("unit 0", "+1.00")]
