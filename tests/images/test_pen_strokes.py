"""The bundled pen strokes: whole digits of twenty people, in a small file."""

import numpy as np

from nn.images.pen_strokes import BUNDLED, pen_strokes


def test_there_are_as_many_of_each_digit_and_of_each_writer():
    assert BUNDLED.stat().st_size <= 400_000
    with np.load(BUNDLED) as file:
        labels, writers = file["label"], file["writer"]
    assert sorted(set(writers.tolist())) == list(range(1, 21))
    for writer in range(1, 21):
        counts = np.bincount(labels[writers == writer], minlength=10)
        fewer = {1: [9], 17: [8]}.get(writer, [])  # these wrote this digit only 23 times
        assert counts.tolist() == [23 if digit in fewer else 24 for digit in range(10)], f"writer {writer}"
    assert [len(shapes) for shapes in pen_strokes()] == np.bincount(labels).tolist()


def test_every_digit_fills_its_box_and_no_stroke_is_empty():
    for digit, shapes in enumerate(pen_strokes()):
        for i, shape in enumerate(shapes):
            points = np.concatenate(shape)
            assert all(len(stroke) for stroke in shape) and points.shape[1] == 2, (digit, i)
            assert points.min(axis=0).tolist() == [0, 0] and points.max() == 1, (digit, i)


def test_y_points_down():
    """A 7 has its bar above its stem: its ink is wider at the top."""
    tops, ends = [], []
    for shape in pen_strokes()[7]:
        points = np.concatenate(shape)
        top, end = points[points[:, 1] < 0.4, 0], points[points[:, 1] > 0.85, 0]
        tops.append(np.ptp(top) if top.size else 0)
        ends.append(np.ptp(end) if end.size else 0)
    assert np.mean(tops) > 2 * np.mean(ends)
