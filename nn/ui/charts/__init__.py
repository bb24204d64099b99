"""Charts: Vega-Lite specifications and their data. Pure functions, no Streamlit.

A chart and its data are separate: as long as its specification is the same, Streamlit keeps the chart on the page and
only replaces the data, so nothing flickers. The specifications are Vega-Lite's own JSON and the data are Arrow tables.
Streamlit converts Altair and pandas to these anyway, and importing them would make the page start a second later.
"""

MAX_POINTS = 150  # of a curve; more can't be seen, and would take time
GREY, BLUE, ORANGE = "#8c97ab", "#2f7bf0", "#e8710a"  # readable on white and on black


def subsample(history, max_points=MAX_POINTS):
    """At most max_points points of a history, evenly spread, including the first and the last."""
    if len(history) <= max_points:
        return list(history)
    return [history[round(i * (len(history) - 1) / (max_points - 1))] for i in range(max_points)]


def quantitative(field, **more):
    """The Vega-Lite encoding of a column of numbers, and any other properties of that encoding."""
    return {"field": field, "type": "quantitative"} | more
