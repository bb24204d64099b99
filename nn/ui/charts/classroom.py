"""The charts of a class's board: all trainings, guesses and results, and MNIST against the class's own digits."""

import math

from . import BLUE, GREY, ORANGE, nominal, one_click, quantitative, table

SPREAD = 0.06  # of a decade: dots with the same eta lie beside one another
ONE_SHAPE, BATCH, IMAGES = SHAPES = "One shape", "By batch size", "By images"
FEWEST_ERRORS = 0.004  # of the axis: it is logarithmic in the errors, because good networks differ in those
UNITS = {"name": "viridis", "extent": [0.22, 0.92]}  # its ends can't be seen on black, or on white
BIN = 0.04  # of the axis of guesses
UNSEEN = "accuracy on unseen images"


def dots_data(dots):
    """Dots as a table: each a dict of id, eta, accuracy, n_hidden, batch_size, n_images, who and settings.

    x is eta, a little beside it: a fixed amount for each id. No dot is outlined: see outlined().
    """
    numbers = {name: [dot[name] for dot in dots] for name in ("id", "eta", "accuracy", "n_hidden")}
    texts = {name: [dot[name] for dot in dots] for name in ("who", "settings")}
    numbers["x"] = [dot["eta"] * 10 ** (((37 * dot["id"]) % 41 / 20 - 1) * SPREAD) for dot in dots]
    numbers["errors"] = [max(1 - dot["accuracy"], FEWEST_ERRORS) for dot in dots]
    for name in ("batch_size", "n_images"):
        texts[name] = [f"{dot[name]:,}" for dot in dots]
        numbers[f"{name}_order"] = [dot[name] for dot in dots]
    numbers["width"] = [0.0] * len(dots)
    return table(texts, numbers)


def outlined(data, are_mine):
    """The table dots_data with those dots outlined for which are_mine, a list of bools, says so."""
    width = table({}, {"width": [3.0 if is_mine else 0.0 for is_mine in are_mine]})["width"]
    return data.set_column(data.column_names.index("width"), "width", width)


def dots_spec(height, shape=ONE_SHAPE, clickable=False):
    """The Vega-Lite specification of dots_data; height in pixels. shape is one of SHAPES.

    If it is clickable, its "dot" holds the id of the dot that was clicked last.
    """
    etas = {"type": "log", "domain": [8e-4, 13], "nice": False}
    units = {"type": "symlog", "constant": 2, "domain": [0, 300], "scheme": UNITS}
    errors = {"type": "log", "domain": [1, FEWEST_ERRORS], "nice": False}
    shares = {"values": [0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01], "labelExpr": "format(1 - datum.value, '.0%')"}
    legend = {"values": [0, 1, 3, 10, 30, 100, 300]}
    mark = {"type": "point", "filled": True, "size": height / 2.3, "opacity": 0.85, "stroke": "currentColor"}
    encoding = {
        "x": quantitative("x", title="learning rate η", scale=etas, axis={"values": [0.001, 0.01, 0.1, 1, 10]}),
        "y": quantitative("errors", title=UNSEEN, scale=errors, axis=shares),
        "fill": quantitative("n_hidden", title="hidden units", scale=units, legend=legend),
        "strokeWidth": quantitative("width", scale=None, legend=None),
        "tooltip": [
            nominal("who", title="trained by"),
            quantitative("accuracy", title=UNSEEN, format=".1%"),
            nominal("settings", title="settings"),
        ],
    }
    if shape != ONE_SHAPE:
        field, title = "batch_size" if shape == BATCH else "n_images", shape.removeprefix("By ")
        legend = {"symbolFillColor": GREY, "symbolStrokeWidth": 0}
        sort = {"field": f"{field}_order", "op": "min"}
        encoding["shape"] = nominal(field, title=title, sort=sort, legend=legend)
    spec = {"height": height, "mark": mark, "encoding": encoding}
    if clickable:
        spec |= {"mark": mark | {"cursor": "pointer"}, "params": [one_click("dot", ["id"])]}
    return spec


