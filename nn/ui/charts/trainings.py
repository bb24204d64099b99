"""Several trainings in one chart: their held-out accuracy or cost over the images seen."""

import numpy as np
import pyarrow as pa

from . import images_axis, quantitative, subsample
from .curves import log_limits

# Okabe and Ito's colours, which colour-blind people can tell apart, a little changed to be seen on white and on black.
COLOURS = ["#2f7bf0", "#e8710a", "#0a9e73", "#c4569b", "#8c7a00", "#1a9fc4", "#d03f2f", "#7c8799"]
DASHES = [[], [6, 3], [2, 2], [9, 3, 2, 3], [4, 2], [12, 3], [1, 3], [6, 2, 1, 2]]
MAX_POINTS = 80  # of each curve
PALE = 0.5
IMAGES = "images seen"


def trainings_data(curves, quantity):
    """The "accuracy" or "cost" on held-out images as a table with a row for each point.

    curves : list of (number, words, Run), the present training last
    """
    rows = [
        (str(number), f"{number}: {words}", point.epoch * state.n_images, getattr(point, f"test_{quantity}"))
        for number, words, state in curves
        for point in subsample(state.history, MAX_POINTS)
    ]
    numbers, names, images, values = zip(*rows) if rows else ((), (), (), ())
    columns = {"training": pa.array(numbers, pa.string()), "settings": pa.array(names, pa.string())}
    return pa.table(columns | {IMAGES: np.array(images, np.float64), quantity: np.array(values, np.float64)})


def trainings_spec(curves, quantity, height):
    """The Vega-Lite specification of trainings_data; height in pixels. All curves but the last one are pale.

    There are at most as many curves as COLOURS.
    """
    numbers = [str(number) for number, _, _ in curves]
    colours, dashes = COLOURS[: len(curves)], [dash or [1, 0] for dash in DASHES[: len(curves)]]
    n_images = max(state.n_images for _, _, state in curves)
    most = max(state.images_seen for _, _, state in curves)
    points = [point for _, _, state in curves for point in state.history]
    scale, axis, form = {"domain": [0, 1]}, {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}, ".1%"
    if quantity == "cost":
        scale, axis, form = {"type": "log", "domain": list(log_limits(points))}, {"format": "~g"}, ".3f"
    present = f"datum.training === '{numbers[-1]}'"
    chosen = {"type": "nominal", "legend": None}
    return {
        "height": height,
        "mark": {"type": "line", "clip": True},
        "encoding": {
            "x": images_axis(IMAGES, n_images, max(1, -(-most // n_images)), True),
            "y": quantitative(quantity, title=None, scale=scale, axis=axis | {"minExtent": 44}),
            "color": chosen | {"field": "training", "scale": {"domain": numbers, "range": colours}},
            "strokeDash": chosen | {"field": "training", "scale": {"domain": numbers, "range": dashes}},
            "opacity": {"condition": {"test": present, "value": 1}, "value": PALE},
            "strokeWidth": {"condition": {"test": present, "value": 3}, "value": 2},
            "tooltip": [
                {"field": "settings", "type": "nominal", "title": "training"},
                quantitative(IMAGES, format=",d"),
                quantitative(quantity, format=form),
            ],
        },
    }
