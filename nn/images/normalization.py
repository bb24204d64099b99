"""Removes what differs from hand to hand and says nothing about the digit: the slant and the stroke width."""

import numpy as np
from PIL import Image

BOX = 20  # pixels of the longer side of a digit in MNIST's images
FINE = 4  # here a digit is at most this many times as large
PEN = 2.5  # the width that all strokes get, in MNIST's pixels: about the usual width there


def deskew(cut):
    """The ink sheared until the middles of its rows no longer drift to one side, at most FINE times MNIST's size.

    The drift, in pixels to the right for each pixel down, is the covariance of x and y divided by the variance of y.
    """
    height, width = cut.shape
    scale = FINE * BOX / max(height, width)
    if scale < 1:
        height, width = max(1, round(height * scale)), max(1, round(width * scale))
        picture = Image.fromarray(cut.astype(np.float32))
        cut = np.asarray(picture.resize((width, height), Image.Resampling.BOX), np.float64)
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    rows = cut.sum(axis=1)
    y_middle = rows @ y / rows.sum()
    drift = (y - y_middle) @ (cut @ x) / max(rows @ (y - y_middle) ** 2, 1e-9)
    drift = np.clip(drift, -1, 1)
    # Pillow asks where each new pixel comes from: x_old = x + drift y + c, y_old = y - margin. There must be room for
    # the shear, which moves the first row by drift y_middle, and a margin into which a thin stroke can grow.
    margin = int(FINE * PEN / 2) + 2
    first, last = drift * y_middle, drift * (y_middle - height)
    size = int(np.ceil(width + abs(first - last))) + 2 * margin, height + 2 * margin
    c = min(first, last) - margin - drift * (margin + y_middle)
    source = 1, drift, c, 0, 1, -margin
    picture = Image.fromarray(cut.astype(np.float32))
    return np.asarray(picture.transform(size, Image.Transform.AFFINE, source, Image.Resampling.BILINEAR))


def normalize_stroke_width(ink, pen):
    """The ink as a pen of `pen` pixels would have drawn it on a digit 20 pixels long; and the scale to that size.

    On average, a stroke's pixels are a quarter of its width deep; blots are left out of this average. The new ink is
    everything that is deep enough inside the old strokes, or close enough outside, for the new width.
    """
    inside = ink > ink.max() / 2
    depth = np.sqrt(_squared_distance(~inside, 16))  # to the nearest pixel without ink; 0 outside
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    depths = np.sort(depth[inside])
    width = 4 * depths[len(depths) // 4 : 1 + len(depths) * 3 // 4].mean() - 1
    # The path of the pen's middle is shorter than the ink by one width, before and after. A dot has no path.
    scale = max(longer - width, longer / 4) / (BOX - pen)
    deeper = min((width - scale * pen) / 2, depth.max() - 1)  # at least the middle of a blot remains
    if deeper < 0.5:
        depth = depth - np.sqrt(_squared_distance(inside, int(1 - deeper) + 1)) + np.where(inside, 0, 1)
    return np.clip(depth - deeper, 0, 1), scale


def _squared_distance(target, reach):
    """The squared distance of every pixel to the nearest one in target, a boolean image; exact up to reach pixels.

    First along the rows, then along the columns: by Pythagoras the squares add up.
    """
    squares = np.where(target, 0, 4 * reach**2).astype(np.int16)
    for _ in range(2):
        squares = np.ascontiguousarray(squares.T)
        before = squares.copy()
        for step in range(1, reach + 1):
            if step**2 >= squares.max():
                break
            further = before + np.int16(step**2)
            np.minimum(squares[step:], further[:-step], out=squares[step:])
            np.minimum(squares[:-step], further[step:], out=squares[:-step])
    return squares
