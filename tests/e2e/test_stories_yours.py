"""Yours: trainings are compared, kept in the browser over a reload and a restart, saved and opened again."""

import base64
import re
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from nn import load_network
from nn.ui.kept import NOTHING, unpack

SEVEN, BAR = ((80, 60), (200, 60), (120, 230)), ((90, 140), (180, 140))
QUICK = "?epochs=2&images_bundled=1%2C000"
PARTS = ["Compare", "Sweep", "Teach it your hand", "Keep, take home"]

# What this address has in the browser's IndexedDB, in base64; "" if there is nothing.
STORED = """() => new Promise((resolve, reject) => {
    const request = indexedDB.open('nn-mnist', 1);
    request.onupgradeneeded = () => { request.transaction.abort(); resolve(['', '']); };
    request.onerror = () => resolve(['', '']);
    request.onsuccess = () => {
        const store = request.result.transaction('yours').objectStore('yours');
        const asked = ['trainings', 'drawings'].map((name) => store.get(name));
        asked[1].onsuccess = () => {
            request.result.close();
            resolve(asked.map(({ result }) => btoa(Array.from(result ?? [], (b) => String.fromCharCode(b)).join(''))));
        };
    };
})"""

# What reaches over the right edge of the window.
TOO_WIDE = """() => [...document.querySelectorAll('.stMain *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && one.checkVisibility())
    .map(one => `${one.className} ${one.textContent}`.slice(-120)).slice(0, 12)"""


def stored_files(visitor):
    """The bytes of the two files that the visitor's browser has kept, trainings and drawings."""
    return [base64.b64decode(text) for text in visitor.page.evaluate(STORED)]


def stored(visitor):
    """The Yours that the visitor's browser has kept, or None."""
    trainings, drawings = (file and unpack(file) for file in stored_files(visitor))
    if not trainings and not drawings:
        return None
    return (trainings or NOTHING)._replace(drawings=drawings.drawings if drawings else ())


def wait_for(visitor, condition, look=stored):
    """Wait until a condition of what is stored holds, which is returned."""
    for _ in range(300):
        found = look(visitor)
        if condition(found):
            return found
        visitor.page.wait_for_timeout(100)
    pytest.fail(f"The browser has not kept that: {found}")


def has(n_kept, n_drawings, images_seen=2_000):
    """Whether these are in the file, and the present training has learnt from that number of images."""

    def condition(yours):
        if yours is None or (len(yours.kept), len(yours.drawings)) != (n_kept, n_drawings):
            return False
        return images_seen is None or yours.training is not None and yours.training.run.images_seen == images_seen

    return condition


def choose(visitor, part):
    """Open a part of Yours, or close it if it is open."""
    visitor.settled()
    visitor.page.locator(".st-key-yours button").filter(has_text=part).click()
    visitor.settled()


def train(visitor):
    visitor.settled()
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    visitor.settled()


def shown_values(visitor):
    """What the legends of the two curves say."""
    return [legend.split("pale")[0] for legend in visitor.page.locator(".nn-legend").all_inner_texts()[:2]]


def tally(visitor):
    return visitor.page.locator(".st-key-question .nn-question")


def value(visitor, key):
    """What a slider of the sidebar is set to."""
    return visitor.page.locator(f".st-key-{key} [data-testid=stSliderThumbValue]").first


def draw_seven(visitor):
    visitor.draw(*SEVEN)
    expect(visitor.answer).not_to_have_text("?")
    visitor.settled()


def read_by_network(visitor):
    """The ten outputs that are shown."""
    expect(visitor.outputs).to_have_count(10)
    return visitor.outputs.all_inner_texts()


@pytest.fixture
def trained(visit):
    """trained(**how): a visitor who has trained twice with different eta, and labelled a drawing."""

    def trained(**how):
        visitor = visit(f"{QUICK}&eta=0.05", **how)
        train(visitor)
        visitor.slide("eta", 1)
        expect(value(visitor, "eta")).to_have_text("0.07")
        train(visitor)
        draw_seven(visitor)
        visitor.label(7)
        expect(tally(visitor)).to_contain_text("of 1 right so far")
        wait_for(visitor, has(1, 1))
        return visitor

    return trained


def expect_everything(visitor, values, said):
    """All of what trained() has done is there, and can go on."""
    expect(visitor.progress).to_contain_text("Epoch 2.0 of 2: finished")
    expect(tally(visitor)).to_have_text(re.compile(re.escape(said)))
    assert shown_values(visitor) == values
    expect(value(visitor, "eta")).to_have_text("0.07")
    expect(value(visitor, "epochs")).to_have_text("2")
    expect(visitor.page.locator(".st-key-reading input[type=radio]").first).to_be_checked()


