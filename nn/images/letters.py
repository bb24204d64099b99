"""Letters, and figures that people draw, as strokes of a pen: non-digits, from which a network learns to say no.

Letters that could be digits, such as O, l, S, Z, b, g, q, G or Y, are left out.

A shape is a list of strokes, and a stroke is a list of control points (x, y) in a box 1 high, with y pointing down. The
pen follows a smooth curve through them (see augmentation.curve). A point that is given twice is a corner.
"""


def _stroke(*numbers):
    """Control points from their numbers x, y, x, y, ... in hundredths."""
    return [(x / 100, y / 100) for x, y in zip(numbers[::2], numbers[1::2])]


def _corners(*numbers):
    """The same with straight lines: every point is a corner."""
    return [point for point in _stroke(*numbers) for _ in range(2)]


LETTERS = {
    "A": [_corners(0, 100, 35, 0, 70, 100), _corners(14, 62, 56, 62)],
    "E": [_corners(55, 0, 0, 0, 0, 100, 55, 100), _corners(0, 50, 45, 50)],
    "F": [_corners(55, 0, 0, 0, 0, 100), _corners(0, 46, 42, 46)],
    "H": [_corners(0, 0, 0, 100), _corners(60, 0, 60, 100), _corners(0, 50, 60, 50)],
    "K": [_corners(0, 0, 0, 100), _corners(55, 0, 2, 52, 58, 100)],
    "M": [_corners(0, 100, 6, 0, 40, 70, 74, 0, 80, 100)],
    "N": [_corners(0, 100, 0, 0, 60, 100, 60, 0)],
    "P": [_corners(0, 100, 0, 0) + _stroke(40, 2, 52, 25, 38, 50, 0, 52)],
    "R": [_corners(0, 100, 0, 0) + _stroke(40, 2, 50, 25, 38, 48, 0, 50, 0, 50) + _corners(52, 100)],
    "T": [_corners(0, 0, 74, 0), _corners(37, 0, 37, 100)],
    "V": [_corners(0, 0, 34, 100, 68, 0)],
    "W": [_corners(0, 0, 22, 100, 45, 30, 68, 100, 90, 0)],
    "X": [_corners(0, 0, 64, 100), _corners(64, 0, 0, 100)],
    "a": [_stroke(60, 20, 30, 2, 4, 30, 6, 80, 34, 98, 58, 70, 60, 10, 60, 10, 60, 70, 68, 98, 80, 92)],
    "e": [_stroke(4, 52, 60, 46, 54, 10, 28, 0, 2, 34, 8, 86, 36, 100, 66, 82)],
    "h": [_corners(0, 0, 0, 100) + _stroke(0, 64, 24, 44, 44, 58, 46, 100)],
    "m": [_corners(0, 0, 0, 100) + _stroke(0, 30, 26, 2, 42, 30, 42, 100, 42, 100, 42, 34, 70, 2, 86, 30, 88, 100)],
    "n": [_corners(0, 0, 0, 100) + _stroke(0, 36, 34, 2, 62, 30, 64, 100)],
    "u": [_stroke(0, 0, 2, 60, 22, 98, 54, 70, 60, 0, 60, 0, 60, 60, 64, 100)],
    "w": [_stroke(0, 0, 8, 70, 26, 98, 44, 50, 46, 30, 50, 70, 70, 98, 90, 50, 92, 0)],
    "C": [_stroke(64, 18, 36, 0, 6, 22, 2, 56, 10, 86, 38, 100, 66, 84)],
    "L": [_corners(0, 0, 0, 100, 56, 100)],
    "U": [_stroke(0, 0, 0, 50, 10, 92, 34, 100, 58, 90, 66, 50, 66, 0)],
    "d": [_stroke(50, 56, 28, 44, 4, 60, 6, 90, 28, 100, 50, 80), _corners(50, 0, 50, 100)],
    "f": [_stroke(54, 8, 36, 0, 24, 16, 24, 60, 24, 100), _corners(0, 40, 50, 40)],
    "k": [_corners(0, 0, 0, 100), _corners(44, 38, 2, 70, 50, 100)],
    "r": [_corners(0, 0, 0, 100) + _stroke(0, 44, 16, 10, 50, 4)],
    "square": [_corners(0, 0, 100, 0, 100, 100, 0, 100, 0, 0)],
    "triangle": [_corners(0, 90, 50, 0, 100, 90, 0, 90)],
    "check": [_corners(0, 60, 30, 100, 90, 0)],
    "arrow": [_corners(0, 30, 100, 30), _corners(70, 0, 100, 30, 70, 60)],
    "star": [_corners(0, 38, 100, 38, 18, 100, 50, 0, 82, 100, 0, 38)],
    "heart": [_stroke(50, 24, 26, 0, 0, 24, 50, 96, 50, 96, 100, 24, 74, 0, 50, 24)],
}
