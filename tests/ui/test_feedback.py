"""The visitor's labels of the drawings are counted, and saved unchanged."""

import io

import numpy as np

from nn.ui.feedback import OWN, PRETRAINED, Labelled, count, labelled_file, strokes_of
from nn.ui.sketch import Sketch


def test_strokes_are_the_end_points_of_the_commands():
    path = [["M", 10, 20], ["Q", 11, 21, 12, 22], ["L", 30, 40]]
    (stroke,) = strokes_of([{"type": "path", "path": path}])
    assert stroke.tolist() == [[10, 20], [12, 22], [30, 40]]


def sketch_of(*strokes):
    """A Sketch of strokes, lists of points, as the canvas reports them."""
    paths = [[["M", *stroke[0]], *(["L", *point] for point in stroke[1:])] for stroke in strokes]
    return Sketch([{"type": "path", "path": path} for path in paths], b"")


BLANK = sketch_of()


def test_what_is_not_a_stroke_is_skipped():
    for objects in ([], [{}], [{"path": None}], ["rect"], [{"path": [["z"]]}], [{"path": [7, ["L", "a", "b"]]}]):
        assert strokes_of(objects) == (), objects


def test_a_file_holds_images_labels_answers_and_strokes():
    images = np.random.default_rng(0).random((2, 28, 28))
    drawings = [
        Labelled(images[0], 7, 2, OWN, sketch_of([[1, 2], [3, 4]])),
        Labelled(images[1], 3, 3, PRETRAINED, sketch_of([[5, 6]], [[7, 8], [9, 9]])),
    ]
    with np.load(io.BytesIO(labelled_file(drawings)), allow_pickle=False) as file:
        assert np.abs(file["images"] / 255 - images).max() <= 0.5 / 255 + 1e-9
        assert file["readers"].tolist() == [OWN, PRETRAINED]
        assert file["labels"].tolist() == [7, 3] and file["answers"].tolist() == [2, 3]
        assert file["sample_end"].tolist() == [1, 3] and file["stroke_end"].tolist() == [2, 3, 5]
        assert file["xy"].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 9]]


def test_a_drawing_without_strokes_can_be_saved():
    with np.load(io.BytesIO(labelled_file([Labelled(np.zeros((28, 28)), 1, 1, OWN, BLANK)]))) as file:
        assert file["xy"].shape == (0, 2) and file["sample_end"].tolist() == [0]


def test_the_count_says_how_many_were_read_right_and_how_certain_that_is():
    blank = np.zeros((28, 28))
    drawings = [Labelled(blank, 7, answer, OWN, BLANK) for answer in (7, 7, 7, 1)]
    assert count(drawings, OWN) == "Your network read 3 of 4 drawings right (75%; 95% interval 30% to 95%)."
    assert count(drawings, PRETRAINED) == "No drawing scored for the pre-trained network yet."
    drawings.append(Labelled(blank, 7, 7, PRETRAINED, BLANK))
    assert count(drawings, PRETRAINED).startswith("The pre-trained network read 1 of 1 drawing right")
