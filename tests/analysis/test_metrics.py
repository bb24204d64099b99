"""How good a network is: compared with what can be counted by hand."""

import lecture
import numpy as np
import pytest

import nn
from nn.analysis.metrics import filled_cells, in_cell, interval, mistakes, score
from nn.network import Network, initial_network


def by_pixel(strength=10.0):
    """A network without hidden units whose output k looks at pixel k only."""
    W_out = np.zeros((784, 10))
    W_out[range(10), range(10)] = strength
    return Network(np.zeros((784, 0)), np.zeros(0), W_out, np.full(10, -strength / 2))


def images_read_as(*pairs):
    """Images that by_pixel reads as the digit of each pair (digit, pixel value)."""
    X = np.zeros((len(pairs), 784))
    for row, (digit, value) in zip(X, pairs):
        row[digit] = value
    return X


LABELS = np.array([4, 4, 4, 9, 9, 1])
READ = images_read_as((4, 1.0), (9, 0.9), (9, 1.0), (9, 0.8), (9, 0.7), (4, 0.6))


def test_the_measures_are_those_counted_by_hand():
    scores = score(by_pixel(), READ, LABELS)
    assert scores.answers.tolist() == [4, 9, 9, 9, 9, 4]
    assert scores.accuracy == 3 / 6
    confusion = np.zeros((10, 10))
    confusion[4, 4], confusion[4, 9], confusion[9, 9], confusion[1, 4] = 1, 2, 2, 1
    assert np.array_equal(scores.confusion, confusion)
    assert (scores.recall[4], scores.recall[9], scores.recall[1]) == (1 / 3, 1, 0)
    assert (scores.precision[4], scores.precision[9]) == (1 / 2, 2 / 4)
    # A digit without images has no recall, and one that was never read no precision.
    assert np.flatnonzero(np.isnan(scores.recall)).tolist() == [0, 2, 3, 5, 6, 7, 8]
    assert np.flatnonzero(np.isnan(scores.precision)).tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert scores.outputs == pytest.approx(1 / (1 + np.exp(5 - 10 * np.array([1.0, 0.9, 1.0, 0.8, 0.7, 0.6]))))


def test_the_most_confident_mistake_and_the_least_confident_right_answer_come_first():
    scores = score(by_pixel(), READ, LABELS)
    assert mistakes(scores).tolist() == [2, 1, 5]
    assert in_cell(scores, 4, 9).tolist() == [2, 1]
    assert in_cell(scores, 9, 9).tolist() == [4, 3]
    assert in_cell(scores, 0, 0).tolist() == []


def test_outputs_that_are_rounded_to_one_are_still_told_apart():
    X = images_read_as((9, 0.9), (9, 1.0))
    X[:, 4] = 0.8  # this output is rounded to 1 as well, but 9 has the larger net input
    scores = score(by_pixel(1000.0), X, np.array([4, 4]))
    assert scores.outputs.tolist() == [1, 1]
    assert scores.answers.tolist() == [9, 9]
    assert mistakes(scores).tolist() == [1, 0]


def test_the_cells_with_images_the_most_frequent_mistake_first():
    confusion = np.diag([5, 0, 7] + 7 * [0])
    confusion[3, 1], confusion[0, 2], confusion[9, 4] = 1, 4, 2
    assert filled_cells(confusion) == [(0, 2), (9, 4), (3, 1), (2, 2), (0, 0)]


def test_an_untrained_network_has_scores_too():
    mnist = nn.load_mnist()
    images, labels = mnist.X_test[:100], mnist.y_test[:100]
    for n_hidden, pixel_max in [(30, 1.0), (0, 1.0), (3, 255.0)]:
        network, what = initial_network(n_hidden, 1, pixel_max), f"{n_hidden} hidden units, pixel_max {pixel_max}"
        scores = score(network, images, labels)
        X = images / 255 * network.pixel_max
        way = [lecture.forward(network.parameters, x) for x in X]
        answers = [int(z_out.argmax()) for _, _, z_out, _ in way]
        assert scores.answers.tolist() == answers, what
        assert scores.outputs == pytest.approx(np.array([a_out.max() for *_, a_out in way])), what
        assert scores.accuracy == pytest.approx(sum(a == b for a, b in zip(answers, labels)) / 100), what
        confusion = np.bincount(10 * labels + answers, minlength=100).reshape(10, 10)
        assert np.array_equal(scores.confusion, confusion), what


def test_the_interval_is_wilsons():
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3
    table = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for counts, expected in table.items():
        assert interval(*counts) == pytest.approx(expected, abs=0.0001), counts
