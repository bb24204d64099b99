"""A Recipe in words, and as the page's address has it."""

from dataclasses import fields, replace

from nn.recipe import DEFAULT, MAX_BATCH, Recipe, differences

# A value of every field that differs from the page's first one, the words for both, and the value in the address.
SETTINGS = {
    "n_hidden": (1, "1 hidden unit", "30 hidden units", {"hidden": "1"}),
    "eta": (0.5, "η = 0.5", "η = 0.1", {"eta": "0.5"}),
    "epochs": (1, "1 epoch", "30 epochs", {"epochs": "1"}),
    "batch_size": (32, "batches of 32", "one image per step", {"batch": "32"}),
    "seed": (7, "seed 7", "seed 42", {"seed": "7"}),
    "scale": (False, "raw pixels", "scaled pixels", {"scale": "false"}),
    "shuffle": (False, "not shuffled", "shuffled", {"shuffle": "false"}),
    "preparation": ("normalized", "straightened", "not straightened", {"prepare": "true"}),
    "source": ("openml", "images from OpenML", "bundled images", {"data": "openml"}),
    "n_images": (500, "500 training images", "8,000 training images", {"images_bundled": "500"}),
    "distorted": (True, "distorted copies added", "no distorted copies", {"distort": "true"}),
    "is_sorted": (True, "sorted by digit", "not sorted", {"sort": "true"}),
}


def test_every_setting_has_words_and_a_place_in_the_address_and_only_differences_are_named():
    """Of two, differences says the same; a setting in which two of three agree is said of all."""
    assert {field.name for field in fields(Recipe)} == set(SETTINGS)
    for name, (value, words, usual, query) in SETTINGS.items():
        other = replace(DEFAULT, **{name: value})
        assert other.changes(other) == "" and other.query(other) == {}, name
        assert other.changes(DEFAULT) == words and DEFAULT.changes(other) == usual, name
        assert other.query(DEFAULT) == query and query.keys() <= other.widget_values().keys(), name
        assert differences([DEFAULT, other]) == [usual, words], name
        assert differences([other, DEFAULT, other]) == [words, usual, words], name
    assert differences([]) == [] and differences([DEFAULT]) == [""] and differences([DEFAULT] * 3) == [""] * 3
    eta, seed = replace(DEFAULT, eta=0.5), replace(DEFAULT, seed=7)
    assert differences([DEFAULT, eta, seed]) == ["η = 0.1, seed 42", "η = 0.5, seed 42", "η = 0.1, seed 7"]


def test_several_differences_are_named_in_the_order_of_the_fields():
    recipe = Recipe(0, 0.001, 30, MAX_BATCH, scale=False, source="openml", n_images=60_000, distorted=True)
    assert recipe.changes(DEFAULT) == (
        "0 hidden units, η = 0.001, all images in one batch, raw pixels, images from OpenML, 60,000 training images, "
        "distorted copies added"
    )
    assert DEFAULT.changes(recipe).split(", ")[:3] == ["30 hidden units", "η = 0.1", "one image per step"]
    assert recipe.query(DEFAULT)["batch"] == "all" and recipe.query(DEFAULT)["images_openml"] == "60,000"


def test_the_page_offers_what_its_widgets_can_be_set_to():
    assert DEFAULT.is_offered and Recipe(300, 10.0, 100, MAX_BATCH, 2**32 - 1).is_offered
    for other in ({"n_hidden": 301}, {"eta": 0.12345}, {"epochs": 101}, {"batch_size": 2}, {"n_images": 60_000}):
        assert not replace(DEFAULT, **other).is_offered, other
