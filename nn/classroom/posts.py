"""What people hand in. Each of these is checked when it is made: what is in the database can be shown."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from ..checks import check_fields, checked, flag, number, one_of, whole
from ..questions.predictions import QUESTIONS
from ..recipe import Recipe

PIXELS = 784
MAX_NETWORK_BYTES = 400_000


class Person(NamedTuple):
    """Somebody in a room: the identifiers of both, the number in the room, and the secret that their browser keeps."""

    room: int
    id: int
    number: int
    secret: str


def _recipe(name, value):
    if not isinstance(value, Recipe):
        raise ValueError(f"{name} must be a Recipe.")
    return value


def _network(name, value):
    if value is not None and not (isinstance(value, bytes) and len(value) <= MAX_NETWORK_BYTES):
        raise ValueError(f"{name} must be a file of at most {MAX_NETWORK_BYTES:,} bytes.")
    return value


def _image(name, value):
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or value.shape != (PIXELS,):
        raise ValueError(f"{name} must be uint8 ({PIXELS},).")
    return value


@dataclass(frozen=True, eq=False)
class Trained:
    """A training that is over: its Recipe, and its result.

    network : bytes or None, its network file
    """

    recipe: Recipe = checked(_recipe)
    epochs_done: float = checked(partial(number, low=0, high=10_000))
    diverged: bool = checked(flag)
    accuracy: float = checked(partial(number, low=0, high=1))
    network: bytes | None = checked(_network, default=None)

    def __post_init__(self):
        check_fields(self)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A labelled drawing: both preparations of it, uint8 (784,)."""

    label: int = checked(partial(whole, low=0, high=9))
    mnist: np.ndarray = checked(_image)
    normalized: np.ndarray = checked(_image)

    def __post_init__(self):
        check_fields(self)


@dataclass(frozen=True, eq=False)
class Guessed:
    """A guess at a question's answer, a share in 0..1."""

    question: str = checked(partial(one_of, values=QUESTIONS))
    share: float = checked(partial(number, low=0, high=1))

    def __post_init__(self):
        check_fields(self)


class Withdrawn(NamedTuple):
    """A drawing, named by the post's key, that its author takes back."""


class Post(NamedTuple):
    """What somebody hands in; one with the same key takes the place of the first."""

    person: Person
    key: str
    content: Trained | Drawn | Guessed | Withdrawn


def check(post):
    """Raise ValueError if a Post has no person, no key that every database can store, or no content."""
    if not isinstance(post.person, Person):
        raise ValueError("A post needs the person who hands it in.")
    key = post.key  # PostgreSQL can't store all characters
    if not (isinstance(key, str) and 0 < len(key) <= 40 and key.isascii() and key.isprintable()):
        raise ValueError("A post needs a key of at most 40 letters, digits and signs.")
    if not isinstance(post.content, Trained | Drawn | Guessed | Withdrawn):
        raise ValueError(f"A post can't hold {type(post.content).__name__}.")
