"""A whole classroom at once: many visitors train while one of them draws.

    python tests/benchmarks/classroom.py [--visitors 30] [--strokes 12] [--pace "Full speed"]

All visitors but one speak Streamlit's protocol over a websocket, as a browser would: they open the page, press Train
and let the fragments tick. The last one is a real browser that trains and draws. Prints milliseconds from pen up to the
changed answer, the time from one step of everybody's progress to the next, and the server's resident memory.
"""

import argparse
import asyncio
import re
import shutil
import statistics
import threading
import time
from contextlib import suppress
from urllib.parse import urlencode

from page import FLAGS, Server, open_page, spread, strokes
from playwright.sync_api import sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect


class Visitor:
    """One browser tab's worth of protocol: rerun, click, tick."""

    def __init__(self, query):
        self.query = query
        self.train_button, self.timers, self.moved, self.shown, self.seen = None, {}, [], None, {}

    async def visit(self, address, end):
        async with connect(
            address.replace("http", "ws") + "/_stcore/stream", subprotocols=["streamlit"], max_size=None
        ) as socket:
            await self.rerun(socket)
            while self.train_button is None:
                self.take(await socket.recv())
            await self.rerun(socket, pressed=self.train_button)
            while time.monotonic() < end:
                wait = min([due for _, due in self.timers.values()], default=time.monotonic() + 0.2) - time.monotonic()
                with suppress(TimeoutError):
                    self.take(await asyncio.wait_for(socket.recv(), max(wait, 0.01)))
                for fragment, (interval, due) in list(self.timers.items()):
                    if time.monotonic() >= due:
                        self.timers[fragment] = (interval, time.monotonic() + interval)
                        await self.rerun(socket, fragment)

    async def rerun(self, socket, fragment="", pressed=None):
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        if pressed:
            message.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
        await socket.send(message.SerializeToString())

    def take(self, data):
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "ref_hash":
            message = self.seen.get(message.ref_hash, message)
        elif message.hash:
            self.seen[message.hash] = message
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            timer = message.auto_rerun
            self.timers[timer.fragment_id] = (timer.interval, time.monotonic() + timer.interval)
        elif kind == "delta":
            element = message.delta.new_element
            if element.button.id.endswith("-train"):
                self.train_button = element.button.id
            if " of " in element.progress.text and element.progress.text != self.shown:
                self.shown = element.progress.text
                self.moved.append(time.monotonic())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--strokes", type=int, default=12)
    parser.add_argument("--pace", default="Watch", choices=["Watch", "Full speed"])
    arguments = parser.parse_args()
    query = urlencode({"epochs": 100, "pace": arguments.pace})
    seconds = 45 + 3 * arguments.strokes
    with Server() as server, sync_playwright() as playwright:
        server.wait()
        visitors = [Visitor(query) for _ in range(arguments.visitors - 1)]
        end = time.monotonic() + seconds

        async def everybody():
            await asyncio.gather(*(visitor.visit(server.address, end) for visitor in visitors))

        others = threading.Thread(target=lambda: asyncio.run(everybody()), daemon=True)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=FLAGS
        )
        page = open_page(browser, server, f"?{query}")
        page.locator(".st-key-train button").click()
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        others.start()
        time.sleep(30)
        print(f"{sum(len(v.moved) > 2 for v in visitors) + 1} of {arguments.visitors} visitors see their training move")
        answered, pictured = strokes(page, arguments.strokes)
        print(f"pen up to answer              {spread(answered, 'ms')}")
        print(f"pen up to picture             {spread(pictured, 'ms')}", flush=True)
        steps = [
            1000 * statistics.median(b - a for a, b in zip(v.moved[5:], v.moved[6:]))
            for v in visitors
            if len(v.moved) > 6
        ]
        print(f"progress moves every          {spread(steps, 'ms')}")
        speed = re.search(r"[0-9,]+ images/s", page.locator("[data-testid=stProgress]").inner_text())[0]
        print(f"the browser's visitor trains  {speed}")
        print(f"resident memory               {server.resident_mb():8.0f} MB")
        others.join(seconds)
        browser.close()


if __name__ == "__main__":
    main()