def shift_data(points):
    """Networks as a table: each a dict of who, kind ("class", "best", "pre-trained" or "yours"), mnist and hands."""
    columns = {name: [point[name] for point in points] for name in ("who", "kind", "mnist", "hands")}
    return table({name: columns.pop(name) for name in ("who", "kind")}, columns)


def shift_spec(height):
    """The Vega-Lite specification of shift_data: below the diagonal, a network is worse at our digits than at MNIST."""
    more = {"scale": {"domain": [0, 1]}, "axis": {"format": "%", "tickCount": 5}}
    names = ["class", "best", "pre-trained", "yours"]
    colours = {"domain": names, "range": [GREY, BLUE, ORANGE, "#d6293e"]}
    return {
        "height": height,
        "layer": [
            {
                "data": {"values": [{"mnist": 0, "hands": 0}, {"mnist": 1, "hands": 1}]},
                "mark": {"type": "line", "aria": False, "color": GREY, "strokeDash": [4, 4], "strokeWidth": 1},
                "encoding": {"x": quantitative("mnist"), "y": quantitative("hands")},
            },
            {
                "mark": {"type": "point", "aria": False, "filled": True, "size": 160, "opacity": 0.9},
                "encoding": {
                    "x": quantitative("mnist", title="of MNIST's unseen images", **more),
                    "y": quantitative("hands", title="of our digits", **more),
                    "color": nominal("kind", title=None, scale=colours),
                    "tooltip": [
                        nominal("who", title="network"),
                        quantitative("mnist", title="of MNIST", format=".1%"),
                        quantitative("hands", title="of our digits", format=".1%"),
                    ],
                },
            },
        ],
    }


def guesses_data(guesses, results):
    """Shares in 0..1 that were guessed, and those that came out, as a table: a dot for each, stacked where they meet.

    Guesses are stacked downwards from the axis, results upwards.
    """
    rows = []
    for kind, direction, shares in [("guesses", -1, guesses), ("results", 1, results)]:
        heights = {}
        for share in sorted(shares):
            place = round(min(math.floor(share / BIN), 1 / BIN - 1) * BIN + BIN / 2, 4)
            heights[place] = heights.get(place, 0) + 1
            rows.append((kind, place, direction * (heights[place] - 0.4)))
    kinds, places, levels = zip(*rows) if rows else [()] * 3
    return table({"kind": kinds}, {"share": places, "level": levels})


def guesses_spec(height, lowest, highest):
    """The Vega-Lite specification of guesses_data, with room for these levels, at most 0 and at least 0."""
    levels = [5 * math.floor(min(lowest, -1) / 5) - 0.5, 5 * math.ceil(max(highest, 1) / 5) + 0.5]
    side = 0.8 * height / (levels[1] - levels[0])  # pixels of a dot
    axis = {"format": "%", "values": [0, 0.2, 0.4, 0.6, 0.8, 1]}
    colours = {"domain": ["results", "guesses"], "range": [ORANGE, BLUE]}
    legend = {"orient": "top-left", "symbolSize": 200}
    size = min(0.78 * side**2, 300)
    return {
        "height": height,
        "layer": [
            {
                "mark": {"type": "point", "aria": False, "filled": True, "size": size, "opacity": 1},
                "encoding": {
                    "x": quantitative("share", title=UNSEEN, scale={"domain": [0, 1]}, axis=axis),
                    "y": quantitative("level", scale={"domain": levels, "nice": False}, axis=None),
                    "color": nominal("kind", title=None, scale=colours, legend=legend),
                },
            },
            {
                "data": {"values": [{"level": 0}]},
                "mark": {"type": "rule", "aria": False, "color": GREY},
                "encoding": {"y": quantitative("level")},
            },
        ],
    }
