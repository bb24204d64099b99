"""The image that is looked at: the visitor's drawing, or one of MNIST's images that was put in its place."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from .. import prepare_images
from .session import answering_network, mnist

PARTS = {"train": "training image", "test": "held-out image"}


@dataclass(frozen=True, eq=False)
class Subject:
    """An image as the answering network sees it.

    image : floats (28, 28) in 0..1
    label : int or None, the digit that it is, or that the visitor says it was meant to be; None where nobody said
    name : str, what to call it in the middle of a sentence
    """

    image: np.ndarray
    label: int | None
    name: str


def part_of(images, part):
    """The images X (n, 784) and labels y (n,) of an Mnist's part "train" or "test"."""
    return (images.X_train, images.y_train) if part == "train" else (images.X_test, images.y_test)


def put_in_place(source, part, index):
    """Let one of MNIST's images take the drawing's place, everywhere: the image at an index of part "train" or "test"."""
    st.session_state.picked = source, part, index


def back_to_the_drawing():
    """Give the drawing its place back."""
    st.session_state.pop("picked", None)


def picked():
    """The Subject that took the drawing's place, or None."""
    which = st.session_state.get("picked")
    return None if which is None else _from_mnist(*which, answering_network().preparation)


def drawn():
    """The drawing as Subject, or None where nothing is drawn."""
    drawing = st.session_state.get("drawing")
    return (
        None if drawing is None else Subject(drawing.image, st.session_state.get("said", ("", None))[1], "your drawing")
    )


def subject():
    """The Subject that is looked at; where there is neither, the first of the held-out images."""
    return picked() or drawn() or _from_mnist("bundled", "test", 0, answering_network().preparation)


@st.cache_resource(show_spinner=False, max_entries=100)
def _from_mnist(source, part, index, preparation):
    """Kept, for the page asks many times for what is looked at, and to prepare an image takes milliseconds."""
    X, y = part_of(mnist(source), part)
    image = prepare_images(X[index : index + 1], preparation)[0]
    return Subject(image.reshape(28, 28) / 255, int(y[index]), f"{PARTS[part]} {index:,}")
