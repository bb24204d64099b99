"""A canvas's report, checked. It comes from a browser, so it may be forged: pure functions, no Streamlit."""

import base64
import hashlib
import io
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from ..images.pictures import read_picture

MAX_SIZE = 100_000  # numbers and letters in all strokes: five minutes without lifting the pen
MAX_SIZES = 600_000  # of all that a visitor has of a kind: 20 MB. Undo takes back 50 strokes, and a digit has 500
DEPTH = 6  # of lists and dicts in one another, in the strokes; the canvas itself has four
LARGEST = 1e6  # pixels
MAX_SIDE = 420  # pixels of a canvas
PREFIX = "data:image/png;base64,"


class Sketch(NamedTuple):
    """The canvas after a stroke: its strokes as Fabric.js objects, and its picture as a PNG file's bytes.

    size is the number of numbers and letters in the strokes, which the server holds in memory.
    """

    objects: list
    png: bytes
    size: int = 0

    @property
    def pixels(self):
        """The canvas, uint8 (rows, columns, 4)."""
        return read_picture(io.BytesIO(self.png), formats=["PNG"])

    @property
    def identifier(self):
        """A short name, the same for the same picture, also when it comes from a file."""
        return hashlib.sha1(self.png).hexdigest()

    @property
    def strokes(self):
        """The strokes, a tuple of float arrays (n, 2) of points x, y in pixels of the canvas.

        Every command of a path ends with its end point. Anything that isn't a path of points is skipped.
        """
        paths = (one.get("path") for one in self.objects if isinstance(one, dict))
        ends = ([one[-2:] for one in path if _ends_in_a_point(one)] for path in paths if isinstance(path, list))
        return tuple(np.array(points, dtype=np.float32) for points in ends if points)


def _ends_in_a_point(command):
    return isinstance(command, list) and len(command) >= 3 and all(isinstance(x, (int, float)) for x in command[-2:])


def reported_sketch(value, max_side, known=None):
    """The Sketch that a canvas reports, None before the first stroke.

    value : the component's state
    max_side : int, the largest side of the canvas, in pixels
    known : Sketch or None, the latest one: its picture needn't be decoded again

    Raises ValueError if a canvas can't have reported that. The size of the picture is read before it is decoded.
    """
    drawing = _dict(value).get("drawing")
    if _dict(value).get("backgroundFit") is not None:
        raise ValueError("the canvas has no background image")
    raw, data = _dict(_dict(drawing).get("raw")), _dict(drawing).get("data")
    objects = [] if raw.get("objects") is None else raw["objects"]
    size = size_of_strokes(objects)
    if data is None:
        return None
    if not isinstance(data, str) or not data.startswith(PREFIX) or len(data) > 2 * max_side**2:
        raise ValueError("the picture is no PNG of the canvas")
    png = base64.b64decode(data.removeprefix(PREFIX), validate=True)
    if known is None or png != known.png:
        read_picture(io.BytesIO(png), formats=["PNG"], max_side=max_side)
    return Sketch(objects, png, size)


def size_of_strokes(objects):
    """The size of a Sketch with these strokes. Raises ValueError if a canvas can't have reported them."""
    if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
        raise ValueError("the strokes are no list of objects")
    if (size := size_of(objects)) > MAX_SIZE:
        raise ValueError("there are too many strokes")
    return size


def n_latest(sketches, most):
    """The number of the latest of these Sketches, at least one and at most `most`, that have MAX_SIZES in all."""
    sums = accumulate(sketch.size for sketch in reversed(sketches[-most:]))
    return max(1, sum(size <= MAX_SIZES for size in sums))


def _dict(value):
    if value is not None and not isinstance(value, dict):
        raise ValueError("this is no object")
    return value or {}


def size_of(value, depth=DEPTH):
    """The number of numbers and letters in nested lists and dicts; ValueError if it is too deep or no coordinate."""
    if isinstance(value, (list, dict)):
        if depth == 0:
            raise ValueError("lists are nested too deeply")
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        return sum(size_of(one, depth - 1) for one in inner)
    if isinstance(value, (int, float)) and not abs(value) < LARGEST:  # NaN is not below anything
        raise ValueError("a number is no coordinate")
    return 1 + len(value) if isinstance(value, str) else 1
