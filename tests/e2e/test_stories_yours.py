"""Yours: what is kept in the browser, saved and opened; a lesson from a person's own drawings; a sweep."""

import base64
import io
import re
import zipfile
from urllib.parse import urlsplit

import numpy as np
from frames import PATIENCE
from PIL import Image, ImageDraw
from playwright.sync_api import expect
from ticks import wait_for_rest, watch
from waiting import wait_until

from nn.files.drawings import OWN, LabelledDrawing, labelled_file
from nn.files.saved_work import NOTHING, unpack
from nn.files.sketches import Sketch

SEVEN, BAR = ((80, 60), (200, 60), (120, 230)), ((90, 140), (180, 140))
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
QUICK = "?epochs=2&images_bundled=500"

# The store of files in the browser's IndexedDB.
STORE = """const database = await new Promise(done => {
        const request = indexedDB.open('nn-mnist', 1);
        request.onupgradeneeded = () => request.result.createObjectStore('yours');
        request.onsuccess = () => done(request.result);
    });
    const store = database.transaction('yours', 'readwrite').objectStore('yours');"""
PUT = f"""async bytes => {{
    {STORE}
    store.put(new Uint8Array(bytes), 'trainings');
    await new Promise(done => {{ store.transaction.oncomplete = done; }});
    database.close();
}}"""
STORED = f"""async () => {{
    {STORE}
    const files = await Promise.all(['trainings', 'drawings'].map(name => new Promise(done => {{
        const asked = store.get(name);
        asked.onsuccess = () => done(asked.result ?? []);
    }})));
    database.close();
    return files.map(bytes => btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join('')));  // in base64
}}"""
EMPTY = [b"", b""]


def stored(visitor):
    """The two files that the visitor's browser keeps, trainings and drawings."""
    return [base64.b64decode(text) for text in visitor.page.evaluate(STORED)]


def kept(visitor):
    """What is in them: the etas of the trainings, the present one last, and the labels of the drawings."""
    trainings, drawings = (unpack(file) if file else NOTHING for file in stored(visitor))
    etas = [one.recipe.eta for one in (*trainings.kept, trainings.training) if one]
    return etas, [one.label for one in drawings.drawings]


def part(visitor):
    return visitor.page.locator(".st-key-yours_part")


def choose(visitor, name):
    """Open a part of Yours."""
    visitor.settled()
    visitor.page.locator(".st-key-yours button").filter(has_text=name).click()
    visitor.settled()


def train(visitor):
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    visitor.settled()


def tally(visitor):
    return visitor.page.locator(".st-key-question .nn-question")


def value(visitor, key):
    """What a slider of the sidebar is set to."""
    return visitor.page.locator(f".st-key-{key} [data-testid=stSliderThumbValue]").first


def draw_seven(visitor):
    """Draw a 7; returns the ten outputs that are shown."""
    visitor.draw(*SEVEN)
    expect(visitor.answer).not_to_have_text("?")
    visitor.settled()
    return visitor.outputs.all_inner_texts()


def curves(visitor):
    """What the legends of the two learning curves say."""
    return [legend.split("Faint")[0] for legend in visitor.page.locator(".nn-legend").all_inner_texts()[:2]]


def start_over(visitor):
    """Start over, from Save or export, and wait until the page has opened anew."""
    visitor.page.evaluate("window.isOld = true")
    visitor.button("ask_keep").click()
    visitor.button("start_over_keep").click()
    visitor.page.wait_for_function("() => !window.isOld", timeout=PATIENCE)
    expect(visitor.canvas).to_be_visible()
    visitor.settled()


def shifted(stroke, by):
    return [(x + by, y + by) for x, y in stroke]


def labelled(digit, stroke):
    """A drawing of another day, as the page saves it."""
    canvas, file = Image.new("RGBA", (280, 280), "black"), io.BytesIO()
    ImageDraw.Draw(canvas).line(stroke, fill="white", width=20, joint="curve")
    canvas.save(file, "png")
    objects = [{"type": "path", "path": [["L", *point] for point in stroke]}]
    return LabelledDrawing(np.zeros((28, 28)), digit, 1, OWN, Sketch(objects, file.getvalue()))


