"""The "normalized" preparation: place, size, pen and slant of a drawing make no difference to the network."""

import numpy as np
import pytest
from canvases import canvas, placed, rgba
from PIL import Image

from nn import load_mnist, prepare_drawing, prepare_images
from nn.images import PREPARATIONS
from nn.images.preprocessing import enlarged, prepare_ink, stage_images

# A 2 as a pen goes: (x, y) in 0..1.
TWO = [(0.05, 0.25), (0.15, 0.08), (0.3, 0), (0.5, 0.05), (0.6, 0.2), (0.55, 0.4), (0.3, 0.7), (0, 1), (0.65, 1)]


def drawing(points=TWO, pen=20, **where):
    """A line through points as grey levels."""
    return canvas(placed([points], **where), pen)


def normalized(**how):
    return prepare_drawing(rgba(drawing(**how)), "normalized").image


def difference(a, b):
    """How much of the ink of two images is not common to both: 0 the same, 2 nothing in common."""
    return np.abs(a - b).sum() / ((a.sum() + b.sum()) / 2)


def test_place_size_pen_and_slant_make_no_difference():
    expected = normalized()
    for how, allowed in [
        ({"at": (5, 90)}, 0.05),
        ({"at": (83, 21)}, 0.05),
        ({"size": 90}, 0.2),
        ({"size": 220, "at": (30, 30)}, 0.1),
        ({"pen": 10}, 0.2),
        ({"pen": 30}, 0.2),
        ({"pen": 5}, 0.25),
        ({"slant": 0.3, "at": (40, 45)}, 0.2),
        ({"slant": -0.3, "at": (90, 45)}, 0.2),
    ]:
        assert difference(expected, normalized(**how)) < allowed, f"{how}"


def test_pen_and_slant_do_make_a_difference_to_mnists_own_preparation():
    plain = prepare_drawing(rgba(drawing())).image
    for how in ({"pen": 30}, {"slant": 0.3, "at": (40, 45)}):
        changed = prepare_drawing(rgba(drawing(**how))).image
        assert difference(plain, changed) > 2 * difference(normalized(), normalized(**how)), f"{how}"


def test_the_image_is_20_pixels_high_and_has_its_centre_of_mass_in_the_middle():
    for how in ({}, {"pen": 12}, {"size": 100, "pen": 25}):
        image = normalized(**how)
        assert image.shape == (28, 28) and image.min() >= 0 and image.max() == 1
        for axis in (0, 1):
            profile = image.sum(axis=axis)
            assert profile @ np.arange(28) / profile.sum() == pytest.approx(13.5, abs=0.1)
        assert (image.max(axis=1) > 0.5).sum() in (19, 20, 21)


def test_the_pen_becomes_two_and_a_half_pixels_wide():
    for pen in (8, 14, 20, 28):
        image = normalized(points=[(0.3, 0), (0.3, 1)], pen=pen)
        assert image[10:18].sum(axis=1) == pytest.approx(2.5, abs=0.4), f"pen {pen}"


def test_mnists_images_go_the_same_way_as_a_drawing_of_them():
    X = load_mnist().X_train[:10]
    prepared = prepare_images(X, "normalized")
    assert prepared.shape == X.shape and prepared.dtype == np.uint8
    assert prepare_images(X, "mnist") is X  # they were made that way
    assert not prepare_images(np.zeros((2, 784), np.uint8), "normalized").any()
    for image, row in zip(X, prepared):
        grey = np.asarray(Image.fromarray(image.reshape(28, 28)).resize((280, 280), Image.Resampling.BICUBIC))
        assert difference(prepare_drawing(rgba(grey), "normalized").image, row.reshape(28, 28) / 255) < 0.2


def test_a_normalized_image_hardly_changes_when_it_is_normalized_again():
    once = prepare_images(load_mnist().X_train[:25], "normalized")
    twice = prepare_images(once, "normalized")
    before, after = once / 255, twice / 255
    assert np.mean([difference(a, b) for a, b in zip(before, after)]) < 0.2


def test_every_stage_can_be_shown_to_a_network():
    stages = {"mnist": ["20 pixels"], "normalized": ["deskewed", "stroke width"]}
    for preparation in PREPARATIONS:
        prepared = prepare_drawing(rgba(drawing()), preparation)
        images = stage_images(prepared)
        assert list(images) == list(prepared.stages) == ["drawing", "cut out", *stages[preparation], "centred"]
        for name, image in images.items():
            what = f"{preparation}: {name}"
            assert image.shape == (28, 28) and image.min() >= 0 and image.max() == 1, what
        assert np.array_equal(images["centred"], prepared.image), preparation
        blank = prepare_drawing(rgba(np.zeros((280, 280), np.uint8)), preparation)
        assert blank.is_blank and not blank.image.any() and list(stage_images(blank)) == ["drawing"], preparation


def test_jitter_moves_and_scales_the_image():
    ink = enlarged(load_mnist().X_train[0])
    for preparation in PREPARATIONS:
        exact = prepare_ink(ink, preparation)["centred"]
        moved = prepare_ink(ink, preparation, shift=(2, -1))["centred"]
        assert difference(np.roll(exact, (-1, 2), axis=(0, 1)), moved) < 0.05
        smaller = prepare_ink(ink, preparation, scale=0.8)["centred"]
        assert smaller.sum() < 0.8 * exact.sum()


def test_images_and_preparations_that_are_unknown_are_refused():
    with pytest.raises(ValueError, match="preparation must be one of"):
        prepare_drawing(rgba(drawing()), "none")
    with pytest.raises(ValueError, match="preparation must be one of"):
        prepare_images(np.zeros((1, 784), np.uint8), "")
    for images in (np.zeros((1, 784)), np.zeros((28, 28), np.uint8), np.zeros(784, np.uint8)):
        with pytest.raises(ValueError, match="Images must be uint8"):
            prepare_images(images, "normalized")
            pytest.fail(f"{images.dtype} {images.shape} was accepted")
