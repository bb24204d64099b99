"""Hints: each rule on a training that shows the fault, and on one that doesn't."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import nn
from nn.hints import FLAT_SHARE, epoch_ends, flat_share, hints
from nn.network import forward, initial_network, sigmoid
from nn.training import Point, Settings, initial_run, train

RAW, ETA_LARGE, FLAT, ETA_SMALL = (
    "The inputs are too large",
    "The learning rate is too large",
    "The hidden sigmoids are flat",
    "The learning rate is too small",
)
FEW_STEPS, FEW_UNITS = "Too few steps", "Too few hidden units"
BY_HEART, MORE = "It learns by heart: overfitting", "More epochs would pay"


@cache
def trained(n_images, **settings):
    """A real training: its Settings and its last Run."""
    mnist, settings = nn.load_mnist().first(n_images), Settings(**settings)
    *_, run = train(settings, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test, slice_seconds=1)
    return settings, run


def judged(n_images, *, training=False, **settings):
    settings, run = trained(n_images, **settings)
    flat = flat_share(run.network, nn.load_mnist().X_test[:200])
    return {hint.name: hint for hint in hints(run, settings, flat, training)}


GOOD = {"n_images": 8_000, "epochs": 10}


def test_a_good_training_needs_no_hint():
    assert judged(**GOOD) == {}


@pytest.mark.parametrize(
    "name, mend, how",
    [
        (RAW, ("scale", 0.1), {"n_images": 2_000, "scale": False, "eta": 0.001, "epochs": 5}),
        (RAW, ("scale", 0.1), {"n_images": 2_000, "scale": False, "eta": 0.1, "epochs": 3, "n_hidden": 0}),
        (ETA_LARGE, ("eta", 1.0), {"n_images": 2_000, "eta": 10.0, "epochs": 5}),
        (ETA_LARGE, ("eta", 0.1), {"n_images": 8_000, "eta": 1.0, "epochs": 10}),
        (FLAT, ("eta", 0.2), {"n_images": 8_000, "eta": 2.0, "epochs": 5}),
        (ETA_SMALL, ("eta", 0.003), {"n_images": 8_000, "eta": 0.001, "epochs": 10}),
        (ETA_SMALL, ("eta", 0.01), {"n_images": 500, "eta": 0.001, "epochs": 30}),
        (FEW_STEPS, ("batch_size", 80), {"n_images": 8_000, "eta": 0.1, "epochs": 5, "batch_size": 8_000}),
        (FEW_UNITS, ("n_hidden", 30), {"n_images": 4_000, "n_hidden": 2, "epochs": 10}),
        (FEW_UNITS, ("n_hidden", 30), {"n_images": 8_000, "n_hidden": 0, "eta": 0.01, "epochs": 10}),
        (BY_HEART, None, {"n_images": 500, "epochs": 30}),
        (BY_HEART, None, {"n_images": 500, "epochs": 12}),
        (MORE, ("epochs", 10), {"n_images": 8_000, "epochs": 2}),
        (MORE, ("epochs", 20), {"n_images": 8_000, "eta": 0.01, "epochs": 10}),
    ],
)
def test_a_fault_is_named_and_a_better_setting(name, mend, how):
    found = judged(**how)
    assert list(found) == [name]
    hint = found[name]
    assert mend is None or (hint.mend, hint.value) == (mend[0], pytest.approx(mend[1]))
    assert hint.rule and all(text.isprintable() and "nan" not in text for text in (hint.seen, hint.rule))


@pytest.mark.parametrize(
    "before, after",
    [
        ({"n_images": 8_000, "eta": 1.0, "epochs": 10}, {"eta": 0.1}),
        ({"n_images": 500, "eta": 0.001, "epochs": 30}, {"eta": 0.01}),
        ({"n_images": 2_000, "scale": False, "eta": 0.001, "epochs": 5}, {"scale": True, "eta": 0.1}),
        ({"n_images": 8_000, "eta": 0.1, "epochs": 5, "batch_size": 8_000}, {"batch_size": 32}),
        ({"n_images": 4_000, "n_hidden": 2, "epochs": 10}, {"n_hidden": 30}),
        ({"n_images": 500, "epochs": 30}, {"n_images": 8_000, "epochs": 10}),
        ({"n_images": 8_000, "epochs": 2}, {"epochs": 10}),
    ],
)
def test_the_mended_training_is_better_and_the_hint_is_gone(before, after):
    ends = [trained(**how)[1].history[-1] for how in (before, before | after)]
    assert ends[1].test_cost < ends[0].test_cost
    assert not set(judged(**before)) & set(judged(**before | after))


def test_the_sentences_have_the_numbers_of_the_run():
    _, run = trained(500, epochs=30)
    last, best = run.history[-1], min(epoch_ends(run), key=lambda point: point.test_cost)
    seen = judged(500, epochs=30)[BY_HEART].seen
    assert f"Since epoch {best.epoch:.0f}" in seen and f"to {last.cost:.2f}" in seen
    assert f"{best.test_cost:.2f} to {last.test_cost:.2f}" in seen and f"{last.test_accuracy:.1%} right" in seen


def test_while_it_trains_more_epochs_are_not_called_for():
    assert judged(8_000, epochs=2, training=True) == {}


def test_stopped_before_its_end_it_is_to_go_on_to_it():
    settings, run = trained(8_000, epochs=2)
    (hint,) = hints(run, replace(settings, epochs=30), 0.5, False)
    assert (hint.mend, hint.value) == ("epochs", 30)


def test_before_the_first_epoch_is_over_nothing_is_said():
    settings = Settings()
    start = initial_run(settings, 100)
    assert hints(start, settings, 0.0, True) == ()
    begun = (Point(0.0, 7.0, 0.1, 7.0, 0.1), Point(0.5, 70.0, 0.1, 70.0, 0.1))
    assert hints(replace(start, history=begun), settings, 1.0, True) == ()


def test_a_training_that_diverged_at_once_is_judged():
    settings, run = trained(2_000, scale=False, eta=0.1, epochs=3, n_hidden=0)
    assert run.diverged
    assert hints(replace(run, history=run.history[:1]), settings, 0.0, False)[0].name == RAW
    assert hints(replace(run, history=run.history[:1]), replace(settings, scale=True), 0.0, False)[0].name == ETA_LARGE


def test_the_jumps_of_a_learning_rate_of_long_ago_are_forgiven():
    settings, run = trained(8_000, eta=1.0, epochs=10)
    calm = [Point(10.0 + i, 0.5 * 0.97**i, 0.9, 0.6, 0.9) for i in range(1, 11)]
    since = replace(run, history=(*run.history, *calm))
    assert ETA_LARGE not in [hint.name for hint in hints(since, settings, 0.5, False)]


def test_flat_is_where_the_slope_is_next_to_nothing():
    images = nn.load_mnist().X_test[:50]
    for network in (initial_network(7, 1), initial_network(7, 1, pixel_max=255.0)):
        z_h = forward(network, network.inputs(images)).z_h
        expected = np.mean([min(sigmoid(z), sigmoid(-z)) < 0.01 for z in z_h.ravel()])
        assert flat_share(network, images) == pytest.approx(expected)
    assert flat_share(initial_network(0, 1), images) == 0
    assert flat_share(initial_network(30, 42, pixel_max=255.0), images) >= FLAT_SHARE
    assert flat_share(initial_network(30, 42), images) < 0.01
