"""Many at once: trainings that are shared, workers that die, and tabs that nobody looks at."""

import os
import re
import signal
from pathlib import Path

from playwright.sync_api import expect
from script import SEVEN
from streamlit.proto.BackMsg_pb2 import BackMsg


def epoch(visitor):
    """How far the training is, in epochs, as the page says it."""
    found = re.search(r"Epoch ([\d.]+) of", visitor.progress.inner_text())
    return float(found[1]) if found else 0.0


def test_two_who_train_the_same_share_it_and_each_stops_alone(visit):
    first = visit("?epochs=100&hidden=200&seed=11")
    first.button("train").click()
    expect(first.progress).to_contain_text("Epoch")
    second = visit("?epochs=100&hidden=200&seed=11")
    expect(first.progress).to_contain_text(re.compile(r"Epoch ([4-9]|\d\d)"))
    before = epoch(first)
    second.button("train").click()
    expect(second.button("stop")).to_be_visible()
    expect(second.progress).to_contain_text("Epoch")
    assert epoch(second) >= before  # at once, where the other one is
    first.button("stop").click()
    expect(first.progress).to_contain_text("stopped")
    stopped = first.progress.inner_text()
    before = epoch(second)
    second.page.wait_for_timeout(1_500)
    assert epoch(second) > before and first.progress.inner_text() == stopped
    first.button("continue").click()
    expect(first.button("stop")).to_be_visible()
    second.button("stop").click()
    expect(second.progress).to_contain_text("stopped")
    first.button("stop").click()
    expect(first.progress).to_contain_text("stopped")


def workers(server):
    """The numbers of the server's worker processes."""
    _, process = server
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_worker_that_dies_is_a_pause_and_no_error(visit, server):
    visitor = visit("?epochs=60&seed=12")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text(re.compile(r"Epoch [3-9]"))
    for pid in workers(server):
        os.kill(pid, signal.SIGKILL)
    expect(visitor.progress).to_contain_text("Epoch 60.0 of 60: finished", timeout=60_000)
    assert visitor.page.locator("[data-testid=stAlert]").count() == 0


def test_a_tab_that_nobody_looks_at_asks_for_nothing_and_shows_all_when_it_is_looked_at_again(visit):
    visitor = visit("?epochs=100&hidden=100&seed=13")
    show = "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
    show += " document.dispatchEvent(new Event('visibilitychange')) }"
    visitor.page.evaluate(
        "() => { window.sent = 0; const send = WebSocket.prototype.send;"
        " WebSocket.prototype.send = function (data) { window.sent++; return send.call(this, data) } }"
    )
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("Epoch")
    visitor.page.evaluate(show, True)
    visitor.page.wait_for_timeout(1_000)
    visitor.settled()
    visitor.page.evaluate("window.sent = 0")
    hidden = visitor.progress.inner_text()
    visitor.page.wait_for_timeout(2_000)
    sent = visitor.page.evaluate("window.sent")
    assert sent == 0 and visitor.progress.inner_text() == hidden
    visitor.page.evaluate(show, False)
    expect(visitor.progress).not_to_have_text(hidden)
    visitor.page.wait_for_timeout(1_500)
    assert visitor.page.evaluate("window.sent") > 2  # it refreshes itself again
    visitor.button("stop").click()
    expect(visitor.progress).to_contain_text("stopped")


FORGED = [
    '{"drawing": {"raw": {"objects": [{"left": 1e999}]}, "data": null}}',
    '{"drawing": {"raw": {"objects": [{"left": 1' + "0" * 400 + '}]}, "data": null}}',
    '{"drawing": {"raw": [], "data": "data:image/png;base64,AAAA"}}',
    '{"drawing": 7, "backgroundFit": {}}',
]


def test_what_no_canvas_has_sent_brings_a_blank_canvas_and_no_error(visit):
    """A stranger who speaks the page's protocol: what the canvas reports is exchanged on its way to the server."""
    forged = []

    def exchange(socket):
        server = socket.connect_to_server()

        def pass_on(content):
            message = BackMsg.FromString(content)
            for widget in message.rerun_script.widget_states.widgets if forged else ():
                if "canvas_" in widget.id:
                    widget.json_value = forged[0]
            server.send(message.SerializeToString())

        socket.on_message(pass_on)
        server.on_message(socket.send)

    visitor = visit()
    visitor.page.route_web_socket("**/_stcore/stream", exchange)
    visitor.open()
    for number, content in enumerate(FORGED, start=1):
        forged[:] = [content]
        visitor.draw(*SEVEN)
        expect(visitor.page.locator(f".st-key-canvas_{number} canvas").last).to_be_visible()
        expect(visitor.page.locator(".nn-invitation")).to_be_visible()
        forged.clear()
        visitor.draw(*SEVEN)
        expect(visitor.answer).to_have_text("7")
        assert visitor.page.locator("[data-testid=stException]").count() == 0, content[:80]
