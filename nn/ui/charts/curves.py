"""The learning curves: accuracy and cost over the images seen."""

import math

import numpy as np
import pyarrow as pa

from . import BLUE, GREY, images_axis, quantitative, subsample
from .moments import moment_name

TRAINING, HELD_OUT, PREVIOUS = "training images", "held-out images", "previous training"
IMAGES = "images seen"


def curves_data(history, n_images, quantity, previous=(), n_previous=1):
    """The "cost" or "accuracy" in a history of Points as a table with a row for each point of a curve.

    n_images is the number of images of an epoch. previous is the history of the previous training, and n_previous
    the number of its images; only its held-out images are shown.
    """
    curves = [
        (TRAINING, subsample(history), n_images, quantity),
        (HELD_OUT, subsample(history), n_images, f"test_{quantity}"),
        (PREVIOUS, subsample(previous), n_previous, f"test_{quantity}"),
    ]
    rows = [
        (name, point.epoch * n, getattr(point, attribute)) for name, points, n, attribute in curves for point in points
    ]
    names, images, values = zip(*rows)
    numbers = {IMAGES: np.array(images, np.float64), quantity: np.array(values, np.float64)}
    return pa.table({"curve": np.array(names)} | numbers)


def log_limits(history):
    """Powers of ten (low, high) that enclose all costs of a history; (0.1, 10) if the costs fit there.

    Axes with such limits hardly ever change while the curves grow.
    """
    costs = [c for p in history for c in (p.cost, p.test_cost) if c is not None]
    costs = [max(c, 1e-9) for c in costs] or [1.0]
    return min(0.1, 10.0 ** math.floor(math.log10(min(costs)))), max(10.0, 10.0 ** math.ceil(math.log10(max(costs))))


def accuracy_spec(n_images, epochs, logarithmic, height):
    """The Vega-Lite specification of the accuracies; the first three parameters are those of images_axis."""
    axis = {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}
    x = images_axis(IMAGES, n_images, epochs, logarithmic)
    return _curves_spec("accuracy", x, height, {"domain": [0, 1]}, axis, ".1%")


def cost_spec(n_images, epochs, logarithmic, height, low, high):
    """The Vega-Lite specification of the costs, on a logarithmic axis from low to high."""
    ticks = [10.0**e for e in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    x = images_axis(IMAGES, n_images, epochs, logarithmic)
    axis = {"format": "~g", "values": ticks}
    return _curves_spec("cost", x, height, {"type": "log", "domain": [low, high]}, axis, ".3f")


def _curves_spec(quantity, x, height, scale, axis, form):
    """Three curves, and a rule at the point nearest to the mouse that tells the values there."""
    names = [TRAINING, HELD_OUT, PREVIOUS]
    colour = {
        "field": "curve",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": names, "range": [GREY, BLUE, BLUE]},
    }
    pale = {"condition": {"test": f"datum.curve === '{PREVIOUS}'", "value": 0.35}, "value": 1}
    # The labels get the same space in both charts, so that the charts line up.
    y = quantitative(quantity, title=None, scale=scale, axis=axis | {"minExtent": 44})
    nearest = {"type": "point", "fields": [IMAGES], "nearest": True, "on": "pointerover", "clear": "pointerout"}
    tooltip = [quantitative(IMAGES, format=",d"), *(quantitative(name, format=form) for name in (HELD_OUT, TRAINING))]
    return {
        "height": height,
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
                "encoding": {"y": y, "color": colour, "opacity": pale},
            },
            {
                "transform": [
                    {"filter": f"datum.curve !== '{PREVIOUS}'"},
                    {"pivot": "curve", "value": quantity, "groupby": [IMAGES]},
                ],
                "params": [{"name": "nearest", "select": nearest}],
                "mark": {"type": "rule", "color": GREY, "strokeWidth": 1},
                "encoding": {
                    "opacity": {"condition": {"param": "nearest", "empty": False, "value": 0.8}, "value": 0},
                    "tooltip": tooltip,
                },
            },
        ],
    }


def curve_in_words(history, n_images, quantity, form):
    """The course of the held-out accuracy or cost in one sentence, for a screen reader: at most six of its points."""
    values = []
    for point in subsample(history, 6):
        name = moment_name(point.epoch, n_images, "at first")
        when = f"after {name}" if point.epoch else name
        values.append(f"{getattr(point, f'test_{quantity}'):{form}} {when}")
    return f"Held-out {quantity}: {', '.join(values)}."
