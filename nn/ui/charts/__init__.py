"""Vega-Lite specifications and their data, and what they share: pure functions that know no Streamlit.

A chart and its data are separate: Streamlit keeps the chart that is on the page as long as its specification is the
same, and only exchanges the data, so nothing flickers. The specifications are Vega-Lite's own JSON and the data are Arrow
tables, which is what Streamlit makes of Altair and pandas anyway: importing those would make the page start a second later.
"""

MAX_POINTS = 150  # of a curve; more can't be seen and take time
GREY, BLUE, ORANGE = "#8c97ab", "#2f7bf0", "#e8710a"  # readable on white and on black


def subsample(history, max_points=MAX_POINTS):
    """At most max_points points of a history, evenly spread, the first and the last among them."""
    if len(history) <= max_points:
        return list(history)
    return [history[round(i * (len(history) - 1) / (max_points - 1))] for i in range(max_points)]


def quantitative(field, **more):
    """The Vega-Lite encoding of a column of numbers, and any other properties of that encoding."""
    return {"field": field, "type": "quantitative"} | more
