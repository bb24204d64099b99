"""A class as a file, for its teacher."""

import csv
import io
import zipfile
from dataclasses import astuple

import numpy as np

from ...classroom.names import name_of
from ...classroom.rooms import RESULTS, SETTINGS


def class_file(board):
    """A Board as the bytes of a .zip: trainings.csv, guesses.csv, and drawings.npz (images, labels, people)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        rows = [
            [name_of(row.number).words, *astuple(row.recipe), *(getattr(row, name) for name in RESULTS)]
            for row in board.trainings
        ]
        archive.writestr("trainings.csv", _csv(["person", *SETTINGS, *RESULTS], rows))
        guesses = [
            [question, name_of(number).words, share]
            for question, shares in board.guesses.items()
            for number, share in shares.items()
        ]
        archive.writestr("guesses.csv", _csv(["question", "person", "share"], guesses))
        drawings = io.BytesIO()
        n = len(board.drawings)
        np.savez_compressed(
            drawings,
            images=np.array([drawing.images["mnist"] for drawing in board.drawings], np.uint8).reshape(n, 28, 28),
            labels=np.array([drawing.label for drawing in board.drawings], np.int64),
            people=np.array([name_of(drawing.number).words for drawing in board.drawings], "U40"),
        )
        archive.writestr("drawings.npz", drawings.getvalue())
    return file.getvalue()


def _csv(heads, rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
