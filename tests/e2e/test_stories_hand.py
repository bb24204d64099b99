"""Yours, with a person's own hand: a lesson from their drawings, a sweep that they watch, a notebook to take home."""

import re
import zipfile

from playwright.sync_api import expect

SEVEN, ODD = ((80, 60), (200, 60), (120, 230)), ((200, 60), (80, 60), (160, 230))
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
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
QUICK = "?epochs=1&images_bundled=500"


def part(visitor):
    return visitor.page.locator(".st-key-yours_part")


def value(visitor, key):
    """What a slider of the sidebar is set to."""
    return visitor.page.locator(f".st-key-{key} [data-testid=stSliderThumbValue]").first


def train(visitor):
    visitor.settled()
    visitor.button("train").click()
    expect(visitor.progress.first).to_contain_text("finished")
    visitor.settled()


def draw_and_label(visitor, digit, stroke):
    """Draw one digit on a clean canvas, and say which it is."""
    if visitor.answer.inner_text() != "?":
        visitor.button("clear").click()
        expect(visitor.answer).to_have_text("?")
        visitor.settled()
        expect(visitor.canvas).to_be_visible()
    visitor.draw(*stroke)
    expect(visitor.answer).not_to_have_text("?")
    visitor.settled()
    visitor.label(digit)
    chosen = visitor.page.locator(".st-key-question .stButtonGroup button:enabled").filter(has_text=str(digit))
    expect(chosen).to_have_attribute("aria-checked", "true")


def shifted(stroke, by):
    return [(x + by, y + by) for x, y in stroke]


def draw_eleven(visitor):
    """A drawing of eight digits, and three odd 7s."""
    drawn = [*USUAL.items(), *((7, shifted(ODD, by)) for by in (-12, 8, 0))]
    for number, (digit, stroke) in enumerate(drawn, 1):
        draw_and_label(visitor, digit, stroke)
        words = f"{number} labelled drawings" if number >= 10 else f"{number} of 10 labelled drawings"
        expect(part(visitor)).to_contain_text(words)


def learn(visitor):
    visitor.settled()
    visitor.button("teach").click()
    expect(part(visitor)).to_contain_text("Read right")
    expect(part(visitor)).not_to_contain_text("so far", timeout=120_000)
    expect(part(visitor)).not_to_contain_text("It is learning")
    visitor.settled()


def small_sweep(visitor):
    """Start the sweep that the page begins with, and wait for its end."""
    expect(part(visitor)).to_contain_text("comes first")
    visitor.button("start_sweep").click()
    expect(part(visitor)).to_contain_text("36 of 36 trainings: done", timeout=120_000)
    visitor.settled()


def scrolls_sideways(visitor):
    """Whether anything is wider than the screen."""
    return visitor.page.evaluate(
        "() => Math.max(document.documentElement.scrollWidth, document.querySelector('.stMain').scrollWidth)"
        " > innerWidth"
    )


def test_a_network_learns_a_7_of_ones_own_kind(visit):
    visitor = visit("?epochs=5&yours=Teach+it+your+hand")
    train(visitor)
    expect(visitor.button("teach")).to_be_disabled()
    draw_eleven(visitor)
    assert visitor.answer.inner_text() != "7", "the network reads it already"
    learn(visitor)
    expect(visitor.answer).to_have_text("7")
    expect(part(visitor)).to_contain_text("read now that w")
    expect(part(visitor)).to_contain_text("a 7")
    expect(part(visitor).locator("table")).to_contain_text("MNIST's 2,000 held-out images")
    visitor.button("clear").click()
    expect(visitor.answer).to_have_text("?")
    visitor.settled()
    visitor.page.wait_for_timeout(500)
    visitor.draw(*shifted(ODD, 3))
    expect(visitor.answer).to_have_text("7")
    visitor.page.locator(".st-key-with_mnist label").click()
    visitor.settled()
    learn(visitor)
    expect(part(visitor)).to_contain_text("catastrophic forgetting")
    assert visitor.violations() == []
    visitor.page.locator(".st-key-yours button").filter(has_text="Compare").click()
    expect(part(visitor)).to_contain_text("your network, taught 11 drawings and MNIST")
    expect(visitor.page.locator(".nn-compared")).to_have_count(3)


