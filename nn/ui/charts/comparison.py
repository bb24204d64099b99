"""The chart of the step "Spot the bug"."""

import numpy as np
import pyarrow as pa


def compared_data(curves, names, epochs):
    """Held-out accuracies after epochs 0..epochs as a table with a column for each name; NaN where there is none.

    curves : dict of name -> Points, one for each finished epoch; a name may be missing
    """
    columns = {"epoch": np.arange(epochs + 1, dtype=np.float64)}
    for name in names:
        columns[name] = np.full(epochs + 1, np.nan)
        for point in curves.get(name, ()):
            columns[name][round(point.epoch)] = point.test_accuracy
    return pa.table(columns)


def compared_spec(names, colours, epochs, height):
    """The Vega-Lite specification of compared_data, with a colour and a dash for each name; height in pixels."""
    x = {"field": "epoch", "type": "quantitative", "title": "epochs"}
    y = {"field": "accuracy", "type": "quantitative", "title": None}
    network = {"field": "network", "type": "nominal", "legend": None}
    dashes = [[1, 0], [1, 0], [5, 3], [5, 3]]
    return {
        "transform": [{"fold": names, "as": ["network", "accuracy"]}, {"filter": "isValid(datum.accuracy)"}],
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 25}},
        "height": height,
        "encoding": {
            "x": x | {"scale": {"domain": [0, epochs], "nice": False}, "axis": {"tickMinStep": 1}},
            "y": y | {"scale": {"domain": [0, 1]}, "axis": {"format": "%"}},
            "color": network | {"scale": {"domain": names, "range": colours}},
            "strokeDash": network | {"scale": {"domain": names, "range": dashes}},
            "tooltip": [{"field": "network", "type": "nominal"}, x | {"title": "epoch"}, y | {"format": ".1%"}],
        },
    }
