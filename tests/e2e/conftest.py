"""A real page in a real browser: Streamlit's own server, headless Chromium.

Without Chromium the stories are skipped, and say why; with CI=true that is an error.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from frames import PATIENCE
from playwright.sync_api import TimeoutError, expect, sync_playwright
from serving import running_page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).resolve().parent.parent.parent
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# axe-core's: no violation of WCAG's levels A and AA that it can find
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"heading-order": {"enabled": True}, "page-has-heading-one": {"enabled": True}},
    "resultTypes": ["violations"],  # what it finds in order takes longer to tell
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}  # the rule that depends on the theme
SCREEN = {"width": 1280, "height": 800}
expect.set_options(timeout=PATIENCE)
# Nothing moves in an element that moves for a while only, such as an expander that opens. (Where nothing is drawn, such
# as in a closed expander, Chromium may never resolve animation.finished.)
AT_REST = """element => !element.getAnimations({ subtree: true }).some(animation =>
    animation.playState === "running" && animation.effect.getComputedTiming().endTime < Infinity)"""


def pytest_collection_modifyitems(items):
    """Every story in a browser is slow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def chromium():
    """Playwright's Chromium, and how to launch it."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        why = f"No browser: none of {', '.join(BROWSERS)} is on the PATH."
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    with sync_playwright() as playwright:
        yield playwright.chromium, {"executable_path": path, "args": FLAGS}


@pytest.fixture(scope="session")
def browser(chromium):
    """A browser that knows nothing, in each of its contexts."""
    launcher, how = chromium
    with launcher.launch(**how) as browser:
        yield browser


@pytest.fixture(scope="session")
def used_browser(chromium, tmp_path_factory):
    """A browser that has compiled Streamlit's scripts before, as a person's has: pages open sooner in it."""
    launcher, how = chromium
    with launcher.launch_persistent_context(tmp_path_factory.mktemp("profile"), viewport=SCREEN, **how) as context:
        yield context


@pytest.fixture(scope="session")
def start_page():
    """running_page, for stories that need more than one."""
    return running_page


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a running page, and its process."""
    with running_page(tmp_path_factory.mktemp("server")) as page:
        yield page


class Wire:
    """What a page and its server have said to each other: whether all that was asked is answered.

    The server answers no question of a fragment that a run of the whole page has taken away, and what a timer asks is
    nothing that was done.
    """

    def __init__(self, page):
        self.values = {}  # by the widget's key: the value that the page has told last
        self._fragment_of = {}  # by a message's hash: it may come again as its hash alone
        self._begin(None)
        page.on("websocket", self._listen)

    def _begin(self, socket):
        self._socket, self._asked, self._answering = socket, False, False
        self._fragment, self._is_whole, self._drawn = "", False, set()  # asked for; of the run that is under way

    def _listen(self, socket):
        self._begin(socket)
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, content):
        message = BackMsg.FromString(content)
        if message.WhichOneof("type") == "rerun_script":
            for widget in message.rerun_script.widget_states.widgets:
                *_, value = [getattr(value, "data", value) for _, value in widget.ListFields()]
                self.values[widget.id.split("-", 2)[-1]] = value
            if not message.rerun_script.is_auto_rerun:
                self._asked, self._answering, self._fragment = True, False, message.rerun_script.fragment_id

    def _received(self, content):
        message = ForwardMsg.FromString(content)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._answering, self._is_whole, self._drawn = True, not message.metadata.run.fragment_ids, set()
        elif kind == "delta":
            self._fragment_of[message.hash] = message.delta.fragment_id
            self._drawn.add(message.delta.fragment_id)
        elif kind == "ref_hash":
            self._drawn.add(self._fragment_of.get(message.ref_hash))
        elif kind == "script_finished":
            is_gone = self._is_whole and self._fragment and self._fragment not in self._drawn
            if self._answering or is_gone:
                self._asked = self._answering = False

    def wait_for_answer(self):
        """Wait until the script has run after the latest thing that it was asked for."""
        if self._asked:
            self._socket.wait_for_event("framereceived", lambda _: not self._asked, timeout=PATIENCE)

    def wait_for_value(self, key, value):
        """Wait until the page has told this value of a widget."""
        if self.values.get(key) != value:
            self._socket.wait_for_event("framesent", lambda _: self.values.get(key) == value, timeout=PATIENCE)


