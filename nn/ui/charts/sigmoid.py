"""The chart of the sigmoid and of a unit on it."""

import numpy as np
import pyarrow as pa

from ...network import sigmoid
from . import BLUE, GREY, ORANGE

FAR = 12  # the chart shows -12..12, the range in which the sliders of step2_perceptron.py can move z


def sigmoid_data(z):
    """The sigmoid, the point at a net input z with its tangent, and the perceptron's step, as a table: line, z, a."""
    grid = np.linspace(-FAR, FAR, 97)
    a = float(sigmoid(z))
    tangent = np.array([-2.0, 2.0])
    lines = {
        "sigmoid": (grid, sigmoid(grid)),
        "step": ([-FAR, 0, FAR], [0, 1, 1]),
        "tangent": (z + tangent, a + tangent * a * (1 - a)),
        "point": ([z], [a]),
    }
    return pa.table(
        {
            "line": np.repeat(list(lines), [len(zs) for zs, _ in lines.values()]),
            "z": np.concatenate([zs for zs, _ in lines.values()], dtype=np.float64),
            "a": np.concatenate([values for _, values in lines.values()], dtype=np.float64),
        }
    )


def sigmoid_spec(height):
    """The Vega-Lite specification of sigmoid_data, the same for every z; height in pixels."""

    def layer(line, **mark):
        return {"transform": [{"filter": {"field": "line", "equal": line}}], "mark": {"clip": True} | mark}

    return {
        "height": height,
        "encoding": {
            "x": {
                "field": "z",
                "type": "quantitative",
                "title": "net input z",
                "scale": {"domain": [-FAR, FAR], "nice": False},
                "axis": {"values": list(range(-FAR, FAR + 1, 4))},
            },
            "y": {
                "field": "a",
                "type": "quantitative",
                "title": "activation a",
                "scale": {"domain": [-0.15, 1.15], "nice": False},
                "axis": {"values": [0, 0.5, 1]},
            },
        },
        "layer": [
            layer("step", type="line", interpolate="step-after", color=GREY, strokeDash=[4, 4], strokeWidth=1.5),
            layer("sigmoid", type="line", color=BLUE, strokeWidth=2.5),
            layer("tangent", type="line", color=ORANGE, strokeWidth=2.5),
            layer("point", type="point", filled=True, color=ORANGE, size=110, opacity=1),
        ],
    }
