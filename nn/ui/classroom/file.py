"""A class as a file, for its teacher."""

import csv
import io
import zipfile
from dataclasses import astuple

import numpy as np

from ...classroom.names import name_of
from ...classroom.submissions import RESULTS, SETTINGS
from ...files.arrays import npz


def class_file(board):
    """A Board as the bytes of a .zip: trainings.csv, guesses.csv, and drawings.npz (images, labels, people)."""
    results, guesses = [["person", *SETTINGS, *RESULTS]], [["question", "person", "share"]]
    for row in board.trainings:
        values = [getattr(row.content, name) for name in RESULTS]
        results.append([name_of(row.number), *astuple(row.content.recipe), *values])
    for question, shares in board.guesses.items():
        guesses += [[question, name_of(number), share] for number, share in shares.items()]
    n = len(board.drawings)
    drawings = npz(
        images=np.array([drawing.content.mnist for drawing in board.drawings], np.uint8).reshape(n, 28, 28),
        labels=np.array([drawing.content.label for drawing in board.drawings], np.int64),
        people=np.array([name_of(drawing.number) for drawing in board.drawings], "U40"),
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trainings.csv", _csv(results))
        archive.writestr("guesses.csv", _csv(guesses))
        archive.writestr("drawings.npz", drawings)
    return file.getvalue()


def _csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
