"""Training: the lecture's steps, the same weights however the work is interrupted, and a clear word if it diverges."""

from dataclasses import astuple, replace
from functools import cache
from itertools import product

import lecture
import numpy as np
import pytest

from nn import Recipe, load_mnist, train
from nn.analysis import evaluation
from nn.analysis.evaluation import evaluate
from nn.images import NON_DIGIT
from nn.network import initial_network, onehot, sgd
from nn.training import images_between, initial_state, next_moment

pytestmark = pytest.mark.filterwarnings("error")
HIDDEN = [0, 1, 30]
bundled = cache(load_mnist)


def mnist(n, n_test=40):
    """The first n training images with labels, and some held-out ones. Nobody can write to them, nor may train()."""
    data = bundled()
    return data.X_train[:n], data.y_train[:n], data.X_test[:n_test], data.y_test[:n_test]


def finished(recipe, *data, **keywords):
    """The last state of a training."""
    *_, state = train(recipe, *data, **keywords)
    assert state.finished
    return state


def assert_same_weights(state, other, what=""):
    """Bit by bit, not nearly."""
    for name, a, b in zip(state.network.parameters._fields, state.network.parameters, other.network.parameters):
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), f"{name} differs {what}"


def assert_sound(state, what=""):
    """No NaN and no infinity for a chart to stumble over."""
    assert all(np.isfinite(p).all() for p in state.network.parameters), what
    assert state.history, what
    assert np.isfinite([v for point in state.history for v in astuple(point) if v is not None]).all(), what


# The lecture's steps


def lectures_epochs(recipe, X, y):
    """The weights by the lecture's formulas, from the same initial ones and with the shuffles that nn promises."""
    inputs = X / 255.0 if recipe.scale else X.astype(float)
    weights = initial_network(recipe.n_hidden, recipe.seed).parameters
    for number in range(recipe.epochs):
        rng = np.random.default_rng([recipe.seed, number])
        order = rng.permutation(len(X)) if recipe.shuffle else np.arange(len(X))
        weights = lecture.epoch(weights, inputs, y, recipe.eta, order, recipe.batch_size)
    return weights


def rounding(recipe):
    """The difference that rounding may make: batches are computed in float32, and raw pixels amplify it."""
    if recipe.batch_size == 1:
        return 1e-10
    return 1e-5 if recipe.scale else 1e-3


STEPS = {
    "image by image": (HIDDEN, 100, [{"epochs": 1}, {"epochs": 2, "seed": 3}, {"epochs": 2, "shuffle": False}]),
    "in batches": (
        HIDDEN,
        100,
        [
            {"batch_size": 25, "epochs": 3},
            {"batch_size": 32, "epochs": 3, "eta": 0.5},  # the last batch is a short one of 4
            {"batch_size": 7, "epochs": 2, "shuffle": False},
            {"batch_size": 100, "epochs": 4, "eta": 1.0},
            {"batch_size": 1_000_000, "epochs": 4, "eta": 1.0},  # far more than there are
        ],
    ),
    # With raw pixels training is chaotic: after 200 images a sum in another order already differs by 1e-7.
    "with raw pixels": (
        HIDDEN,
        50,
        [{"epochs": 1, "scale": False, "eta": 0.001}, {"batch_size": 32, "epochs": 2, "scale": False, "eta": 0.001}],
    ),
    "in parts": ([3], 1_300, [{"batch_size": size, "epochs": 2, "eta": 1.0} for size in (700, 5_000)]),
}


@pytest.mark.parametrize("which", STEPS)
def test_training_takes_the_lectures_steps(which):
    hidden, n_images, changes = STEPS[which]
    X, y, *_ = mnist(n_images)
    for n_hidden, setting in product(hidden, changes):
        recipe = Recipe(n_hidden=n_hidden, **setting)
        state = finished(recipe, X, y)
        assert state.network.W_h.dtype == np.float64, f"{recipe}"
        off = lecture.relative_difference(state.network.parameters, lectures_epochs(recipe, X, y))
        assert off < rounding(recipe), f"{recipe}"


