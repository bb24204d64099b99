"""What the page says about a training: how far it is, how long it takes, and who is before."""

from dataclasses import replace

from nn.network import initial_network
from nn.training import Run
from nn.ui.training_panel import progress_words


def test_the_progress_says_how_long_it_takes_and_how_many_are_before():
    network = initial_network(1, 0)
    beginning, middle, end = (Run(network, 8_000, seen) for seen in (20, 40_000, 80_000))
    assert progress_words(beginning, 10, True, 0.0) == "After 20 of 8,000 images"
    assert progress_words(beginning, 10, True, 0.0, (12.0, 0)) == "After 20 of 8,000 images"  # one sees it move
    words = "After 20 of 8,000 images · about 40 s, 12 trainings before yours"
    assert progress_words(beginning, 10, True, 0.0, (40.3, 12)) == words
    assert progress_words(middle, 10, True, 8_000.0) == "Epoch 5.0 of 10 · 8,000 images/s · 5 s left"
    words = "Epoch 5.0 of 10 · 8,000 images/s · 7 s left, 1 training before yours"
    assert progress_words(middle, 10, True, 8_000.0, (7.2, 1)) == words
    assert progress_words(middle, 10, True, 0.0) == "Epoch 5.0 of 10 · 0 images/s · … left"
    assert progress_words(beginning, 10, False, 0.0) == "20 of 8,000 images: stopped"
    assert progress_words(replace(end, finished=True), 10, False, 0.0) == "Epoch 10.0 of 10: finished"
