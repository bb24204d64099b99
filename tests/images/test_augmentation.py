"""Distortions, styles and other hands: reproducible, of the right kind, and never destroying the digit."""

import numpy as np
import pytest

from nn import load_mnist
from nn.images import NON_DIGIT, augmentation
from nn.images.augmentation import HEIGHT, SIDE, distort, drawn, non_digit, rewritten, styled, written_digit
from nn.images.augmented_set import make_augmented_set
from nn.images.pen_strokes import letters, pen_strokes
from nn.images.preprocessing import enlarged, prepare_ink


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
    smooth = augmentation.curve(points)
    for point in points:
        assert np.abs(smooth - point).sum(axis=1).min() == 0
    assert smooth[:, 0].max() > 10.1  # it swings beyond the corner
    sharp = augmentation.curve([(0, 0), (10, 0), (10, 0), (10, 10)])
    assert np.allclose(np.minimum(np.abs(sharp[:, 0] - 10), np.abs(sharp[:, 1])), 0)  # all on the two straight lines


def test_a_distortion_keeps_the_stroke_but_turns_it_a_little_and_depends_on_the_generator_alone():
    first, again, other = (distort(bar(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    angles = []
    for seed in range(60):
        image = distort(bar(), np.random.default_rng(seed))
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


def test_the_bar_of_a_7_crosses_its_stem_and_a_3_has_no_style(mnist):
    rng = np.random.default_rng(0)
    for image in images_of(mnist, 7, 20):
        added = (styled(image, 7, rng) > 0.5) & ~(image > 0.5)
        rows, columns = np.nonzero(added)
        stem = np.flatnonzero(image[int(rows.mean())] > 0.5)
        assert columns.min() < stem.max() and columns.max() > stem.min()
    image = images_of(mnist, 3, 1)[0]
    assert styled(image, 3, rng) is image


def written_letter(letter, rng):
    return drawn(augmentation.handwritten(letters()[letter], rng), augmentation.random_pen(rng))


def test_letters_and_written_digits_fit_into_the_image_and_no_two_are_alike():
    every = [(written_letter, letter, 20) for letter in letters()] + [(written_digit, digit, 30) for digit in range(10)]
    for write, what, n in every:
        images = [write(what, np.random.default_rng(seed)) for seed in range(n)]
        assert all(image.shape == (SIDE, SIDE) and image.max() == 1 and image.mean() < 0.5 for image in images), what
        for image in images:
            assert not (image[[0, -1]].any() or image[:, [0, -1]].any()), f"{what} reaches the border"
        assert len({image.tobytes() for image in images}) == n, what
        assert np.array_equal(images[7], write(what, np.random.default_rng(7))), what


def test_another_hand_writes_the_same_digit():
    """Of what the same person wrote, its copies are closest to how it was written itself."""

    def image_of(strokes):
        return prepare_ink(drawn(strokes, 12), "normalized")["centred"]

    def as_written(strokes):
        points = np.concatenate(strokes)
        return [(stroke - points.min(axis=0)) * HEIGHT + (SIDE - HEIGHT) / 2 for stroke in strokes]

    originals = [pen_strokes()[digit][0] for digit in range(10)]
    images = np.array([image_of(as_written(strokes)) for strokes in originals])
    for digit, strokes in enumerate(originals):
        copies = [image_of(rewritten(strokes, np.random.default_rng(seed))) for seed in range(20)]
        closest = [np.abs(images - copy).sum(axis=(1, 2)).argmin() for copy in copies]
        assert np.bincount(closest, minlength=10).argmax() == digit and closest.count(digit) > 8, digit


def test_strokes_are_sometimes_joined_and_sometimes_written_in_two():
    four = next(shape for shape in pen_strokes()[4] if len(shape) == 2)
    counts = np.bincount([len(rewritten(four, np.random.default_rng(seed))) for seed in range(300)], minlength=5)
    assert 10 < counts[1] < 60, "joined"
    assert counts[2] > 200, "as it was written"
    assert 10 < counts[3] + counts[4] < 60, "lifted"


def test_non_digits_are_drawn_in_many_ways():
    images = [non_digit(np.random.default_rng(seed)) for seed in range(30)]
    assert all(image.max() > 0.5 for image in images)
    assert len({image.tobytes() for image in images}) == 30


@pytest.mark.parametrize("preparation", ["mnist", "normalized"])
def test_an_augmented_set_is_the_same_in_one_slice_or_in_many(mnist, preparation):
    X, y = mnist.X_train[:10], mnist.y_train[:10]
    how = {"preparation": preparation, "copies": 2, "written": 0.5, "non_digits": 0.1}
    steps = list(make_augmented_set(X, y, seed=3, slice_seconds=0, **how))
    ((images, digits, share),) = make_augmented_set(X, y, seed=3, slice_seconds=60, **how)
    assert len(steps) == len(images) == len(digits) == 10 + 20 + 10 + 2 and share == 1
    assert np.array_equal(steps[-1][0], images) and np.array_equal(steps[-1][1], digits)
    assert [share for _, _, share in steps] == pytest.approx(np.arange(1, 43) / 42)
    assert np.array_equal(digits, [*np.tile(y, 3), *range(10), NON_DIGIT, NON_DIGIT])
    assert (images.max(axis=1) == 255).all()
    assert not np.array_equal(images[10:20], images[20:30])  # every copy is different
    ((other, _, _),) = make_augmented_set(X, y, seed=4, slice_seconds=60, **how)
    assert np.array_equal(other[:10], images[:10]) and not np.array_equal(other[10:], images[10:])


def test_nonsense_is_refused_before_memory_is_asked_for():
    X, y = np.zeros((5, 784), np.uint8), np.arange(5)
    images = [(X, y + 6), (X, y / 2), (X, y[:4]), (X, y - 1), (X.astype(float), y), (X[:, :783], y), (X[0], y)]
    numbers = {"copies": [1_000_000, -1], "written": [float("nan"), float("inf"), -0.1], "non_digits": [-1]}
    cases = [(case, {}, "Labels|Images must be uint8") for case in images]
    cases += [((X, y), {which: number}, "copies") for which, wrong in numbers.items() for number in wrong]
    cases += [((X, y), {"preparation": "best"}, "preparation must be one of")]
    for number, (arrays, how, of_what) in enumerate(cases):
        with pytest.raises(ValueError, match=of_what):
            next(make_augmented_set(*arrays, **how))
            pytest.fail(f"case {number} with {how} was accepted")
