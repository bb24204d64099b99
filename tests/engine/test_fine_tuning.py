"""Fine-tuning teaches a style that the network misreads; without MNIST beside it, the network forgets the rest."""

from dataclasses import replace

import numpy as np
import pytest
from examples import completed, cross_validated, fine_tuned

import nn
from nn.engine.fine_tuning import NOT_READ, cross_validate, fine_tune, for_unit_pixels
from nn.engine.scheduler import Scheduler
from nn.engine.task import Task
from nn.images.augmentation import distorted
from nn.images.drawing_set import HandSet, folds
from nn.images.preprocessing import as_pixels, enlarged, prepare_ink
from nn.images.training_set import TrainingSet
from nn.network import initial_network
from nn.training import TrainingState, train


@pytest.fixture(scope="module")
def mnist():
    return nn.load_mnist()


@pytest.fixture(scope="module")
def network(mnist):
    *_, state = train(nn.Recipe(epochs=1), mnist.X_train, mnist.y_train)
    return state.network


def odd_sevens(seed, n=3):
    """Other drawings of a 7 in a style that nobody uses: mirrored and upside down, so that it looks like an L."""
    ink = np.zeros((112, 112))
    ink[20:92, 30:38] = ink[84:92, 30:80] = 1
    return [distorted(ink, np.random.default_rng([seed, i])) for i in range(n)]


def as_seen(inks):
    return np.array([as_pixels(prepare_ink(ink)["centred"]) for ink in inks])


@pytest.fixture(scope="module")
def sets(mnist):
    """With and without MNIST: HandSets of three odd 7s and nine usual digits."""
    usual = np.concatenate([np.flatnonzero(mnist.y_train == digit)[-1:] for digit in (0, 1, 2, 3, 4, 5, 6, 8, 9)])
    inks = [*odd_sevens(1), *(enlarged(mnist.X_train[i]) for i in usual)]
    labels = np.append([7, 7, 7], mnist.y_train[usual])
    made = {with_mnist: HandSet(inks, labels, TrainingSet(mnist.first(1000)), with_mnist) for with_mnist in (0, 1)}
    for images in made.values():
        completed(images)
    return made


def test_an_odd_7_is_learnt_and_mnist_is_kept_with_mnist_beside_it_and_forgotten_without(network, sets):
    drawn_anew = as_seen(odd_sevens(2, 20))
    assert (network.predict(drawn_anew) == 7).mean() < 0.3, "the network reads it already"
    after, before = {}, [array.copy() for array in network.parameters]
    for with_mnist, images in sets.items():
        state, again = fine_tuned(network, images), fine_tuned(network, images)
        assert all(np.array_equal(a, b) for a, b in zip(state.network.parameters, again.network.parameters))
        assert all(np.array_equal(a, b) for a, b in zip(before, network.parameters)), "the network itself"
        assert state.finished and not state.diverged
        assert (state.network.predict(drawn_anew) == 7).mean() >= 0.9
        assert state.history[0].test_accuracy == pytest.approx(
            (network.predict(images.mnist.X_test) == images.mnist.y_test).mean()
        )
        after[with_mnist] = state.history[-1].test_accuracy - state.history[0].test_accuracy
    assert after[1] > -0.02 and after[0] < after[1] - 0.02, after


def test_a_drawing_is_read_by_a_network_that_learnt_from_others_alone(network, sets):
    images, steps = sets[1], []
    parts = folds(images.labels)

    class Noted(Task):
        def publish(self, progress):
            super().publish(progress)
            steps.append(progress)

    task = Noted(cross_validate, Scheduler(), network, images).start()
    assert task.wait(120) and task.error is None
    before, answers = task.progress
    assert np.array_equal(before, network.predict(images.drawings)) and all(one is before for one, _ in steps)
    assert np.array_equal(answers, cross_validated(network, images, parts))
    assert (answers[:3] == 7).all() and (before[:3] == 7).sum() < 3
    n_read = [(after != NOT_READ).sum() for _, after in steps]
    assert n_read[0] == 0 and n_read == sorted(n_read) and len(n_read) == 1 + len(parts) and n_read[-1] == len(answers)
    # All drawings of a style are held out together: then they are read as by a network that never saw it.
    images, parts = sets[0], [np.arange(3), np.arange(3, 12)]
    answers = cross_validated(network, images, parts)
    recipe, state = fine_tune(network, images.without(parts[0]).n_images)
    rows = ~np.isin(images.source, parts[0])
    begin = replace(state, images_seen=rows.sum())
    X, y = images.mnist.X_train[rows], images.mnist.y_train[rows]
    assert 7 not in y
    *_, alone = train(replace(recipe, epochs=recipe.epochs + 1), X, y, state=begin)
    assert np.array_equal(answers[:3], alone.network.predict(images.drawings[:3])) and 7 not in answers[:3]


@pytest.mark.parametrize("n_hidden", [0, 3])
def test_a_network_for_pixels_up_to_255_is_taught_as_one_that_computes_the_same_from_pixels_up_to_1(mnist, n_hidden):
    raw = initial_network(n_hidden, 1, pixel_max=255.0, preparation="normalized")
    one = for_unit_pixels(raw)
    X = mnist.X_test[:50]
    assert (one.pixel_max, one.preparation) == (1, "normalized")
    assert np.allclose(one.predict_proba(X), raw.predict_proba(X))
    recipe, state = fine_tune(raw, 50)
    assert isinstance(state, TrainingState) and state.images_seen == 0
    *_, state = train(recipe, X, mnist.y_test[:50], state=state)
    assert state.finished
    same = initial_network(n_hidden, 1)
    assert all(np.array_equal(a, b) for a, b in zip(for_unit_pixels(same).parameters, same.parameters))
