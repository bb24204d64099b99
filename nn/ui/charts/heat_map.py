"""The heat map of a sweep: hidden units across, learning rates down, the mean held-out accuracy in each cell."""

import pyarrow as pa

SIDE = 62  # pixels of a cell's height; it is wider
BEST, WORST = 0.03, 0.9  # shares of mistakes at the colours' ends; logarithmic, because good networks differ in these
COLOURS = "#0b3d91", "#e4eefc"
LIGHT_BELOW = 0.089  # mistakes below which white can be read better than black: both have a contrast of 4.5 at least


def heat_map_data(cells, etas, hidden):
    """A sweep's cells as a table with a row for each, also for those in which nothing is over yet.

    cells : dict of (eta, n_hidden) -> Cell
    """
    rows = []
    for eta in etas:
        for n_hidden in hidden:
            cell = cells.get((eta, n_hidden))
            words = ("", "") if cell is None else (f"{cell.mean:.1%}", spread_in_words(cell))
            mistakes = None if cell is None else 1 - cell.mean
            rows.append((f"{eta:g}", f"{n_hidden:,}", mistakes, *words))
    types = {
        "eta": pa.string(),
        "hidden": pa.string(),
        "mistakes": pa.float64(),
        "words": pa.string(),
        "spread": pa.string(),
    }
    columns = zip(*rows)
    return pa.table({name: pa.array(column, kind) for (name, kind), column in zip(types.items(), columns)})


def spread_in_words(cell):
    """The lowest and the highest accuracy of a Cell; if there is only one, that."""
    return "1 seed" if cell.n == 1 else f"{100 * cell.low:.1f}–{100 * cell.high:.1f}, {cell.n} seeds"


def heat_map_spec(etas, hidden):
    """The Vega-Lite specification of heat_map_data; its "cell" is the one that was clicked last."""
    axis = {"labelAngle": 0, "ticks": False, "domain": False, "grid": False}
    clicked = {"type": "point", "fields": ["eta", "hidden"], "toggle": False, "clear": False}
    there = {"transform": [{"filter": "isValid(datum.mistakes)"}]}
    colour = {
        "field": "mistakes",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [BEST, WORST], "clamp": True, "interpolate": "rgb", "range": [*COLOURS]},
        "legend": None,
    }
    light = {"condition": {"test": f"datum.mistakes < {LIGHT_BELOW}", "value": "#ffffff"}, "value": "#000000"}
    words = {"type": "text", "fontSize": 14, "fontWeight": "bold", "dy": -8}
    spread = {"type": "text", "fontSize": 10, "dy": 10}
    return {
        "height": SIDE * len(etas),
        "encoding": {
            "x": {
                "field": "hidden",
                "type": "ordinal",
                "sort": [f"{n_hidden:,}" for n_hidden in hidden],
                "axis": axis | {"title": "hidden units", "orient": "top"},
            },
            "y": {
                "field": "eta",
                "type": "ordinal",
                "sort": [f"{eta:g}" for eta in etas],
                "axis": axis | {"title": "learning rate η"},
            },
        },
        "layer": [
            {
                "params": [{"name": "cell", "select": clicked}],
                "mark": {"type": "rect", "cursor": "pointer", "stroke": "currentColor", "strokeWidth": 0.4},
                "encoding": {
                    "fill": {"condition": {"test": "isValid(datum.mistakes)"} | colour, "value": "transparent"}
                },
            },
            there | {"mark": words, "encoding": {"text": {"field": "words"}, "color": light}},
            there | {"mark": spread, "encoding": {"text": {"field": "spread"}, "color": light}},
        ],
    }
