"""A training's settings in words."""

from dataclasses import fields, replace

from nn import Settings
from nn.training import MAX_BATCH
from nn.ui.controls import Controls
from nn.ui.words import settings_in_words, told_apart

USUAL = Controls(Settings(epochs=30), "bundled", 8_000, False)
# Every field of Settings and of Controls: a value that differs from the usual one, and the words for both.
SETTINGS = {
    "n_hidden": (1, "1 hidden unit", "30 hidden units"),
    "eta": (0.5, "η = 0.5", "η = 0.1"),
    "epochs": (1, "1 epoch", "30 epochs"),
    "batch_size": (32, "batches of 32", "one image a step"),
    "seed": (7, "seed 7", "seed 42"),
    "scale": (False, "raw pixels", "scaled pixels"),
    "shuffle": (False, "no shuffle", "shuffled"),
    "preparation": ("normalized", "straightened", "not straightened"),
}
CONTROLS = {
    "source": ("openml", "8,000 images from OpenML", "8,000 bundled images"),
    "n_images": (500, "500 bundled images", "8,000 bundled images"),
    "distorted": (True, "distorted images too", "no distorted images"),
    "is_sorted": (True, "sorted by digit", "not sorted"),
}


def changed(name, value):
    """The usual Controls with one change."""
    if name in CONTROLS:
        return replace(USUAL, **{name: value})
    return replace(USUAL, settings=replace(USUAL.settings, **{name: value}))


def test_every_setting_has_words_and_only_differences_are_named():
    """Of two, told_apart says the same; a setting in which two of three agree is said of all."""
    assert {field.name for field in fields(Settings)} == set(SETTINGS)
    assert {field.name for field in fields(Controls)} == {*CONTROLS, "settings"}
    for name, (value, words, usual) in (SETTINGS | CONTROLS).items():
        other = changed(name, value)
        assert settings_in_words(other, other) == "", name
        assert settings_in_words(other, USUAL) == words, name
        assert settings_in_words(USUAL, other) == usual, name
        assert told_apart([USUAL, other]) == [usual, words], name
        assert told_apart([other, USUAL, other]) == [words, usual, words], name
    assert told_apart([]) == [] and told_apart([USUAL]) == [""] and told_apart([USUAL] * 3) == [""] * 3
    eta, seed = changed("eta", 0.5), changed("seed", 7)
    assert told_apart([USUAL, eta, seed]) == ["η = 0.1, seed 42", "η = 0.5, seed 42", "η = 0.1, seed 7"]


def test_several_differences_are_named_in_the_same_order_always():
    lectures = Settings(n_hidden=0, eta=0.001, epochs=30, batch_size=MAX_BATCH, scale=False)
    controls = Controls(lectures, "openml", 60_000, True)
    assert settings_in_words(controls, USUAL) == (
        "0 hidden units, η = 0.001, all images in one batch, 60,000 images from OpenML, distorted images too, "
        "raw pixels"
    )
    assert settings_in_words(USUAL, controls).split(", ")[:3] == ["30 hidden units", "η = 0.1", "one image a step"]
