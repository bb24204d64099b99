"""Yours: trainings and drawings are kept in the browser over a reload and a restart, saved, opened and forgotten."""

import base64
import zipfile
from urllib.parse import urlsplit

from playwright.sync_api import expect
from ticks import wait_for_rest, watch
from waiting import wait_until

from nn.ui.kept import NOTHING, unpack

SEVEN, BAR = ((80, 60), (200, 60), (120, 230)), ((90, 140), (180, 140))
QUICK = "?epochs=2&images_bundled=500"

# Puts a file into the browser's IndexedDB.
PUT = """bytes => new Promise(resolve => {
    const request = indexedDB.open('nn-mnist', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('yours');
    request.onsuccess = () => {
        const transaction = request.result.transaction('yours', 'readwrite');
        transaction.objectStore('yours').put(new Uint8Array(bytes), 'trainings');
        transaction.oncomplete = () => { request.result.close(); resolve(); };
    };
})"""

# What this address has in the browser's IndexedDB, in base64; "" if there is nothing.
STORED = """() => new Promise(resolve => {
    const request = indexedDB.open('nn-mnist', 1);
    request.onupgradeneeded = () => { request.transaction.abort(); resolve(['', '']); };
    request.onerror = () => resolve(['', '']);
    request.onsuccess = () => {
        const store = request.result.transaction('yours').objectStore('yours');
        const asked = ['trainings', 'drawings'].map(name => store.get(name));
        asked[1].onsuccess = () => {
            request.result.close();
            resolve(asked.map(({ result }) => btoa(Array.from(result ?? [], b => String.fromCharCode(b)).join(''))));
        };
    };
})"""
EMPTY = [b"", b""]


def stored(visitor):
    """The two files that the visitor's browser keeps, trainings and drawings."""
    return [base64.b64decode(text) for text in visitor.page.evaluate(STORED)]


def kept(visitor):
    """What is in them: the etas of the trainings, the present one last, and the labels of the drawings."""
    trainings, drawings = (unpack(file) if file else NOTHING for file in stored(visitor))
    etas = [one.controls.settings.eta for one in (*trainings.kept, trainings.training) if one]
    return etas, [one.label for one in drawings.drawings]


def part(visitor):
    return visitor.page.locator(".st-key-yours_part")


def choose(visitor, name):
    """Open a part of Yours."""
    visitor.settled()
    visitor.page.locator(".st-key-yours button").filter(has_text=name).click()
    visitor.settled()


def train(visitor):
    visitor.button("train").click()
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
    return [legend.split("pale")[0] for legend in visitor.page.locator(".nn-legend").all_inner_texts()[:2]]


