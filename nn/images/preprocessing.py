"""From a drawing to the 28 x 28 image that a network sees. Training images are prepared alike, so that the two agree.

There are two preparations. "mnist" is how MNIST's images were made (LeCun, Bottou, Bengio, Haffner: "Gradient-based
learning applied to document recognition", 1998, section III): cut out, longer side 20 pixels, centre of mass in the
middle. It suits networks that learnt from MNIST as it is. "normalized" first removes what differs from hand to hand and
says nothing about the digit: the slant and the stroke width. It suits networks that learnt from images prepared alike.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..checks import one_of
from . import PREPARATIONS, checked_images
from .normalization import BOX, FINE, PEN, deskew, normalize_stroke_width

SIDE = 28  # pixels of MNIST's images
MNIST_MIDDLE = 0.25  # pixels to the right and down: MNIST put the centre of mass onto pixel 14, not between 13 and 14
FAINT = 0.15  # ink weaker than this share of the strongest counts as the blur at its border


@dataclass(frozen=True, eq=False)
class PreparedDrawing:
    """A drawing as the network sees it, floats (28, 28) in 0..1 where 1 is ink, and the stages on the way.

    is_blank : bool, nothing was drawn; the image is then all 0, and the drawing is the only stage
    stages : dict of name -> floats (rows, columns) in 0..1, from the drawing to the image, in this order
    """

    image: np.ndarray
    is_blank: bool
    stages: dict


def prepare_drawing(rgba, preparation="mnist"):
    """Find the ink of a drawing and prepare it as a network expects it; returns PreparedDrawing.

    Parameters
    ----------
    rgba : uint8 (rows, columns, 4)
        Any ink on any even background, transparent or not; the colour along the border counts as the background.
    preparation : str
        "mnist" or "normalized", how the network's training images were prepared: network.preparation.

    Raises
    ------
    ValueError
        If rgba has another shape or type, or the preparation is unknown.
    """
    one_of("preparation", preparation, PREPARATIONS)
    ink = find_ink(rgba)
    if ink.max() == 0:
        return PreparedDrawing(np.zeros((SIDE, SIDE)), True, {"drawing": ink})
    stages = {"drawing": ink, **prepare_ink(ink, preparation)}
    return PreparedDrawing(stages["centred"], False, stages)


def prepare_images(images, preparation="mnist"):
    """MNIST's images prepared as drawings are: uint8 (n, 784) from uint8 (n, 784). Raises ValueError for others.

    For "mnist" they are returned unchanged: they were made that way.
    """
    one_of("preparation", preparation, PREPARATIONS)
    images = checked_images(images, floats=False)
    if preparation == "mnist":
        return images
    prepared = np.zeros_like(images)
    for image, row in zip(images, prepared):
        if image.any():
            row[:] = as_pixels(prepare_ink(enlarged(image), preparation)["centred"])
    return prepared


def prepare_ink(ink, preparation="mnist", *, pen=PEN, scale=1.0, shift=(0.0, 0.0)):
    """The stages from ink, floats (rows, columns) that aren't all 0, to the 28 x 28 image, called "centred".

    Training images may deviate a little: pen, the stroke width in pixels (only "normalized"); scale, of the longer
    side; shift, pixels from the middle to the right and down.
    """
    cut = cut_out(ink)
    if preparation == "mnist":
        step = max(cut.shape) / BOX / scale  # pixels of the drawing in one of the 20
        size = max(1, round(cut.shape[1] / step)), max(1, round(cut.shape[0] / step))
        centred = _centred(cut, step, np.add(shift, MNIST_MIDDLE))
        return {"cut out": cut, "20 pixels": _resize(cut, size), "centred": centred}
    sheared = deskew(cut)
    normalized, step = normalize_stroke_width(sheared, pen)
    centred = _centred(normalized, step / scale, shift)
    return {"cut out": cut, "deskewed": sheared, "stroke width": normalized, "centred": centred}


def stage_images(prepared):
    """The image that the network would read if the preparation ended at each stage: dict of name -> floats (28, 28).

    The whole drawing is simply resized; what is cut out gets a longer side of 20 pixels, with the middle of its box in
    the middle.
    """
    if prepared.is_blank:
        return {"drawing": prepared.image}
    first, *between, last = prepared.stages
    images = {first: _resize(prepared.stages[first], (SIDE, SIDE))}
    for name in between:
        cut = cut_out(prepared.stages[name])
        images[name] = _window(cut, max(cut.shape) / BOX, cut.shape[1] / 2, cut.shape[0] / 2)
    return images | {last: prepared.image}


def find_ink(rgba):
    """How much each pixel differs from the background, floats (rows, columns): 1 for the largest difference, or all 0.

    The background is the median colour along the border; transparency counts as a colour too.
    """
    rgba = np.asarray(rgba)
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4 or 0 in rgba.shape:
        raise ValueError(f"A drawing must be uint8 (rows, columns, 4), not {rgba.dtype} {rgba.shape}.")
    background = np.median(_colours(np.concatenate([rgba[0], rgba[-1], rgba[:, 0], rgba[:, -1]])), axis=1)
    # Most pixels of a drawing have exactly the colour of its first corner, which is compared only once.
    pixels = np.ascontiguousarray(rgba).view(np.uint32)[:, :, 0]
    others = pixels != pixels[0, 0]
    corner, there = _contrast(rgba[:1, 0], background)[0], _contrast(rgba[others], background)
    strongest = max(corner, there.max(initial=0))
    if strongest < 0.1:  # the noise of a picture, not ink
        return np.zeros(others.shape)
    ink = np.full(others.shape, corner / strongest)
    ink[others] = there / strongest
    ink[ink < FAINT] = 0
    return ink


def as_pixels(image):
    """Floats in 0..1 of any shape as a row of uint8 in 0..255."""
    return np.rint(image.ravel() * 255).astype(np.uint8)


def enlarged(image):
    """A row (784,) of uint8 pixels as floats (112, 112), smooth between the pixels: four times as fine."""
    picture = Image.fromarray(image.reshape(SIDE, SIDE))
    return np.asarray(picture.resize((FINE * SIDE, FINE * SIDE), Image.Resampling.BICUBIC), np.float32) / 255


def fine_ink(ink):
    """Ink of any size, floats (rows, columns) that aren't all 0, as an image (112, 112) like enlarged MNIST's.

    The longer side of the digit is 80 pixels, and the middle of its box is in the middle.
    """
    cut = cut_out(ink)
    scale = FINE * BOX / max(cut.shape)
    height, width = (max(1, round(scale * side)) for side in cut.shape)
    top, left = (FINE * SIDE - height) // 2, (FINE * SIDE - width) // 2
    image = np.zeros((FINE * SIDE, FINE * SIDE), np.float32)
    image[top : top + height, left : left + width] = _resize(cut, (width, height))
    return image


def _colours(rgba):
    """The four channels (4, n) of pixels (n, 4) as floats in 0..1; transparent pixels have no colour."""
    colours = rgba.T.astype(np.float32) / 255
    colours[:3] *= colours[3]
    return colours


def _contrast(rgba, background):
    """How far pixels (n, 4) are from the background, in the channel with the largest difference: floats (n,)."""
    return np.abs(_colours(rgba) - background[:, None]).max(axis=0)


def cut_out(ink):
    """The smallest part of the image that holds all the ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _centred(ink, scale, shift):
    """The 28 x 28 image with the centre of mass in the middle, shifted; `scale` pixels of the ink become one."""
    total = ink.sum()
    x = ink.sum(axis=0) @ (np.arange(ink.shape[1]) + 0.5) / total
    y = ink.sum(axis=1) @ (np.arange(ink.shape[0]) + 0.5) / total
    return _window(ink, scale, x - scale * shift[0], y - scale * shift[1])