@pytest.mark.parametrize("n_hidden", [0, 5])
def test_training_is_the_plain_loop_of_sgd(n_hidden):
    images, y, *_ = mnist(100)
    recipe = Recipe(n_hidden=n_hidden, epochs=2, eta=0.2)
    begun = initial_state(recipe, 100).network.parameters
    plain = sgd(begun, images / 255, onehot(y), recipe.eta, recipe.epochs, recipe.seed)
    state = finished(recipe, images, y)
    assert lecture.relative_difference(state.network.parameters, plain) < 1e-12
    assert not np.array_equal(state.network.W_out, begun.W_out)


def test_weights_depend_on_the_seed_and_on_no_held_out_image():
    X, y, X_test, y_test = mnist(100)
    recipe = Recipe(n_hidden=3, epochs=2)
    state = finished(recipe, X, y)
    assert_same_weights(state, finished(recipe, X, y))
    assert_same_weights(state, finished(recipe, X, y, X_test, y_test))
    assert not np.array_equal(state.network.W_out, finished(replace(recipe, seed=43), X, y).network.W_out)
    assert all(point.test_cost is None and point.test_accuracy is None for point in state.history)


def test_twenty_digits_are_learnt_by_heart():
    X, y, *_ = mnist(20)
    for n_hidden, batch_size in [(0, 1), (30, 1), (0, 5), (30, 20)]:
        what = f"{n_hidden} hidden units, batches of {batch_size}"
        state = finished(Recipe(n_hidden=n_hidden, epochs=200, batch_size=batch_size, eta=0.5), X, y)
        assert state.history[0].accuracy < 0.5 and state.history[-1].accuracy == 1, what
        assert state.history[-1].cost < 0.2 < state.history[0].cost, what
        assert state.network.predict(X / 255).tolist() == y.tolist(), what


def test_the_default_settings_teach_a_network_to_read():
    state = finished(Recipe(epochs=2), *mnist(2_000, n_test=2_000))
    assert state.history[-1].test_accuracy > 0.8


# Interruptions


def continued_after_each_slice(recipe, *data, state=None, slice_seconds=0.0):
    """The last state of a training that is broken off and taken up again after each slice that got anywhere."""
    interruptions = 0
    while True:
        for new in train(recipe, *data, state=state, slice_seconds=slice_seconds):
            if new.finished:
                return new, interruptions
            if state is None or new.images_seen > state.images_seen:
                break
        state, interruptions = new, interruptions + 1


def test_a_training_is_the_same_however_it_is_sliced_interrupted_or_continued():
    data = mnist(150)
    changes = {"batch_size": 1}, {"batch_size": 32}, {"batch_size": 150}, {"batch_size": 1, "shuffle": False}
    for n_hidden, setting in product([0, 30], changes):
        recipe = Recipe(n_hidden=n_hidden, epochs=3, **setting)
        whole = finished(recipe, *data, slice_seconds=1e9)
        short = finished(replace(recipe, epochs=2), *data)
        first, *_, last = train(recipe, *data, state=short)  # with one more epoch
        assert not first.finished and first.epoch == short.epoch == 2 and last.history == whole.history, f"{recipe}"
        assert_same_weights(last, whole, f"{recipe}")
        for slice_seconds in (0.0, 0.002):
            what = f"in slices of {slice_seconds} s: {recipe}"
            broken, interruptions = continued_after_each_slice(recipe, *data, slice_seconds=slice_seconds)
            for state in (broken, finished(recipe, *data, slice_seconds=slice_seconds)):
                assert_same_weights(state, whole, what)
                assert state.epoch == whole.epoch == 3 and state.history == whole.history, what
            assert interruptions >= 3, what
            if setting["batch_size"] == 1 and slice_seconds == 0:
                assert interruptions > len(whole.history), f"{what}: not only where it is measured"


