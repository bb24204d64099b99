"""Learning curves as Vega-Lite charts: pure functions, no Streamlit.

A chart and its data are separate: Streamlit keeps the chart that is on the page as long as its specification is the
same, and only exchanges the data, so nothing flickers. The specifications are Vega-Lite's own JSON and the data are Arrow's
tables, what Streamlit makes of Altair and pandas anyway: importing those would make the page start a second later.
"""
import math

import numpy as np
import pyarrow as pa

from ..network import sigmoid

MAX_POINTS = 150  # of a curve; more can't be seen and take time
TRAINING, HELD_OUT = "training images", "held-out images"
GREY, BLUE = "#8c97ab", "#2f7bf0"  # readable on white and on black
ORANGE = "#e8710a"
SIGMOID_RANGE = 12  # the chart of the sigmoid reaches from -12 to 12: as far as its sliders can move z
GREY, BLUE, ORANGE = "#8c97ab", "#2f7bf0", "#e8710a"  # readable on white and on black


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


def moments_data(epochs, outputs, history, moment):
    """One output (n,) after so many epochs (n,), the accuracies on held-out images of a history of Points, and a marked moment.

    One table for all three: what a row does not say is NaN, which no line goes through.
    """
    points = [point for point in thinned(history) if point.test_accuracy is not None]
    columns = {
        "epoch": [*epochs, *(point.epoch for point in points), np.nan],
        "output": [*outputs, *[np.nan] * (len(points) + 1)],
        "accuracy": [*[np.nan] * len(epochs), *(point.test_accuracy for point in points), np.nan],
        "moment": [*[np.nan] * (len(epochs) + len(points)), moment],
    }
    return pa.table({name: np.array(column, np.float64) for name, column in columns.items()})


def moments_spec(epochs, height):
    """The Vega-Lite specification of moments_data over so many epochs, height in pixels."""
    x = {"type": "quantitative", "title": "epochs", "scale": {"domain": [0, epochs], "nice": False}, "axis": {"tickMinStep": 1}}
    y = {"type": "quantitative", "title": None, "scale": {"domain": [0, 1]}}

    def line(field, colour, point):
        mark = {"type": "line", "point": point, "color": colour, "strokeWidth": 2.5, "clip": True}
        tooltip = [{"field": name, "type": "quantitative", "format": ".3~f"} for name in ("epoch", field)]
        encoding = {"x": x | {"field": "epoch"}, "y": y | {"field": field}, "tooltip": tooltip}
        return {"transform": [{"filter": f"isValid(datum.{field})"}], "mark": mark, "encoding": encoding}

    rule = {"mark": {"type": "rule", "color": GREY, "strokeDash": [4, 3]}, "encoding": {"x": x | {"field": "moment"}}}
    rule = {"transform": [{"filter": "isValid(datum.moment)"}]} | rule
    return {"height": height, "layer": [rule, line("accuracy", GREY, False), line("output", BLUE, {"size": 24, "color": BLUE})]}
def sigmoid_data(z):
    """The sigmoid, its tangent at a net input z and that point, and the perceptron's step, as a table: line, z, a."""
    grid = np.linspace(-SIGMOID_RANGE, SIGMOID_RANGE, 97)
    a = float(sigmoid(z))
    tangent = np.array([-2.0, 2.0])
    lines = {
        "sigmoid": (grid, sigmoid(grid)),
        "step": ([-SIGMOID_RANGE, 0, SIGMOID_RANGE], [0, 1, 1]),
        "tangent": (z + tangent, a + tangent * a * (1 - a)),
        "point": ([z], [a]),
    }
    return pa.table({
        "line": np.repeat(list(lines), [len(zs) for zs, _ in lines.values()]),
        "z": np.concatenate([zs for zs, _ in lines.values()], dtype=np.float64),
        "a": np.concatenate([values for _, values in lines.values()], dtype=np.float64),
    })  # fmt: skip