class Visitor:
    """A person who uses the page: finds things, draws, and looks."""

    def __init__(self, page, address):
        self.page, self.address, self.problems, self.errors = page, address, [], []
        self.wire, self._clicked = Wire(page), 0
        page.on("pageerror", lambda error: self.problems.append(f"in the page: {error}"))
        page.on("request", self._check_address)
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))

    def _check_address(self, request):
        if not request.url.startswith((self.address, "data:", "blob:", "about:", self.address.replace("http", "ws"))):
            self.problems.append(f"asks the internet: {request.url}")

    def open(self, query=""):
        """Open the page; trainings run at full speed, because most stories are about something else, unless it says."""
        if "pace=" not in query:
            query = f"{query or '?'}&pace=Full+speed"
        self.page.goto(f"{self.address}/{query}")
        expect(self.page.locator(".st-key-pace")).to_be_visible()
        expect(self.canvas).to_be_visible()
        self.settled()
        return self

    def settled(self):
        """Wait until the script has run for all that was done, and the page shows it."""
        self.page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")  # what was done is sent
        self.wire.wait_for_answer()
        expect(self.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")

    def button(self, key):
        """The button with a key; "train" and "stop" are one button with two names."""
        if key in ("train", "stop"):
            return self.page.locator(".st-key-train button").filter(has_text=key.capitalize())
        # a button is there twice while it is being replaced, and on a phone if it has a tooltip
        return self.page.locator(f".st-key-{key} button:visible").first

    def train(self):
        """Click Train."""
        self._click("train")

    def stop(self):
        """Click Stop."""
        self._click("stop")

    def _click(self, key):
        """Click Train or Stop, as a person does: the page takes two clicks within half a second for a double click."""
        self.page.wait_for_function("before => Date.now() > before + 600", arg=self._clicked, timeout=PATIENCE)
        self.button(key).click()
        self._clicked = self.page.evaluate("Date.now()")

    @property
    def canvas(self):
        return self.page.locator(".st-key-paper canvas").last

    @property
    def answer(self):
        return self.page.locator(".st-key-network #reading b >> nth=0")

    @property
    def outputs(self):
        return self.page.locator(".st-key-network_picture #outputs small")

    @property
    def progress(self):
        return self.page.locator("[data-testid=stProgress]")

    def tap_output(self, digit):
        """Look at an output of the network's picture, and no more: the page needn't say any longer that one can."""
        for _ in range(2):
            self.page.locator(".st-key-network_picture #outputs button").nth(digit).click()
        self.page.mouse.move(0, 0)

    def slide(self, key, presses):
        """Move a slider with the arrow keys: this many steps to the right, or to the left if negative."""
        slider = self.page.locator(f".st-key-{key} input[type=range]")
        slider.focus()
        for _ in range(abs(presses)):
            self.page.keyboard.press("ArrowRight" if presses > 0 else "ArrowLeft")
        number, words = slider.evaluate("slider => [Number(slider.value), slider.getAttribute('aria-valuetext')]")
        # It sends its value a moment after a key: a number, or the words of its option.
        self.wire.wait_for_value(key, [number] if isinstance(self.wire.values[key][0], float) else [words])
        self.settled()

    def draw(self, *points):
        """Draw one stroke with the mouse through points of the canvas, which is 280 pixels wide and high."""
        self.settled()
        self.canvas.scroll_into_view_if_needed()
        self.stroke(*points)

    def stroke(self, *points):
        """The same at once, whatever the page is doing."""
        box, mouse = self.canvas.bounding_box(), self.page.mouse
        places = [(box["x"] + x, box["y"] + y) for x, y in points]
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:] or places:
            mouse.move(*place, steps=8)
        mouse.up()

    def label(self, digit):
        """Say which digit the drawing is; before it has been read, the buttons that Streamlit replaces are disabled."""
        digits = self.page.locator(".st-key-question .stButtonGroup button:enabled:visible")
        digits.filter(has_text=str(digit)).click()

    def at_rest(self, part=None):
        """Wait until nothing moves in a part of the page: in what opens, a click may miss."""
        element = (part or self.page.locator("html")).element_handle()
        self.page.wait_for_function(AT_REST, arg=element, timeout=PATIENCE)

    def unfold(self, key):
        """Open the expander with a key."""
        expander = self.page.locator(f".st-key-{key}")
        expander.locator("summary").click()
        self.at_rest(expander)

    def download(self, button):
        """What a click on a button that saves something downloads.

        With every run of the script a button gets a new address of what it saves, and the old one holds no longer. The
        script may run in that moment, because the browser has kept something: then a person clicks again.
        """
        for patience in (10_000, 20_000, PATIENCE):
            self.settled()
            with suppress(TimeoutError):
                with self.page.expect_download(timeout=patience) as download:
                    button.click()
                return download.value
        pytest.fail("Nothing was downloaded.")

    def pale(self, part=None):
        """Where axe finds too little contrast in the present theme; as violations()."""
        return self.violations(part, COLOURS)

    def wear(self, theme):
        """Have the page in its "light" or its "dark" theme."""
        self.page.emulate_media(color_scheme=theme)
        expect(self.page.locator(".stApp")).to_have_css("color-scheme", theme)

    def violations(self, part=None, rules=RULES):
        """What axe finds in the present theme, on the page or in the part of it with this selector."""
        self.settled()
        self.at_rest()  # colours change little by little
        found = Axe().run(self.page, context=part, options=rules).response["violations"]
        return [(rule["id"], node["target"], node["html"][:200]) for rule in found for node in rule["nodes"]]

    def touch(self, *points):
        """The same with a finger."""
        self.canvas.scroll_into_view_if_needed()
        box, session = self.canvas.bounding_box(), self.page.context.new_cdp_session(self.page)
        places = [(box["x"] + x, box["y"] + y) for x, y in points]

        def send(kind, *at):
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in at]})

        send("touchStart", places[0])
        for (x0, y0), (x1, y1) in zip(places, places[1:]):
            for i in range(1, 9):
                send("touchMove", (x0 + (x1 - x0) * i / 8, y0 + (y1 - y0) * i / 8))
        send("touchEnd")


@pytest.fixture
def visit(request, used_browser, server):
    """visit(query, **how) opens the page as one more visitor, by default in a window of 1280 x 800 pixels.

    address is that of another page; cookies are what the visitor's browser has already.
    """
    contexts, visitors = [], []

    def new_page(address, cookies, how):
        if not (visitors or cookies or how):
            forget = {"origin": "/".join(address.split("/")[:3]), "storageTypes": "all"}
            used_browser.new_cdp_session(used_browser.pages[0]).send("Storage.clearDataForOrigin", forget)
            return used_browser.new_page()
        contexts.append(request.getfixturevalue("browser").new_context(**{"viewport": SCREEN} | how))
        contexts[-1].add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies])
        return contexts[-1].new_page()

    def visit(query="", address=server[0], cookies=(), **how):
        visitors.append(Visitor(new_page(address, cookies, how), address))
        return visitors[-1].open(query)

    yield visit
    try:
        for visitor in visitors:
            assert visitor.problems == []
            if not visitor.page.is_closed():
                assert visitor.page.locator("[data-testid=stException]").count() == 0
    finally:
        for page in used_browser.pages[1:]:  # the first one keeps the browser open
            page.close()
        for context in contexts:
            context.close()
