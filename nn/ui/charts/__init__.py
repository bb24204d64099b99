"""Charts: Vega-Lite specifications and their data. Pure functions, no Streamlit.

A chart and its data are separate: as long as its specification is the same, Streamlit keeps the chart on the page and
only replaces the data, so nothing flickers. The specifications are Vega-Lite's own JSON and the data are Arrow tables.
Streamlit converts Altair and pandas to these anyway, and importing them would make the page start a second later.
"""

import pyarrow as pa

MAX_POINTS = 150  # of a curve; more can't be seen, and would take time
GREY, BLUE, ORANGE = "#8c97ab", "#2f7bf0", "#e8710a"  # readable on white and on black


def subsample(history, max_points=MAX_POINTS):
    """At most max_points points of a history, evenly spread, including the first and the last."""
    if len(history) <= max_points:
        return list(history)
    return [history[round(i * (len(history) - 1) / (max_points - 1))] for i in range(max_points)]


def table(texts, numbers):
    """Columns as an Arrow table, dicts of name -> values: the type of a column is the same without any values, too."""
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    return pa.table(columns | {name: pa.array(values, pa.float64()) for name, values in numbers.items()})


def quantitative(field, **more):
    """The Vega-Lite encoding of a column of numbers, and any other properties of that encoding."""
    return {"field": field, "type": "quantitative"} | more


def nominal(field, **more):
    """The same of a column of texts."""
    return {"field": field, "type": "nominal"} | more


def one_click(name, fields):
    """The Vega-Lite parameter of this name: the mark that was clicked last, as the values of these fields."""
    return {"name": name, "select": {"type": "point", "fields": fields, "toggle": False, "clear": False}}


def only(column):
    """The Vega-Lite transform that leaves out the rows in which a column has no value."""
    return {"transform": [{"filter": f"isValid(datum.{column})"}]}


def images_axis(field, n_images, epochs, logarithmic):
    """The Vega-Lite encoding x of a column of images seen: from 0 to that many epochs of n_images each.

    A network learns most in the first epoch, and on a logarithmic axis one sees it. (It is log(1 + images), so that the
    untrained network has its place, at 0.) Ticks in the first epoch are numbers of images, later ones numbers of
    epochs.
    """
    end = n_images * epochs
    scale = {"domain": [0, end], "nice": False} | ({"type": "symlog", "constant": 1} if logarithmic else {})
    round_numbers = [digit * 10**exponent for exponent in range(8) for digit in (1, 2, 5)]
    if logarithmic:
        few = [0, *(10**exponent for exponent in range(8) if 2.5 * 10**exponent <= n_images)]
        marked = [1, *(number for number in (10, 100, 1_000) if 4 * number <= epochs), epochs]
    else:
        few, step = [0], next(number for number in round_numbers if 8 * number >= epochs)
        marked = range(step, epochs + 1, step)
    name = f"datum.value / {n_images} == 1 ? '1 epoch' : format(datum.value / {n_images}, 'd') + ' epochs'"
    axis = {
        "values": [*few, *(n_images * epoch for epoch in sorted(set(marked)))],
        "labelExpr": f"datum.value < {n_images} ? format(datum.value, ',d') : {name}",
        "labelOverlap": True,
        "labelPadding": 4,
        "labelFlush": True,
    }
    return quantitative(field, title=None, scale=scale, axis=axis)
