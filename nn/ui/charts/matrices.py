"""Charts of cells that can be clicked: the confusion matrix, and the heat map of a sweep."""

import numpy as np

from . import BLUE, GREY, ORANGE, one_click, only, quantitative, table

PLAIN_AXIS = {"labelAngle": 0, "ticks": False, "domain": False, "grid": False}
SIDE = 62  # pixels of the height of a heat map's cell; it is wider
BEST, WORST = 0.03, 0.9  # shares of mistakes at the colours' ends; logarithmic, because good networks differ in these
COLOURS = "#0b3d91", "#e4eefc"
LIGHT_BELOW = 0.089  # mistakes below which white can be read better than black: both have a contrast of 4.5 at least


def confusion_data(confusion, chosen):
    """A confusion matrix (10, 10) as a table, a row for each cell; chosen, a cell (label, answer) or None, is outlined.

    The colour's strength is the cube root of the share of the digit's images, so that even a few mistakes are visible.
    """
    label, answer = np.indices(confusion.shape)
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    is_chosen = (label == chosen[0]) & (answer == chosen[1]) if chosen else np.zeros(confusion.shape, bool)
    columns = {
        "label": label,
        "answer": answer,
        "images": confusion,
        "share": share,
        # less than 1, so that the numbers on it are readable
        "strength": np.where(confusion, 0.8 * np.cbrt(share), 0.07),
        "outline": np.where(is_chosen, 2.5, 0),
    }
    return table({}, {name: column.ravel() for name, column in columns.items()})


def confusion_spec():
    """The Vega-Lite specification of a confusion matrix; its "cell" holds the cells clicked an odd number of times."""

    def digits(field, title, **axis):
        axis = PLAIN_AXIS | {"title": title} | axis
        return {"field": field, "type": "ordinal", "axis": axis, "scale": {"padding": 0.04}}

    columns = {"label": ("is", "d"), "answer": ("read as", "d"), "images": ("images", "d")}
    columns["share"] = "of this digit", ".1%"
    colours = [{"test": "datum.images === 0", "value": GREY}, {"test": "datum.label === datum.answer", "value": BLUE}]
    clicked = {"type": "point", "fields": ["label", "answer"], "toggle": "true", "clear": False}
    return {
        "width": 290,
        "height": 290,
        "autosize": {"type": "pad"},  # the size is that of the square cells; the axes are added
        "encoding": {
            "x": digits("answer", "read as", orient="top"),
            "y": digits("label", "is", titleAngle=0, titlePadding=12),
        },
        "layer": [
            {
                "params": [{"name": "cell", "select": clicked}],
                "mark": {"type": "rect", "cursor": "pointer", "stroke": "currentColor"},
                "encoding": {
                    "fill": {"condition": colours, "value": ORANGE},
                    "fillOpacity": quantitative("strength", scale=None),
                    "strokeWidth": quantitative("outline", scale=None),
                    "tooltip": [quantitative(field, title=title, format=f) for field, (title, f) in columns.items()],
                },
            },
            {
                "transform": [{"filter": "datum.images > 0"}],
                "mark": {"type": "text", "fill": "currentColor", "fontSize": 12},
                "encoding": {"text": quantitative("images", format="d")},
            },
        ],
    }


def heat_map_data(cells, etas, hidden):
    """A sweep's cells as a table with a row for each, also for those without a result yet.

    cells : dict of (eta, n_hidden) -> Cell
    """
    rows = []
    for eta in etas:
        for n_hidden in hidden:
            cell = cells.get((eta, n_hidden))
            words = ("", "") if cell is None else (f"{cell.mean:.1%}", spread_in_words(cell))
            rows.append((f"{eta:g}", f"{n_hidden:,}", *words, None if cell is None else max(1 - cell.mean, BEST)))
    *texts, mistakes = zip(*rows)
    return table(dict(zip(("eta", "hidden", "words", "spread"), texts)), {"mistakes": mistakes})


def spread_in_words(cell):
    """The lowest and the highest accuracy of a Cell; if there is only one, that."""
    return "1 seed" if cell.n == 1 else f"{100 * cell.low:.1f}–{100 * cell.high:.1f}, {cell.n} seeds"


def heat_map_spec(etas, hidden):
    """The Vega-Lite specification of heat_map_data; its "cell" is the one that was clicked last."""

    def axis(field, names, **more):
        return {"field": field, "type": "ordinal", "sort": names, "axis": PLAIN_AXIS | more}

    scale = {"type": "log", "domain": [BEST, WORST], "clamp": True, "interpolate": "rgb", "range": [*COLOURS]}
    colour = {"test": "isValid(datum.mistakes)"} | quantitative("mistakes", scale=scale, legend=None)
    light = {"condition": {"test": f"datum.mistakes < {LIGHT_BELOW}", "value": "#ffffff"}, "value": "#000000"}

    def words(field, **more):
        mark = {"type": "text"} | more
        return only("mistakes") | {"mark": mark, "encoding": {"text": {"field": field}, "color": light}}

    x = axis("hidden", [f"{n_hidden:,}" for n_hidden in hidden], title="hidden units", orient="top")
    return {
        "height": SIDE * len(etas),
        "encoding": {"x": x, "y": axis("eta", [f"{eta:g}" for eta in etas], title="learning rate η")},
        "layer": [
            {
                "params": [one_click("cell", ["eta", "hidden"])],
                "mark": {"type": "rect", "cursor": "pointer", "stroke": "currentColor", "strokeWidth": 0.4},
                "encoding": {"fill": {"condition": colour, "value": "transparent"}},
            },
            words("words", fontSize=14, fontWeight="bold", dy=-8),
            words("spread", fontSize=10, dy=10),
        ],
    }
