"""The chart of a running sum."""

import numpy as np
import pyarrow as pa

from . import BLUE, GREY, ORANGE, quantitative


def running_data(running, added, z):
    """A running sum (n + 1,) as a table of inputs and sum.

    Its column added repeats the sum up to this many inputs, and z is in the last row only.
    """
    inputs = np.arange(len(running))

    def only(values, where):
        return pa.array(np.broadcast_to(values, len(running)), mask=~where)

    columns = {"added": only(running, inputs <= added), "z": only(np.float64(z), inputs == len(running) - 1)}
    return pa.table({"inputs": inputs, "sum": np.asarray(running, np.float64)} | columns)


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
    there = {"transform": [{"filter": "isValid(datum.z)"}]}
    return {
        "height": height,
        "encoding": {"x": x},
        "layer": [
            {"mark": {"type": "rule", "color": GREY, "aria": False}, "encoding": {"x": None, "y": {"datum": 0}}},
            {"mark": {"type": "line", "color": GREY, "strokeWidth": 1.5}, "encoding": {"y": y, "tooltip": tooltip}},
            {
                "transform": [{"filter": "isValid(datum.added)"}],
                "mark": {"type": "line", "color": BLUE, "strokeWidth": 2.5},
                "encoding": {"y": quantitative("added")},
            },
            there
            | {
                "mark": {"type": "rule", "color": ORANGE, "strokeWidth": 2.5},
                "encoding": {"y": y, "y2": {"field": "z"}},
            },
            there
            | {
                "mark": {"type": "point", "filled": True, "size": 70, "color": ORANGE, "opacity": 1},
                "encoding": {"y": quantitative("z"), "tooltip": [quantitative("z", title="z", format=".3f")]},
            },
        ],
    }
