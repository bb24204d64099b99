"""The chart of the step "Through time"."""

import numpy as np
import pyarrow as pa

from . import BLUE, GREY, subsample


def moments_data(epochs, outputs, history, moment):
    """A table of an output (n,) after epochs (n,), the held-out accuracies of a history of Points, and a marked moment.

    A row has one of the three; the others are NaN, and the lines skip those.
    """
    points = [point for point in subsample(history) if point.test_accuracy is not None]
    columns = {
        "epoch": [*epochs, *(point.epoch for point in points), np.nan],
        "output": [*outputs, *[np.nan] * (len(points) + 1)],
        "accuracy": [*[np.nan] * len(epochs), *(point.test_accuracy for point in points), np.nan],
        "moment": [*[np.nan] * (len(epochs) + len(points)), moment],
    }
    return pa.table({name: np.array(column, np.float64) for name, column in columns.items()})


def moments_spec(epochs, height):
    """The Vega-Lite specification of moments_data over this many epochs; height in pixels."""
    x = {
        "type": "quantitative",
        "title": "epochs",
        "scale": {"domain": [0, epochs], "nice": False},
        "axis": {"tickMinStep": 1},
    }
    y = {"type": "quantitative", "title": None, "scale": {"domain": [0, 1]}}

    def line(field, colour, point):
        mark = {"type": "line", "point": point, "color": colour, "strokeWidth": 2.5, "clip": True}
        tooltip = [{"field": name, "type": "quantitative", "format": ".3~f"} for name in ("epoch", field)]
        encoding = {"x": x | {"field": "epoch"}, "y": y | {"field": field}, "tooltip": tooltip}
        return {"transform": [{"filter": f"isValid(datum.{field})"}], "mark": mark, "encoding": encoding}

    rule = {"mark": {"type": "rule", "color": GREY, "strokeDash": [4, 3]}, "encoding": {"x": x | {"field": "moment"}}}
    rule = {"transform": [{"filter": "isValid(datum.moment)"}]} | rule
    return {
        "height": height,
        "layer": [rule, line("accuracy", GREY, False), line("output", BLUE, {"size": 24, "color": BLUE})],
    }
