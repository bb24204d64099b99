"""The image that the page shows: the visitor's drawing, or one of MNIST's images selected in its place."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from ... import prepare_drawing, prepare_images
from .shared import mnist
from .state import this_visitor

SPLITS = {"train": "training image", "test": "held-out image"}


@dataclass(frozen=True, eq=False)
class CurrentImage:
    """An image as the answering network sees it.

    image : floats (28, 28) in 0..1
    label : int or None, the digit that it is or, according to the visitor, was meant to be; None if unknown
    name : str, what to call it in the middle of a sentence
    """

    image: np.ndarray
    label: int | None
    name: str


def split_of(images, split):
    """The images X (n, 784) and labels y (n,) of an Mnist's split, "train" or "test"."""
    return (images.X_train, images.y_train) if split == "train" else (images.X_test, images.y_test)


@st.cache_resource(show_spinner=False)
def example_index(digit):
    """The index of the first of the bundled held-out images of a digit."""
    return int(np.flatnonzero(mnist("bundled").y_test == digit)[0])


def select_example(source, split, index):
    """Put one of MNIST's images in the drawing's place on the whole page."""
    this_visitor().selected_example = source, split, index


def back_to_the_drawing():
    """Put the drawing back in its place."""
    this_visitor().selected_example = None


def selected_example(moment):
    """The CurrentImage that took the drawing's place, or None."""
    example = this_visitor().selected_example
    return None if example is None else _from_mnist(*example, moment.network.preparation)


def drawing():
    """The drawing as a CurrentImage, or None if nothing is drawn."""
    visitor = this_visitor()
    if visitor.drawing is None:
        return None
    labelled = visitor.labelled.get(visitor.drawing_id)
    return CurrentImage(visitor.drawing.image, None if labelled is None else labelled.label, "your drawing")


def current_image(moment):
    """The CurrentImage of a Moment: the selected example, or the drawing, or else the first held-out image."""
    return selected_example(moment) or drawing() or _from_mnist(moment.source, "test", 0, moment.network.preparation)


def current_image_as(moment, preparation):
    """The CurrentImage of a Moment, but prepared in another way: for a network that expects that."""
    visitor = this_visitor()
    example = visitor.selected_example or (None if drawing() else (moment.source, "test", 0))
    if example is not None:
        return _from_mnist(*example, preparation)
    if preparation == moment.network.preparation:
        return drawing()
    return replace(drawing(), image=prepare_drawing(visitor.sketches[-1].pixels, preparation).image)


@st.cache_resource(show_spinner=False, max_entries=100)
def _from_mnist(source, split, index, preparation):
    """An MNIST image as a CurrentImage; cached, because preparing it takes milliseconds and the page asks often."""
    X, y = split_of(mnist(source), split)
    image = prepare_images(X[index : index + 1], preparation)[0]
    return CurrentImage(image.reshape(28, 28) / 255, int(y[index]), f"{SPLITS[split]} {index:,}")
