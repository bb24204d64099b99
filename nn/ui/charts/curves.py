"""Curves: accuracy and cost of one or several trainings, an output through time, and the four curves of step 6."""

import math

import numpy as np

from . import BLUE, GREY, images_axis, nominal, only, quantitative, subsample, table

TRAINING, UNSEEN, PREVIOUS = "training images", "unseen images", "previous training"
IMAGES = "images seen"
FORMS = {"accuracy": ".1%", "cost": ".3f"}
# Okabe and Ito's colours, which colour-blind people can distinguish, a little changed to be seen on white and on black.
COLOURS = ["#2f7bf0", "#e8710a", "#0a9e73", "#c4569b", "#8c7a00", "#1a9fc4", "#d03f2f", "#7c8799"]
DASHES = [[1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [4, 2], [12, 3], [1, 3], [6, 2, 1, 2]]


def moment_name(epoch, n_images, beginning="untrained"):
    """The name of a moment, after `epoch` epochs of n_images each: in images during the first epoch, then in epochs.

    beginning : str, the name of the moment before that
    """
    if epoch == 0:
        return beginning
    number, unit = (round(epoch * n_images), "image") if epoch < 1 else (round(epoch, 3), "epoch")
    return f"{number:,.10g} {unit}{'' if number == 1 else 's'}"


def curve_in_words(history, n_images, quantity):
    """The course of the accuracy or cost on unseen images in a sentence for a screen reader: six points at most."""
    values = []
    for point in subsample(history, 6):
        name = moment_name(point.epoch, n_images, "at first")
        when = f"after {name}" if point.epoch else name
        values.append(f"{getattr(point, f'test_{quantity}'):{FORMS[quantity]}} {when}")
    return f"{quantity.capitalize()} on unseen images: {', '.join(values)}."


# The learning curves


def curves_data(history, n_images, quantity, previous=(), n_previous=1):
    """The "cost" or "accuracy" in a history of Points as a table with a row for each point of a curve.

    n_images is the number of images of an epoch. previous is the history of the previous training, and n_previous
    the number of its images; only its unseen images are shown.
    """
    curves = [
        (TRAINING, subsample(history), n_images, quantity),
        (UNSEEN, subsample(history), n_images, f"test_{quantity}"),
        (PREVIOUS, subsample(previous), n_previous, f"test_{quantity}"),
    ]
    rows = [
        (name, point.epoch * n, getattr(point, attribute)) for name, points, n, attribute in curves for point in points
    ]
    names, images, values = zip(*rows)
    return table({"curve": names}, {IMAGES: images, quantity: np.array(values, np.float64)})  # None becomes NaN


def log_limits(history):
    """Powers of ten (low, high) that enclose all costs of a history; (0.1, 10) if the costs fit there.

    Axes with such limits hardly ever change while the curves grow.
    """
    costs = [c for p in history for c in (p.cost, p.test_cost) if c is not None]
    costs = [max(c, 1e-9) for c in costs] or [1.0]
    return min(0.1, 10.0 ** math.floor(math.log10(min(costs)))), max(10.0, 10.0 ** math.ceil(math.log10(max(costs))))


def _y(quantity, limits):
    """The encoding y of accuracies, or of costs on a logarithmic axis with limits (low, high)."""
    scale, axis = {"domain": [0, 1]}, {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}
    if quantity == "cost":
        first, last = (round(math.log10(limit)) for limit in limits)
        ticks = [10.0**exponent for exponent in range(first, last + 1)]
        scale, axis = {"type": "log", "domain": list(limits)}, {"format": "~g", "values": ticks}
    # The labels get the same space in all charts, so that the charts line up.
    return quantitative(quantity, title=None, scale=scale, axis=axis | {"minExtent": 44})


def curves_spec(quantity, n_images, epochs, logarithmic, height, limits):
    """The Vega-Lite specification of curves_data: three curves, and the values at the point nearest to the mouse.

    The axis of the images is images_axis; that of costs is logarithmic, from the first to the last of the limits.
    """
    colours = {"domain": [TRAINING, UNSEEN, PREVIOUS], "range": [GREY, BLUE, BLUE]}
    pale = {"condition": {"test": f"datum.curve === '{PREVIOUS}'", "value": 0.35}, "value": 1}
    y, colour = _y(quantity, limits), nominal("curve", legend=None, scale=colours)
    nearest = {"type": "point", "fields": [IMAGES], "nearest": True, "on": "pointerover", "clear": "pointerout"}
    values = [quantitative(name, format=FORMS[quantity]) for name in (UNSEEN, TRAINING)]
    return {
        "height": height,
        "encoding": {"x": images_axis(IMAGES, n_images, epochs, logarithmic)},
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
                    "tooltip": [quantitative(IMAGES, format=",d"), *values],
                },
            },
        ],
    }


# Several trainings


def trainings_data(curves, quantity):
    """The "accuracy" or "cost" on held-out images as a table with a row for each point.

    curves : list of (number, words, TrainingState), the present training last
    """
    rows = [
        (str(number), f"{number}: {words}", point.epoch * state.n_images, getattr(point, f"test_{quantity}"))
        for number, words, state in curves
        for point in subsample(state.history, 80)
    ]
    numbers, names, images, values = zip(*rows) if rows else [()] * 4
    numeric = {IMAGES: images, quantity: np.array(values, np.float64)}
    return table({"training": numbers, "settings": names}, numeric)


