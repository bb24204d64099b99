"""The chart of the step "Through time", and the names of its moments."""

import numpy as np
import pyarrow as pa

from . import BLUE, GREY, images_axis, quantitative, subsample


def moment_name(epoch, n_images, beginning="untrained"):
    """The name of a moment, after `epoch` epochs of n_images each: in images during the first epoch, then in epochs.

    beginning : str, the name of the moment before that
    """
    if epoch == 0:
        return beginning
    number, unit = (round(epoch * n_images), "image") if epoch < 1 else (round(epoch, 3), "epoch")
    return f"{number:,.10g} {unit}{'' if number == 1 else 's'}"


def moments_data(epochs, outputs, history, moment, n_images):
    """A table of an output (n,) after epochs (n,), the held-out accuracies of a history of Points, and a marked moment.

    Its column images is the number of images seen, n_images in each epoch. A row has one of the other three; the
    others are NaN, and the lines skip those.
    """
    points = [point for point in subsample(history) if point.test_accuracy is not None]
    n, n_points = len(epochs), len(points)
    columns = {
        "images": n_images * np.array([*epochs, *(point.epoch for point in points), moment]),
        "output": [*outputs, *[np.nan] * (n_points + 1)],
        "accuracy": [*[np.nan] * n, *(point.test_accuracy for point in points), np.nan],
        "moment": [*[np.nan] * (n + n_points), 1],
    }
    return pa.table({name: np.array(column, np.float64) for name, column in columns.items()})


def moments_spec(n_images, epochs, logarithmic, height):
    """The Vega-Lite specification of moments_data, from 0 to that many epochs of n_images each; height in pixels."""

    def layer(field, mark, **encoding):
        there = {"transform": [{"filter": f"isValid(datum.{field})"}]}
        return there | {"mark": mark, "encoding": encoding}

    def line(field, colour, point):
        mark = {"type": "line", "point": point, "color": colour, "strokeWidth": 2.5, "clip": True}
        tooltip = [quantitative("images", title="images seen", format=",.0f"), quantitative(field, format=".3~f")]
        return layer(field, mark, y=quantitative(field, title=None, scale={"domain": [0, 1]}), tooltip=tooltip)

    return {
        "height": height,
        "encoding": {"x": images_axis("images", n_images, epochs, logarithmic) | {"title": "images seen"}},
        "layer": [
            layer("moment", {"type": "rule", "color": GREY, "strokeDash": [4, 3]}),
            line("accuracy", GREY, False),
            line("output", BLUE, {"size": 24, "color": BLUE}),
        ],
    }