def test_everything_is_there_after_a_reload_and_a_restart_until_it_is_forgotten(visit, start_page, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()

    def expect_everything():
        expect(visitor.progress).to_contain_text("Epoch 2.0 of 2: finished")
        expect(tally(visitor)).to_contain_text("1 right so far")
        expect(value(visitor, "eta")).to_have_text("0.07")
        expect(value(visitor, "epochs")).to_have_text("2")
        expect(visitor.page.locator(".st-key-reading input[type=radio]").first).to_be_checked()
        assert curves(visitor) == seen and draw_seven(visitor) == outputs

    with start_page(tmp_path / "first") as (address, _):
        visitor = visit(f"{QUICK}&eta=0.05", address=address)
        train(visitor)
        visitor.slide("eta", 1)
        train(visitor)
        outputs, seen = draw_seven(visitor), curves(visitor)
        visitor.label(7)
        expect(tally(visitor)).to_contain_text("of 1 right so far")
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
        visitor.open("?eta=0.5&yours=Keep%2C+take+home")
        expect(visitor.progress).to_contain_text("finished")
        visitor.settled()
        expect(value(visitor, "eta")).to_have_text("0.5")
        expect(value(visitor, "epochs")).to_have_text("30")

        expect(part(visitor)).to_contain_text("2 trainings with network and curves, 1 labelled drawing:")
        visitor.button("forget").click()
        expect(part(visitor)).to_contain_text("Everything that was kept is deleted.")
        wait_until(lambda: stored(visitor) == EMPTY)
        visitor.button("keep_again").click()
        wait_until(lambda: kept(visitor) == ([0.07, 0.05], [7]))
        visitor.button("forget").click()
        wait_until(lambda: stored(visitor) == EMPTY)
        visitor.open()
        expect(visitor.progress).to_contain_text("Nothing is trained yet.")
        expect(tally(visitor)).not_to_contain_text("so far")
        visitor.page.goto("about:blank")


def test_a_network_drawings_and_a_notebook_are_saved_and_opened_in_another_browser(visit, tmp_path):
    visitor = visit(f"{QUICK}&yours=Keep%2C+take+home")
    expect(part(visitor)).to_contain_text("Train a network first.")
    train(visitor)
    outputs = draw_seven(visitor)
    visitor.label(7)
    expect(tally(visitor)).to_contain_text("of 1 right so far")
    visitor.page.get_by_role("button", name="Details").click()
    for button in ("save", "save_drawings", "notebook"):
        saved = visitor.download(visitor.button(button))
        saved.save_as(tmp_path / button)
    assert saved.suggested_filename == "neural_network.zip"
    with zipfile.ZipFile(tmp_path / "notebook") as archive:
        assert archive.testzip() is None
        assert {"neural_network.ipynb", "drawings.npz"} < {name.split("/")[-1] for name in archive.namelist()}
    assert visitor.violations(".st-key-yours_part") == []

    other = visit("?hidden=20&yours=Keep%2C+take+home", viewport={"width": 1280, "height": 800})
    expect(other.progress).to_contain_text("Nothing is trained yet.")
    expect(tally(other)).not_to_contain_text("so far")
    assert stored(other) == EMPTY
    other.page.locator("[class*=st-key-open_network_] input[type=file]").set_input_files(tmp_path / "save")
    expect(other.progress).to_contain_text("It has learnt before, and nothing more here yet.")
    expect(value(other, "hidden")).to_have_text("30")
    assert draw_seven(other) == outputs
    drawings = other.page.locator("[class*=st-key-open_drawings_] input[type=file]")
    drawings.set_input_files(tmp_path / "save_drawings")
    expect(tally(other)).to_contain_text("of 1 right so far")
    wait_until(lambda: kept(other)[1] == [7])


def test_a_browser_with_damaged_files_or_without_storage_says_so_and_the_page_goes_on(visit):
    visitor = visit()
    visitor.page.evaluate(PUT, [1, 2, 3])
    visitor.open("?yours=Keep%2C+take+home")
    expect(part(visitor)).to_contain_text("What this browser has kept can't be read.")
    expect(visitor.progress).to_contain_text("Nothing is trained yet.")
    assert stored(visitor) == [b"\1\2\3", b""]
    visitor.button("forget").click()
    expect(part(visitor)).to_contain_text("Everything that was kept is deleted.")
    wait_until(lambda: stored(visitor) == EMPTY)
    visitor.button("keep_again").click()
    draw_seven(visitor)
    visitor.label(7)
    wait_until(lambda: kept(visitor) == ([], [7]))

    visitor.page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    visitor.open("?yours=Keep%2C+take+home")
    expect(part(visitor)).to_contain_text("This browser keeps nothing")
    draw_seven(visitor)
    visitor.label(7)
    expect(tally(visitor)).to_contain_text("of 1 right so far")
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
    expect(tally(visitor)).to_contain_text("of 1 right so far")
    assert [text for text in said if "fragmentId" in text] == []
    wait_for_rest(visitor)
    size = len(stored(visitor)[0])
    frames.clear()
    visitor.slide("epochs", 1)  # the whole page
    visitor.button("clear").click()
    expect(visitor.page.locator(".st-key-canvas_1 canvas").last).to_be_visible()
    visitor.draw(*BAR)
    expect(visitor.answer).not_to_have_text("?")
    wait_for_rest(visitor)
    assert frames and max(frames) < size / 4  # the file isn't among what is sent again
