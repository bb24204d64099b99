"""Submissions are checked when they are made: those that a page can make pass, and nothing else."""

from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from classes import drawing, guess, training, withdrawal

from nn.classroom.submissions import MAX_NETWORK_BYTES, Person, Submission
from nn.questions.predictions import QUESTIONS
from nn.recipe import Recipe

ANNA = Person(1, 1, 1, "secret")
BLANK, DIGIT = np.zeros(784, np.uint8), np.arange(784).astype(np.uint8)

STRANGE = ["", "1", "<script>", "x" * 1_000_000, "\0", b"mnist", None, [], [1], ["mnist"], {}, (), 1j, object()]
STRANGE += [np.array(1), np.array([1, 2]), np.array("mnist"), np.array(["eta"]), np.complex128(1), Fraction(1, 2)]
STRANGE += [float("nan"), float("inf"), -float("inf"), np.float32("nan"), np.float64("inf"), 10**400, -(10**400)]
STRANGE += [np.timedelta64(1), np.datetime64("2026-01-01"), np.True_]
NO_NUMBERS = [*STRANGE, True, False]
NO_FLAGS = [*STRANGE[:-1], 0, 1, 1.0, "True", [True]]
NO_NAMES = [*STRANGE, 0, 1.5, True, "MNIST", "mnist "]
NO_IMAGES = [*STRANGE, 784, BLANK.tolist(), BLANK.tobytes()]
NO_IMAGES += [np.zeros(shape, np.uint8) for shape in [(), (0,), (783,), (785,), (28, 28), (1, 784), (784, 1)]]
NO_IMAGES += [BLANK.astype(dtype) for dtype in (float, np.float32, int, np.int8, np.uint16, bool, object, "S1", "U1")]

# For each value of a submission, those that a page can make, and some that none can.
TRAINING = {
    "recipe": ([Recipe(), Recipe(0, 10.0, is_sorted=True, source="openml")], [*STRANGE, {"n_hidden": 30}, Recipe]),
    "epochs_done": ([0, 0.01, 10_000, np.float32(2.5)], [-0.1, 10_000.1, 1e300, *NO_NUMBERS]),
    "diverged": ([True, False, np.True_], NO_FLAGS),
    "accuracy": ([0, 1 / 3, 1, np.float64(0.5)], [-0.01, 1.01, 97, *NO_NUMBERS]),
    "network": (
        [None, b"", b"weights", bytes(MAX_NETWORK_BYTES)],
        ["weights", bytearray(10), memoryview(b"weights"), np.zeros(10), [], 0, bytes(MAX_NETWORK_BYTES + 1)],
    ),
}
DRAWING = {
    "label": ([*range(10), np.int64(7), np.uint8(7)], [-1, 10, 1_000, 7.0, "7", np.float64(7), *NO_NUMBERS]),
    "mnist": ([BLANK, DIGIT], NO_IMAGES),
    "normalized": ([BLANK, DIGIT], NO_IMAGES),
}
GUESS = {
    "question": ([*QUESTIONS], NO_NAMES),
    "share": ([0, 1, 0.0, 1.0, 0.123, np.float32(0.5)], [-0.001, 1.001, 97, -1e300, 2**70, *NO_NUMBERS]),
}
CONTENTS_AND_VALUES = [
    (training(ANNA, network=b"weights").content, TRAINING),
    (drawing(ANNA).content, DRAWING),
    (guess(ANNA, 0.5).content, GUESS),
]
KEYS = ["", "x" * 41, "x" * 1_000_000, None, 7, b"key", [], ("a",), "a\0b", "\ud800", "a\nb", "é" * 40]
CONTENTS = [7, "<b>7</b>", [], {}, ANNA, training(ANNA), type("TrainingResult", (), {})]


def assert_refused(make, what):
    """The only outcome is a ValueError with a sentence, which is short whatever was submitted."""
    with pytest.raises(Exception) as raised:
        make()
        pytest.fail(f"{what} passes")
    words = str(raised.value)
    assert raised.type is ValueError and words.endswith(".") and len(words) < 200, f"{what}: {raised.value!r}"


@pytest.mark.parametrize("content, values", CONTENTS_AND_VALUES, ids=["training", "drawing", "guess"])
def test_each_value_passes_if_a_page_can_make_it_and_is_refused_otherwise(content, values):
    assert set(values) == {field.name for field in fields(content)}
    for name, (good, bad) in values.items():
        for value in good:
            replace(content, **{name: value})
        for value in bad:
            assert_refused(lambda: replace(content, **{name: value}), f"{name} = {repr(value)[:60]}")  # noqa: B023


def test_keys_people_and_contents_of_another_kind_are_refused():
    withdrawal(ANNA, "x" * 40)
    for submission in (training(ANNA), drawing(ANNA), guess(ANNA, 0.5), withdrawal(ANNA, "a")):
        for key in KEYS:
            assert_refused(lambda: replace(submission, key=key), f"key = {repr(key)[:60]}")  # noqa: B023
        for person in (None, 1, "Anna", (1, 1, 1, "secret")):
            assert_refused(lambda: replace(submission, person=person), f"person = {person}")  # noqa: B023
    for content in CONTENTS:
        assert_refused(lambda: Submission(ANNA, "key", content), f"content = {content}")  # noqa: B023
