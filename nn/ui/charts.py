"""Learning curves as Altair charts: pure functions, no Streamlit.

A chart and its data are separate: Streamlit keeps the chart that is on the page as long as its specification is the
same, and only exchanges the data, so nothing flickers. The specifications are made once.
"""
import math
from functools import lru_cache

import altair as alt
import pandas as pd

MAX_POINTS = 150  # of a curve; more can't be seen and take time
TRAINING, HELD_OUT = "training images", "held-out images"
GREY, BLUE = "#8c97ab", "#2f7bf0"  # readable on white and on black


def thinned(history, most=MAX_POINTS):
    """At most so many points of a history, evenly spread, the first and the last among them."""
    if len(history) <= most:
        return list(history)
    return [history[round(i * (len(history) - 1) / (most - 1))] for i in range(most)]


def curves_data(history):
    """A history of Points as a table, a row for each point of each curve: epoch, images, cost, accuracy."""
    rows = [(p.epoch, TRAINING, p.cost, p.accuracy) for p in thinned(history)]
    rows += [(p.epoch, HELD_OUT, p.test_cost, p.test_accuracy) for p in thinned(history) if p.test_cost is not None]
    return pd.DataFrame(rows, columns=["epoch", "images", "cost", "accuracy"])


def decades(history):
    """The powers of ten (low, high) between which all costs of a history lie; (0.1, 10) if they fit there.

    Axes that only ever change by whole decades stay still while the curves grow.
    """
    costs = [c for p in history for c in (p.cost, p.test_cost) if c is not None]
    costs = [max(c, 1e-9) for c in costs] or [1.0]
    return min(0.1, 10.0 ** math.floor(math.log10(min(costs)))), max(10.0, 10.0 ** math.ceil(math.log10(max(costs))))


@lru_cache
def accuracy_spec(epochs, height):
    """The Vega-Lite specification of the accuracies over so many epochs, height in pixels."""
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    return _curves_spec("accuracy", epochs, None, height, alt.Scale(domain=[0, 1]), axis, ".1%")


@lru_cache
def cost_spec(epochs, height, low, high):
    """The Vega-Lite specification of the costs over so many epochs, on a logarithmic axis from low to high."""
    ticks = [10.0**e for e in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    axis = alt.Axis(format="~g", values=ticks)
    return _curves_spec("cost", epochs, "epochs", height, alt.Scale(type="log", domain=[low, high]), axis, ".3f")


def _curves_spec(quantity, epochs, title, height, scale, axis, number):
    axis.minExtent = 44  # so that the two charts stand exactly below one another
    chart = (
        alt.Chart(alt.NamedData("source"))
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            x=alt.X("epoch:Q", title=title, scale=alt.Scale(domain=[0, epochs], nice=False), axis=alt.Axis(tickMinStep=1, labelPadding=4)),
            y=alt.Y(f"{quantity}:Q", title=None, scale=scale, axis=axis),
            color=alt.Color("images:N", scale=alt.Scale(domain=[TRAINING, HELD_OUT], range=[GREY, BLUE]), legend=None),
            tooltip=["images:N", alt.Tooltip("epoch:Q", format=".2f"), alt.Tooltip(f"{quantity}:Q", format=number)],
        )
        .properties(height=height)
    )
    return chart.to_dict()
