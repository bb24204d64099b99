"""Picture files from strangers: read as a person sees them, or refused in a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from fuzz import chunk
from PIL import Image

from nn import prepare_drawing
from nn.images import pictures
from nn.images.pictures import read_picture

ARROW = np.zeros((60, 40), np.uint8)  # it looks different in each direction
ARROW[10:50, 18:22] = ARROW[10:14, 10:22] = 255


def file_of(picture, format="PNG", **more):
    file = io.BytesIO()
    picture.save(file, format, **more)
    file.seek(0)
    return file


def grey(file):
    return read_picture(file)[:, :, 0].astype(float)


def assert_is_arrow(read, what):
    assert read.shape == ARROW.shape and np.abs(read - ARROW).mean() < 10, what


def test_the_usual_formats_are_read_and_no_others():
    picture = Image.fromarray(ARROW)
    for format in pictures.FORMATS:
        assert_is_arrow(grey(file_of(picture.convert("RGB"), format)), format)
    for format in ("PPM", "ICO", "TGA", "EPS", "PDF"):
        with pytest.raises(ValueError, match="not a picture"):
            read_picture(file_of(picture.convert("RGB"), format))
    with pytest.raises(ValueError, match=r"not a picture \(PNG\)"):
        read_picture(file_of(picture, "BMP"), formats=["PNG"])


def test_a_photo_is_turned_as_the_camera_was_held():
    turned = [ARROW, ARROW[:, ::-1], ARROW[::-1, ::-1], ARROW[::-1], ARROW.T]  # how it lies in the file
    turned += [np.rot90(ARROW), ARROW[::-1, ::-1].T, np.rot90(ARROW, -1)]
    for orientation, lying in enumerate(turned, start=1):
        exif = Image.Exif()
        exif[0x0112] = orientation
        assert_is_arrow(grey(file_of(Image.fromarray(lying), "JPEG", exif=exif, quality=95)), orientation)


@pytest.mark.parametrize("low, high", [(0, 65_535), (0, 4_095), (1_000, 1_100)])
def test_grey_values_of_16_bits_are_read_by_their_range(low, high):
    values = np.where(ARROW, high, low).astype(np.uint16)
    values[30, 20] = (low + high) // 2
    for format in ("PNG", "TIFF"):
        read = grey(file_of(Image.fromarray(values), format))
        assert read[30, 20] == pytest.approx(127, abs=2)
        read[30, 20] = 255
        assert np.array_equal(read, ARROW)


def test_floats_are_read_by_their_range_and_what_is_no_number_is_black():
    values = np.where(ARROW, 0.75, -3).astype(np.float32)
    values[0, :4] = np.nan, np.inf, -np.inf, -3
    assert np.array_equal(grey(file_of(Image.fromarray(values), "TIFF")), ARROW)
    for value in (0, 7, np.nan, np.inf):
        blank = read_picture(file_of(Image.fromarray(np.full((20, 20), value, np.float32)), "TIFF"))
        assert prepare_drawing(blank).is_blank


def test_a_transparent_colour_is_no_ink():
    picture = Image.fromarray(np.dstack([ARROW] * 3))
    read = read_picture(file_of(picture, transparency=(0, 0, 0)))
    assert np.array_equal(read[:, :, 3], ARROW)


def test_a_large_picture_is_reduced_and_reads_alike():
    large = Image.fromarray(ARROW).resize((1_300, 1_950), Image.Resampling.BICUBIC).convert("RGBA")
    read = read_picture(file_of(large))
    assert read.shape == (1024, 683, 4)
    difference = prepare_drawing(read).image - prepare_drawing(np.asarray(large)).image
    assert np.abs(difference).max() < 0.05


def png(width, height):
    """A whole PNG of zeros in few bytes, however large it is."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    for width, height in [(4_097, 1), (1, 4_097), (12_000, 12_000), (40_000, 5_000)]:
        with pytest.raises(ValueError, match="larger than 4096 x 4096"):
            read_picture(io.BytesIO(png(width, height)))
    with pytest.raises(ValueError, match="larger than 280 x 280"):
        read_picture(io.BytesIO(png(1, 281)), max_side=280)


@pytest.mark.parametrize("error", [RuntimeError, NotImplementedError, MemoryError, SyntaxError, struct.error])
def test_any_error_of_a_decoder_is_a_sentence(monkeypatch, error):
    def load(self):
        raise error("deep inside")

    file = file_of(Image.new("L", (9, 9)))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(ValueError, match="damaged"):
        read_picture(file)
