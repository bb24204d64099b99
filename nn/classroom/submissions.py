"""Submissions of students to a class: checked when they are made, so a board can show everything that is stored."""

from dataclasses import dataclass, fields
from functools import partial
from typing import NamedTuple

import numpy as np

from ..checks import check_fields, checked, flag, number, one_of, whole
from ..questions.predictions import QUESTIONS
from ..recipe import Recipe

PIXELS = 784
MAX_NETWORK_BYTES = 400_000
SMALL = f"a file of at most {MAX_NETWORK_BYTES:,} bytes"


class Person(NamedTuple):
    """Somebody in a room: the identifiers of both, the number in the room, and the secret in their browser."""

    room: int
    id: int
    number: int
    secret: str


def _checked(words, kind, is_right=lambda value: True, **more):
    """A field with a check that its value is of a kind and right: a ValueError has these words."""

    def check(name, value):
        if not isinstance(value, kind) or not is_right(value):
            raise ValueError(f"{name} must be {words}.")
        return value

    return checked(check, **more)


def _image():
    return _checked(f"uint8 ({PIXELS},)", np.ndarray, lambda it: it.dtype == np.uint8 and it.shape == (PIXELS,))


def _is_key(value):  # PostgreSQL can't store all characters
    return 0 < len(value) <= 40 and value.isascii() and value.isprintable()


@dataclass(frozen=True)
class TrainingResult:
    """How a training by a Recipe came out."""

    recipe: Recipe = _checked("a Recipe", Recipe)
    epochs_done: float = checked(partial(number, low=0, high=10_000))
    diverged: bool = checked(flag)
    accuracy: float = checked(partial(number, low=0, high=1))
    network: bytes | None = _checked(SMALL, bytes | None, lambda it: len(it or b"") <= MAX_NETWORK_BYTES, default=None)

    __post_init__ = check_fields


SETTINGS = tuple(field.name for field in fields(Recipe))
RESULTS = tuple(field.name for field in fields(TrainingResult) if field.name not in ("recipe", "network"))


@dataclass(frozen=True, eq=False)
class SharedDrawing:
    """A drawing, prepared in both ways, uint8 (784,)."""

    label: int = checked(partial(whole, low=0, high=9))
    mnist: np.ndarray = _image()
    normalized: np.ndarray = _image()

    __post_init__ = check_fields


@dataclass(frozen=True)
class Guess:
    """A guess at a question's answer, a share in 0..1."""

    question: str = checked(partial(one_of, values=QUESTIONS))
    share: float = checked(partial(number, low=0, high=1))

    __post_init__ = check_fields


ALL_DRAWINGS = "*"  # the key with which somebody takes back all of their drawings
CONTENTS = TrainingResult | SharedDrawing | Guess | None


@dataclass(frozen=True, eq=False)
class Submission:
    """A person's submission; it replaces their earlier one with the same key. None as content takes back a drawing."""

    person: Person = _checked("a Person", Person)
    key: str = _checked("at most 40 letters, digits and signs", str, _is_key)
    content: CONTENTS = _checked("a training, a drawing, a guess or None", CONTENTS)

    __post_init__ = check_fields
