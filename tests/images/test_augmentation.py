"""Distortions, styles and templates: reproducible, of the right kind, and never destroying the digit."""

import numpy as np
import pytest

from nn import load_mnist
from nn.images.augmentation import SIDE, curve, distorted, drawn, non_digit, styled, template_image
from nn.images.augmented_set import make_augmented_set, non_digits
from nn.images.preprocessing import enlarged
from nn.images.stroke_templates import DIGITS, LETTERS


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


def images_of(mnist, digit, n):
    return [enlarged(mnist.X_train[i]) for i in np.flatnonzero(mnist.y_train == digit)[:n]]


def bar(angle=0.0, length=60, width=10):
    """A straight stroke through the middle of an image."""
    reach = length / 2 * np.array([np.cos(angle), np.sin(angle)])
    return drawn([[SIDE / 2 - reach, SIDE / 2 + reach]], width)


def test_a_drawn_stroke_has_the_area_of_a_bar_with_round_ends():
    for angle in (0, 0.5, 1.2):
        assert bar(angle).sum() == pytest.approx(60 * 10 + np.pi * 5**2, rel=0.07)


def test_a_curve_goes_through_its_points_and_turns_sharply_at_a_double_one():
    points = [(0, 0), (10, 0), (10, 10), (0, 10)]
    smooth = curve(points)
    for point in points:
        assert np.abs(smooth - point).sum(axis=1).min() == 0
    assert smooth[:, 0].max() > 10.1  # it swings beyond the corner
    sharp = curve([(0, 0), (10, 0), (10, 0), (10, 10)])
    assert np.allclose(np.minimum(np.abs(sharp[:, 0] - 10), np.abs(sharp[:, 1])), 0)  # all on the two straight lines


def test_a_distortion_depends_on_the_generator_alone():
    first, again, other = (distorted(bar(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_distortion_keeps_the_stroke_but_turns_it_a_little():
    angles = []
    for seed in range(60):
        image = distorted(bar(), np.random.default_rng(seed))
        assert image.sum() == pytest.approx(bar().sum(), rel=0.4)
        y, x = np.nonzero(image > 0.5)
        angles.append(np.cov(x, y)[0, 1] / np.var(x))
    assert 0.08 < np.std(angles) < 0.4 and abs(np.mean(angles)) < 0.08


def test_a_style_adds_a_stroke_and_takes_nothing_away(mnist):
    for digit in (1, 7, 9):
        rng, added = np.random.default_rng(0), []
        for image in images_of(mnist, digit, 30):
            after = styled(image, digit, rng)
            assert (after >= image).all(), digit
            assert 1.0 <= (after > 0.5).sum() / (image > 0.5).sum() < 2.2, digit
            added.append((after > image + 0.5).any())
        assert np.mean(added) > 0.9, (
            f"{digit}: a short flag may lie within the stem, but nearly all strokes are new ink"
        )


def test_the_bar_of_a_7_crosses_its_stem(mnist):
    rng = np.random.default_rng(0)
    for image in images_of(mnist, 7, 20):
        added = (styled(image, 7, rng) > 0.5) & ~(image > 0.5)
        rows, columns = np.nonzero(added)
        stem = np.flatnonzero(image[int(rows.mean())] > 0.5)
        assert columns.min() < stem.max() and columns.max() > stem.min()


def test_other_digits_have_no_style(mnist):
    image = images_of(mnist, 3, 1)[0]
    assert styled(image, 3, np.random.default_rng(0)) is image


def test_every_template_fits_into_the_image():
    templates = {f"{digit}, template {i}": shape for digit, shapes in DIGITS.items() for i, shape in enumerate(shapes)}
    for what, shape in {**templates, **LETTERS}.items():
        for seed in range(3):
            image = template_image([shape], np.random.default_rng(seed))
            assert image.shape == (SIDE, SIDE) and image.max() == 1, f"{what}, seed {seed}"
            border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
            assert not border.any(), f"{what}, seed {seed}: it reaches the border"


def test_there_are_at_least_six_templates_for_each_digit():
    assert sorted(DIGITS) == list(range(10)) and min(map(len, DIGITS.values())) >= 6


def test_non_digits_are_drawn_in_many_ways():
    images = [non_digit(np.random.default_rng(seed)) for seed in range(30)]
    assert all(image.max() > 0.5 for image in images)
    assert len({image.tobytes() for image in images}) == 30


@pytest.mark.parametrize("preparation", ["mnist", "normalized"])
def test_an_augmented_set_is_the_same_in_one_slice_or_in_many(mnist, preparation):
    X, y = mnist.X_train[:10], mnist.y_train[:10]
    how = {"preparation": preparation, "copies": 2, "templates": 0.5}
    steps = list(make_augmented_set(X, y, seed=3, slice_seconds=0, **how))
    (whole,) = make_augmented_set(X, y, seed=3, slice_seconds=60, **how)
    assert len(steps) == len(whole.X) == len(whole.y) == 10 + 20 + 10
    assert np.array_equal(steps[-1].X, whole.X) and np.array_equal(steps[-1].y, whole.y)
    assert [step.share for step in steps] == pytest.approx(np.arange(1, 41) / 40)
    assert np.array_equal(whole.y[:30], np.tile(y, 3))
    assert not np.array_equal(whole.X[10:20], whole.X[20:30])  # every copy is different
    (other,) = make_augmented_set(X, y, seed=4, slice_seconds=60, **how)
    assert np.array_equal(other.X[:10], whole.X[:10]) and not np.array_equal(other.X[10:], whole.X[10:])


def test_an_augmented_set_needs_a_preparation_that_exists(mnist):
    with pytest.raises(ValueError, match="preparation must be one of"):
        next(make_augmented_set(mnist.X_train[:2], mnist.y_train[:2], preparation="best"))


def test_images_of_non_digits_are_images():
    images = non_digits(20, seed=0)
    assert images.shape == (20, 784) and images.dtype == np.uint8 and (images.max(axis=1) == 255).all()
    assert np.array_equal(images, non_digits(20, seed=0))


def test_what_no_augmented_set_can_be_made_of_is_refused_before_memory_is_asked_for():
    X, y = np.zeros((5, 784), np.uint8), np.arange(5)
    wrong = {
        "labels": [(X, y + 6), (X, y / 2), (X, y[:4]), (X, y - 1)],
        "images": [(X.astype(float), y), (X[:, :783], y), (X[0], y)],
    }
    for which, cases in wrong.items():
        for case in cases:
            with pytest.raises(ValueError, match="digits|Labels"):
                next(make_augmented_set(*case))
                pytest.fail(f"{which} were accepted")
    for more in ({"copies": 1_000_000}, {"copies": -1}, {"templates": float("nan")}, {"templates": -0.1}):
        with pytest.raises(ValueError, match="copies"):
            next(make_augmented_set(X, y, **more))
