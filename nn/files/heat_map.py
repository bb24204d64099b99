"""A heat map of the accuracies of a sweep: a row for each eta, a column for each number of hidden units.

It is drawn once, as SVG. A PNG shows the rectangles and texts of that SVG.
"""

import math
from pathlib import Path
from xml.etree import ElementTree

from ..disk import replacing

CELL_WIDTH, CELL_HEIGHT, MARGIN = 96, 56, 16  # pixels
LIGHT, DARK = (239, 246, 255), (8, 48, 107)  # one blue, so that colour-blind people see the same order
BLACK, WHITE, GREY = "#000000", "#ffffff", "#4d4d4d"
WHITE_ABOVE = 0.64  # the share of DARK from which white letters have the higher contrast
LEAST_MISTAKES = 1e-4  # a share; a network without any mistake has no logarithm of them
LETTER = 0.62  # the width of a letter at most, as a multiple of its size, on average over a line
PNG_SCALE = 2  # pixels of the PNG for one of the SVG, so that it is sharp on a large page
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}  # SVG's names and Pillow's, at the baseline


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
    kind, svg = picture_format(path), draw_heat_map(cells, title, note)
    with replacing(path) as file:
        if kind == "svg":
            ElementTree.ElementTree(svg).write(file, "utf-8", xml_declaration=True)
        else:
            _as_image(svg).save(file, "png")


def draw_heat_map(cells, title, note=""):
    """The heat map of cells as an SVG, an ElementTree.Element.

    The colour stands for the logarithm of the share of mistakes: from 4 % to 2 % is as far as from 40 % to 20 %, so
    that one training that fails doesn't make all others look alike. The darkest cell makes the fewest mistakes.

    cells : dict of (eta, n_hidden) -> Cell, from cells() in engine/sweep.py; a pair that is missing stays white
    title, note : str, two lines above the map
    """
    etas, hidden = sorted({eta for eta, _ in cells}), sorted({n_hidden for _, n_hidden in cells})
    labels = [f"{eta:.12g}" for eta in etas]
    notes = [line for line in (note, "Small: lowest and highest. Darker: fewer mistakes.") if line]
    left = MARGIN + 10 + math.ceil(14 * LETTER * max(len(label) for label in [*labels, "eta"]))
    top = MARGIN + 24 + 18 * len(notes) + 22
    right, bottom = left + CELL_WIDTH * len(hidden), top + CELL_HEIGHT * len(etas)
    width = max(right, MARGIN + LETTER * max(18 * len(title), *(13 * len(line) for line in notes)))
    size = {"width": str(math.ceil(width + MARGIN)), "height": str(bottom + 42 + MARGIN)}

    svg = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img", **size)
    svg.attrib |= {"viewBox": f"0 0 {size['width']} {size['height']}", "font-family": "sans-serif"}
    ElementTree.SubElement(svg, "title").text = title
    ElementTree.SubElement(svg, "rect", x="0", y="0", fill=WHITE, **size)

    def write(text, x, y, size=14, anchor="start", fill=BLACK):
        place = {"x": str(x), "y": str(y), "font-size": str(size), "text-anchor": anchor}
        ElementTree.SubElement(svg, "text", fill=fill, **place).text = text

    write(title, MARGIN, MARGIN + 16, 18)
    for i, line in enumerate(notes):
        write(line, MARGIN, MARGIN + 36 + 18 * i, 13, fill=GREY)
    write("eta", left - 10, top - 8, anchor="end")
    write("hidden units", (left + right) / 2, bottom + 42, anchor="middle")
    for column, n_hidden in enumerate(hidden):
        write(str(n_hidden), left + CELL_WIDTH * (column + 0.5), bottom + 20, anchor="middle")
    for row, label in enumerate(labels):
        write(label, left - 10, top + CELL_HEIGHT * (row + 0.5) + 5, anchor="end")

    mistakes = {place: math.log(max(1 - cell.mean, LEAST_MISTAKES)) for place, cell in cells.items()}
    worst, best = max(mistakes.values()), min(mistakes.values())
    for (eta, n_hidden), cell in cells.items():
        share = (worst - mistakes[eta, n_hidden]) / (worst - best) if worst > best else 0.5
        x, y = left + CELL_WIDTH * hidden.index(n_hidden), top + CELL_HEIGHT * etas.index(eta)
        background = [round(light + share * (dark - light)) for light, dark in zip(LIGHT, DARK)]
        box = {"x": str(x + 1), "y": str(y + 1), "width": str(CELL_WIDTH - 2), "height": str(CELL_HEIGHT - 2)}
        ElementTree.SubElement(svg, "rect", fill="#" + bytes(background).hex(), **box)
        colour, middle = WHITE if share > WHITE_ABOVE else BLACK, x + CELL_WIDTH / 2
        write(f"{100 * cell.mean:.1f} %", middle, y + 27, 16, "middle", colour)
        write(f"{100 * cell.low:.1f} to {100 * cell.high:.1f}", middle, y + 45, 12, "middle", colour)
    return svg


def _as_image(svg):
    """The rectangles and texts of an SVG as a Pillow Image, PNG_SCALE times as large."""
    from PIL import Image, ImageDraw, ImageFont

    def scaled(shape, *names):
        return [float(shape.get(name)) * PNG_SCALE for name in names]

    image = Image.new("RGB", tuple(map(int, scaled(svg, "width", "height"))))
    canvas = ImageDraw.Draw(image)
    for shape in svg.iter():
        if shape.tag == "rect":
            x, y, width, height = scaled(shape, "x", "y", "width", "height")
            canvas.rectangle([x, y, x + width - 1, y + height - 1], fill=shape.get("fill"))  # its second corner counts
        elif shape.tag == "text":
            font = ImageFont.load_default(*scaled(shape, "font-size"))
            how = {"fill": shape.get("fill"), "anchor": ANCHORS[shape.get("text-anchor")], "font": font}
            canvas.text(scaled(shape, "x", "y"), shape.text, **how)
    return image