def test_large_batches_can_be_interrupted_and_begin_again():
    X, y, *_ = mnist(2_300)
    for batch_size in (1_200, 2_300):
        what = f"batches of {batch_size}"
        recipe = Recipe(n_hidden=10, epochs=3, batch_size=batch_size, eta=1.0)
        whole = finished(recipe, X, y, slice_seconds=1e9)
        runs = list(train(recipe, X, y, slice_seconds=0))
        assert_same_weights(runs[-1], whole, what)
        steps = -(-2_300 // batch_size) * recipe.epochs
        assert len(runs) > steps + 1, f"{what}: if a slice cannot end within a batch, Stop has to wait for all of it"
        first = [state for state in runs if state.images_seen == 0]
        assert len(first) > 1, what
        assert_same_weights(first[-1], first[0], what)  # half a batch has changed nothing yet
        assert_same_weights(finished(recipe, X, y, state=first[-1]), whole, what)
        broken, interruptions = continued_after_each_slice(recipe, X, y)
        assert interruptions >= steps, what
        assert_same_weights(broken, whole, what)


def test_a_training_with_nothing_left_to_do_is_returned_as_it_is():
    data = mnist(50)
    done, diverged = Recipe(n_hidden=1, epochs=2), Recipe(eta=1e6, epochs=3)
    for recipe, further in [
        (done, done),
        (done, replace(done, epochs=1)),
        (diverged, replace(diverged, eta=0.1, epochs=9)),
    ]:
        state = finished(recipe, *data)
        again = list(train(further, *data, state=state))
        assert len(again) == 1 and again[0].finished and again[0].diverged == (recipe is diverged)
        assert_same_weights(again[0], state)
        assert again[0].history == state.history


def test_eta_and_batch_size_may_change_on_the_way():
    X, y, *_ = mnist(200)
    first = Recipe(n_hidden=3, epochs=1)
    then = Recipe(n_hidden=3, epochs=2, eta=0.5, batch_size=20)
    state = finished(then, X, y, state=finished(first, X, y))
    order = np.random.default_rng([42, 1]).permutation(200)
    expected = lecture.epoch(lectures_epochs(first, X, y), X / 255, y, 0.5, order, 20)
    assert lecture.relative_difference(state.network.parameters, expected) < rounding(then)


def test_a_run_cannot_be_changed_neither_by_training_on_nor_by_hand():
    steps = train(Recipe(n_hidden=10, epochs=1), *mnist(1_000), slice_seconds=0)
    kept = [next(steps) for _ in range(3)]
    before = [[p.copy() for p in state.network.parameters] for state in kept]
    for _ in steps:
        pass
    for state, weights in zip(kept, before):
        assert all(np.array_equal(a, b) for a, b in zip(state.network.parameters, weights))
        assert not any(array.flags.writeable for array in state.network.parameters)
        with pytest.raises(AttributeError):
            state.finished = False
    assert not np.array_equal(kept[1].network.W_out, kept[2].network.W_out)


# A number of images, and which ones


def test_a_training_in_steps_is_the_same_training():
    data = mnist(150)
    ends = 1, 2, 9, 30, 31, 149, 150, 160, 310, 449, 450  # within a block, at a moment, at an epoch's end, across it
    for n_hidden, setting in product([0, 30], [{"batch_size": 1}, {"batch_size": 1, "shuffle": False}]):
        recipe = Recipe(n_hidden=n_hidden, epochs=3, **setting)
        whole, state = finished(recipe, *data), None
        for until in ends:
            *_, state = train(recipe, *data, state=state, until=until)
            assert state.images_seen == until and state.finished == (until == 450), f"{recipe}"
        for ours, other in zip(state.network.parameters, whole.network.parameters):
            assert np.allclose(ours, other, rtol=1e-9, atol=1e-12), f"{recipe}"
        costs, expected = ({p.epoch: p.test_cost for p in history} for history in (state.history, whole.history))
        assert set(costs) == {*expected, *(until / 150 for until in ends)}, f"{recipe}"  # it is measured there too
        assert {epoch: costs[epoch] for epoch in expected} == pytest.approx(expected, rel=1e-5), f"{recipe}"


def test_steps_cut_no_batch_in_two():
    data = mnist(150)
    recipe, state = Recipe(n_hidden=10, epochs=3, batch_size=32), None
    for until, batches_end in [(1, 32), (40, 64), (149, 150), (151, 182), (333, 364), (450, 450)]:
        *_, state = train(recipe, *data, state=state, until=until)
        assert state.images_seen == batches_end, f"after {until} images"
    whole = finished(recipe, *data)
    assert_same_weights(state, whole)
    assert set(whole.history) < set(state.history) and state.finished
    *_, large = train(replace(recipe, batch_size=1_000_000), *data, until=1)
    assert large.images_seen == 150 and not large.finished


def test_an_end_that_is_already_past_or_never_reached_changes_nothing():
    data = mnist(100)
    recipe = Recipe(n_hidden=3, epochs=2)
    (untrained,) = train(recipe, *data, until=0)
    assert_same_weights(untrained, initial_state(recipe, 100))
    assert [point.epoch for point in untrained.history] == [0] and not untrained.finished
    whole, beyond = finished(recipe, *data), finished(recipe, *data, until=201)
    assert_same_weights(beyond, whole)
    assert beyond.history == whole.history
    *_, half = train(recipe, *data, until=50)
    (again,) = train(recipe, *data, state=half, until=20)
    assert_same_weights(again, half)
    assert again.images_seen == 50 and again.history == half.history and not again.finished


def test_the_images_that_were_learnt_from_can_be_named():
    X, y, *_ = mnist(60)
    for shuffle in (True, False):
        recipe = Recipe(n_hidden=3, epochs=4, shuffle=shuffle)
        for start, stop in [(0, 1), (3, 60), (50, 130), (60, 120), (119, 240), (70, 70), (60, 60), (0, 0)]:
            what = f"images {start} to {stop}, shuffle={shuffle}"
            *_, before = train(recipe, X, y, until=start)
            *_, after = train(recipe, X, y, state=before, until=stop)
            order = images_between(recipe, 60, start, stop)
            assert len(order) == stop - start, what
            expected = lecture.epoch(before.network.parameters, X / 255, y, recipe.eta, order)
            assert lecture.relative_difference(after.network.parameters, expected) < 1e-10, what
    whole = images_between(Recipe(), 60, 0, 180).reshape(3, 60)
    assert (np.sort(whole) == np.arange(60)).all() and len(np.unique(whole, axis=0)) == 3


# States and their history


def test_the_history_grows_forward_with_a_point_at_each_epochs_end():
    for batch_size, slice_seconds in product([1, 32, 150], [0, 0.005, 1e9]):
        what = f"batches of {batch_size}, in slices of {slice_seconds} s"
        recipe = Recipe(n_hidden=10, epochs=4, batch_size=batch_size)
        runs = list(train(recipe, *mnist(150), slice_seconds=slice_seconds))
        assert_same_weights(runs[0], initial_state(recipe, 150), what)  # it comes at once
        assert runs[0].epoch == 0 and not runs[0].finished and len(runs[0].history) == 1, what
        for earlier, later in zip(runs, runs[1:]):
            assert later.history[: len(earlier.history)] == earlier.history, what
            assert later.epoch >= earlier.epoch, what
        for state in runs:
            epochs = [point.epoch for point in state.history]
            assert epochs[0] == 0 and all(a < b for a, b in zip(epochs, epochs[1:])), what
            assert epochs[-1] <= state.epoch, what
            assert set(range(int(state.epoch) + 1)) <= set(epochs), what
            assert state.epoch == state.images_seen / 150, what
        assert runs[-1].epoch == 4, what
        assert sum(state.finished for state in runs) == 1, what


def test_the_first_epoch_is_measured_at_fixed_numbers_of_images():
    def images_seen(**recipe):
        data = mnist(1_200)
        state = finished(Recipe(n_hidden=2, epochs=3, **recipe), *data)
        return [round(1_200 * point.epoch) for point in state.history]

    ends = [1_200, 2_400, 3_600]
    assert images_seen() == [0, 1, 2, 5, 10, 20, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, *ends]
    # A batch isn't divided: it is measured where the batch ends in which the moment lies.
    assert images_seen(batch_size=32) == [0, 32, 64, 96, 128, 160, 224, 320, 512, 704, 1_024, *ends]
    assert images_seen(batch_size=1_200) == [0, *ends]
    assert next_moment(7_999, 8_000) == 8_000 and next_moment(8_000, 8_000) == 16_000


@pytest.mark.trains
def test_at_least_ten_moments_of_the_lectures_settings_show_it_climb():
    accuracies = [point.test_accuracy for point in finished(Recipe(epochs=1), *mnist(8_000, 2_000)).history]
    assert sum(0.12 < accuracy < 0.88 for accuracy in accuracies) >= 10
    assert sum(accuracy < 0.12 for accuracy in accuracies) >= 5


def test_costs_and_accuracies_are_those_of_the_lecture():
    X, y, X_test, y_test = mnist(60)
    for state in train(Recipe(n_hidden=3, epochs=3), X, y, X_test, y_test, slice_seconds=1e9):
        point, weights = state.history[-1], state.network.parameters
        assert point.epoch == state.epoch
        for measured, images, labels in [
            ((point.cost, point.accuracy), X, y),
            ((point.test_cost, point.test_accuracy), X_test, y_test),
        ]:
            assert measured == evaluate(state.network, images, labels)
            assert measured[0] == pytest.approx(lecture.cost(weights, images / 255, labels), rel=1e-6)
            assert measured[1] == lecture.accuracy(weights, images / 255, labels)


def test_evaluate_measures_thousands_of_images_as_one_set_and_its_accuracy_on_the_digits():
    X, y, *_ = mnist(2_300)
    network = initial_network(3, seed=1)
    cost, accuracy = evaluate(network, X, y)
    halves = [evaluate(network, X[half], y[half]) for half in (slice(0, 1_150), slice(1_150, None))]
    assert (cost, accuracy) == pytest.approx(tuple(np.mean(halves, axis=0)), rel=1e-6)
    assert evaluate(network, X / 255, y) == pytest.approx((cost, accuracy))
    labels = np.where(np.arange(40) < 30, y[:40], NON_DIGIT)
    with_non_digits, digits = evaluate(network, X[:40], labels), evaluate(network, X[:30], y[:30])
    assert with_non_digits[1] == pytest.approx(digits[1]) == (network.predict(X[:30]) == y[:30]).mean()
    assert with_non_digits[0] != pytest.approx(digits[0])  # the cost is of all
    huge = replace(network, W_h=network.W_h * 1e20, W_out=network.W_out * 1e20)
    cost, accuracy = evaluate(huge, X[:20], y[:20])  # without a warning
    assert np.isfinite(cost) and 0 <= accuracy <= 1


def test_very_many_images_are_measured_by_the_first_of_them(monkeypatch):
    monkeypatch.setattr(evaluation, "MEASURED_IMAGES", 50)
    X, y, X_test, y_test = mnist(200, n_test=60)
    state = finished(Recipe(n_hidden=1, epochs=1), X, y, X_test, y_test)
    point = state.history[-1]
    assert (point.cost, point.accuracy) == evaluate(state.network, X[:50], y[:50])
    assert (point.test_cost, point.test_accuracy) == evaluate(state.network, X_test[:50], y_test[:50])


# Training that diverges


def test_an_absurd_eta_ends_with_a_clear_word_and_no_nan():
    etas, before = [1e6, 1e300, 1.7e308], np.geterr()
    every = [*product([0, 30], [1, 50, 150], [True, False], etas), *product([30], [1_500], [True], etas)]
    for n_hidden, batch_size, scale, eta in every:
        data = mnist(150 if batch_size < 1_500 else 2_300)
        recipe = Recipe(n_hidden=n_hidden, eta=eta, epochs=8, batch_size=batch_size, scale=scale)
        for state in train(recipe, *data, slice_seconds=0):
            assert np.geterr() == before, "NumPy warns as the caller wants it"
            assert_sound(state, f"{recipe}")
        assert state.finished and state.diverged, f"{recipe}"
        assert max(point.cost for point in state.history) <= 100 * state.history[0].cost, f"{recipe}"
        assert np.isfinite(state.network.predict_proba(data[0][:50])).all(), f"{recipe}"


def test_an_eta_that_is_too_large_shows_at_once_or_after_three_epochs():
    at_once = finished(Recipe(n_hidden=0, eta=100.0, epochs=20), *mnist(200))
    assert at_once.diverged and at_once.epoch == 0  # what was measured next is no longer usable
    slowly = finished(Recipe(eta=10.0, epochs=20, scale=False), *mnist(200))
    assert slowly.diverged and slowly.epoch == 3
    ends = [point.cost for point in slowly.history if point.epoch in (1, 2, 3)]
    assert min(ends) > 2 * slowly.history[0].cost


def test_a_sensible_eta_does_not_count_as_diverging():
    sensible = (1, 0.001), (1, 0.1), (1, 0.5), (50, 1.0), (150, 1.0)
    for n_hidden, (batch_size, eta) in product(HIDDEN, sensible):
        recipe = Recipe(n_hidden=n_hidden, eta=eta, epochs=4, batch_size=batch_size)
        state = finished(recipe, *mnist(150))
        assert not state.diverged and state.epoch == 4, f"{recipe}"
        assert state.history[-1].cost < state.history[0].cost, f"{recipe}"
        assert_sound(state, f"{recipe}")


# Settings and images


def test_a_wrong_setting_is_named():
    wrong = {
        "n_hidden": [-1, 5_001, 1.0, "30", None, True, np.nan],
        "epochs": [0, -1, 10_001, 2.5, "10", None, True],
        "batch_size": [0, -1, 1_000_001, 1.5, "1", None, False],
        "seed": [-1, 2**32, 0.5, "42", None, True],
        "eta": [0, -0.1, np.inf, -np.inf, np.nan, "0.1", None, True, 1j, [0.1]],
        "scale": [1, 0, "yes", None],
        "shuffle": [1, 0, "no", None],
        "preparation": ["", "best", "evened", None, 1],
    }
    for field, values in wrong.items():
        for value in values:
            with pytest.raises(ValueError, match=f"^{field} ") as error:
                Recipe(**{field: value})
                pytest.fail(f"{field}={value!r} was accepted")
            assert repr(value) in str(error.value)


def test_settings_at_their_limits_and_from_numpy_are_accepted():
    Recipe(n_hidden=0, epochs=1, batch_size=1, seed=0, eta=1e-300)
    Recipe(n_hidden=5_000, epochs=10_000, batch_size=1_000_000, seed=2**32 - 1, eta=1e300)
    assert Recipe(eta=1) == Recipe(eta=1.0)
    recipe = Recipe(np.uint8(1), np.float32(0.5), np.uint8(200), np.int16(20), np.int8(3), np.True_, np.False_)
    assert {type(getattr(recipe, name)) for name in ("n_hidden", "epochs", "batch_size", "seed")} == {int}
    assert type(recipe.scale) is type(recipe.shuffle) is bool
    assert finished(recipe, *mnist(20)).epoch == 200  # NumPy's small whole numbers would overflow
    with pytest.raises(AttributeError):
        recipe.eta = 2.0


def test_images_and_labels_that_do_not_fit_are_refused_before_any_work():
    X, y, X_test, y_test = mnist(20, n_test=10)
    recipe = Recipe(n_hidden=1)
    for wrong, of_what in [
        ((X[:, :783], y), "784"),
        ((X[0], y[0]), "784"),
        ((X.reshape(-1, 28, 28), y), "784"),
        ((X[:0], y[:0]), "no training images"),
        ((X, y[:19]), "19 labels"),
        ((X, y + 1), "from 0 to 9"),
        ((X, y - 2), "from 0 to 9"),
        ((X, y.astype(float)), "whole numbers"),
        ((X, y.astype(str)), "whole numbers"),
        ((X, onehot(y)), "whole numbers"),
        ((X, y[0]), "Labels"),
        ((X, np.full(20, NON_DIGIT)), "shows a digit"),
        ((X, y, X_test, np.full(10, NON_DIGIT)), "shows a digit"),
        ((X, y, X_test[:, 1:], y_test), "held-out"),
        ((X, y, X_test, y_test[:9]), "held-out"),
        ((X, y, X_test, y_test + 5), "from 0 to 9"),
        ((X, y, X_test), "their labels"),
        ((X, y, X_test[:0], y_test[:0]), "held-out"),
    ]:
        with pytest.raises(ValueError, match=of_what):
            train(recipe, *wrong)  # not even a first state
            pytest.fail(f"not refused, though it should say {of_what!r}: {[np.shape(array) for array in wrong]}")


def test_a_state_of_something_else_cannot_be_continued():
    X, y, *_ = mnist(20)
    recipe = Recipe(n_hidden=3, epochs=1, preparation="normalized")
    state = finished(recipe, X, y)
    further = finished(replace(recipe, epochs=2), X, y, state=state)
    assert state.network.preparation == further.network.preparation == "normalized"
    for changes, of_what in [
        ({"n_hidden": 2}, "n_hidden = 3, but the recipe says 2"),
        ({"n_hidden": 0}, "n_hidden = 3, but the recipe says 0"),
        ({"scale": False}, "pixel_max = 1.0, but the recipe says 255.0"),
        ({"preparation": "mnist"}, "preparation = 'normalized', but the recipe says 'mnist'"),
    ]:
        with pytest.raises(ValueError, match=of_what):
            train(replace(recipe, epochs=2, **changes), X, y, state=state)
    with pytest.raises(ValueError, match="20 images, but 19"):
        train(recipe, X[:19], y[:19], state=state)
