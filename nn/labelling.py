"""Drawings of which the visitor has said what they were: how many were read right, and a file of them."""

import io
import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Labelled:
    """A drawing, the digit that it was meant to be, and what was read.

    image : floats (28, 28) in 0..1, as the network saw it
    label, answer : int
    reader : str, which network answered
    strokes : tuple of float arrays (n, 2), points x, y in pixels of the canvas
    """

    image: np.ndarray
    label: int
    answer: int
    reader: str
    strokes: tuple


def strokes_of(objects):
    """The strokes of a canvas, its list of Fabric.js objects, as a tuple of arrays (n, 2) of points.

    Every command of a path ends with the point to which it goes. Whatever is no path of points is passed over.
    """
    strokes = []
    for path in (one.get("path") for one in objects if isinstance(one, dict)):
        points = [command[-2:] for command in path if _is_a_point(command)] if isinstance(path, list) else []
        if points:
            strokes.append(np.array(points, dtype=np.float32))
    return tuple(strokes)


def _is_a_point(command):
    return isinstance(command, list) and len(command) >= 3 and all(isinstance(x, (int, float)) for x in command[-2:])


def interval(right, n, z=1.96):
    """The 95 % interval of a share of which `right` of n were seen, after Wilson (1927): a pair in 0..1.

    Unlike the usual plus-minus it is of use for a handful of drawings, and never leaves 0..1.
    """
    middle = (right + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(right * (n - right) / n + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def count(labelled, reader):
    """How many of the labelled drawings that a network (reader) answered it read right, in words, with the 95 % interval."""
    answered = [drawing for drawing in labelled if drawing.reader == reader]
    n, right = len(answered), sum(drawing.label == drawing.answer for drawing in answered)
    if n == 0:
        return f"{reader} has read none of your drawings yet."
    low, high = interval(right, n)
    return (
        f"{reader} read {right} of {n} of your drawings right ({right / n:.0%}; 95 % interval {low:.0%} to {high:.0%})."
    )


def labelled_file(drawings):
    """Labelled drawings as the bytes of an .npz file.

    images uint8 (n, 28, 28), labels, answers and readers (n,); xy float32 (points, 2) holds the points of all strokes, one after the other,
    stroke_end (strokes,) where each stroke ends in xy, and sample_end (n,) where each drawing ends in stroke_end.
    """
    strokes = [stroke for drawing in drawings for stroke in drawing.strokes]
    file = io.BytesIO()
    np.savez_compressed(
        file,
        images=np.rint(255 * np.array([drawing.image for drawing in drawings])).astype(np.uint8),
        labels=np.array([drawing.label for drawing in drawings]),
        answers=np.array([drawing.answer for drawing in drawings]),
        readers=np.array([drawing.reader for drawing in drawings]),
        xy=np.concatenate([*strokes, np.zeros((0, 2), np.float32)]),
        stroke_end=np.cumsum([len(stroke) for stroke in strokes], dtype=np.int64),
        sample_end=np.cumsum([len(drawing.strokes) for drawing in drawings], dtype=np.int64),
    )
    return file.getvalue()
