"""The visitor's labels of the drawings are counted, saved unchanged, and read again; other files are refused."""

import base64
import io
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nn.files.arrays import Refused
from nn.files.drawings import MAX_POINTS, OWN, PRETRAINED, LabelledDrawing, labelled_file, read_labelled
from nn.files.sketches import MAX_SIDE, PREFIX, Sketch, reported_sketch
from nn.ui.words import score, share


def test_strokes_are_the_end_points_of_the_commands_and_anything_else_is_skipped():
    path = [["M", 10, 20], ["Q", 11, 21, 12, 22], ["L", 30, 40]]
    (stroke,) = Sketch([{"type": "path", "path": path}], b"").strokes
    assert stroke.tolist() == [[10, 20], [12, 22], [30, 40]]
    for objects in ([], [{}], [{"path": None}], ["rect"], [{"path": [["z"]]}], [{"path": [7, ["L", "a", "b"]]}]):
        assert Sketch(objects, b"").strokes == (), objects


def sketch_of(*strokes):
    """A Sketch of strokes, lists of points, as the canvas reports them."""
    paths = [[["M", *stroke[0]], *(["L", *point] for point in stroke[1:])] for stroke in strokes]
    return Sketch([{"type": "path", "path": path} for path in paths], b"")


BLANK = sketch_of()
IS_REFUSED = r"^This is not a file of drawings.*\.$"


def assert_refused(content, what):
    """Fail unless the bytes are refused."""
    with pytest.raises(Refused, match=IS_REFUSED):
        read_labelled(io.BytesIO(content))
        pytest.fail(f"{what} was accepted")


def png(side=280, mode="L", kind="png"):
    file = io.BytesIO()
    Image.new(mode, (side, side)).save(file, kind)
    return file.getvalue()


def two_drawings():
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28)) / 255
    strokes = [[[1.5, 2], [3, 4]]], [[[5, 6]], [[7, 8], [9, 9.25]]]
    first, second = (sketch_of(*of_drawing)._replace(png=png(280 - i)) for i, of_drawing in enumerate(strokes))
    return [LabelledDrawing(images[0], 7, 2, OWN, first), LabelledDrawing(images[1], 3, 3, PRETRAINED, second)]


def arrays_of(drawings):
    with np.load(io.BytesIO(labelled_file(drawings))) as file:
        return dict(file)


def test_a_file_holds_images_labels_answers_and_strokes():
    drawings = two_drawings()
    file = arrays_of(drawings)
    assert (file["images"] == [np.rint(255 * drawing.image) for drawing in drawings]).all()
    assert file["readers"].tolist() == [OWN, PRETRAINED]
    assert file["labels"].tolist() == [7, 3] and file["answers"].tolist() == [2, 3]
    assert file["sample_end"].tolist() == [1, 3] and file["stroke_end"].tolist() == [2, 3, 5]
    assert file["xy"].tolist() == [[1.5, 2], [3, 4], [5, 6], [7, 8], [9, 9.25]]


def test_the_score_says_how_many_are_read_right_and_how_certain_that_is():
    assert score(3, 4, OWN) == "Your network gets 3 of 4 labelled drawings right."
    assert score(0, 1, PRETRAINED) == "The pre-trained network gets 0 of 1 labelled drawing right."
    assert score(0, 0, OWN) == ""
    assert share(3, 4) == "That is 75%, with a 95% interval from 30% to 95%."


# Opened again


