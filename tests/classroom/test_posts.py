"""What people hand in is checked before it is stored: what a page can make passes, and nothing else."""

from dataclasses import asdict
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from classes import drawn, guessed, trained, withdrawn

from nn import Settings
from nn.classroom.posts import MAX_NETWORK_BYTES, Person, Post, check
from nn.classroom.questions import QUESTIONS
from nn.images.preparations import PREPARATIONS
from nn.ui.controls import BATCHES, ETAS, MAX_EPOCHS

ANNA = Person(1, 1, 1, "secret")
NO_NUMBERS = ["1", b"1", "<b>1</b>", "", None, [], [1], {}, (), True, False, np.True_, 1j, np.complex128(1), object()]
NO_NUMBERS += [np.array(1), np.array([1]), np.array([1, 2]), Fraction(1, 2), float("nan"), float("inf"), -float("inf")]
NO_NUMBERS += [
    np.float32("nan"),
    np.float64("inf"),
    10**400,
    -(10**400),
    np.timedelta64(1),
    np.datetime64("2026-01-01"),
]
NO_NAMES = ["", "MNIST", "mnist ", "<script>", "x" * 1_000_000, "\0", None, 0, True, b"mnist", [], ["mnist"], {}, 1.5]
NO_NAMES += [np.array("mnist"), np.array(["eta"]), np.array(["mnist", "eta"])]


def assert_refused(post, what):
    """The only outcome is a ValueError with a sentence, which is short whatever was handed in."""
    error = None
    try:
        check(post)
    except Exception as raised:
        error = raised
    assert type(error) is ValueError, f"{what}: {error!r} instead of a refusal"
    assert str(error).endswith(".") and len(str(error)) < 200, what


def described(name, value):
    return f"{name} = {repr(value)[:60]}"


# What a page makes


def test_every_training_that_the_page_can_make_passes():
    for eta, batch_size, n_hidden, epochs in product(ETAS, BATCHES.values(), [0, 30, 5_000], [1, MAX_EPOCHS]):
        settings = asdict(Settings(n_hidden, eta, epochs, batch_size))
        check(trained(ANNA, **settings))
    for preparation, source, n_images in product(PREPARATIONS, ["bundled", "openml"], [1, 8_000, 60_000]):
        check(trained(ANNA, preparation=preparation, source=source, n_images=n_images))
    for flags in product([False, True], repeat=5):
        check(trained(ANNA, **dict(zip(["scale", "shuffle", "distorted", "is_sorted", "diverged"], flags))))
    for network in (None, b"", b"weights", bytes(MAX_NETWORK_BYTES)):
        check(trained(ANNA, network=network))
    for epochs_done, accuracy, seed in [(0, 0, 0), (0.01, 1 / 3, 1), (10_000, 1, 2**32 - 1)]:
        check(trained(ANNA, epochs_done=epochs_done, accuracy=accuracy, seed=seed))
    check(trained(ANNA, seed=np.int64(7), accuracy=np.float64(0.5), epochs_done=np.float32(2.5)))


def test_every_drawing_guess_and_withdrawal_passes():
    for label in [*range(10), np.int64(7), np.uint8(7)]:
        check(drawn(ANNA, label))
    check(drawn(ANNA, mnist=np.full(784, 255, np.uint8), normalized=np.arange(784).astype(np.uint8)))
    for question, share in product(QUESTIONS, [0, 1, 0.0, 1.0, 0.123, np.float32(0.5), np.float64(0.5)]):
        check(guessed(ANNA, share, question))
    for key in ("a", "x" * 40, "3f2c-41 b/7:0"):
        check(withdrawn(ANNA, key))


def test_each_question_can_be_trained_and_is_answered_by_its_training_only():
    for question in QUESTIONS.values():
        post = trained(ANNA, **question.settings)
        check(post)
        answered = [name for name, other in QUESTIONS.items() if other.is_answered_by(post.content)]
        assert [QUESTIONS[name] for name in answered] == [question]
        assert question.is_answered_by(post.content._replace(seed=7, epochs_done=0.5, diverged=True))
        for changes in ({"epochs_done": 9.9}, {"n_images": 99}, {"distorted": True}, {"preparation": "normalized"}):
            assert not question.is_answered_by(post.content._replace(**changes))


# What no page makes