def places(numbers):
    """A place among COLOURS and DASHES for each training, a dict of its number -> place.

    A training keeps its place as long as it is shown. There are at most as many trainings as COLOURS.
    """
    found = {}
    for number in sorted(numbers):
        wanted = (number - 1) % len(COLOURS)
        free = (place % len(COLOURS) for place in range(wanted, wanted + len(COLOURS)))
        found[number] = next(place for place in free if place not in found.values())
    return found


def trainings_spec(curves, quantity, height):
    """The Vega-Lite specification of trainings_data; height in pixels. All curves but the last one are pale."""
    numbers = [str(number) for number, _, _ in curves]
    n_images = max(state.n_images for _, _, state in curves)
    most = max(state.images_seen for _, _, state in curves)
    limits = log_limits([point for _, _, state in curves for point in state.history])
    present = f"datum.training === '{numbers[-1]}'"
    at = [places([number for number, _, _ in curves])[number] for number, _, _ in curves]
    colours, dashes = ({"domain": numbers, "range": [values[place] for place in at]} for values in (COLOURS, DASHES))
    return {
        "height": height,
        "mark": {"type": "line", "clip": True},
        "encoding": {
            "x": images_axis(IMAGES, n_images, max(1, -(-most // n_images)), True),
            "y": _y(quantity, limits),
            "color": nominal("training", legend=None, scale=colours),
            "strokeDash": nominal("training", legend=None, scale=dashes),
            "opacity": {"condition": {"test": present, "value": 1}, "value": 0.5},
            "strokeWidth": {"condition": {"test": present, "value": 3}, "value": 2},
            "tooltip": [
                nominal("settings", title="training"),
                quantitative(IMAGES, format=",d"),
                quantitative(quantity, format=FORMS[quantity]),
            ],
        },
    }


# Step 6, "Spot the bug"


def compared_data(curves, names, epochs):
    """Held-out accuracies after epochs 0..epochs as a table with a column for each name; NaN where there is none.

    curves : dict of name -> Points, one for each finished epoch; a name may be missing
    """
    columns = {"epoch": range(epochs + 1)}
    for name in names:
        columns[name] = np.full(epochs + 1, np.nan)
        for point in curves.get(name, ()):
            columns[name][round(point.epoch)] = point.test_accuracy
    return table({}, columns)


def compared_spec(names, colours, epochs, height):
    """The Vega-Lite specification of compared_data, with a colour and a dash for each name; height in pixels."""
    scale = {"domain": [0, epochs], "nice": False}
    percent, dashes = {"format": "%"}, [[1, 0], [1, 0], [5, 3], [5, 3]]
    tooltip = [nominal("network"), quantitative("epoch", title="epoch")]
    return {
        "transform": [{"fold": names, "as": ["network", "accuracy"]}, *only("accuracy")["transform"]],
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 25}},
        "height": height,
        "encoding": {
            "x": quantitative("epoch", title="epochs", scale=scale, axis={"tickMinStep": 1}),
            "y": quantitative("accuracy", title=None, scale={"domain": [0, 1]}, axis=percent),
            "color": nominal("network", legend=None, scale={"domain": names, "range": colours}),
            "strokeDash": nominal("network", legend=None, scale={"domain": names, "range": dashes}),
            "tooltip": [*tooltip, quantitative("accuracy", title=None, format=".1%")],
        },
    }


# Step 7, "Through time"


def moments_data(epochs, outputs, history, moment, n_images):
    """A table of an output (n,) after epochs (n,), the held-out accuracies of a history of Points, and a marked moment.

    Its column images is the number of images seen, n_images in each epoch. A row has one of the other three; the
    others are missing, and the lines skip those.
    """
    rows = [(epoch, output, None, None) for epoch, output in zip(epochs, outputs)]
    rows += [(point.epoch, None, point.test_accuracy, None) for point in subsample(history)]
    places, outputs, accuracies, marks = zip(*rows, (moment, None, None, 1))
    images = n_images * np.array(places)
    return table({}, {"images": images, "output": outputs, "accuracy": accuracies, "moment": marks})


def moments_spec(n_images, epochs, logarithmic, height):
    """The Vega-Lite specification of moments_data, from 0 to that many epochs of n_images each; height in pixels."""

    def line(field, colour, point):
        mark = {"type": "line", "point": point, "color": colour, "strokeWidth": 2.5, "clip": True}
        tooltip = [quantitative("images", title=IMAGES, format=",.0f"), quantitative(field, format=".3~f")]
        y = quantitative(field, title=None, scale={"domain": [0, 1]})
        return only(field) | {"mark": mark, "encoding": {"y": y, "tooltip": tooltip}}

    return {
        "height": height,
        "encoding": {"x": images_axis("images", n_images, epochs, logarithmic) | {"title": IMAGES}},
        "layer": [
            only("moment") | {"mark": {"type": "rule", "color": GREY, "strokeDash": [4, 3]}},
            line("accuracy", GREY, False),
            line("output", BLUE, {"size": 24, "color": BLUE}),
        ],
    }