def file_of(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def test_a_saved_file_is_read_as_it_was_with_strokes_and_pictures():
    before = two_drawings()
    after = read_labelled(io.BytesIO(labelled_file(before)))
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(new.image, old.image) and new.sketch.png == old.sketch.png
        assert (new.label, new.answer, new.reader) == (old.label, old.answer, old.reader)
        assert [stroke.tolist() for stroke in new.sketch.strokes] == [stroke.tolist() for stroke in old.sketch.strokes]
        # Its strokes may be given to a canvas, which reports them again.
        data = PREFIX + base64.b64encode(new.sketch.png).decode()
        value = {"drawing": {"raw": {"objects": new.sketch.objects}, "data": data}}
        assert reported_sketch(value, MAX_SIDE) == new.sketch
    assert labelled_file(after) == labelled_file(before)  # and so on, however often it is saved and opened


def test_a_drawing_without_strokes_is_saved_and_read():
    blank = LabelledDrawing(np.zeros((28, 28)), 1, 1, OWN, BLANK._replace(png=png()))
    assert arrays_of([blank])["xy"].shape == (0, 2) and arrays_of([blank])["sample_end"].tolist() == [0]
    (after,) = read_labelled(io.BytesIO(labelled_file([blank])))
    assert after.sketch.strokes == () and after.sketch == ([], png(), 0)


FORGED = {
    "images": [np.zeros((2, 28, 27), np.uint8), np.zeros((2, 28, 28)), np.zeros((3, 28, 28), np.uint8), None],
    "labels": [[7, 10], [-1, 3], [7.0, 3.0], [7], [[7, 3]], 7, [], None, np.array([7, 3], np.int32)],
    "answers": [[2, 10], [2, -1], [2, 3, 3], ["2", "3"], None],
    "readers": [["My network", "x"], [b"a", b"b"], ["x" * 60, "My network"], [1, 2], ["My network"], None],
    "xy": [np.full((5, 2), np.nan, np.float32), np.full((5, 2), np.inf, np.float32), np.zeros((5, 2)), None],
    "stroke_end": [[2, 3, 6], [3, 2, 5], [-1, 3, 5], [2, 3, 4], [], [2.0, 3.0, 5.0], [[2, 3, 5]], None],
    "sample_end": [[1, 4], [3, 1], [-1, 3], [1], [1, 2], None],
    "png": [np.zeros(3, np.uint8), np.zeros(0, np.uint8), np.zeros((2, 2), np.uint8), None],
    "png_end": [[10, 20], [0, 0], [2**62, 2**62], [-5, 20], None],
    "more": [np.zeros(2)],
}


@pytest.mark.parametrize("name", FORGED)
def test_a_file_that_was_not_saved_like_this_is_refused(name):
    arrays = arrays_of(two_drawings())
    assert len(read_labelled(io.BytesIO(file_of(arrays)))) == 2
    for value in FORGED[name]:
        changed = {other: array for other, array in arrays.items() if other != name}
        if value is not None:
            changed[name] = np.asarray(value)
        assert_refused(file_of(changed), f"{name} = {value!r}")


def test_strokes_that_would_be_repeated_or_are_endless_are_refused():
    """The ends of strokes are checked one by one: differences of huge numbers overflow."""
    arrays = arrays_of(two_drawings())
    n = len(arrays["xy"])
    for changes in [
        {"stroke_end": np.array([0, 2**63 - 1, -(2**63), -1, 0, n])},
        {"stroke_end": np.array([n, n]), "sample_end": np.array([2**62, 2])},
        {"xy": np.zeros((MAX_POINTS + 1, 2), np.float32), "stroke_end": np.array([1, MAX_POINTS + 1])},
    ]:
        assert_refused(file_of(arrays | changes), changes)


def test_pictures_that_no_canvas_draws_are_refused():
    first, second = two_drawings()
    for what, picture in {
        "no picture": b"hello",
        "none": b"",
        "large": png(MAX_SIDE + 1),
        "a bomb": png(14_000, "1"),
        "cut": png()[: len(png()) // 2],
        "another kind": png(kind="jpeg"),
    }.items():
        forged = [first, replace(second, sketch=second.sketch._replace(png=picture))]
        assert_refused(labelled_file(forged), what)


def test_other_files_are_refused():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", bytes(9_000_000))
    for content in [b"", b"hello", bomb.getvalue(), labelled_file(two_drawings()[:1])[:-30]]:
        assert_refused(content, content[:20])


def test_of_too_many_drawings_the_last_are_saved(monkeypatch):
    monkeypatch.setattr("nn.files.drawings.MAX_LABELLED", 3)
    one, other = two_drawings()
    read = read_labelled(io.BytesIO(labelled_file([one, *[other] * 3])))
    assert [drawing.label for drawing in read] == [other.label] * 3 and one.label != other.label


def test_every_changed_byte_of_a_file_of_drawings_ends_in_drawings_or_in_a_refusal():
    content, rng = labelled_file(two_drawings()), np.random.default_rng(0)
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= int(rng.integers(1, 256))
        try:
            read_labelled(io.BytesIO(bytes(damaged)))
        except Refused as error:
            assert re.match(IS_REFUSED, str(error)), place
