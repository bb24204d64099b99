"""From a drawing to the 28 x 28 image that a network sees, made the way MNIST made its images."""
from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE = 28  # pixels of MNIST's images
BOX = 20  # pixels of the longer side of the digit in them
FAINT = 0.15  # ink weaker than this share of the strongest is taken for the blur at its border


@dataclass(frozen=True, eq=False)
class PreparedDrawing:
    """A drawing as the network sees it, and how it came about.

    image : floats (28, 28) in 0..1, 1 is ink
    is_blank : bool, nothing was drawn; the image is then all 0
    stages : dict of name -> floats (rows, columns) in 0..1, from the drawing to the image, to be shown in this order;
        a blank drawing has only the first
    """

    image: np.ndarray
    is_blank: bool
    stages: dict


def prepare_drawing(rgba):
    """Find the ink, cut it out, scale its longer side to 20 pixels, put its centre of mass into the middle of 28 x 28.

    So were MNIST's images made (LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document
    recognition", 1998, section III), so a network that learnt from them expects nothing else.

    Parameters
    ----------
    rgba : uint8 (rows, columns, 4)
        Any ink on any even background, transparent or not. What lines the border is taken for the background.

    Returns
    -------
    PreparedDrawing

    Raises
    ------
    ValueError
        If rgba has another shape or type.
    """
    ink = find_ink(rgba)
    if ink.max() == 0:
        return PreparedDrawing(np.zeros((SIDE, SIDE)), True, {"drawing": ink})

    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape
    scale = max(height, width) / BOX  # drawn pixels for one of the 20
    size = max(1, round(width / scale)), max(1, round(height / scale))

    # The window that becomes 28 x 28 is cut from the full-size ink around its centre of mass: one resampling does all,
    # to a fraction of a pixel. The frame makes room for windows that reach beyond the drawing.
    total = cut.sum()
    x = (cut.sum(axis=0) @ (np.arange(width) + 0.5)) / total
    y = (cut.sum(axis=1) @ (np.arange(height) + 0.5)) / total
    reach = SIDE / 2 * scale
    frame = int(np.ceil(reach)) + 1
    framed = np.pad(cut, frame)
    window = x + frame - reach, y + frame - reach, x + frame + reach, y + frame + reach
    image = _resize(framed, (SIDE, SIDE), window)
    stages = {"drawing": ink, "cut out": cut, "20 pixels": _resize(cut, size), "centred": image}
    return PreparedDrawing(image, False, stages)


def find_ink(rgba):
    """How much every pixel differs from the background, as floats (rows, columns): 1 where it differs most, 0 if nothing does.

    The background is the colour that is most usual along the border (by its median), transparency being a colour too.
    """
    rgba = np.asarray(rgba)
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4 or 0 in rgba.shape:
        raise ValueError(f"A drawing must be uint8 (rows, columns, 4), not {rgba.dtype} {rgba.shape}.")
    colour = rgba.astype(np.float32) / 255
    colour[..., :3] *= colour[..., 3:]  # what is transparent has no colour
    border = np.concatenate([colour[0], colour[-1], colour[:, 0], colour[:, -1]])
    ink = np.abs(colour - np.median(border, axis=0)).max(axis=2)
    strongest = ink.max()
    if strongest < 0.1:  # the grain of a picture, no ink
        return np.zeros(ink.shape)
    ink = ink.astype(np.float64) / strongest
    ink[ink < FAINT] = 0
    return ink


def _resize(image, size, window=None):
    """An image of floats brought to size (width, height), every new pixel an average of what it covers, at most 1."""
    picture = Image.fromarray(image.astype(np.float32))
    small = np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=window), np.float64)
    small = np.clip(small, 0, None)
    return small / small.max()
