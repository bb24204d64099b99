"""Learning curves as Vega-Lite charts: pure functions, no Streamlit.

A chart and its data are separate: Streamlit keeps the chart that is on the page as long as its specification is the
same, and only exchanges the data, so nothing flickers. The specifications are Vega-Lite's own JSON and the data are Arrow's
tables, what Streamlit makes of Altair and pandas anyway: importing those would make the page start a second later.
"""
import math

import numpy as np
import pyarrow as pa

MAX_POINTS = 150  # of a curve; more can't be seen and take time
TRAINING, HELD_OUT = "training images", "held-out images"
GREY, BLUE = "#8c97ab", "#2f7bf0"  # readable on white and on black


def thinned(history, most=MAX_POINTS):
    """At most so many points of a history, evenly spread, the first and the last among them."""
    if len(history) <= most:
        return list(history)
    return [history[round(i * (len(history) - 1) / (most - 1))] for i in range(most)]


def curves_data(history, quantity):
    """A history of Points as a table: epoch, and "cost" or "accuracy" of the training images and of the held-out ones."""
    points = thinned(history)
    columns = {
        "epoch": [point.epoch for point in points],
        TRAINING: [getattr(point, quantity) for point in points],
        HELD_OUT: [getattr(point, f"test_{quantity}") for point in points],
    }
    return pa.table({name: np.array(column, np.float64) for name, column in columns.items()})  # a list would import pandas


def decades(history):
    """The powers of ten (low, high) between which all costs of a history lie; (0.1, 10) if they fit there.

    Axes that only ever change by whole decades stay still while the curves grow.
    """
    costs = [c for p in history for c in (p.cost, p.test_cost) if c is not None]
    costs = [max(c, 1e-9) for c in costs] or [1.0]
    return min(0.1, 10.0 ** math.floor(math.log10(min(costs)))), max(10.0, 10.0 ** math.ceil(math.log10(max(costs))))


def accuracy_spec(epochs, height):
    """The Vega-Lite specification of the accuracies over so many epochs, height in pixels."""
    axis = {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}
    return _curves_spec("accuracy", epochs, None, height, {"domain": [0, 1]}, axis, ".1%")


def cost_spec(epochs, height, low, high):
    """The Vega-Lite specification of the costs over so many epochs, on a logarithmic axis from low to high."""
    ticks = [10.0**e for e in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    axis = {"format": "~g", "values": ticks}
    return _curves_spec("cost", epochs, "epochs", height, {"type": "log", "domain": [low, high]}, axis, ".3f")


def _curves_spec(quantity, epochs, title, height, scale, axis, number):
    def quantitative(field, **more):
        return {"field": field, "type": "quantitative"} | more

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
            # The same room for the labels in both charts, so that they stand exactly below one another.
            "y": quantitative(quantity, title=None, scale=scale, axis=axis | {"minExtent": 44}),
            "color": {"field": "images", "type": "nominal", "scale": colours, "legend": None},
            "tooltip": [
                {"field": "images", "type": "nominal"},
                quantitative("epoch", format=".2f"),
                quantitative(quantity, format=number),
            ],
        },
    }


COMPARED_HEIGHT = 300  # pixels


def compared_data(curves, names, epochs):
    """Held-out accuracies at the ends of the epochs 0..epochs as a table, a column for each name; NaN where there is none.

    curves : dict of name -> Points, one for each epoch that is over; a name may be missing
    """
    columns = {"epoch": np.arange(epochs + 1, dtype=np.float64)}
    for name in names:
        columns[name] = np.full(epochs + 1, np.nan)
        for point in curves.get(name, ()):
            columns[name][round(point.epoch)] = point.test_accuracy
    return pa.table(columns)


def compared_spec(names, colours, epochs):
    """The Vega-Lite specification of compared_data: one colour and one kind of dash for each name."""
    x = {"field": "epoch", "type": "quantitative", "title": "epochs"}
    y = {"field": "accuracy", "type": "quantitative", "title": None}
    network = {"field": "network", "type": "nominal", "legend": None}
    dashes = [[1, 0], [1, 0], [5, 3], [5, 3]]
    return {
        "transform": [{"fold": names, "as": ["network", "accuracy"]}, {"filter": "isValid(datum.accuracy)"}],
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 25}},
        "height": COMPARED_HEIGHT,
        "encoding": {
            "x": x | {"scale": {"domain": [0, epochs], "nice": False}, "axis": {"tickMinStep": 1}},
            "y": y | {"scale": {"domain": [0, 1]}, "axis": {"format": "%"}},
            "color": network | {"scale": {"domain": names, "range": colours}},
            "strokeDash": network | {"scale": {"domain": names, "range": dashes}},
            "tooltip": [{"field": "network", "type": "nominal"}, x | {"title": "epoch"}, y | {"format": ".1%"}],
        },
    }