def test_numbers_of_a_training_that_are_out_of_range_are_refused():
    out_of_range = {
        "n_hidden": [-1, 5_001, 2**31, 2**64, 30.0],
        "epochs": [0, -1, 10_001, 1.0],
        "batch_size": [0, -1, 2**31, 1.0],
        "seed": [-1, 2**32, 0.0],
        "n_images": [0, -1, 60_001, 100.0],
        "eta": [0, -0.1, 1e-10, 1_001, 1e300, 5e-324],
        "epochs_done": [-0.1, 10_000.1, 1e300],
        "accuracy": [-0.01, 1.01, 97],
    }
    for name, values in out_of_range.items():
        for value in values:
            assert_refused(trained(ANNA, **{name: value}), described(name, value))


def test_what_is_no_number_is_refused_where_a_number_belongs():
    for value in NO_NUMBERS:
        for name in ("n_hidden", "epochs", "batch_size", "seed", "n_images", "eta", "epochs_done", "accuracy"):
            assert_refused(trained(ANNA, **{name: value}), described(name, value))
        assert_refused(guessed(ANNA, value), described("share", value))
        assert_refused(drawn(ANNA, value), described("label", value))


def test_what_is_not_true_or_false_is_refused_where_that_belongs():
    for name, value in product(
        ["scale", "shuffle", "distorted", "is_sorted", "diverged"], [0, 1, "True", "", None, 1.0, np.True_, [], [True]]
    ):
        assert_refused(trained(ANNA, **{name: value}), described(name, value))


def test_unknown_names_are_refused():
    for value in NO_NAMES:
        assert_refused(trained(ANNA, preparation=value), described("preparation", value))
        assert_refused(trained(ANNA, source=value), described("source", value))
        assert_refused(guessed(ANNA, 0.5, value), described("question", value))


def test_what_is_no_network_file_of_its_size_is_refused():
    for network in (
        "weights",
        bytearray(10),
        memoryview(b"weights"),
        np.zeros(10),
        [],
        0,
        bytes(MAX_NETWORK_BYTES + 1),
    ):
        assert_refused(trained(ANNA, network=network), described("network", network))


def test_what_is_no_drawing_is_refused():
    good = np.zeros(784, np.uint8)
    images = [np.zeros(shape, np.uint8) for shape in [(), (0,), (783,), (785,), (28, 28), (1, 784), (784, 1)]]
    images += [good.astype(dtype) for dtype in (float, np.float32, int, np.int8, np.uint16, bool, object, "S1", "U1")]
    images += [None, [], good.tolist(), good.tobytes(), "<svg>", 784]
    for image in images:
        assert_refused(drawn(ANNA, mnist=image), described("mnist", image))
        assert_refused(drawn(ANNA, normalized=image), described("normalized", image))
    for label in (-1, 10, 1_000, 7.0, "7", np.float64(7)):
        assert_refused(drawn(ANNA, label), described("label", label))


def test_a_share_below_0_or_above_1_is_refused():
    for share in (-0.001, 1.001, 97, -1e300, 2**70):
        assert_refused(guessed(ANNA, share), described("share", share))


def test_keys_that_a_database_cannot_store_are_refused():
    for key in ("", "x" * 41, "x" * 1_000_000, None, 7, b"key", [], ("a",), "a\0b", "\ud800", "a\nb", "é" * 40):
        for post in (trained(ANNA), drawn(ANNA), guessed(ANNA, 0.5), withdrawn(ANNA, "a")):
            assert_refused(post._replace(key=key), described("key", key))


def test_a_post_without_a_person_or_with_another_content_is_refused():
    for person in (None, 1, "Anna", (1, 1, 1, "secret")):
        assert_refused(trained(person), described("person", person))
    for content in (
        None,
        7,
        "<b>7</b>",
        [],
        {},
        ANNA,
        trained(ANNA),
        tuple(trained(ANNA).content),
        type("Trained", (), {}),
    ):
        assert_refused(Post(ANNA, "key", content), described("content", content))


@pytest.mark.parametrize("what", ["training", "drawing", "guess"])
def test_whatever_one_value_is_replaced_with_the_outcome_is_a_post_or_a_sentence(what):
    rng = np.random.default_rng(21)
    posts = {"training": trained(ANNA, network=b"weights"), "drawing": drawn(ANNA), "guess": guessed(ANNA, 0.5)}
    content, refused = posts[what].content, 0
    values = [*NO_NUMBERS, *NO_NAMES, 0, 1, 0.5, -1, 2**70, b"weights", "mnist", "eta", np.zeros(784, np.uint8), 7]
    for _ in range(400):
        name, value = rng.choice(content._fields), values[rng.integers(len(values))]
        post = Post(ANNA, "key", content._replace(**{name: value}))
        try:
            check(post)
        except ValueError as error:
            refused += 1
            assert str(error).endswith(".") and len(str(error)) < 200, described(name, value)
    assert refused > 200
