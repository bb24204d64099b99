"""Labelled drawings: what the visitor said they were, how many were read right, and a file of them."""

import io
from dataclasses import dataclass

import numpy as np

from ..analysis.metrics import interval
from .numbers import with_article
from .sketch import Sketch

OWN, PRETRAINED = "My network", "Pre-trained network"  # the readers
IN_A_SENTENCE = {OWN: "your network", PRETRAINED: "the pre-trained network"}
AT_THE_BEGINNING = {reader: name[0].upper() + name[1:] for reader, name in IN_A_SENTENCE.items()}


@dataclass(frozen=True, eq=False)
class Labelled:
    """A drawing, the digit that it was meant to be, and what was read.

    image : floats (28, 28) in 0..1, as the network saw it
    label, answer : int
    reader : OWN or PRETRAINED, the network that answered
    sketch : Sketch, what was on the canvas
    """

    image: np.ndarray
    label: int
    answer: int
    reader: str
    sketch: Sketch

    @property
    def strokes(self):
        """The strokes, a tuple of float arrays (n, 2) of points x, y in pixels of the canvas."""
        return strokes_of(self.sketch.objects)


def strokes_of(objects):
    """The strokes of a canvas, a list of Fabric.js objects, as a tuple of arrays (n, 2) of points.

    Every command of a path ends with its end point. Anything that isn't a path of points is skipped.
    """
    strokes = []
    for path in (one.get("path") for one in objects if isinstance(one, dict)):
        points = [command[-2:] for command in path if _is_a_point(command)] if isinstance(path, list) else []
        if points:
            strokes.append(np.array(points, dtype=np.float32))
    return tuple(strokes)


def _is_a_point(command):
    return isinstance(command, list) and len(command) >= 3 and all(isinstance(x, (int, float)) for x in command[-2:])


def count(labelled, reader):
    """How many of the labelled drawings a reader read right, as a sentence with the 95% interval."""
    answered = [drawing for drawing in labelled if drawing.reader == reader]
    n, right = len(answered), sum(drawing.label == drawing.answer for drawing in answered)
    if n == 0:
        return f"No drawing scored for {IN_A_SENTENCE[reader]} yet."
    low, high = interval(right, n)
    drawings = f"{right} of {n} drawing{'' if n == 1 else 's'}"
    return f"{AT_THE_BEGINNING[reader]} read {drawings} right ({right / n:.0%}; 95% interval {low:.0%} to {high:.0%})."


def verdict(labelled, drawings):
    """Whether the drawing just labelled (None if it isn't) was read right, and how many of all; HTML, "" before any.

    drawings : all Labelled, by any reader
    """
    read_right = sum(drawing.label == drawing.answer for drawing in drawings)
    so_far = f"{read_right} of {len(drawings)} right so far" if drawings else ""
    if labelled is None:
        return so_far
    if labelled.label == labelled.answer:
        return f"<b>Right:</b> {so_far}"
    return f"<b>Wrong</b>, it read {with_article(labelled.answer)}: {so_far}"


def labelled_file(drawings):
    """Labelled drawings as the bytes of an .npz file.

    images uint8 (n, 28, 28), labels, answers and readers (n,); xy float32 (points, 2) holds the points of all strokes,
    stroke_end (strokes,) where each stroke ends in xy, and sample_end (n,) where each drawing ends in stroke_end.
    """
    strokes_of_each = [drawing.strokes for drawing in drawings]
    strokes = [stroke for strokes in strokes_of_each for stroke in strokes]
    file = io.BytesIO()
    np.savez_compressed(
        file,
        images=np.rint(255 * np.array([drawing.image for drawing in drawings])).astype(np.uint8),
        labels=np.array([drawing.label for drawing in drawings]),
        answers=np.array([drawing.answer for drawing in drawings]),
        readers=np.array([drawing.reader for drawing in drawings]),
        xy=np.concatenate([*strokes, np.zeros((0, 2), np.float32)]),
        stroke_end=np.cumsum([len(stroke) for stroke in strokes], dtype=np.int64),
        sample_end=np.cumsum([len(strokes) for strokes in strokes_of_each], dtype=np.int64),
    )
    return file.getvalue()
