"""The words about a training: how far it is, how long it takes, and how many are before it."""

import pytest

from nn.network import initial_network
from nn.training import TrainingState
from nn.ui.numbers import duration
from nn.ui.page.training import progress_words

MIDDLE = "Epoch 5.0 of 10 · 8,000 images/s ·"


@pytest.mark.parametrize(
    "images_seen, active, speed, estimate, words",
    [
        (20, True, 0.0, None, "After 20 of 8,000 images"),
        (20, True, 0.0, (12.0, 0), "After 20 of 8,000 images"),  # one sees it move
        (20, True, 0.0, (40.3, 12), "After 20 of 8,000 images · about 40 s, 12 trainings ahead of you"),
        (40_000, True, 8_000.0, None, f"{MIDDLE} 5 s left"),
        (40_000, True, 8_000.0, (7.2, 1), f"{MIDDLE} 7 s left, 1 training ahead of you"),
        (40_000, True, 0.0, None, "Epoch 5.0 of 10 · 0 images/s · … left"),
        (20, False, 0.0, None, "20 of 8,000 images: stopped"),
        (80_000, False, 0.0, None, "Epoch 10.0 of 10: finished"),
    ],
)
def test_the_progress_says_how_long_it_takes_and_how_many_are_before(images_seen, active, speed, estimate, words):
    state = TrainingState(initial_network(1, 0), 8_000, images_seen, finished=images_seen == 80_000)
    assert progress_words(state, 10, active, speed, estimate) == words


def test_a_training_that_diverges_at_once_says_so():
    state = TrainingState(initial_network(0, 0), 500, finished=True, diverged=True)
    assert progress_words(state, 10, False, 0.0) == "0 of 500 images: diverged"
    assert progress_words(TrainingState(initial_network(0, 0), 500), 10, False, 0.0) == "After 0 of 500 images"


def test_durations_are_as_precise_as_an_estimate():
    assert [duration(seconds) for seconds in (0.2, 59.7, 600, 7_200)] == ["a second", "60 s", "10 min", "2.0 h"]
