"""The class's digits as a wall: a row for each digit, the latest last. The teacher can click one to take it out."""

import base64
import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

HERE = Path(__file__).parent
COLUMNS = 24  # drawings of each digit that are shown
SIDE = 28


def wall_data(drawings, may_take_out):
    """What the wall shows of DrawingRows: one picture with the latest of each digit, and their ids; as JSON.

    The place of a drawing in the picture is its digit's row and its own column.
    """
    rows = [[drawing for drawing in drawings if drawing.label == digit] for digit in range(10)]
    pixels = np.zeros((10 * SIDE, COLUMNS * SIDE), np.uint8)
    for digit, row in enumerate(rows):
        for column, drawing in enumerate(row[-COLUMNS:]):
            place = np.s_[digit * SIDE : (digit + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
            pixels[place] = drawing.images["mnist"].reshape(SIDE, SIDE)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return {
        "picture": f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}",
        "columns": COLUMNS,
        "ids": [[drawing.id for drawing in row[-COLUMNS:]] for row in rows],
        "counts": [len(row) for row in rows],
        "mayTakeOut": may_take_out,
    }


def digits_wall(data, key, on_take_out):
    """Draw the wall; on_take_out is called when the teacher has clicked a drawing, whose id is then the state's."""
    return _component()(data=json.dumps(data).encode(), key=key, on_taken_change=on_take_out).taken


@cache
def _component():
    files = {kind: (HERE / f"digits.{kind}").read_text(encoding="utf-8") for kind in ("css", "js")}
    return st.components.v2.component("digits_wall", html='<div class="wall"></div>', **files)