def test_everything_is_there_after_a_reload_and_a_restart_until_one_starts_over(visit, start_page, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()

    def expect_everything():
        expect(visitor.progress).to_contain_text("Epoch 2.0 of 2: finished")
        expect(tally(visitor)).to_contain_text("of 1 labelled drawing right")
        expect(value(visitor, "eta")).to_have_text("0.07")
        expect(value(visitor, "epochs")).to_have_text("2")
        expect(visitor.page.locator(".st-key-reader input[type=radio]").first).to_be_checked()
        assert curves(visitor) == seen and draw_seven(visitor) == outputs

    with start_page(tmp_path / "first") as (address, _):
        visitor = visit(f"{QUICK}&eta=0.05", address=address)
        train(visitor)
        visitor.slide("eta", 1)
        train(visitor)
        outputs, seen = draw_seven(visitor), curves(visitor)
        visitor.label(7)
        expect(tally(visitor)).to_contain_text("of 1 labelled drawing right")
        wait_until(lambda: kept(visitor) == ([0.05, 0.07], [7]))
        visitor.open(f"{QUICK}&eta=0.07")
        expect_everything()
        visitor.page.goto("about:blank")
    with start_page(tmp_path / "second", port=urlsplit(address).port):
        visitor.open()
        expect_everything()

        # It goes on, and the training before is brought back.
        visitor.slide("epochs", 1)
        visitor.button("continue").click()
        expect(visitor.progress).to_contain_text("Epoch 3.0 of 3: finished")
        choose(visitor, "Compare")
        expect(visitor.page.locator(".nn-compared")).to_have_count(2)
        visitor.button("bring_back_1").click()
        expect(value(visitor, "eta")).to_have_text("0.05")
        expect(visitor.page.locator(".st-key-compared_rows")).to_contain_text("epoch 3 of 3")
        wait_until(lambda: kept(visitor) == ([0.07, 0.05], [7]))

        # A link that somebody shared wins for the sidebar.
        visitor.open("?eta=0.5&yours=Save+or+export")
        expect(visitor.progress).to_contain_text("finished")
        visitor.settled()
        expect(value(visitor, "eta")).to_have_text("0.5")
        expect(value(visitor, "epochs")).to_have_text("30")

        expect(part(visitor)).to_contain_text("2 trainings with network and curves, 1 labelled drawing:")
        start_over(visitor)
        assert stored(visitor) == EMPTY
        expect(visitor.progress).to_contain_text("Nothing is trained yet.")
        expect(tally(visitor)).not_to_contain_text("labelled")
        visitor.page.goto("about:blank")


def test_a_network_drawings_and_a_notebook_are_saved_and_opened_in_another_browser(visit, tmp_path):
    visitor = visit(f"{QUICK}&yours=Save+or+export")
    expect(part(visitor)).to_contain_text("Train a network first.")
    train(visitor)
    outputs = draw_seven(visitor)
    visitor.label(7)
    expect(tally(visitor)).to_contain_text("of 1 labelled drawing right")
    for button in ("save", "save_drawings", "notebook"):
        if button == "save_drawings":
            visitor.page.get_by_role("button", name="Details").click()
        saved = visitor.download(visitor.button(button))
        saved.save_as(tmp_path / f"{button}.npz")
    assert saved.suggested_filename == "neural_network.zip"
    with zipfile.ZipFile(tmp_path / "notebook.npz") as archive:
        assert archive.testzip() is None
        assert {"neural_network.ipynb", "drawings.npz"} < {name.split("/")[-1] for name in archive.namelist()}
    assert visitor.violations(".st-key-yours_part") == []

    other = visit("?hidden=20&yours=Save+or+export", viewport={"width": 1280, "height": 800})
    expect(other.progress).to_contain_text("Nothing is trained yet.")
    expect(tally(other)).not_to_contain_text("labelled")
    assert stored(other) == EMPTY
    other.page.locator("[class*=st-key-open_network_] input[type=file]").set_input_files(tmp_path / "save.npz")
    expect(other.progress).to_contain_text("Already trained; not trained further yet.")
    expect(value(other, "hidden")).to_have_text("30")
    assert draw_seven(other) == outputs
    drawings = other.page.locator("[class*=st-key-open_drawings_] input[type=file]")
    drawings.set_input_files(tmp_path / "save_drawings.npz")
    expect(tally(other)).to_contain_text("of 1 labelled drawing right")
    wait_until(lambda: kept(other)[1] == [7])


def test_a_browser_with_damaged_files_or_without_storage_says_so_and_the_page_goes_on(visit):
    visitor = visit()
    visitor.page.evaluate(PUT, [1, 2, 3])
    visitor.open("?yours=Save+or+export")
    expect(part(visitor)).to_contain_text("The work saved in this browser can't be read.")
    expect(visitor.progress).to_contain_text("Nothing is trained yet.")
    assert stored(visitor) == [b"\1\2\3", b""]
    start_over(visitor)
    assert stored(visitor) == EMPTY
    draw_seven(visitor)
    visitor.label(7)
    wait_until(lambda: kept(visitor) == ([], [7]))

    visitor.page.evaluate(PUT, 2_200_000)  # zeros, of an earlier version: no message may be so large
    visitor.open("?yours=Save+or+export")
    expect(part(visitor)).to_contain_text("It is larger than the 2 MB that this page takes.")
    draw_seven(visitor)
    visitor.label(7)
    expect(tally(visitor)).to_contain_text("of 1 labelled drawing right")
    assert len(stored(visitor)[0]) == 2_200_000

    visitor.page.add_init_script("IDBFactory.prototype.open = () => ({})")  # it never answers
    visitor.open("?yours=Save+or+export")
    draw_seven(visitor)
    visitor.label(7)
    expect(part(visitor)).to_contain_text("Nothing is saved yet: your browser has not confirmed it.")

    visitor.page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    visitor.open("?yours=Save+or+export")
    expect(part(visitor)).to_contain_text("This browser keeps nothing")
    draw_seven(visitor)
    visitor.label(7)
    expect(tally(visitor)).to_contain_text("of 1 labelled drawing right")
    expect(part(visitor)).to_contain_text("This browser keeps nothing")


def test_no_click_is_lost_while_things_are_kept_and_a_file_is_sent_once(visit):
    """Labels follow one another as fast as the browser can click, each of them makes a file that is acknowledged."""
    visitor, frames, said = visit(), [], []
    visitor.page.on("console", lambda message: said.append(message.text))
    visitor.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    visitor.open(f"{QUICK}&hidden=300")
    watch(visitor)
    train(visitor)
    draw_seven(visitor)
    digits = visitor.page.locator(".st-key-question .stButtonGroup button:enabled:visible")
    for digit in range(8):
        digits.filter(has_text=str(digit)).click()
    expect(digits.filter(has_text="7")).to_have_attribute("aria-checked", "true")
    wait_until(lambda: kept(visitor) == ([0.1], [7]))
    expect(tally(visitor)).to_contain_text("of 1 labelled drawing right")
    assert [text for text in said if "fragmentId" in text] == []
    wait_for_rest(visitor)
    size = len(stored(visitor)[0])
    frames.clear()
    visitor.slide("epochs", 1)  # the whole page
    visitor.button("clear").click()
    expect(visitor.answer).to_have_text("?")
    visitor.draw(*BAR)
    expect(visitor.answer).not_to_have_text("?")
    wait_for_rest(visitor)
    assert frames and max(frames) < size / 4  # the file isn't among what is sent again


def test_a_network_learns_a_7_of_ones_own_kind(visit, tmp_path):
    visitor = visit("?epochs=2&images_bundled=1%2C000&yours=Teach+it+your+handwriting")
    train(visitor)
    expect(visitor.button("teach")).to_be_disabled()
    expect(part(visitor)).to_contain_text("0 of 10 labelled drawings")
    drawings = [labelled(*one) for one in (*USUAL.items(), *((7, shifted(ODD, by)) for by in (-12, 8)))]
    (tmp_path / "drawings.npz").write_bytes(labelled_file(drawings))
    choose(visitor, "Save")
    chooser = visitor.page.locator("[class*=st-key-open_drawings_] input[type=file]")
    chooser.set_input_files(tmp_path / "drawings.npz")
    expect(tally(visitor)).to_contain_text("of 10 labelled drawings right")
    choose(visitor, "Teach")
    visitor.draw(*ODD)
    expect(visitor.answer).to_have_text(re.compile("[0-689]"))
    visitor.settled()
    visitor.label(7)
    expect(part(visitor)).to_contain_text("11 labelled drawings")
    visitor.button("teach").click()
    expect(part(visitor)).to_contain_text("Got right")
    expect(part(visitor)).not_to_contain_text("so far")
    expect(part(visitor)).not_to_contain_text("It is learning")
    expect(part(visitor).locator("table")).to_contain_text("MNIST's 2,000 unseen images")
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
    expect(part(visitor)).to_contain_text("36 trainings, all else as in the sidebar (1 epoch, 500 training images)")
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