def test_a_heat_map_fills_and_a_click_on_a_cell_leads_to_the_sidebar(visit):
    visitor = visit(f"{QUICK}&yours=Sweep")
    expect(part(visitor)).to_contain_text("36 trainings, all else as in the sidebar (1 epoch, 500 bundled images)")
    small_sweep(visitor)
    said = visitor.page.locator(".st-key-heat_map .mark-text.role-mark text").filter(has_text="%")
    expect(said).to_have_count(12)
    cells = visitor.page.locator(".st-key-heat_map .mark-rect.role-mark path")
    expect(cells).to_have_count(12)
    cells.nth(3).evaluate("(cell) => cell.scrollIntoView({ block: 'center' })")  # not beneath the bar of steps
    visitor.page.wait_for_timeout(500)
    cells.nth(3).click(position={"x": 6, "y": 6})  # the first eta and the last number of hidden units
    chosen = visitor.page.locator(".st-key-sweep_cell input").first
    expect(chosen).to_have_value(re.compile("η = 0.01, 100 hidden units"))
    visitor.button("cell_to_sidebar").click()
    expect(value(visitor, "eta")).to_have_text("0.01")
    expect(value(visitor, "hidden")).to_have_text("100")
    assert "eta=0.01" in visitor.page.url and "hidden=100" in visitor.page.url


def test_a_sweep_is_stopped_and_goes_on_for_nobody_who_has_left(visit):
    visitor = visit("?epochs=100&yours=Sweep")
    visitor.button("start_sweep").click()
    expect(part(visitor)).to_contain_text("of 36 trainings: under way")
    train_began = visitor.button("train")
    train_began.click()  # one's own comes first
    expect(visitor.button("stop")).to_be_visible()
    visitor.button("stop").click()
    visitor.button("stop_sweep").click()
    expect(part(visitor)).to_contain_text("of 36 trainings: stopped")


def test_the_notebook_is_a_zip_of_that_name(visit, tmp_path):
    visitor = visit(f"{QUICK}&yours=Keep%2C+take+home")
    expect(part(visitor)).to_contain_text("Train a network first.")
    train(visitor)
    draw_and_label(visitor, 7, SEVEN)
    taken = visitor.download(visitor.button("notebook"))
    assert taken.suggested_filename == "neural_network.zip"
    taken.save_as(tmp_path / "taken.zip")
    with zipfile.ZipFile(tmp_path / "taken.zip") as archive:
        names = {name.split("/")[-1] for name in archive.namelist()}
        assert archive.testzip() is None
    assert names == {"neural_network.ipynb", "images.npz", "drawings.npz", "requirements.txt", "README.txt"}


def test_axe_finds_nothing_in_a_filled_sweep(visit):
    visitor = visit(f"{QUICK}&yours=Sweep")
    small_sweep(visitor)
    assert visitor.violations() == []


def test_on_a_phone_nothing_is_wider_than_the_screen(visit):
    visitor = visit(f"{QUICK}&yours=Sweep", **PHONE)
    assert not scrolls_sideways(visitor)
    small_sweep(visitor)
    assert not scrolls_sideways(visitor)
    visitor.page.locator(".st-key-yours button").filter(has_text="Teach it your hand").click()
    expect(part(visitor)).to_contain_text("0 of 10 labelled drawings")
    assert not scrolls_sideways(visitor)
    visitor.page.locator(".st-key-yours button").filter(has_text="Keep").click()
    expect(part(visitor)).to_contain_text("Take it home")
    assert not scrolls_sideways(visitor)
