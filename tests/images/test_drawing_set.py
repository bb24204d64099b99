"""A hand set holds drawings, copies of them and MNIST's images; what is held out of it is out with all its copies."""

import numpy as np
import pytest
from examples import completed, few_images

import nn
from nn.images import drawing_set as hand_set
from nn.images.augmentation import written_digit
from nn.images.drawing_set import NO_DRAWING, DrawingSet, folds
from nn.images.preprocessing import find_ink, fine_ink
from nn.images.training_set import TrainingSet
from nn.recipe import Recipe

LABELS = np.array([7, 3, 7, 1, 7])
COPIES = 100  # fewer than the page makes


@pytest.fixture(autouse=True)
def few_copies(monkeypatch):
    monkeypatch.setattr(hand_set, "COPIES", COPIES)


def drawing(digit, seed):
    """A canvas, uint8 (280, 280, 4), with a digit as somebody might draw it."""
    canvas = np.zeros((280, 280, 4), np.uint8)
    canvas[90:202, 30:142, :3] = np.rint(255 * written_digit(digit, np.random.default_rng(seed)))[..., None]
    canvas[..., 3] = 255
    return canvas


@pytest.fixture(scope="module")
def canvases():
    return [drawing(digit, seed) for seed, digit in enumerate(LABELS)]


@pytest.fixture(scope="module")
def few():
    return few_images()


def hand(canvases, few, preparation="mnist", labels=LABELS, **more):
    beside = TrainingSet(few, Recipe(preparation=preparation))
    return completed(DrawingSet([find_ink(canvas) for canvas in canvases], labels, beside, **more))


@pytest.mark.parametrize("preparation", ["mnist", "normalized"])
def test_it_begins_with_the_drawings_as_the_network_sees_them_and_ends_with_mnist(canvases, few, preparation):
    images = hand(canvases, few, preparation)
    n = len(LABELS)
    seen = [np.rint(255 * nn.prepare_drawing(canvas, preparation).image).reshape(784) for canvas in canvases]
    assert np.array_equal(images.drawings, seen) and np.array_equal(images.mnist.X_train[:n], seen)
    assert images.n_images == n + COPIES + 20 == len(images.mnist.X_train) == len(images.mnist.y_train)
    assert np.array_equal(images.mnist.X_train[-20:], nn.prepare_images(few.X_train, preparation))
    assert np.array_equal(images.mnist.y_train[-20:], few.y_train) and (images.source[-20:] == NO_DRAWING).all()
    assert np.array_equal(images.mnist.X_test, nn.prepare_images(few.X_test, preparation))
    assert np.array_equal(images.mnist.y_test, few.y_test)
    made = images.mnist
    assert not any(array.flags.writeable for array in (made.X_train, made.y_train, made.X_test, images.drawings))


