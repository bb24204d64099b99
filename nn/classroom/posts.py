"""What people hand in. Each post is checked when it is made: what is in the database can be shown."""

from typing import NamedTuple

import numpy as np

from .questions import QUESTIONS

PIXELS = 784
MAX_NETWORK_BYTES = 400_000
PREPARATIONS, SOURCES = ("mnist", "normalized"), ("bundled", "openml")


class Person(NamedTuple):
    """Somebody in a room: the identifiers of both, the number in the room, and the secret that their browser keeps."""

    room: int
    id: int
    number: int
    secret: str


class Trained(NamedTuple):
    """A training that is over: its settings, as the sidebar has them, and its result.

    network : bytes or None, its network file
    """

    n_hidden: int
    eta: float
    epochs: int
    batch_size: int
    seed: int
    scale: bool
    shuffle: bool
    preparation: str
    source: str
    n_images: int
    distorted: bool
    is_sorted: bool
    epochs_done: float
    diverged: bool
    accuracy: float
    network: bytes | None = None


class Drawn(NamedTuple):
    """A labelled drawing: both preparations of it, uint8 (784,)."""

    label: int
    mnist: np.ndarray
    normalized: np.ndarray


class Guessed(NamedTuple):
    """A guess at a question's answer, a share in 0..1."""

    question: str
    share: float


class Withdrawn(NamedTuple):
    """A drawing, named by the post's key, that its author takes back."""


class Post(NamedTuple):
    """What somebody hands in; one with the same key takes the place of the first."""

    person: Person
    key: str
    content: Trained | Drawn | Guessed | Withdrawn


def check(post):
    """Raise ValueError if a Post holds what a page can't have made."""
    if not isinstance(post.person, Person):
        raise ValueError("A post needs the person who hands it in.")
    key = post.key  # PostgreSQL can't store all characters
    if not (isinstance(key, str) and 0 < len(key) <= 40 and key.isascii() and key.isprintable()):
        raise ValueError("A post needs a key of at most 40 letters, digits and signs.")
    content = post.content
    if isinstance(content, Trained):
        _check_training(content)
    elif isinstance(content, Drawn):
        if not _is_whole(content.label, 0, 9):
            raise ValueError("A drawing's label must be a digit.")
        for image in (content.mnist, content.normalized):
            if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.shape != (PIXELS,):
                raise ValueError(f"A drawing must be uint8 ({PIXELS},).")
    elif isinstance(content, Guessed):
        if not _is_one_of(content.question, QUESTIONS):
            raise ValueError("There is no such question.")
        _check_number("share", content.share, 0, 1)
    elif not isinstance(content, Withdrawn):
        raise ValueError(f"A post can't hold {type(content).__name__}.")


def _check_training(trained):
    whole = {"n_hidden": (0, 5000), "epochs": (1, 10_000), "batch_size": (1, 2**31 - 1), "seed": (0, 2**32 - 1)}
    for name, (least, most) in (whole | {"n_images": (1, 60_000)}).items():
        if not _is_whole(getattr(trained, name), least, most):
            raise ValueError(f"{name} must be a whole number from {least:,} to {most:,}.")
    for name, (least, most) in {"eta": (1e-9, 1e3), "epochs_done": (0, 10_000), "accuracy": (0, 1)}.items():
        _check_number(name, getattr(trained, name), least, most)
    for name in ("scale", "shuffle", "distorted", "is_sorted", "diverged"):
        if not isinstance(getattr(trained, name), bool):
            raise ValueError(f"{name} must be true or false.")
    if not (_is_one_of(trained.preparation, PREPARATIONS) and _is_one_of(trained.source, SOURCES)):
        raise ValueError("The preparation or the source of the images is unknown.")
    network = trained.network
    if network is not None and not (isinstance(network, bytes) and len(network) <= MAX_NETWORK_BYTES):
        raise ValueError(f"A network file must have at most {MAX_NETWORK_BYTES:,} bytes.")


def _is_one_of(value, names):
    return isinstance(value, str) and value in names


def _is_whole(value, least, most):
    return _is_a(int | np.integer, value) and least <= value <= most


def _check_number(name, value, least, most):
    if not (_is_a(int | float | np.integer | np.floating, value) and least <= value <= most):  # NaN is not either
        raise ValueError(f"{name} must be a number from {least:g} to {most:g}.")


def _is_a(kind, value):
    return isinstance(value, kind) and not isinstance(value, bool | np.timedelta64)  # Python and NumPy say they are