def test_after_a_reload_everything_is_there_and_goes_on(trained):
    visitor = trained()
    values, outputs, said = shown_values(visitor), read_by_network(visitor), "1 right so far"
    for query in (QUICK + "&eta=0.07", ""):  # the address that it had, and one without settings
        visitor.open(query)
        expect_everything(visitor, values, said)
        draw_seven(visitor)
        expect(visitor.outputs).to_have_text(outputs)
    visitor.slide("epochs", 1)
    expect(value(visitor, "epochs")).to_have_text("3")
    visitor.settled()
    visitor.button("continue").click()
    expect(visitor.progress).to_contain_text("Epoch 3.0 of 3: finished")
    choose(visitor, "Compare")
    rows = visitor.page.locator(".nn-compared")
    expect(rows).to_have_count(2)
    expect(visitor.page.locator(".st-key-compared_rows")).to_contain_text("η = 0.05")
    visitor.button("bring_back_1").click()
    expect(value(visitor, "eta")).to_have_text("0.05")
    expect(rows).to_have_count(2)
    expect(visitor.page.locator(".st-key-compared_rows")).to_contain_text("epoch 3 of 3")
    kept = wait_for(visitor, lambda yours: yours.training.controls.settings.eta == 0.05)
    assert [one.controls.settings.eta for one in kept.kept] == [0.07]


