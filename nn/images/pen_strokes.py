"""Paths of pens: digits as twenty people wrote them, assets/pen_strokes.npz, and letters, assets/letters.json.

Sources and licences are in assets/README.md; assets/make_pen_strokes.py made the digits' file. It holds

    moves                 uint8 (points, 2), from the point before to each point, modulo 256: their sums are x and y, in
                          a box whose longer side is 255, with y pointing down, at equal intervals of time
    stroke_end            (strokes,), where in the points each stroke ends (exclusive)
    sample_end            (samples,), where in stroke_end each digit ends (exclusive)
    label, writer         (samples,), the digit, and the number of its writer
"""

import functools
import json
from pathlib import Path

import numpy as np

BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "pen_strokes.npz"
BOX = 255  # the longer side of a digit in the file


def split_strokes(points, stroke_end, sample_end):
    """Of each digit in arrays like those above, the list of its strokes: parts of the points (n, 2)."""
    strokes = np.split(points, stroke_end[:-1])
    return [strokes[first:end] for first, end in zip([0, *sample_end], sample_end)]


@functools.cache
def pen_strokes():
    """For each of the ten digits a list of how it was written: each a list of strokes, float32 (points, 2) in 0..1."""
    with np.load(BUNDLED) as file:
        moves, stroke_end, sample_end, label = (file[name] for name in ("moves", "stroke_end", "sample_end", "label"))
    points = np.cumsum(moves, axis=0, dtype=np.uint8).astype(np.float32) / BOX
    written = split_strokes(points, stroke_end, sample_end)
    return [[shape for shape, drawn in zip(written, label) if drawn == digit] for digit in range(10)]


@functools.cache
def letters():
    """Letters and other figures that are no digits: name -> list of strokes, control points (n, 2) in a box 1 high.

    y points down. The pen follows a smooth curve through the points (augmentation.curve); one that is given twice is a
    corner. Letters that could be digits, such as O, l, S, Z, b, g, q, G or Y, are left out.
    """
    shapes = json.loads(BUNDLED.with_name("letters.json").read_text())  # in hundredths: x, y, x, y, ...
    return {name: [np.reshape(stroke, (-1, 2)) / 100 for stroke in shape] for name, shape in shapes.items()}
