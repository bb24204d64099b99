"""Digits as twenty people wrote them: the paths of their pen, from assets/pen_strokes.npz.

Their source and licence are in assets/README.md; assets/make_pen_strokes.py made the file. It holds

    moves                 uint8 (points, 2), from the point before to each point, modulo 256: their sums are x and y, in
                          a box whose longer side is 255, with y pointing down, at equal intervals of time
    stroke_end            (strokes,), where in the points each stroke ends (exclusive)
    sample_end            (samples,), where in stroke_end each digit ends (exclusive)
    label, writer         (samples,), the digit, and the number of its writer
"""

import functools
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
