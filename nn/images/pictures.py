"""Picture files. They may come from a stranger: few formats are opened, and nothing is decoded that is too large."""

import warnings

import numpy as np
from PIL import Image, ImageOps

FORMATS = "PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"  # each is decoded by Pillow; none can start a program
MAX_SIDE = 4096  # pixels
ENOUGH = 1024  # pixels of a side: a larger picture is reduced to that, which shows a digit as well
NUMBERS = "I", "I;16", "I;16B", "I;16L", "F"  # Pillow's modes of grey values beyond 8 bits

# Pillow warns of large and damaged pictures on the standard error stream. Here they are refused, or read all the same.
warnings.filterwarnings("ignore", module="PIL")


def read_picture(file, formats=FORMATS, max_side=MAX_SIDE):
    """A picture from an open binary file, as RGBA, uint8 (rows, columns, 4), of at most 1024 pixels a side.

    The size is checked before anything is decoded. A photo is turned as the camera was held. Grey values of more than 8
    bits are read by their range: the smallest is black, the largest white.

    Raises ValueError, a sentence for the user, if it has none of these formats (Pillow's names), is damaged, or larger
    than max_side.
    """
    try:
        with Image.open(file, formats=formats) as picture:
            is_too_large = max(picture.size) > max_side
            if not is_too_large:
                return _pixels(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow has limits of its own
        is_too_large = True
    except Exception as error:  # of a dozen kinds: each of Pillow's decoders has its own, MemoryError among them
        raise ValueError(f"This is not a picture ({', '.join(formats)}), or it is damaged.") from error
    if is_too_large:
        raise ValueError(f"The picture is larger than {max_side} x {max_side} pixels.")


def _pixels(picture):
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode in NUMBERS:
        picture = picture.convert("F")
        picture.thumbnail((ENOUGH, ENOUGH))  # the less is converted, the less memory is needed
        picture = _by_range(picture)
    if picture.mode not in ("L", "LA", "RGB", "RGBA") or "transparency" in picture.info:
        picture = picture.convert("L" if picture.mode == "1" else "RGBA")
    picture.thumbnail((ENOUGH, ENOUGH))
    return np.asarray(picture.convert("RGBA"))


def _by_range(picture):
    """A picture of numbers as one of 8 bits: from the smallest, black, to the largest, white. No number is black."""
    values = np.asarray(picture)
    there = np.abs(values) < 1e30  # neither NaN nor infinite, nor so large that differences are
    low, high = (values[there].min(), values[there].max()) if there.any() else (0, 0)
    grey = (np.where(there, values, low) - low) * (255 / max(high - low, 1e-30))
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
