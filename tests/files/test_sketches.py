"""The reports of a canvas: the drawing, nothing yet, or a forgery."""

import base64
import io
import math
from functools import reduce

import numpy as np
import pytest
from PIL import Image

from nn.files.sketches import MAX_SIZES, PREFIX, Sketch, n_latest, reported_sketch

STROKE = {"type": "path", "path": [["M", 1.5, 2], ["Q", 1, 2, 3, 4], ["L", 5, 6]], "fill": None, "visible": True}


def png(width=280, height=280, mode="RGBA"):
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, "png")
    return file.getvalue()


def data(content):
    return PREFIX + base64.b64encode(content).decode()


PICTURE = data(png())


def value(objects=(STROKE,), picture=PICTURE, **more):
    return {"drawing": {"raw": {"objects": list(objects)}, "data": picture}, "backgroundFit": None} | more


def test_a_drawing_is_its_strokes_and_its_picture_and_nothing_before_the_first_stroke():
    assert reported_sketch(value(), 280)[:2] == ([STROKE], png())
    assert reported_sketch(value([]), 280) == Sketch([], png(), 0)
    for nothing in (None, {}, {"drawing": None}, {"drawing": {"raw": {"objects": []}, "data": None}}):
        assert reported_sketch(nothing, 280) is None


def test_of_many_sketches_the_latest_stay_up_to_a_number_and_a_size_in_all():
    strokes = {"path": [1.0] * 1_000}
    (size,) = {reported_sketch(value([strokes] * n), 280).size / n for n in (1, 2)}
    small, large = Sketch([strokes], b"", int(size)), Sketch([], b"", MAX_SIZES)
    assert n_latest([small] * 9, 5) == 5 and n_latest([small] * 3, 5) == 3
    assert n_latest([large, small, small], 5) == 2 and n_latest([small, large], 5) == 1
    assert n_latest([Sketch([], b"", MAX_SIZES + 1)], 5) == 1  # the drawing that is on the canvas


FORGED = {
    "no object": "drawing",
    "a list": [1, 2],
    "a drawing that is text": {"drawing": "drawing"},
    "raw as a list": {"drawing": {"raw": [], "data": None}},
    "strokes as a number": {"drawing": {"raw": {"objects": 3}}},
    "strokes that are none": value([1, 2]),
    "a background": value(backgroundFit={"scaleX": 1}),
    "an endless coordinate": value([STROKE | {"left": math.inf}]),
    "no number": value([STROKE | {"left": math.nan}]),
    "a coordinate of 400 digits": value([STROKE | {"left": 10**400}]),
    "a coordinate far away": value([STROKE | {"path": [["L", 1, -2e6]]}]),
    "very many coordinates": value([{"path": [1.0] * 200_001}]),
    "very many letters": value([{"fill": "x" * 200_001}]),
    "a very long name": value([{"x" * 200_001: 1}]),
    "lists in lists": value([{"path": reduce(lambda inner, _: [inner], range(2_000), 1)}]),
    "a picture that is a number": value(picture=7),
    "no address of a picture": value(picture="http://example.org/picture.png"),
    "not base64": value(picture=PREFIX + "?" * 100),
    "letters beyond ASCII": value(picture=PREFIX + "ä" * 100),
    "half a picture": value(picture=data(png()[:60])),
    "a JPEG": value(picture=data(b"\xff\xd8\xff\xe0" + bytes(100))),
    "a picture of 1 x 10,000": value(picture=data(png(1, 10_000, "1"))),
    "a picture of 10,000 x 10,000": value(picture=data(png(10_000, 10_000, "1"))),
    "megabytes of text": value(picture=PREFIX + "A" * 3_000_000),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("what", FORGED)
def test_forgeries_are_refused(what):
    with pytest.raises(ValueError):
        reported_sketch(FORGED[what], 280)


def test_pictures_of_any_mode_and_minutes_of_scribbling_are_no_forgery():
    for mode in ("1", "L", "P", "RGB", "I;16"):
        assert reported_sketch(value(picture=data(png(mode=mode))), 280).png == png(mode=mode), mode
    strokes = [{"type": "path", "path": [["Q", *np.random.default_rng(i).random(4)]] * 100} for i in range(150)]
    assert len(reported_sketch(value(strokes), 280).objects) == 150


def test_a_picture_that_is_known_is_not_decoded_again(monkeypatch):
    known = reported_sketch(value(), 280)
    monkeypatch.setattr("nn.files.sketches.read_picture", lambda *_, **__: pytest.fail("it was decoded"))
    assert reported_sketch(value(), 280, known) == known