def _window(ink, scale, x, y):
    """The 28 x 28 image around the point (x, y); `scale` pixels of the ink become one.

    A single resampling does it all, exact to a fraction of a pixel; along the longer side first, so that it needs
    little memory even for the longest line.
    """
    if ink.shape[0] > ink.shape[1]:
        return _window(ink.T, scale, y, x).T
    return _largest_is_1(_along_rows(_along_rows(ink, scale, x).T, scale, y).T)


def _along_rows(ink, scale, middle):
    """The 28 pixels around a point of each row: floats (rows, 28)."""
    reach = SIDE / 2 * scale
    frame = int(np.ceil(reach)) + 1  # room for windows that reach beyond the ink
    framed = np.pad(ink.astype(np.float32), ((0, 0), (frame, frame)))
    rows, columns = framed.shape
    left, right = np.clip([middle - reach + frame, middle + reach + frame], 0, columns)
    box = left, 0, right, rows
    return np.asarray(Image.fromarray(framed).resize((SIDE, rows), Image.Resampling.BICUBIC, box=box))


def _resize(image, size):
    """An image of floats resized to (width, height): each new pixel averages what it covers, and the largest is 1."""
    return _largest_is_1(Image.fromarray(image.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))


def _largest_is_1(image):
    """An image without what bicubic resampling made negative, as floats of which the largest is 1."""
    image = np.clip(np.asarray(image, np.float64), 0, None)
    return image / image.max()
