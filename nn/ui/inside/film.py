"""The film of a training: its weights and its accuracy from beginning to end, to save and to share. No Streamlit."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...analysis.contributions import top_k_by_magnitude
from ...network import N_DIGITS
from ..charts.curves import moment_name
from ..html import BACKGROUND, FAINT, INK, NEGATIVE, POSITIVE, full_colour

MAX_UNITS = 12
FRAME, LAST_FRAME = 500, 3_000  # milliseconds
SHADES = 16  # of blue and of orange; more look the same, and make a larger file
# The film has its own background, so that it looks good anywhere. Sizes are in pixels.
SIZE = WIDTH, HEIGHT = 760, 536
LEFT, RIGHT = 24, WIDTH - 24
TOP, BOTTOM = 88, 368  # of the weights' pictures
GAP, NAME = 8, 20  # between the pictures; the height of the name beneath each
HIGH, LOW = 412, 496  # in the chart: where an accuracy of 1 is, and one of 0
SMOOTH = 4  # the curve is drawn this many times as large and then made smaller, which smooths it
TILE, LINE = (30, 36, 49), (52, 60, 76)


def training_film(snapshots, history, n_images, kind="webp"):
    """The bytes of an animated WebP or GIF with a frame for each snapshot, which plays again and again.

    snapshots : those of a training, in order (engine/snapshots.py)
    history : its Points, with accuracies on held-out images
    n_images : int, the images of an epoch
    kind : str, "webp" or "gif", which has 256 colours
    """
    last, end = snapshots[-1].network, snapshots[-1].epoch
    units = units_to_show(last)
    scale = full_colour(weights_of(last, units))
    background = _background(last.n_hidden, units, end, n_images)
    frames = []
    for snapshot in snapshots:
        epoch = snapshot.epoch
        frame, name = background.copy(), moment_name(epoch, n_images)
        _write(frame, LEFT, 64, f"after {name}" if epoch else name, INK, 34, "ls")
        _draw_weights(frame, weights_of(snapshot.network, units), scale)
        _draw_accuracy(frame, [point for point in history if point.epoch <= epoch], end, n_images)
        frames.append(frame)
    file, durations = io.BytesIO(), [FRAME] * (len(frames) - 1) + [LAST_FRAME]
    how = {"lossless": True, "quality": 50, "method": 2} if kind == "webp" else {"optimize": False}
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=durations, loop=0, **how)
    return file.getvalue()


def units_to_show(network):
    """The hidden units that matter most, at most MAX_UNITS, or the ten outputs if there are none.

    How much a unit matters depends on the image. Without one, it is estimated as the length of its incoming weights
    times the length of its outgoing ones.
    """
    if not network.n_hidden:
        return np.arange(N_DIGITS)
    importance = np.linalg.norm(network.W_h, axis=0) * np.linalg.norm(network.W_out, axis=1)  # (H,)
    return top_k_by_magnitude(importance, MAX_UNITS)


def weights_of(network, units):
    """The weights of these hidden units, or outputs, for the pixels: (n, 784)."""
    return (network.W_h if network.n_hidden else network.W_out)[:, units].T


def _write(frame, x, y, words, colour, size, anchor):
    ImageDraw.Draw(frame).text((x, y), words, colour, ImageFont.load_default(size), anchor)


def _background(n_hidden, units, end, n_images):
    """The common part of all frames: the words, and the axes of the chart."""
    frame = Image.new("RGB", SIZE, BACKGROUND)
    layers = f"784-{n_hidden}-10" if n_hidden else "784-10"
    _write(frame, LEFT, 28, f"A neural network, {layers}, learns to read digits", FAINT, 15, "ls")
    _write(frame, RIGHT, 28, "accuracy on unseen images", FAINT, 15, "rs")
    for (x, y, side), unit in zip(_places(len(units)), units):
        name = f"hidden unit {unit}" if n_hidden else f"output {unit}"
        _write(frame, x + side / 2, y + side + NAME / 2, name, FAINT, 12, "mm")
    which = "the hidden units" if n_hidden else "the outputs"
    if n_hidden > len(units):
        which += " that matter most"
    words = f"The weights of {which}. Blue: ink here raises z. Orange: ink here lowers z."
    _write(frame, LEFT, 388, words, FAINT, 13, "ls")
    for share in (0, 0.5, 1):
        y = LOW + share * (HIGH - LOW)
        ImageDraw.Draw(frame).line([(LEFT, y), (RIGHT, y)], LINE)
    _write_moments(frame, end, n_images)
    return frame


def _places(n):
    """Where n pictures are, as large as fits in whole pixels: (x, y, side) of each."""

    def side_of(columns):
        rows = -(-n // columns)
        return 28 * int(min((RIGHT - LEFT + GAP) / columns - GAP, (BOTTOM - TOP + GAP) / rows - GAP - NAME) // 28)

    columns = max(range(1, n + 1), key=side_of)
    side, rows = side_of(columns), -(-n // columns)
    across, down = side + GAP, side + NAME + GAP
    x, y = (WIDTH - columns * across + GAP) // 2, (TOP + BOTTOM - rows * down + GAP) // 2
    return [(x + i % columns * across, y + i // columns * down, side) for i in range(n)]


def _draw_weights(frame, weights, scale):
    """Draw the weights (n, 784) as pictures: blue above 0, orange below, full colour at ±scale and beyond."""
    strength = np.linspace(-1, 1, 2 * SHADES + 1)[:, None]
    colours = TILE + np.abs(strength) * (np.where(strength > 0, POSITIVE, NEGATIVE) - np.array(TILE))
    shades = np.rint(SHADES * np.clip(weights / (scale or 1), -1, 1)).astype(int) + SHADES
    pictures = colours.round().astype(np.uint8)[shades].reshape(-1, 28, 28, 3)
    for (x, y, side), pixels in zip(_places(len(weights)), pictures):
        frame.paste(Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST), (x, y))


def _x(epoch, end, n_images):
    """Where a moment is in the chart: the axis is logarithmic, because most is learnt in the first epoch."""
    return LEFT + (RIGHT - LEFT) * float(np.log1p(epoch * n_images) / np.log1p((end or 1) * n_images))


def _write_moments(frame, end, n_images):
    """Write the names of moments beneath the chart: the last one, and as many others as there is room for."""
    font, room = ImageFont.load_default(13), RIGHT
    images = [10**exponent for exponent in range(1, 8) if 10**exponent < n_images * min(end, 1)]
    for epoch in sorted({0, min(end, 1), end, *(number / n_images for number in images)}, reverse=True):
        name = moment_name(epoch, n_images)
        width = font.getlength(name)
        x = max(LEFT, min(_x(epoch, end, n_images) - width / 2, RIGHT - width))
        if x + width <= room:
            _write(frame, x, LOW + 20, name, FAINT, 13, "ls")
            room = x - 16


def _draw_accuracy(frame, points, end, n_images):
    """Draw the accuracy at these Points as a curve, and write the last one."""
    _write(frame, RIGHT, 64, f"{points[-1].test_accuracy:.1%}", POSITIVE, 34, "rs")
    top = HIGH - 8  # room for the dot
    curve = [
        (SMOOTH * _x(point.epoch, end, n_images), SMOOTH * (LOW + point.test_accuracy * (HIGH - LOW) - top))
        for point in points
    ]
    mask = Image.new("L", (SMOOTH * WIDTH, SMOOTH * (LOW + 8 - top)))
    draw = ImageDraw.Draw(mask)
    draw.line(curve, 255, 3 * SMOOTH, joint="curve")
    draw.circle(curve[-1], 5 * SMOOTH, 255)
    mask = mask.reduce(SMOOTH)
    frame.paste(POSITIVE, (0, top, WIDTH, top + mask.height), mask)
