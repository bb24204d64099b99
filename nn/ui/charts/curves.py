"""The learning curves: accuracy and cost over the epochs."""

import math

import numpy as np
import pyarrow as pa

from . import BLUE, GREY, quantitative, subsample

TRAINING, HELD_OUT = "training images", "held-out images"


def curves_data(history, quantity):
    """A history of Points as a table: epoch, and the "cost" or "accuracy" of the training and the held-out images."""
    points = subsample(history)
    columns = {
        "epoch": [point.epoch for point in points],
        TRAINING: [getattr(point, quantity) for point in points],
        HELD_OUT: [getattr(point, f"test_{quantity}") for point in points],
    }
    # np.array, because pyarrow imports pandas for a list
    return pa.table({name: np.array(column, np.float64) for name, column in columns.items()})


def log_limits(history):
    """Powers of ten (low, high) that enclose all costs of a history; (0.1, 10) if the costs fit there.

    Axes with such limits hardly ever change while the curves grow.
    """
    costs = [c for p in history for c in (p.cost, p.test_cost) if c is not None]
    costs = [max(c, 1e-9) for c in costs] or [1.0]
    return min(0.1, 10.0 ** math.floor(math.log10(min(costs)))), max(10.0, 10.0 ** math.ceil(math.log10(max(costs))))


def accuracy_spec(epochs, height):
    """The Vega-Lite specification of the accuracies over this many epochs; height in pixels."""
    axis = {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}
    return _curves_spec("accuracy", epochs, None, height, {"domain": [0, 1]}, axis, ".1%")


def cost_spec(epochs, height, low, high):
    """The Vega-Lite specification of the costs over this many epochs, on a logarithmic axis from low to high."""
    ticks = [10.0**e for e in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    axis = {"format": "~g", "values": ticks}
    return _curves_spec("cost", epochs, "epochs", height, {"type": "log", "domain": [low, high]}, axis, ".3f")


def _curves_spec(quantity, epochs, title, height, scale, axis, number):
    colours = {"domain": [TRAINING, HELD_OUT], "range": [GREY, BLUE]}
    return {
        "transform": [{"fold": [TRAINING, HELD_OUT], "as": ["images", quantity]}],
        "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
        "height": height,
        "encoding": {
            "x": quantitative(
                "epoch",
                title=title,
                scale={"domain": [0, epochs], "nice": False},
                axis={"tickMinStep": 1, "labelPadding": 4},
            ),
            # The labels get the same space in both charts, so that the charts line up.
            "y": quantitative(quantity, title=None, scale=scale, axis=axis | {"minExtent": 44}),
            "color": {"field": "images", "type": "nominal", "scale": colours, "legend": None},
            "tooltip": [
                {"field": "images", "type": "nominal"},
                quantitative("epoch", format=".2f"),
                quantitative(quantity, format=number),
            ],
        },
    }
