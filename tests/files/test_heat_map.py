"""The heat map of a sweep: readable, darker where fewer mistakes are made, and the same as SVG and as PNG."""

from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from nn.engine.sweep import cells
from nn.files.heat_map import PNG_SCALE, draw_heat_map, save_heat_map

pytestmark = pytest.mark.filterwarnings("error")

CELLS = cells([(eta, h, 0.1 + 0.03 * h + 0.01 * eta) for eta in (0.01, 1, 5) for h in (0, 10, 29)] + [(7, 10, 1.0)])


def contrast(colour, other):
    """WCAG's contrast of two colours such as #08306b, from 1 to 21."""
    parts = np.array([[int(one[i : i + 2], 16) / 255 for i in (1, 3, 5)] for one in (colour, other)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


def numbers(shape, *names):
    return [float(shape.get(name)) for name in names]


def shapes_of(picture):
    """The rectangles of the cells, and all texts; the first rectangle is the background."""
    return [*picture.iter("rect")][1:], [*picture.iter("text")]


def test_the_heat_map_is_readable_and_darker_where_fewer_mistakes_are_made():
    picture = draw_heat_map(CELLS, "Held-out accuracy", "200 images")
    boxes, texts = shapes_of(picture)
    assert len(boxes) == len(CELLS) == 10
    assert {"Held-out accuracy", "200 images", "eta", "hidden units", "0.01", "7", "29"} <= {t.text for t in texts}
    darkness = []
    for cell, box in zip(CELLS.values(), boxes):
        left, top, width, height = numbers(box, "x", "y", "width", "height")
        at = {text: numbers(text, "x", "y") for text in texts}
        inside = [t for t, (x, y) in at.items() if left < x < left + width and top < y < top + height]
        spread = f"{100 * cell.low:.1f} to {100 * cell.high:.1f}"
        assert [t.text for t in inside] == [f"{100 * cell.mean:.1f} %", spread]
        assert all(contrast(t.get("fill"), box.get("fill")) >= 4.5 for t in inside)
        darkness.append(contrast(box.get("fill"), "#ffffff"))
        places = [numbers(other, "x", "y") for other in boxes]
        assert [(x, y) for x, y in places if abs(left - x) < width and abs(top - y) < height] == [(left, top)]
    by_accuracy = [dark for _, dark in sorted(zip([cell.mean for cell in CELLS.values()], darkness))]
    assert by_accuracy == sorted(by_accuracy) and by_accuracy[0] < 1.2 and by_accuracy[-1] > 10
    width, height = numbers(picture, "width", "height")
    assert all(0 <= x <= width and 0 <= y <= height for x, y in (numbers(shape, "x", "y") for shape in boxes + texts))
    many = draw_heat_map(cells([(0.1, n, 1 - 0.95**n) for n in range(1, 100)]), "Accuracy")
    for box, number in zip(shapes_of(many)[0], [text for text in shapes_of(many)[1] if text.text.endswith(" %")]):
        assert contrast(number.get("fill"), box.get("fill")) >= 4.5
    for accuracies in ([0.5], [1.0], [0.0], [1.0, 1.0]):  # one cell, and cells that are all alike
        draw_heat_map(cells([(0.1, n, accuracy) for n, accuracy in enumerate(accuracies)]), "Accuracy")


def test_svg_and_png_show_the_same_picture(tmp_path):
    picture = draw_heat_map(CELLS, "A <title> & more")
    boxes, texts = shapes_of(picture)
    for name in ("map.svg", "map.PNG"):
        save_heat_map(CELLS, tmp_path / name, "A <title> & more")
    svg, name = ElementTree.parse(tmp_path / "map.svg").getroot(), "{http://www.w3.org/2000/svg}"
    assert svg.find(f"{name}title").text == "A <title> & more"
    assert [text.text for text in svg.iter(f"{name}text")] == [text.text for text in texts]
    assert [rect.get("fill") for rect in svg.iter(f"{name}rect")][1:] == [box.get("fill") for box in boxes]
    with Image.open(tmp_path / "map.PNG") as image:
        assert image.format == "PNG"
        assert [*image.size] == [PNG_SCALE * side for side in numbers(picture, "width", "height")]
        for box in boxes:
            corner = image.getpixel([round(PNG_SCALE * (side + 2)) for side in numbers(box, "x", "y")])
            assert f"#{bytes(corner).hex()}" == box.get("fill")
        for text in texts:  # the letters are inside the picture, and there are some
            x, y, size = (PNG_SCALE * value for value in numbers(text, "x", "y", "font-size"))
            around = image.crop((max(0, x - 40), y - size, x + 40, y))
            assert len(set(np.asarray(around).reshape(-1, 3).sum(axis=1))) > 1
