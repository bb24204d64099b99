"""What is to be learnt is made in slices, once, and is what prepare_images and make_pool make of it."""

import numpy as np
import pytest

import nn
from nn.learning_set import LearningSet
from nn.pool import pool_size


@pytest.fixture(scope="module")
def mnist():
    images = nn.load_mnist("bundled").first(30)
    return nn.data.Mnist(images.X_train, images.y_train, images.X_test[:20], images.y_test[:20], "a few")


def complete(images):
    shares = [images.share]
    while images.mnist is None:
        images.step()
        shares.append(images.share)
    assert shares == sorted(shares) and shares[-1] == 1
    return images.mnist


def test_the_lectures_way_is_ready_at_once(mnist):
    images = LearningSet(mnist)
    assert images.share == 1 and images.mnist is mnist and images.n_images == 30


def test_prepared_images(mnist):
    images = LearningSet(mnist, "evened")
    prepared = complete(images)
    assert len(prepared.X_train) == images.n_images == 30
    assert np.array_equal(prepared.X_train, nn.prepare_images(mnist.X_train, "evened"))
    assert np.array_equal(prepared.X_test, nn.prepare_images(mnist.X_test, "evened"))
    assert np.array_equal(prepared.y_train, mnist.y_train) and np.array_equal(prepared.y_test, mnist.y_test)


@pytest.mark.parametrize("preparation", ["mnist", "evened"])
def test_distorted_images_are_a_pool_and_the_held_out_ones_are_not(mnist, preparation):
    images = LearningSet(mnist, preparation, distorted=True)
    made = complete(images)
    *_, pool = nn.make_pool(mnist.X_train, mnist.y_train, preparation=preparation)
    assert len(made.X_train) == images.n_images == pool_size(30) == len(pool.X)
    assert np.array_equal(made.X_train, pool.X) and np.array_equal(made.y_train, pool.y)
    assert np.array_equal(made.X_test, nn.prepare_images(mnist.X_test, preparation))


def test_nobody_can_write_to_what_all_share(mnist):
    made = complete(LearningSet(mnist, "evened", distorted=True))
    for array in (made.X_train, made.y_train, made.X_test):
        with pytest.raises(ValueError):
            array[0] = 0


def test_a_step_after_the_last_changes_nothing(mnist):
    images = LearningSet(mnist, "evened")
    made = complete(images)
    images.step()
    assert images.mnist is made
