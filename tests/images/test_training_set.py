"""A training set is made once, in slices, and equals what prepare_images and make_augmented_set make in one go."""

import numpy as np
import pytest
from examples import completed, few_images

import nn
from nn.images.augmented_set import augmented_set_size
from nn.images.training_set import TrainingSet


@pytest.fixture(scope="module")
def mnist():
    return few_images()


def test_images_as_the_lecture_takes_them_are_ready_at_once(mnist):
    images = TrainingSet(mnist)
    assert images.share == 1 and images.mnist is mnist and images.n_images == 20


def test_normalized_images_are_those_of_prepare_images(mnist):
    images = TrainingSet(mnist, nn.Recipe(preparation="normalized"))
    prepared = completed(images).mnist
    assert len(prepared.X_train) == images.n_images == 20
    assert np.array_equal(prepared.X_train, nn.prepare_images(mnist.X_train, "normalized"))
    assert np.array_equal(prepared.X_test, nn.prepare_images(mnist.X_test, "normalized"))
    assert np.array_equal(prepared.y_train, mnist.y_train) and np.array_equal(prepared.y_test, mnist.y_test)
    images.step()
    assert images.mnist is prepared, "a step after the last changes nothing"


def test_distorted_images_are_an_augmented_set_and_the_held_out_ones_are_not(mnist):
    for preparation in ("mnist", "normalized"):
        images = TrainingSet(mnist, nn.Recipe(preparation=preparation, distorted=True))
        made = completed(images).mnist
        *_, (X, y, _) = nn.make_augmented_set(mnist.X_train, mnist.y_train, preparation=preparation)
        assert len(made.X_train) == images.n_images == augmented_set_size(20) == len(X), preparation
        assert np.array_equal(made.X_train, X) and np.array_equal(made.y_train, y), preparation
        assert np.array_equal(made.X_test, nn.prepare_images(mnist.X_test, preparation)), preparation
        assert not any(array.flags.writeable for array in (made.X_train, made.y_train, made.X_test)), preparation


def test_from_100_images_280_are_made():
    assert augmented_set_size(100) == 100 + 100 + 70 + 10  # images, distorted copies, written digits, non-digits
    assert augmented_set_size(100, copies=2, written=0.5, non_digits=0) == 100 + 200 + 100
