"""Yours, with a person's own handwriting: a lesson from their drawings, and a sweep that they watch."""

import io
import re

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from nn.ui.feedback import OWN, Labelled, labelled_file
from nn.ui.sketch import Sketch

ODD = ((200, 60), (80, 60), (160, 230))  # a 7 the other way round
USUAL = {  # a stroke each
    0: ((140, 50), (90, 90), (80, 150), (110, 220), (160, 225), (195, 160), (185, 90), (140, 50)),
    1: ((150, 40), (140, 230)),
    2: ((85, 90), (130, 50), (180, 80), (160, 140), (85, 225), (200, 225)),
    3: ((90, 60), (160, 50), (180, 95), (125, 135), (185, 175), (160, 225), (85, 220)),
    4: ((110, 50), (85, 150), (195, 150), (165, 90), (160, 235)),
    5: ((190, 50), (105, 55), (100, 125), (165, 130), (185, 185), (140, 230), (85, 215)),
    6: ((160, 45), (100, 120), (95, 200), (150, 230), (185, 185), (140, 150), (100, 190)),
    9: ((180, 80), (130, 60), (105, 110), (150, 140), (180, 80), (170, 230)),
}


def part(visitor):
    return visitor.page.locator(".st-key-yours_part")


def value(visitor, key):
    """What a slider of the sidebar is set to."""
    return visitor.page.locator(f".st-key-{key} [data-testid=stSliderThumbValue]").first


def choose(visitor, name):
    """Open a part of Yours."""
    visitor.settled()
    visitor.page.locator(".st-key-yours button").filter(has_text=name).click()
    visitor.settled()


def shifted(stroke, by):
    return [(x + by, y + by) for x, y in stroke]


def labelled(digit, stroke):
    """A drawing of another day, as the page saves it."""
    canvas, file = Image.new("RGBA", (280, 280), "black"), io.BytesIO()
    ImageDraw.Draw(canvas).line(stroke, fill="white", width=20, joint="curve")
    canvas.save(file, "png")
    objects = [{"type": "path", "path": [["L", *point] for point in stroke]}]
    return Labelled(np.zeros((28, 28)), digit, 1, OWN, Sketch(objects, file.getvalue()))


def test_a_network_learns_a_7_of_ones_own_kind(visit, tmp_path):
    visitor = visit("?epochs=2&images_bundled=1%2C000&yours=Teach+it+your+hand")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    expect(visitor.button("teach")).to_be_disabled()
    expect(part(visitor)).to_contain_text("0 of 10 labelled drawings")
    drawings = [labelled(*one) for one in (*USUAL.items(), *((7, shifted(ODD, by)) for by in (-12, 8)))]
    (tmp_path / "drawings.npz").write_bytes(labelled_file(drawings))
    choose(visitor, "Keep")
    chooser = visitor.page.locator("[class*=st-key-open_drawings_] input[type=file]")
    chooser.set_input_files(tmp_path / "drawings.npz")
    expect(visitor.page.locator(".st-key-question .nn-question")).to_contain_text("of 10 right so far")
    choose(visitor, "Teach")
    visitor.draw(*ODD)
    expect(visitor.answer).to_have_text(re.compile("[0-689]"))
    visitor.settled()
    visitor.label(7)
    expect(part(visitor)).to_contain_text("11 labelled drawings")
    visitor.button("teach").click()
    expect(part(visitor)).to_contain_text("Read right")
    expect(part(visitor)).not_to_contain_text("so far")
    expect(part(visitor)).not_to_contain_text("It is learning")
    expect(part(visitor).locator("table")).to_contain_text("MNIST's 2,000 held-out images")
    expect(visitor.answer).to_have_text("7")
    assert visitor.violations(".st-key-yours_part") == []
    visitor.button("clear").click()
    expect(visitor.answer).to_have_text("?")
    visitor.draw(*shifted(ODD, 3))
    expect(visitor.answer).to_have_text("7")
    choose(visitor, "Compare")
    expect(part(visitor)).to_contain_text("your network, taught 11 drawings and MNIST")
    expect(visitor.page.locator(".nn-compared")).to_have_count(2)
    expect(part(visitor).locator("[data-testid=stVegaLiteChart] svg.marks").first).to_be_visible()
    assert visitor.violations(".st-key-yours_part") == []


def test_a_heat_map_fills_and_a_click_on_a_cell_leads_to_the_sidebar(visit):
    visitor = visit("?epochs=1&images_bundled=500&yours=Sweep")
    expect(part(visitor)).to_contain_text("36 trainings, all else as in the sidebar (1 epoch, 500 bundled images)")
    visitor.button("start_sweep").click()
    expect(part(visitor)).to_contain_text("36 of 36 trainings: done")
    said = visitor.page.locator(".st-key-heat_map .mark-text.role-mark text").filter(has_text="%")
    expect(said).to_have_count(12)
    cells = visitor.page.locator(".st-key-heat_map .mark-rect.role-mark path")
    expect(cells).to_have_count(12)
    visitor.settled()
    cells.nth(3).evaluate("cell => cell.scrollIntoView({ block: 'center' })")  # not beneath the bar of steps
    visitor.at_rest()
    cells.nth(3).click(position={"x": 6, "y": 6})  # the first eta and the last number of hidden units
    chosen = visitor.page.locator(".st-key-sweep_cell input").first
    expect(chosen).to_have_value(re.compile("η = 0.01, 100 hidden units"))
    visitor.button("cell_to_sidebar").click()
    expect(value(visitor, "eta")).to_have_text("0.01")
    expect(value(visitor, "hidden")).to_have_text("100")
    assert "eta=0.01" in visitor.page.url and "hidden=100" in visitor.page.url
    assert visitor.violations(".st-key-yours_part") == []
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.wait_for_function("() => document.querySelector('.stMain').scrollWidth <= 390")
