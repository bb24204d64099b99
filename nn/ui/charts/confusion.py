"""The confusion matrix as a chart."""

import numpy as np
import pyarrow as pa

from . import BLUE, GREY, ORANGE


def confusion_data(confusion, chosen):
    """A confusion matrix (10, 10) as a table, a row for each cell; chosen, a cell (label, answer) or None, is outlined.

    The colour's strength is the cube root of the share of the digit's images, so that even a few mistakes are visible.
    """
    label, answer = np.indices(confusion.shape)
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    is_chosen = (label == chosen[0]) & (answer == chosen[1]) if chosen else np.zeros(confusion.shape, bool)
    columns = {
        "label": label,
        "answer": answer,
        "images": confusion,
        "share": share,
        # less than 1, so that the numbers on it are readable
        "strength": np.where(confusion, 0.8 * np.cbrt(share), 0.07),
        "outline": np.where(is_chosen, 2.5, 0),
    }
    return pa.table({name: np.asarray(column, np.float64).ravel() for name, column in columns.items()})


def confusion_spec():
    """The Vega-Lite specification of a confusion matrix; its "cell" holds the cells clicked an odd number of times."""

    def digits(field, title, **axis):
        axis = {"title": title, "labelAngle": 0, "ticks": False, "domain": False, "grid": False} | axis
        return {"field": field, "type": "ordinal", "axis": axis, "scale": {"padding": 0.04}}

    def plain(field):
        return {"field": field, "type": "quantitative", "scale": None}

    tooltip = (
        ("label", "is", "d"),
        ("answer", "read as", "d"),
        ("images", "images", "d"),
        ("share", "of this digit", ".1%"),
    )
    return {
        "width": 290,
        "height": 290,
        "autosize": {"type": "pad"},  # the size is that of the square cells; the axes are added
        "encoding": {
            "x": digits("answer", "read as", orient="top"),
            "y": digits("label", "is", titleAngle=0, titlePadding=12),
        },
        "layer": [
            {
                "params": [
                    {
                        "name": "cell",
                        "select": {"type": "point", "fields": ["label", "answer"], "toggle": "true", "clear": False},
                    }
                ],
                "mark": {"type": "rect", "cursor": "pointer", "stroke": "currentColor"},
                "encoding": {
                    "fill": {
                        "condition": [
                            {"test": "datum.images === 0", "value": GREY},
                            {"test": "datum.label === datum.answer", "value": BLUE},
                        ],
                        "value": ORANGE,
                    },
                    "fillOpacity": plain("strength"),
                    "strokeWidth": plain("outline"),
                    "tooltip": [
                        {"field": field, "title": title, "format": form, "type": "quantitative"}
                        for field, title, form in tooltip
                    ],
                },
            },
            {
                "transform": [{"filter": "datum.images > 0"}],
                "mark": {"type": "text", "fill": "currentColor", "fontSize": 12},
                "encoding": {"text": {"field": "images", "type": "quantitative", "format": "d"}},
            },
        ],
    }
