"""Posts are checked before they are stored: those that a page can make pass, and nothing else."""

from fractions import Fraction

import numpy as np
import pytest
from classes import drawn, guessed, trained, withdrawn

from nn.classroom.posts import MAX_NETWORK_BYTES, Person, Post, check
from nn.classroom.questions import QUESTIONS
from nn.images.preparations import PREPARATIONS
from nn.ui.controls import BATCHES, ETAS, MAX_EPOCHS

ANNA = Person(1, 1, 1, "secret")
FLAGS = "scale", "shuffle", "distorted", "is_sorted", "diverged"
BLANK, DIGIT = np.zeros(784, np.uint8), np.arange(784).astype(np.uint8)

STRANGE = ["", "1", "<script>", "x" * 1_000_000, "\0", b"mnist", None, [], [1], ["mnist"], {}, (), 1j, object()]
STRANGE += [np.array(1), np.array([1, 2]), np.array("mnist"), np.array(["eta"]), np.complex128(1), Fraction(1, 2)]
STRANGE += [float("nan"), float("inf"), -float("inf"), np.float32("nan"), np.float64("inf"), 10**400, -(10**400)]
STRANGE += [np.timedelta64(1), np.datetime64("2026-01-01"), np.True_]
NO_NUMBERS = [*STRANGE, True, False]
NO_FLAGS = [*STRANGE, 0, 1, 1.0, "True", [True]]
NO_NAMES = [*STRANGE, 0, 1.5, True, "MNIST", "mnist "]
NO_IMAGES = [*STRANGE, 784, BLANK.tolist(), BLANK.tobytes()]
NO_IMAGES += [np.zeros(shape, np.uint8) for shape in [(), (0,), (783,), (785,), (28, 28), (1, 784), (784, 1)]]
NO_IMAGES += [BLANK.astype(dtype) for dtype in (float, np.float32, int, np.int8, np.uint16, bool, object, "S1", "U1")]

# For each value of a post, those that a page can make, and some that none can.
TRAINING = {
    "n_hidden": ([0, 30, 5_000], [-1, 5_001, 2**31, 2**64, 30.0, *NO_NUMBERS]),
    "eta": ([*ETAS, 1], [0, -0.1, 1e-10, 1_001, 1e300, 5e-324, *NO_NUMBERS]),
    "epochs": ([1, MAX_EPOCHS], [0, -1, 10_001, 1.0, *NO_NUMBERS]),
    "batch_size": ([*BATCHES.values()], [0, -1, 2**31, 1.0, *NO_NUMBERS]),
    "seed": ([0, 2**32 - 1, np.int64(7)], [-1, 2**32, 0.0, *NO_NUMBERS]),
    "n_images": ([1, 8_000, 60_000], [0, -1, 60_001, 100.0, *NO_NUMBERS]),
    "epochs_done": ([0, 0.01, 10_000, np.float32(2.5)], [-0.1, 10_000.1, 1e300, *NO_NUMBERS]),
    "accuracy": ([0, 1 / 3, 1, np.float64(0.5)], [-0.01, 1.01, 97, *NO_NUMBERS]),
    "preparation": ([*PREPARATIONS], NO_NAMES),
    "source": (["bundled", "openml"], [*NO_NAMES, "mnist"]),
    "network": (
        [None, b"", b"weights", bytes(MAX_NETWORK_BYTES)],
        ["weights", bytearray(10), memoryview(b"weights"), np.zeros(10), [], 0, bytes(MAX_NETWORK_BYTES + 1)],
    ),
} | {flag: ([True, False], NO_FLAGS) for flag in FLAGS}
DRAWING = {
    "label": ([*range(10), np.int64(7), np.uint8(7)], [-1, 10, 1_000, 7.0, "7", np.float64(7), *NO_NUMBERS]),
    "mnist": ([BLANK, DIGIT], NO_IMAGES),
    "normalized": ([BLANK, DIGIT], NO_IMAGES),
}
GUESS = {
    "question": ([*QUESTIONS], NO_NAMES),
    "share": ([0, 1, 0.0, 1.0, 0.123, np.float32(0.5)], [-0.001, 1.001, 97, -1e300, 2**70, *NO_NUMBERS]),
}
POSTS = [(trained(ANNA, network=b"weights"), TRAINING), (drawn(ANNA), DRAWING), (guessed(ANNA, 0.5), GUESS)]
KEYS = ["", "x" * 41, "x" * 1_000_000, None, 7, b"key", [], ("a",), "a\0b", "\ud800", "a\nb", "é" * 40]
CONTENTS = [None, 7, "<b>7</b>", [], {}, ANNA, trained(ANNA), tuple(trained(ANNA).content), type("Trained", (), {})]


def assert_refused(post, what):
    """The only outcome is a ValueError with a sentence, which is short whatever was handed in."""
    with pytest.raises(Exception) as raised:
        check(post)
        pytest.fail(f"{what} passes")
    words = str(raised.value)
    assert raised.type is ValueError and words.endswith(".") and len(words) < 200, f"{what}: {raised.value!r}"


@pytest.mark.parametrize("post, fields", POSTS, ids=["training", "drawing", "guess"])
def test_each_value_passes_if_a_page_can_make_it_and_is_refused_otherwise(post, fields):
    assert set(fields) == set(post.content._fields)
    for name, (good, bad) in fields.items():
        for value in good:
            check(post._replace(content=post.content._replace(**{name: value})))
        for value in bad:
            changed = post._replace(content=post.content._replace(**{name: value}))
            assert_refused(changed, f"{name} = {repr(value)[:60]}")


def test_keys_people_and_contents_of_another_kind_are_refused():
    for good in [trained(ANNA, **question.settings) for question in QUESTIONS.values()] + [withdrawn(ANNA, "x" * 40)]:
        check(good)
    for post in (trained(ANNA), drawn(ANNA), guessed(ANNA, 0.5), withdrawn(ANNA, "a")):
        for key in KEYS:
            assert_refused(post._replace(key=key), f"key = {repr(key)[:60]}")
        for person in (None, 1, "Anna", (1, 1, 1, "secret")):
            assert_refused(post._replace(person=person), f"person = {person}")
    for content in CONTENTS:
        assert_refused(Post(ANNA, "key", content), f"content = {content}")
