"""The class's digits: a row for each digit, the latest last. The teacher can click one to remove it."""

import json
from pathlib import Path

import numpy as np

from ...html import png_address
from ...session.layout import component

COLUMNS = 24  # drawings of each digit that are shown
SIDE = 28


def digits_data(drawings, removes):
    """The data of class_digits for a Board's drawings: one picture with the latest of each digit, and their ids.

    The place of a drawing in the picture is its digit's row and its own column.
    """
    rows = [[drawing for drawing in drawings if drawing.content.label == digit] for digit in range(10)]
    latest = [row[-COLUMNS:] for row in rows]
    tiles = np.zeros((10, COLUMNS, SIDE, SIDE), np.uint8)
    for digit, row in enumerate(latest):
        for column, drawing in enumerate(row):
            tiles[digit, column] = drawing.content.mnist.reshape(SIDE, SIDE)
    return {
        "picture": png_address(tiles.swapaxes(1, 2).reshape(10 * SIDE, COLUMNS * SIDE)),
        "columns": COLUMNS,
        "ids": [[drawing.id for drawing in row] for row in latest],
        "counts": [len(row) for row in rows],
        "removes": removes,
    }


def class_digits(data, key, on_remove):
    """Draw the digits; on_remove is called when the teacher has clicked one, whose id is then the state's removed."""
    digits = component("class_digits", Path(__file__).with_name("digits"))
    digits(data=json.dumps(data).encode(), key=key, on_removed_change=on_remove)