def sigmoid_spec(height):
    """The Vega-Lite specification for sigmoid_data, height in pixels; the same for every z."""

    def layer(line, **mark):
        return {"transform": [{"filter": {"field": "line", "equal": line}}], "mark": {"clip": True} | mark}

    return {
        "height": height,
        "encoding": {
            "x": {
                "field": "z",
                "type": "quantitative",
                "title": "net input z",
                "scale": {"domain": [-SIGMOID_RANGE, SIGMOID_RANGE], "nice": False},
                "axis": {"values": list(range(-SIGMOID_RANGE, SIGMOID_RANGE + 1, 4))},
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
def running_data(running, added, z):
    """A running sum (n + 1,) as a table: inputs and sum; its part up to so many inputs as added; z in the last row only."""
    inputs = np.arange(len(running))

    def only(values, where):
        return pa.array(np.broadcast_to(values, len(running)), mask=~where)

    columns = {"added": only(running, inputs <= added), "z": only(np.float64(z), inputs == len(running) - 1)}
    return pa.table({"inputs": inputs, "sum": np.asarray(running, np.float64)} | columns)


def running_spec(height):
    """The Vega-Lite specification of a running sum: all of it in grey, what was added so far in blue, and the bias at its end."""

    def quantitative(field, **more):
        return {"field": field, "type": "quantitative"} | more

    axis = {"format": "d", "tickMinStep": 1}
    x = quantitative("inputs", title="inputs added, in order", scale={"nice": False}, axis=axis)
    number = "abs(datum.value) < 1e5 ? format(datum.value, '~f') : format(datum.value, '~e')"
    y = quantitative("sum", title=None, axis={"labelExpr": number, "minExtent": 44})
    tooltip = [quantitative("inputs", title="inputs added"), quantitative("sum", title="sum", format=".3f")]
    there = {"transform": [{"filter": "isValid(datum.z)"}]}
    return {
        "height": height,
        "encoding": {"x": x},
        "layer": [
            {"mark": {"type": "rule", "color": GREY}, "encoding": {"x": None, "y": {"datum": 0}}},
            {"mark": {"type": "line", "color": GREY, "strokeWidth": 1.5}, "encoding": {"y": y, "tooltip": tooltip}},
            {
                "transform": [{"filter": "isValid(datum.added)"}],
                "mark": {"type": "line", "color": BLUE, "strokeWidth": 2.5},
                "encoding": {"y": quantitative("added")},
            },
            there | {
                "mark": {"type": "rule", "color": ORANGE, "strokeWidth": 2.5},
                "encoding": {"y": y, "y2": {"field": "z"}},
            },
            there | {
                "mark": {"type": "point", "filled": True, "size": 70, "color": ORANGE, "opacity": 1},
                "encoding": {"y": quantitative("z"), "tooltip": [quantitative("z", title="z", format=".3f")]},
            },
        ],
    }  # fmt: skip
COMPARED_HEIGHT = 260
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
def confusion_data(confusion, chosen):
    """A confusion matrix (10, 10) as a table, a row for each cell; the chosen cell (label, answer) or None gets an outline.

    The colour's strength is the cube root of the share of the digit's images, so that a few mistakes among many are seen.
    """
    label, answer = np.indices(confusion.shape)
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    columns = {
        "label": label,
        "answer": answer,
        "images": confusion,
        "share": share,
        "strength": np.where(confusion, 0.8 * np.cbrt(share), 0.07),  # less than 1, so that the numbers can be read on it
        "outline": np.where((label == chosen[0]) & (answer == chosen[1]), 2.5, 0) if chosen else np.zeros(confusion.shape),
    }
    return pa.table({name: np.asarray(column, np.float64).ravel() for name, column in columns.items()})


def confusion_spec():
    """The Vega-Lite specification of a confusion matrix; its "cell" holds the cells clicked an odd number of times."""

    def digits(field, title, **axis):
        axis = {"title": title, "labelAngle": 0, "ticks": False, "domain": False, "grid": False} | axis
        return {"field": field, "type": "ordinal", "axis": axis, "scale": {"padding": 0.04}}

    def plain(field):
        return {"field": field, "type": "quantitative", "scale": None}

    tooltip = ("label", "is", "d"), ("answer", "read as", "d"), ("images", "images", "d"), ("share", "of this digit", ".1%")
    return {
        "width": 290,
        "height": 290,
        "autosize": {"type": "pad"},  # the size is that of the cells, which are square; axes come on top
        "encoding": {
            "x": digits("answer", "read as", orient="top"),
            "y": digits("label", "is", titleAngle=0, titlePadding=12),
        },
        "layer": [
            {
                "params": [{
                    "name": "cell",
                    "select": {"type": "point", "fields": ["label", "answer"], "toggle": "true", "clear": False},
                }],
                "mark": {"type": "rect", "cursor": "pointer", "stroke": "currentColor"},
                "encoding": {
                    "fill": {
                        "condition": [
                            {"test": "datum.images === 0", "value": GREY},
                            {"test": "datum.label === datum.answer", "value": BLUE},
                        ],
                        "value": "#e8710a",  # the orange of pictures.py
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
    }  # fmt: skip