def test_every_drawing_has_as_many_copies_all_different_with_its_label(canvases, few):
    images = hand(canvases, few, with_mnist=False)
    assert images.n_images == len(LABELS) + COPIES and images.mnist.X_train.dtype == np.uint8
    assert np.array_equal(images.mnist.y_train, LABELS[images.source])
    assert np.array_equal(np.bincount(images.source), np.full(5, 1 + COPIES // 5))
    assert len(np.unique(images.mnist.X_train, axis=0)) == images.n_images
    assert not any(array.flags.writeable for array in (images.mnist.X_train, images.mnist.y_train, images.drawings))
    nearest = [  # a copy still looks like its own drawing: the images are compared by the angle between them
        np.argmax(images.drawings @ copy / np.linalg.norm(images.drawings.astype(float), axis=1))
        for copy in images.mnist.X_train.astype(float)
    ]
    assert (nearest == images.source).mean() > 0.6  # 1 in 5 by chance


def test_copies_are_seeded_and_neither_slices_nor_failures_change_them(canvases, few, monkeypatch):
    first = hand(canvases, few).mnist.X_train
    monkeypatch.setattr(hand_set, "SLICE_SECONDS", 1e-9)  # every image is a slice of its own
    assert np.array_equal(hand(canvases, few).mnist.X_train, first)
    with monkeypatch.context() as broken:
        broken.setattr(hand_set, "distort", lambda ink, rng: 1 / 0)
        images = DrawingSet([find_ink(canvas) for canvas in canvases], LABELS, TrainingSet(few))
        with pytest.raises(ZeroDivisionError):
            completed(images)
    assert np.array_equal(completed(images).mnist.X_train, first)  # a step that failed is taken again


def test_a_fold_leaves_out_its_drawings_and_every_copy_of_them(canvases, few):
    """The drawings that are held out are exchanged for others: nothing of what the network learns from may change."""
    whole = hand(canvases, few)
    for held_out in folds(LABELS):
        fold = whole.without(held_out)
        exchanged = [drawing(8, 100 + i) if i in held_out else canvas for i, canvas in enumerate(canvases)]
        relabelled = np.where(np.isin(np.arange(5), held_out), 8, LABELS)
        other = hand(exchanged, few, labels=relabelled)
        assert not np.array_equal(other.mnist.X_train, whole.mnist.X_train)
        other = other.without(held_out)
        assert np.array_equal(fold.mnist.X_train, other.mnist.X_train)
        assert np.array_equal(fold.mnist.y_train, other.mnist.y_train)
        # And everything else is still there.
        n_left_out = len(held_out) * (1 + COPIES // 5)
        assert fold.n_images == len(fold.mnist.X_train) == whole.n_images - n_left_out
        assert np.array_equal(fold.mnist.X_test, whole.mnist.X_test)
    assert whole.n_images == len(whole.mnist.X_train), "the whole set has changed"


def test_many_drawings_have_a_copy_each(few):
    ink = np.zeros((9, 9))
    ink[2:7, 3:5] = 1
    images = DrawingSet([ink] * 600, np.ones(600, int), TrainingSet(few), with_mnist=False)
    assert images.n_images == 1200


def test_drawings_that_are_none_are_refused(few):
    ink = np.ones((9, 9))
    for inks, labels in [
        ([], []),
        ([np.zeros((9, 9))], [1]),
        ([np.ones(9)], [1]),
        *(([ink], labels) for labels in ([1, 2], [10], [-1], [1.0])),
    ]:
        with pytest.raises(ValueError):
            DrawingSet(inks, labels, TrainingSet(few))
            pytest.fail(f"{np.shape(inks)} with the labels {labels} were accepted")


def test_every_drawing_is_held_out_once_and_the_folds_are_even_and_seeded():
    labels = np.array([7] * 3 + [1] * 5 + [2] * 11 + [0])
    parts = folds(labels)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(20))
    assert [len(part) for part in parts] == [4] * 5
    for digit, n in zip(*np.unique(labels, return_counts=True)):
        in_each = [(labels[part] == digit).sum() for part in parts]
        assert max(in_each) - min(in_each) <= 1, f"the {n} drawings of a {digit} are not spread: {in_each}"
    assert np.array_equal(np.concatenate(parts), np.concatenate(folds(labels)))
    few = folds(np.array([3, 3, 5]))
    assert len(few) == 3 and all(len(part) for part in few)
    for labels in ([3], []):
        with pytest.raises(ValueError):
            folds(np.array(labels, int))


@pytest.mark.parametrize("rows, columns", [(1, 60), (60, 1), (3, 3), (200, 120)])
def test_the_ink_of_a_drawing_becomes_as_large_as_enlarged_mnist(rows, columns):
    ink = np.zeros((280, 280))
    ink[7 : 7 + rows, 70 : 70 + columns] = 1
    image = fine_ink(ink)
    assert image.shape == (112, 112) and image.max() == 1
    there = np.argwhere(image > 0.5)
    assert np.ptp(there, axis=0).max() + 1 == 80
    assert np.allclose((there.min(axis=0) + there.max(axis=0)) / 2, 55.5, atol=1)
