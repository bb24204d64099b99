"""The film of a training."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

import nn
from nn.analysis.evaluation import Point
from nn.engine.snapshots import MAX_SNAPSHOTS, with_snapshot
from nn.network import Network, initial_network
from nn.training import TrainingState
from nn.ui.html import NEGATIVE, POSITIVE
from nn.ui.inside.film import training_film, units_to_show


def frames(film, kind="WEBP"):
    """The frames of an animated picture as arrays (rows, columns, 3), and how many milliseconds each is shown."""
    picture = Image.open(io.BytesIO(film))
    assert picture.format == kind
    shown = [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(picture)]
    return [pixels for pixels, _ in shown], [duration for _, duration in shown]


def of_colour(frame, colour):
    """How many pixels of a frame have this very colour."""
    return (frame == colour).all(axis=2).sum()


def points(accuracies):
    """A history with these accuracies on held-out images, an epoch apart."""
    return [Point(float(epoch), 1.0, accuracy, 1.0, accuracy) for epoch, accuracy in enumerate(accuracies)]


def test_a_training_becomes_a_film():
    mnist, snapshots = nn.load_mnist().first(30), ()
    data = mnist.X_train, mnist.y_train, mnist.X_test[:30], mnist.y_test[:30]
    for state in nn.train(nn.Recipe(n_hidden=20, epochs=3), *data):
        snapshots = with_snapshot(snapshots, state)
    film = training_film(snapshots, state.history, state.n_images)
    pictures, durations = frames(film)
    assert len(pictures) == len(snapshots) == 9  # untrained, after 1, 2, 5, 10 and 20 images, and three epochs
    assert durations[:-1] == [500] * 8 and durations[-1] >= 2_000
    assert Image.open(io.BytesIO(film)).info["loop"] == 0  # it plays again and again
    assert all(600 <= picture.shape[1] <= 800 for picture in pictures)
    for before, after in zip(pictures, pictures[1:]):
        assert (before != after).any()
    one, _ = frames(training_film(snapshots[:1], state.history[:1], 30))
    assert len(one) == 1
    gif = training_film(snapshots, state.history, state.n_images, "gif")
    same, same_durations = frames(gif, "GIF")
    assert same_durations == durations and Image.open(io.BytesIO(gif)).info["loop"] == 0
    for picture, other in zip(pictures, same, strict=True):
        assert np.abs(picture.astype(int) - other).mean() < 8  # of 255: it has fewer colours


@pytest.mark.slow
@pytest.mark.parametrize("n_hidden", [0, 300])
def test_the_film_is_small_however_large_the_network_is(n_hidden):
    noise = [TrainingState(initial_network(n_hidden, seed), 60_000, 60_000 * seed) for seed in range(MAX_SNAPSHOTS)]
    film = training_film(noise, points(np.linspace(0.1, 0.9, MAX_SNAPSHOTS)), 60_000)  # nothing is harder to compress
    assert len(film) < 1_000_000
    with Image.open(io.BytesIO(film)) as picture:
        assert picture.n_frames == MAX_SNAPSHOTS


def test_weights_are_blue_or_orange_on_the_scale_of_the_end():
    W_h = np.repeat([[1.0, -1.0]], 784, axis=0)
    growing = [Network(share * W_h, np.zeros(2), np.ones((2, 10)), np.zeros(10)) for share in (0, 0.5, 1)]
    snapshots = [TrainingState(network, 100, 100 * epoch) for epoch, network in enumerate(growing)]
    (first, middle, last), _ = frames(training_film(snapshots, points([0.5] * 3), 100))
    blue, orange = of_colour(last, POSITIVE) - of_colour(first, POSITIVE), of_colour(last, NEGATIVE)
    assert orange >= 200 * 200 and orange == pytest.approx(blue, rel=0.05)  # two large squares, and some of the curve
    assert of_colour(first, NEGATIVE) == of_colour(middle, NEGATIVE) == 0


def test_the_accuracy_grows_with_the_moments():
    network = initial_network(3, 0)
    snapshots = [TrainingState(network, 100, 100 * epoch) for epoch in range(3)]
    (_, middle, last), _ = frames(training_film(snapshots, points([0.1, 0.5, 0.9]), 100))
    (_, same, higher), _ = frames(training_film(snapshots, points([0.1, 0.5, 0.99]), 100))
    assert (middle == same).all() and (last != higher).any()  # nothing is told in advance


def test_the_units_that_matter_most_have_long_weights_on_both_sides():
    W_h, W_out = np.ones((784, 4)), np.ones((4, 10))
    W_h[:, 2], W_out[1], W_out[2], W_out[3] = -3, 2, -1, 9
    network = Network(W_h, np.zeros(4), W_out, np.zeros(10))
    assert units_to_show(network).tolist() == [3, 2, 1, 0]
    assert len(units_to_show(initial_network(300, 0))) == 12
    assert units_to_show(initial_network(0, 0)).tolist() == list(range(10))
