"""Images to learn from: random distortions, styles drawn onto images, pen strokes in other hands, and non-digits.

Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual document analysis"
(2003), showed how much is learnt from images that are shifted, turned and bent a little. All functions take a random
generator and work on square images of floats in 0..1, four times as fine as MNIST's: 112 x 112.
"""

import numpy as np
from PIL import Image, ImageDraw

from .pen_strokes import letters, pen_strokes

SIDE = 112  # pixels of an image here
CENTRE = SIDE / 2, SIDE / 2
CELLS, KNOTS = 4, 4  # the image is bent in a mesh of 4 x 4 cells, smoothly between 4 x 4 random displacements
TURN, SHEAR, STRETCH, BEND = 0.15, 0.10, 0.10, 2.5  # standard deviations: radians, slope, log of width / height, pixels
JITTER = 0.035  # of a letter's control points, as a share of the height
FASTEST = 5  # the fastest hand leaves every fifth point of a stroke
HANDS = 1.5  # how much more strokes are bent than images: few people wrote them, and they have to stand for many
SKEW = 0.1  # how much each stroke is turned, sheared and stretched for itself: a standard deviation, as the next two
APART = 0.03  # of strokes' places, as a share of the digit's longer side
TREMOR = 0.02  # of points, in the most trembling hand
JOINED, LIFTED = 0.1, 0.1  # shares of the digits that are written without lifting the pen, and with every stroke in two
CUT = 0.05  # the largest share of a stroke that is missing at each end
CUBIC = np.linalg.inv(np.vander(np.linspace(0, 1, KNOTS)))  # from values at the knots to the coefficients of a cubic
HEIGHT = 76  # pixels of the longer side of what is drawn
EDGES = range(0, SIDE, SIDE // CELLS)
BOXES = [(x, y, x + SIDE // CELLS, y + SIDE // CELLS) for y in EDGES for x in EDGES]  # the cells


def distort(image, rng):
    """A random affine and elastic distortion of an image (112, 112): each cell of a mesh shows a bent quadrilateral."""
    corners = np.linspace(0, SIDE, CELLS + 1)
    grid = np.stack(np.meshgrid(corners, corners), axis=-1)  # (5, 5, 2)
    bent = random_bend(rng)(grid.reshape(-1, 2)).reshape(grid.shape)
    # The corners of every cell's source, in Pillow's order: top left, bottom left, bottom right, top right.
    sources = np.concatenate([bent[:-1, :-1], bent[1:, :-1], bent[1:, 1:], bent[:-1, 1:]], axis=2).reshape(-1, 8)
    picture = Image.fromarray(image.astype(np.float32))
    mesh = list(zip(BOXES, sources.tolist()))
    return np.asarray(picture.transform((SIDE, SIDE), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR))


def styled(image, digit, rng):
    """An image (112, 112) of a digit in a style that is common in much of the world but rare in MNIST.

    A 7 gets a bar through its stem, a 1 a flag and sometimes a foot, a 9 a hook to the left; other digits stay.
    """
    inside = image > 0.5
    strokes_of = {1: _flag_and_foot, 7: _bar, 9: _hook}.get(digit)
    if strokes_of is None or not inside.any():
        return image
    rows = np.flatnonzero(inside.any(axis=1))
    width = np.clip(0.9 * np.median(inside[rows].sum(axis=1)), 4, 14)  # most rows cross just one, steep stroke
    return np.maximum(image, drawn(strokes_of(inside, rows[0], rows[-1] - rows[0], width, rng), width))


def _flag_and_foot(inside, top, height, width, rng):
    strokes = []
    if rng.random() < 0.85:
        tip = np.array([_middle(inside, top), top + width / 2])
        length, angle = rng.uniform(0.15, 0.7) * height, rng.uniform(0.5, 1.2)
        strokes.append([tip, tip + length * np.array([-np.cos(angle), np.sin(angle)])])
    if rng.random() < 0.4 or not strokes:
        end = np.array([_middle(inside, top + height), top + height - width / 2])
        left, right = rng.uniform(0.15, 0.4, 2) * height
        strokes.append([end + (-left, 0), end + (right, rng.normal(0, 0.03) * height)])
    return strokes


def _bar(inside, top, height, width, rng):
    y = top + rng.uniform(0.4, 0.75) * height
    middle = np.array([_middle(inside, y) + rng.normal(0, 0.03) * height, y])
    half = np.array([rng.uniform(0.15, 0.35) * height, rng.normal(0, 0.05) * height])
    return [[middle - half, middle + half]]


def _hook(inside, top, height, width, rng):
    end = np.array([_middle(inside, top + height), top + height - width / 2])
    reach, rise = rng.uniform(0.2, 0.5) * height, rng.uniform(-0.05, 0.2) * height
    sag = end + (-reach / 2, rng.uniform(0, 0.1) * height)
    return [curve([end - (0, 0.1 * height), end, sag, end + (-reach, -rise)])]


def _middle(inside, y):
    """The middle of the ink in row y, or of its rightmost stroke if there are several."""
    row = inside[int(y)]
    columns = np.flatnonzero(row if row.any() else inside.any(axis=0))
    gaps = np.flatnonzero(np.diff(columns) > 1)
    return columns[gaps[-1] + 1 if len(gaps) else 0 :].mean()


def written_digit(digit, rng):
    """A digit as one of twenty people wrote it, in another hand and with a random pen: an image (112, 112)."""
    return drawn(written_strokes(digit, rng), random_pen(rng))


def non_digit(rng):
    """A non-digit, an image (112, 112): a letter, an invented letter, a scribble, two digits, or dots."""
    strokes_of = rng.choice([_letter, _invented_letter, _scribble, _two_digits, _dots], p=[0.3, 0.2, 0.22, 0.2, 0.08])
    return drawn(strokes_of(rng), random_pen(rng) * (0.5 if strokes_of is _two_digits else 1))


def _letter(rng):
    shapes = [*letters().values()]
    return handwritten(shapes[rng.integers(len(shapes))], rng)


def _invented_letter(rng):
    """Three or four strokes between the corners, the middles of the sides and the centre of a box."""
    shape = []
    for _ in range(rng.integers(3, 5)):
        places = rng.choice(9, rng.integers(2, 4), replace=False)
        points = np.stack([0.35 * (places % 3), 0.5 * (places // 3)], axis=1)
        shape.append(np.repeat(points, 1 + (rng.random() < 0.7), axis=0))  # given twice: straight lines with corners
    return handwritten(shape, rng)


def _scribble(rng):
    """One or two random strokes: some turn sharply, some wind smoothly, some go back and forth."""
    strokes = []
    for _ in range(rng.integers(1, 3)):
        n = rng.integers(4, 20)
        if rng.random() < 0.6:
            points = rng.uniform(15, 97, (n, 2))
        else:
            points = SIDE / 2 + 38 * np.cumsum(rng.normal(0, 0.5, (n, 2)), axis=0).clip(-1, 1)
        strokes.append(curve(np.repeat(points, rng.integers(1, 3), axis=0)))
    return strokes


def _two_digits(rng):
    height, apart = rng.uniform(35, 50), rng.uniform(15, 25)
    strokes = []
    for side in (-1, 1):
        digit, middle = rng.integers(10), (SIDE / 2 + side * apart, SIDE / 2 + rng.normal(0, 4))
        strokes += written_strokes(digit, rng, height, middle)
    return strokes


def _dots(rng):
    dots = rng.uniform(SIDE / 4, SIDE * 3 / 4, (rng.integers(1, 4), 1, 2))
    return [dot + rng.normal(0, 2, (3, 2)) for dot in dots]


def written_strokes(digit, rng, height=HEIGHT, middle=CENTRE):
    """A digit as one of twenty people wrote it, in another hand: see rewritten."""
    shapes = pen_strokes()[digit]
    return rewritten(shapes[rng.integers(len(shapes))], rng, height, middle)


def rewritten(strokes, rng, height=HEIGHT, middle=CENTRE):
    """Pen strokes as another hand would write them: curves in pixels, with `height` as their longer side.

    A fast hand rounds what a slow one draws, another slants, stretches or bends it, trembles, and puts the strokes
    closer together or further apart. It may join them all, lift the pen within each, or begin late and end early.
    """
    every, tremor, lifted = rng.integers(1, FASTEST + 1), rng.uniform(0, TREMOR), rng.random() < LIFTED
    paths = []
    for stroke in strokes:
        n = len(stroke)
        first, last = rng.uniform(0, CUT, 2) * n
        kept = np.unique(np.append(np.arange(int(first), n - int(last), every), n - 1 - int(last)))
        skew, centre = np.eye(2) + rng.normal(0, SKEW, (2, 2)), stroke.mean(axis=0)
        path = (stroke[kept] - centre) @ skew + centre + rng.normal(0, APART, 2)
        path += rng.normal(0, tremor, path.shape)
        paths += np.split(path, [rng.integers(3, len(path) - 2)]) if lifted and len(path) > 6 else [path]
    if rng.random() < JOINED:
        paths = [np.concatenate(paths)]
    bend = random_bend(rng, HANDS)
    return _placed([bend(line) for line in _placed([curve(path, every + 1) for path in paths])], height, middle)


def _placed(curves, height=HEIGHT, middle=CENTRE):
    """Curves scaled to a longer side of `height` pixels around a point."""
    points = np.concatenate(curves)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height / max((high - low).max(), 1e-9)
    return [(line - (low + high) / 2) * scale + middle for line in curves]


def random_pen(rng):
    """The width of a pen in pixels, from 4 to 20 per cent of what is drawn, uniform on a logarithmic scale."""
    return HEIGHT * np.exp(rng.uniform(np.log(0.04), np.log(0.2)))


def handwritten(shape, rng):
    """A letter's strokes as curves in pixels, with points moved and bent at random."""
    curves = []
    for stroke in map(np.asarray, shape):
        moved = stroke + rng.normal(0, JITTER, stroke.shape)
        repeated = np.flatnonzero((stroke[1:] == stroke[:-1]).all(axis=1)) + 1
        moved[repeated] = moved[repeated - 1]  # a corner stays a corner
        curves.append(curve(moved))
    bend = random_bend(rng, HANDS)
    return _placed([bend(line) for line in _placed(curves)])


def curve(points, steps=8):
    """Points on the smooth curve of Catmull and Rom through control points (n, 2), `steps` from one to the next.

    At each control point its direction is that from the previous one to the next. A point given twice is a corner.
    """
    points = np.asarray(points, float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    lines = []
    for piece in np.split(points, np.flatnonzero((points[1:] == points[:-1]).all(axis=1)) + 1):
        p = np.concatenate([piece[:1], piece, piece[-1:]])
        p0, p1, p2, p3 = (p[k : len(p) - 3 + k, None] for k in range(4))
        line = p1 + t / 2 * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
        lines += [line.reshape(-1, 2), piece[-1:]]
    return np.concatenate(lines)


def drawn(strokes, width):
    """Strokes (lists of points in pixels) drawn with a round pen of `width` pixels: an image (112, 112)."""
    fine = 2  # drawn larger, then averaged, for smooth borders
    picture = Image.new("L", (fine * SIDE, fine * SIDE))
    pen, r = ImageDraw.Draw(picture), fine * width / 2
    for stroke in strokes:
        points = [(fine * x - 0.5, fine * y - 0.5) for x, y in stroke]
        pen.line(points, 255, round(2 * r))
        for x, y in points:
            pen.ellipse((x - r, y - r, x + r, y + r), 255)
    return np.asarray(picture.reduce(fine), np.float32) / 255


def random_bend(rng, strength=1):
    """A random smooth map of the plane around the image's middle: a function from points (n, 2) to points (n, 2).

    With more strength it stretches and bends more; turn and shear stay the same, so that a 6 doesn't become a 9.
    """
    turn, shear, stretch = rng.normal(0, (TURN, SHEAR, strength * STRETCH))
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.array([[cos, -sin], [sin, cos]])
    A = rotation @ [[1, shear], [0, 1]] @ np.diag([np.exp(stretch / 2), np.exp(-stretch / 2)])
    moves = rng.normal(0, strength * BEND, (2, KNOTS, KNOTS))

    def bend(points):
        # The weights (n, 4) of the four knots along x and along y, for the cubic through all four.
        w_x, w_y = (np.vander(np.clip(t / SIDE, 0, 1), KNOTS) @ CUBIC for t in points.T)
        elastic = np.einsum("ni,kij,nj->nk", w_y, moves, w_x)  # (n, 4), (2, 4, 4), (n, 4) -> (n, 2)
        return (points - SIDE / 2) @ A.T + SIDE / 2 + elastic

    return bend
