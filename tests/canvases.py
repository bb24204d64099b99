"""What a visitor might draw, as a canvas of 280 x 280 pixels gives it."""

import numpy as np
from PIL import Image, ImageDraw

SIDE = 280


def canvas(strokes, pen=20):
    """Strokes, lists of points (x, y) in pixels, drawn white on black with a round pen: uint8 (280, 280), smooth."""
    fine = 4
    picture = Image.new("L", (SIDE * fine, SIDE * fine))
    draw, r = ImageDraw.Draw(picture), pen * fine / 2
    for stroke in strokes:
        points = np.asarray(stroke, float) * fine
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[-1]]):
            for t in np.linspace(0, 1, int(np.hypot(x1 - x0, y1 - y0) / (r / 4)) + 1):
                x, y = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                draw.ellipse((x - r, y - r, x + r, y + r), 255)
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))


def placed(strokes, size=180, at=(60, 45), slant=0.0):
    """Strokes in a box 1 high, with y pointing down, placed on the canvas."""
    return [[(at[0] + size * (x + slant * (1 - y)), at[1] + size * y) for x, y in stroke] for stroke in strokes]


def rgba(grey, ink=(255, 255, 255, 255), paper=(0, 0, 0, 255)):
    """Grey levels as a drawing in two colours."""
    share = grey[..., None] / 255
    return np.rint(share * np.array(ink) + (1 - share) * np.array(paper)).astype(np.uint8)
