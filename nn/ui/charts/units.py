"""The charts of a single unit: the running sum of its net input, and the sigmoid with the unit on it."""

import numpy as np

from ...network import sigmoid
from . import BLUE, GREY, ORANGE, only, quantitative, table

FAR = 12  # the sigmoid's chart shows -12..12, the range in which the sliders of step2_perceptron.py can move z


def running_data(running, added, z):
    """A running sum (n + 1,) as a table of inputs and sum.

    Its column added repeats the sum up to this many inputs, and z is in the last row only.
    """
    missing = [None] * (len(running) - 1)
    repeated = [*running[: added + 1], *missing[added:]]
    return table({}, {"inputs": range(len(running)), "sum": running, "added": repeated, "z": [*missing, z]})


def around(running, z):
    """Limits [low, high] for a running sum and its z, rounded outward, so they seldom change while a network learns."""
    low, high = min(running.min(), z), max(running.max(), z)
    step = 10 ** np.floor(np.log10(max(high - low, 1e-3)))
    return [float(step * np.floor(low / step)), float(step * (np.floor(high / step) + 1))]


def running_spec(height, n_inputs, limits):
    """The Vega-Lite specification of a running sum: grey, the part added so far in blue, and the bias in orange."""
    axis = {"format": "d", "tickMinStep": 1}
    scale = {"domain": [0, n_inputs], "nice": False}
    x = quantitative("inputs", title="inputs added, in order", scale=scale, axis=axis)
    number = "abs(datum.value) < 1e5 ? format(datum.value, '~f') : format(datum.value, '~e')"
    scale = {"domain": limits, "nice": False}
    y = quantitative("sum", title=None, scale=scale, axis={"labelExpr": number, "minExtent": 44})
    tooltip = [quantitative("inputs", title="inputs added"), quantitative("sum", title="sum", format=".3f")]
    z = quantitative("z", title="z", format=".3f")
    dot = {"type": "point", "filled": True, "size": 70, "color": ORANGE, "opacity": 1}

    def line(colour, width, kind="line"):
        return {"type": kind, "color": colour, "strokeWidth": width}

    return {
        "height": height,
        "encoding": {"x": x},
        "layer": [
            {"mark": {"type": "rule", "color": GREY, "aria": False}, "encoding": {"x": None, "y": {"datum": 0}}},
            {"mark": line(GREY, 1.5), "encoding": {"y": y, "tooltip": tooltip}},
            only("added") | {"mark": line(BLUE, 2.5), "encoding": {"y": quantitative("added")}},
            only("z") | {"mark": line(ORANGE, 2.5, "rule"), "encoding": {"y": y, "y2": {"field": "z"}}},
            only("z") | {"mark": dot, "encoding": {"y": quantitative("z"), "tooltip": [z]}},
        ],
    }


def sigmoid_data(z):
    """The sigmoid, the point at a net input z with its tangent, and the perceptron's step, as a table: line, z, a."""
    grid, tangent = np.linspace(-FAR, FAR, 97), np.array([-2.0, 2.0])
    a = float(sigmoid(z))
    lines = {
        "sigmoid": (grid, sigmoid(grid)),
        "step": ([-FAR, 0, FAR], [0, 1, 1]),
        "tangent": (z + tangent, a + tangent * a * (1 - a)),
        "point": ([z], [a]),
    }
    names, zs, values = zip(*((name, *place) for name, line in lines.items() for place in zip(*line)))
    return table({"line": names}, {"z": zs, "a": values})


def sigmoid_spec(height):
    """The Vega-Lite specification of sigmoid_data, the same for every z; height in pixels."""

    def layer(line, **mark):
        return {"transform": [{"filter": {"field": "line", "equal": line}}], "mark": {"clip": True} | mark}

    def axis(field, title, low, high, ticks):
        scale = {"domain": [low, high], "nice": False}
        return quantitative(field, title=title, scale=scale, axis={"values": ticks})

    return {
        "height": height,
        "encoding": {
            "x": axis("z", "net input z", -FAR, FAR, list(range(-FAR, FAR + 1, 4))),
            "y": axis("a", "activation a", -0.15, 1.15, [0, 0.5, 1]),
        },
        "layer": [
            layer("step", type="line", interpolate="step-after", color=GREY, strokeDash=[4, 4], strokeWidth=1.5),
            layer("sigmoid", type="line", color=BLUE, strokeWidth=2.5),
            layer("tangent", type="line", color=ORANGE, strokeWidth=2.5),
            layer("point", type="point", filled=True, color=ORANGE, size=110, opacity=1),
        ],
    }