def test_after_a_restart_of_the_server_everything_is_there_again(trained, start_page, tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with start_page(tmp_path / "first") as (address, _):
        visitor = trained(address=address)
        values, outputs = shown_values(visitor), read_by_network(visitor)
        visitor.page.goto("about:blank")
    with start_page(tmp_path / "second", port=urlsplit(address).port):
        visitor.open()
        expect_everything(visitor, values, "1 right so far")
        draw_seven(visitor)
        expect(visitor.outputs).to_have_text(outputs)
        visitor.page.goto("about:blank")


def test_forget_deletes_at_once_and_who_wants_it_kept_again_has_it_kept(trained):
    visitor = trained()
    choose(visitor, "Keep")
    part = visitor.page.locator(".st-key-yours_part")
    expect(part).to_contain_text("2 trainings with network and curves, 1 labelled drawing:")
    visitor.button("forget").click()
    expect(part).to_contain_text("Everything that was kept is deleted.")
    wait_for(visitor, lambda yours: yours is None)
    train(visitor)  # is not kept
    visitor.page.wait_for_timeout(500)
    assert stored(visitor) is None
    visitor.button("keep_again").click()
    wait_for(visitor, has(2, 1))
    visitor.button("forget").click()
    wait_for(visitor, lambda yours: yours is None)
    visitor.open()
    visitor.page.wait_for_timeout(500)
    expect(visitor.progress).to_contain_text("Nothing is trained yet.")
    expect(tally(visitor)).not_to_contain_text("so far")


def test_a_shared_link_wins_for_the_sidebar(trained):
    visitor = trained()
    visitor.open("?eta=0.5")
    expect(visitor.progress).to_contain_text("finished")
    visitor.settled()
    expect(value(visitor, "eta")).to_have_text("0.5")
    expect(value(visitor, "epochs")).to_have_text("30")


def test_another_browser_sees_nothing_until_a_saved_network_and_drawings_are_opened_in_it(trained, visit, tmp_path):
    visitor = trained()
    outputs = read_by_network(visitor)
    visitor.download(visitor.button("save")).save_as(tmp_path / "network.npz")
    visitor.page.get_by_role("button", name="Details").click()
    visitor.download(visitor.button("save_drawings")).save_as(tmp_path / "drawings.npz")
    other = visit("?images_bundled=1%2C000&epochs=1&hidden=20")
    choose(other, "Keep")
    expect(other.progress).to_contain_text("Nothing is trained yet.")
    expect(tally(other)).not_to_contain_text("so far")
    assert stored(other) is None
    chooser = other.page.locator("[class*=st-key-open_network_] input[type=file]")
    chooser.set_input_files(tmp_path / "network.npz")
    expect(other.progress).to_contain_text("It has learnt before, and nothing more here yet.")
    expect(value(other, "hidden")).to_have_text("30")
    draw_seven(other)
    expect(other.outputs).to_have_text(outputs)
    other.page.locator("[class*=st-key-open_drawings_] input[type=file]").set_input_files(tmp_path / "drawings.npz")
    expect(tally(other)).to_contain_text("of 1 right so far")
    other.button("continue").click()
    expect(other.progress).to_contain_text("Epoch 1.0 of 1: finished")
    file = wait_for(other, has(0, 1, images_seen=1_000))
    assert file.training.run.began_trained and file.training.origin
    assert not np.array_equal(file.training.network.W_h, load_network(tmp_path / "network.npz").W_h)


def test_a_file_that_is_none_of_ours_gets_a_sentence_and_nothing_is_lost(trained, tmp_path):
    visitor = trained()
    values = shown_values(visitor)
    choose(visitor, "Keep")
    (tmp_path / "letter.npz").write_text("Dear network")
    for kind, words in [("network", "This is not a network file"), ("drawings", "This is not a file of drawings")]:
        chooser = visitor.page.locator(f"[class*=st-key-open_{kind}_] input[type=file]")
        chooser.set_input_files(tmp_path / "letter.npz")
        expect(visitor.page.locator(".st-key-yours_part [data-testid=stAlert]")).to_contain_text(words)
    expect(visitor.progress).to_contain_text("finished")
    assert shown_values(visitor) == values
    expect(tally(visitor)).to_contain_text("of 1 right so far")


def test_what_is_damaged_in_the_browser_is_said_and_the_page_goes_on(trained):
    visitor = trained()
    visitor.page.evaluate("""() => new Promise((resolve) => {
        indexedDB.open('nn-mnist', 1).onsuccess = (event) => {
            const transaction = event.target.result.transaction('yours', 'readwrite');
            transaction.objectStore('yours').put(new Uint8Array([1, 2, 3]), 'trainings');
            transaction.oncomplete = () => { event.target.result.close(); resolve(); };
        };
    })""")
    visitor.open(QUICK)
    choose(visitor, "Keep")
    expect(visitor.page.locator(".st-key-yours_part")).to_contain_text("What this browser has kept can't be read.")
    expect(visitor.progress).to_contain_text("Nothing is trained yet.")
    visitor.button("forget").click()
    expect(visitor.page.locator(".st-key-yours_part")).to_contain_text("Everything that was kept is deleted.")
    wait_for(visitor, lambda files: files == [b"", b""], look=stored_files)  # it was damaged until now
    visitor.button("keep_again").click()
    train(visitor)
    wait_for(visitor, has(0, 0))


def test_a_browser_that_keeps_nothing_says_so_and_everything_else_works(visit):
    visitor = visit()
    visitor.page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    visitor.open(QUICK)
    choose(visitor, "Keep")
    expect(visitor.page.locator(".st-key-yours_part")).to_contain_text("This browser keeps nothing")
    train(visitor)
    draw_seven(visitor)
    visitor.label(7)
    expect(tally(visitor)).to_contain_text("of 1 right so far")
    expect(visitor.page.locator(".st-key-yours_part")).to_contain_text("This browser keeps nothing")


def test_no_click_is_lost_while_things_are_kept_and_a_file_is_sent_once(visit):
    """Labels follow one another as fast as the browser can click, each of them makes a file that is acknowledged."""
    visitor, frames, said = visit(), [], []
    visitor.page.on("console", lambda message: said.append(message.text))
    visitor.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    visitor.open(QUICK + "&hidden=300")
    train(visitor)
    draw_seven(visitor)
    digits = visitor.page.locator(".st-key-question .stButtonGroup button:enabled:visible")
    for digit in range(8):
        digits.filter(has_text=str(digit)).click()
    expect(digits.filter(has_text="7")).to_have_attribute("aria-checked", "true")
    file = wait_for(visitor, lambda yours: has(0, 1)(yours) and yours.drawings[0].label == 7)
    size = len(file.training.weights)
    expect(tally(visitor)).to_contain_text("of 1 right so far")
    assert [text for text in said if "fragmentId" in text] == []
    visitor.page.wait_for_timeout(1_000)
    frames.clear()
    visitor.slide("epochs", 1)  # the whole page
    expect(value(visitor, "epochs")).to_have_text("3")
    visitor.settled()
    visitor.button("clear").click()
    expect(visitor.page.locator(".st-key-canvas_1 canvas").last).to_be_visible()
    visitor.draw(*BAR)
    expect(visitor.answer).not_to_have_text("?")
    visitor.settled()
    assert frames and max(frames) < size / 4  # the file isn't among what is sent again
    visitor.page.wait_for_timeout(1_000)
    frames.clear()
    visitor.page.wait_for_timeout(3_000)
    assert frames == []  # the page is at rest


def test_axe_finds_nothing_in_any_part(trained):
    visitor = trained()
    for part in PARTS:
        choose(visitor, part)
        expect(visitor.page.locator(".st-key-yours_part")).to_be_visible()
        visitor.page.wait_for_timeout(300)  # for a chart to be drawn
        assert visitor.violations() == [], part


def test_on_a_phone_nothing_has_to_be_scrolled_sideways(trained):
    visitor = trained()
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    phone = visitor.open(QUICK)
    expect(phone.progress).to_contain_text("finished")
    for part in PARTS:
        choose(phone, part)
        expect(phone.page.locator(".st-key-yours_part")).to_be_visible()
        phone.page.wait_for_timeout(300)
        wide = phone.page.evaluate(TOO_WIDE)
        assert phone.page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390, (part, wide)
