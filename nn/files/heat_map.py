"""A heat map of the accuracies of a sweep, as SVG or PNG: a row for each eta, a column for each number of hidden units.

The layout is made once, as a list of rectangles and texts; as_svg and as_png only draw that list.
"""

import io
import math
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ..disk import replacing

CELL_WIDTH, CELL_HEIGHT, MARGIN = 96, 56, 16  # pixels
LIGHT, DARK = (239, 246, 255), (8, 48, 107)  # one blue, so that colour-blind people see the same order
BLACK, WHITE, GREY = "#000000", "#ffffff", "#4d4d4d"
LEAST_MISTAKES = 1e-4  # a share; a network without any mistake has no logarithm of them
LETTER = 0.62  # the width of a letter at most, as a multiple of its size, on average over a line
PNG_SCALE = 2  # pixels of the PNG for one of the layout, so that it is sharp on a large page


class Rectangle(NamedTuple):
    """A filled rectangle; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    colour: str


class Text(NamedTuple):
    """A line of text; y is its baseline, and x its "start", "middle" or "end", as anchor says."""

    x: float
    y: float
    text: str
    size: float
    anchor: str
    colour: str


class Picture(NamedTuple):
    """A picture of this width and height, and its shapes in the order in which they are drawn."""

    width: float
    height: float
    shapes: tuple


def picture_format(path):
    """ "svg" or "png", by a path's extension; raises ValueError for any other."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise ValueError(f"A heat map's file must end with .svg or .png, which {path} doesn't.")
    return kind


def save_heat_map(cells, path, title, note=""):
    """Draw a heat map into a file, which is replaced as a whole. The parameters are those of draw_heat_map.

    Raises ValueError if the path's extension is neither .svg nor .png, and OSError if it can't be written.
    """
    draw = {"svg": as_svg, "png": as_png}[picture_format(path)]
    content = draw(draw_heat_map(cells, title, note))
    with replacing(path) as file:
        file.write(content)


def draw_heat_map(cells, title, note=""):
    """The heat map of cells as a Picture.

    The colour stands for the logarithm of the share of mistakes: from 4 % to 2 % is as far as from 40 % to 20 %, so
    that one training that fails doesn't make all others look alike. The darkest cell makes the fewest mistakes.

    Parameters
    ----------
    cells : dict of (eta, n_hidden) -> Cell
        What cells() in sweep.py returns. A pair that is missing stays white.
    title, note : str
        Two lines above the map.
    """
    etas, hidden = sorted({eta for eta, _ in cells}), sorted({n_hidden for _, n_hidden in cells})
    labels = [f"{eta:.12g}" for eta in etas]
    notes = [line for line in (note, "Small: lowest and highest. Darker: fewer mistakes.") if line]
    left = MARGIN + 10 + math.ceil(14 * LETTER * max(len(label) for label in [*labels, "eta"]))
    top = MARGIN + 24 + 18 * len(notes) + 22
    right, bottom = left + CELL_WIDTH * len(hidden), top + CELL_HEIGHT * len(etas)
    lines = [Text(MARGIN, MARGIN + 16, title, 18, "start", BLACK)]
    lines += [Text(MARGIN, MARGIN + 36 + 18 * i, line, 13, "start", GREY) for i, line in enumerate(notes)]
    shapes = [*lines, Text(left - 10, top - 8, "eta", 14, "end", BLACK)]
    shapes.append(Text((left + right) / 2, bottom + 42, "hidden units", 14, "middle", BLACK))
    for column, n_hidden in enumerate(hidden):
        shapes.append(Text(left + CELL_WIDTH * (column + 0.5), bottom + 20, str(n_hidden), 14, "middle", BLACK))
    for row, label in enumerate(labels):
        shapes.append(Text(left - 10, top + CELL_HEIGHT * (row + 0.5) + 5, label, 14, "end", BLACK))
    mistakes = {place: math.log(max(1 - cell.mean, LEAST_MISTAKES)) for place, cell in cells.items()}
    worst, best = max(mistakes.values()), min(mistakes.values())
    for (eta, n_hidden), cell in cells.items():
        share = (worst - mistakes[eta, n_hidden]) / (worst - best) if worst > best else 0.5
        x, y = left + CELL_WIDTH * hidden.index(n_hidden), top + CELL_HEIGHT * etas.index(eta)
        background = [round(light + share * (dark - light)) for light, dark in zip(LIGHT, DARK)]
        colour, middle = readable_on(background), x + CELL_WIDTH / 2
        shapes += [
            Rectangle(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, "#" + bytes(background).hex()),
            Text(middle, y + 27, f"{100 * cell.mean:.1f} %", 16, "middle", colour),
            Text(middle, y + 45, f"{100 * cell.low:.1f} to {100 * cell.high:.1f}", 12, "middle", colour),
        ]
    width = max(right, *(line.x + line.size * LETTER * len(line.text) for line in lines)) + MARGIN
    return Picture(math.ceil(width), bottom + 42 + MARGIN, tuple(shapes))


def readable_on(background):
    """Black or white, whichever has the higher contrast (WCAG 2) with a background of three numbers 0..255."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in background)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return BLACK if (luminance + 0.05) ** 2 > 1.05 * 0.05 else WHITE


def as_svg(picture):
    """A Picture as the bytes of an SVG file."""
    size = {"width": str(picture.width), "height": str(picture.height)}
    box = f"0 0 {picture.width} {picture.height}"
    svg = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=box, role="img", **size)
    svg.set("font-family", "sans-serif")
    ElementTree.SubElement(svg, "title").text = next(shape.text for shape in picture.shapes if isinstance(shape, Text))
    ElementTree.SubElement(svg, "rect", fill=WHITE, **size)
    for shape in picture.shapes:
        if isinstance(shape, Rectangle):
            x, y, width, height = map(str, shape[:4])
            ElementTree.SubElement(svg, "rect", x=x, y=y, width=width, height=height, fill=shape.colour)
        else:
            place = {"x": str(shape.x), "y": str(shape.y), "text-anchor": shape.anchor, "font-size": str(shape.size)}
            ElementTree.SubElement(svg, "text", fill=shape.colour, **place).text = shape.text
    return ElementTree.tostring(svg, encoding="utf-8", xml_declaration=True)


def as_png(picture):
    """A Picture as the bytes of a PNG file, with PNG_SCALE pixels for each of its own."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (picture.width * PNG_SCALE, picture.height * PNG_SCALE), WHITE)
    canvas = ImageDraw.Draw(image)
    for shape in picture.shapes:
        x, y = shape.x * PNG_SCALE, shape.y * PNG_SCALE
        if isinstance(shape, Rectangle):  # Pillow's second corner belongs to the rectangle
            corner = x + shape.width * PNG_SCALE - 1, y + shape.height * PNG_SCALE - 1
            canvas.rectangle([(x, y), corner], fill=shape.colour)
        else:
            font = ImageFont.load_default(shape.size * PNG_SCALE)
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]  # at the baseline
            canvas.text((x, y), shape.text, fill=shape.colour, font=font, anchor=anchor)
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()
