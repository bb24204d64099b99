"""A whole class at once: many visitors join, train and watch, while one of them draws.

    python tests/benchmarks/classroom.py [--visitors 30 100 200] [--together] [--same] [--waves 1] [--pace "Full speed"]

All visitors but one speak Streamlit's protocol over a websocket, as a browser would: they open the page, press Train,
let the fragments tick, and take what they are given to keep. Each has settings of its own (with --same, all have the
same), and all stay until the last training is over. The last visitor is a real browser that trains and draws. In every
further wave they come again.

With --together they are in one class: all join it, and while they train, each shares a labelled drawing (the messages
are those that a real browser has sent before). A second real browser shows the board.

Prints, for each number of visitors: how long everybody took to join and to finish, also compared with the pure
computing time divided by the number of processors; the time from pressing Train to the first progress; the longest
time for which somebody's progress stood still; how many forecasts of the time left were right within a factor of two,
the first ones, which can't know who is still to come, and the first ones after everybody had joined; from pen up to the
changed answer; what was on the board and in the class; the processor time of the server, of its workers, and of what
is measured with on the same machine; and the resident memory of the server with its workers, before, during, and after
everybody left. At the end come the errors in the server's log.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np
from page import Server, launched, open_page, strokes
from playwright.sync_api import Error, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

import nn
from nn.classroom.rooms import Classroom

EPOCHS = 10
SEVEN = (80, 60), (200, 60), (120, 230)  # pixels of the canvas
JOINING = {30: 10}  # seconds in which this number of visitors joins, 30 for others
PATIENCE = 400  # seconds after which those who haven't finished are given up
LEFT = 180  # seconds after which memory is measured when everybody has left
PROMISE = re.compile(r"(\d+) (s|min)(?: left)?, \d+ trainings? ahead of you")
MOVING = re.compile(r"After ([1-9][\d,]*) of|Epoch ([\d.]+) of")


def connected(address):
    """A connection to the server at an address as Streamlit's own page opens it."""
    address = address.replace("http", "ws") + "/_stcore/stream"
    return connect(address, subprotocols=["streamlit"], max_size=None, compression=None)


class Visitor:
    """One browser tab's worth of protocol: rerun, click, tick. The times are None until something has happened."""

    def __init__(self, query, messages=()):
        self.query, self.messages, self.widgets = query, messages, []
        self.clicked = self.first_progress = self.finished = None
        self.train_button, self.timers, self.seen, self.moved, self.shown = None, {}, {}, [], None
        self.promises = []  # when it was told how many seconds are left, and how many
        self.train_fragment, self.drawn = "", set()  # and the fragments that have been drawn since its last message
        self.memory, self.kept = None, 0  # what the page asks the browser's memory, and how many files that has kept
        self.done = ""  # the last order that it has carried out
        self.n_runs, self.board_view = 0, ""  # runs of the script that are over, and the id of the choice on a board

    async def visit(self, address, after, everybody_is_done):
        await asyncio.sleep(after)
        async with connected(address) as socket:
            listening = asyncio.create_task(self.listen(socket))
            await self.opened(socket)
            await self.remember(socket)
            await asyncio.sleep(1)  # a person finds the button
            self.clicked = time.monotonic()
            await self.press_train(socket)
            drawing = asyncio.create_task(self.draw_and_share(socket))
            while not everybody_is_done.is_set():
                due = min((due for _, due in self.timers.values()), default=np.inf)
                await asyncio.sleep(min(max(due - time.monotonic(), 0.02), 0.5))
                await self.remember(socket)
                for fragment, (interval, due) in list(self.timers.items()):
                    if time.monotonic() >= due:
                        self.timers[fragment] = interval, time.monotonic() + interval
                        await self.rerun(socket, fragment, ticks=True)

            listening.cancel()
            drawing.cancel()

    async def opened(self, socket):
        """Run the script until the page has its button Train."""
        await self.rerun(socket)
        while self.train_button is None:
            await asyncio.sleep(0.1)

    async def draw_and_share(self, socket):
        """Send what a browser sent when somebody drew a digit, labelled it and shared it, a moment after the other.

        Each comes three seconds after the answer to the one before: a label when the digit has been read.
        """
        for fragment, widgets in self.messages:
            await asyncio.sleep(3)
            self.widgets, self.drawn = widgets, set()
            await self.rerun(socket, fragment)
            while fragment not in self.drawn:
                await asyncio.sleep(0.1)

    async def remember(self, socket):
        """Do what memory.js does where nothing was kept before: say that a file is kept now."""
        if self.memory is None:
            return
        (component, data, fragment), self.memory = self.memory, None
        order = data["order"]
        if order and order != self.done:
            self.done, self.kept = order, self.kept + len(data["files"])
            carried = json.dumps({"carried": {"order": order}})
            await self.rerun(socket, fragment, more=[WidgetState(id=component, json_value=carried)])

    async def listen(self, socket):
        async for data in socket:
            self.take(data)

    async def press_train(self, socket):
        await self.rerun(socket, self.train_fragment, pressed=self.train_button)

    async def rerun(self, socket, fragment="", pressed=None, more=(), ticks=False):
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = ticks
        message.rerun_script.widget_states.widgets.extend([*self.widgets, *more])
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
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self.timers.clear()  # those that go on are announced again
        elif kind == "auto_rerun":
            timer = message.auto_rerun
            self.timers[timer.fragment_id] = timer.interval, time.monotonic() + timer.interval
        elif kind == "script_finished":
            self.n_runs += 1
        elif kind == "delta":
            self.drawn.add(message.delta.fragment_id)
            element = message.delta.new_element
            if element.button.id.endswith("-train"):
                self.train_button, self.train_fragment = element.button.id, message.delta.fragment_id
            if element.button_group.id.endswith("-board_view"):
                self.board_view = element.button_group.id
            if element.bidi_component.component_name == "memory":
                data = json.loads(element.bidi_component.json)
                self.memory = element.bidi_component.id, data, message.delta.fragment_id
            self.look_at(element.progress.text)

    def look_at(self, progress):
        """Note when the progress moves: it is another number of images, not only another estimate."""
        moved, now = MOVING.search(progress), time.monotonic()
        if self.clicked is None or self.finished or not moved:
            return
        promise = PROMISE.search(progress)
        if promise:
            self.promises.append((now, float(promise[1]) * (60 if promise[2] == "min" else 1)))
        if moved[0] != self.shown:
            self.moved.append(now)
            self.shown, self.first_progress = moved[0], self.first_progress or now
        if "finished" in progress:
            self.finished = now

    def forecast_came_true(self, after=0):
        """Whether the first forecast after this time was right within a factor of two; None without one."""
        for told, seconds in self.promises:
            if told >= after:
                return 0.5 <= (self.finished - told) / seconds <= 2

    def stood_still(self):
        """The longest time, in seconds, for which its progress did not move, from the first progress to the end."""
        return max((later - earlier for earlier, later in zip(self.moved, self.moved[1:])), default=0)


class Wave:
    """Visitors who join one after the other, in a thread of its own, until all have finished or patience ends."""

    def __init__(self, server, visitors, joining, patience):
        self.visitors, self.began, self.patience = visitors, time.monotonic(), patience
        self.joined = self.began + joining  # when all have come
        self._arguments = server.address, joining
        self.thread = threading.Thread(target=lambda: asyncio.run(self._visit()), daemon=True)
        self.thread.start()

    async def _visit(self):
        address, joining = self._arguments
        over, step = asyncio.Event(), joining / max(len(self.visitors), 1)
        visits = [asyncio.create_task(one.visit(address, i * step, over)) for i, one in enumerate(self.visitors)]
        while not self.over:
            await asyncio.sleep(0.2)
        await asyncio.sleep(3)
        over.set()
        for failed in await asyncio.gather(*visits, return_exceptions=True):
            if failed is not None:
                print(f"a visitor failed: {failed!r}", file=sys.stderr)

    @property
    def over(self):
        """Whether all have finished, or none is waited for any more."""
        done = all(one.finished for one in self.visitors)
        return done or time.monotonic() > self.began + self.patience


def recorded_messages(browser, server, query):
    """A browser's messages when a digit is drawn, labelled and shared: a list of pairs of fragment and widgets."""
    page, sent = browser.new_page(), []

    def watch(socket):
        there = socket.connect_to_server()
        socket.on_message(lambda content: (sent.append(BackMsg.FromString(content)), there.send(content)))
        there.on_message(socket.send)

    page.route_web_socket("**/_stcore/stream", watch)
    page.goto(f"{server.address}/{query}")
    page.locator(".st-key-paper canvas").last.wait_for()
    page.wait_for_timeout(3_000)
    box = page.locator(".st-key-paper canvas").last.bounding_box()
    label = page.locator(".st-key-question .stButtonGroup button:enabled:visible", has_text="7")
    messages = []

    def draw():
        (x, y), *others = [(box["x"] + x, box["y"] + y) for x, y in SEVEN]
        page.mouse.move(x, y)
        page.mouse.down()
        for place in others:
            page.mouse.move(*place, steps=8)
        page.mouse.up()

    for key, act in [
        ("canvas_", draw),
        ("label_", label.click),
        ("share_", page.locator(".st-key-share_drawings label").first.click),
    ]:
        sent.clear()
        act()
        page.wait_for_timeout(2_500)
        done = next(one for one in sent if any(key in widget.id for widget in one.rerun_script.widget_states.widgets))
        widgets = [
            one for one in done.rerun_script.widget_states.widgets if re.search("-(canvas_|label_|share_)", one.id)
        ]
        messages.append((done.rerun_script.fragment_id, widgets))
    page.close()
    return messages


def pure_seconds(queries):
    """Seconds of computing that trainings with these settings need, without a page: from five of them."""
    mnist, few = nn.load_mnist(), queries[:: max(len(queries) // 5, 1)][:5]
    took = []
    for query in few:
        recipe = nn.Recipe(epochs=EPOCHS, seed=query["seed"], eta=query["eta"])
        began = time.process_time()
        for _ in nn.train(recipe, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test):
            pass
        took.append(time.process_time() - began)
    return statistics.mean(took) * len(queries)


def spread(seconds):
    """The median and the 95th percentile of some seconds."""
    values = sorted(seconds)
    if not values:
        return "-"
    return f"{statistics.median(values):.2f} / {values[min(len(values) - 1, int(0.95 * len(values)))]:.2f} s"


def draw_meanwhile(page, wave):
    """Draw for as long as the wave lasts; returns the seconds of all strokes, and how many were never answered."""
    took, lost = [], 0
    while not wave.over:
        try:
            took += [milliseconds / 1000 for milliseconds in strokes(page, 1, first=len(took) + lost)[0]]
        except Error:
            lost += 1
        page.wait_for_timeout(500)
    return took, lost


def one_class(playwright, n, arguments):
    etas = [0.1, 0.05, 0.02, 0.07]
    queries = [{"epochs": EPOCHS, "seed": 42, "eta": 0.1} for _ in range(n)]
    if not arguments.same:
        queries = [query | {"seed": i, "eta": etas[i % len(etas)]} for i, query in enumerate(queries)]
    pure = pure_seconds(queries[:1] if arguments.same else queries)
    addresses = [urlencode(query | {"pace": arguments.pace}) for query in queries]
    print(f"{n} visitors: {pure:.0f} s of pure computing", flush=True)
    with Server() as server:
        server.wait()
        code = ""
        if arguments.together:
            classroom = Classroom(f"sqlite:///{server.folder}/nn-mnist/classes.sqlite")
            code, _ = classroom.open_room()
            addresses = [f"{address}&class={code}" for address in addresses]
        browser = launched(playwright)
        open_page(browser, server).close()  # the first visit loads what all need
        messages = recorded_messages(browser, server, f"?class={code}") if code else ()
        time.sleep(10)
        before = server.resident_mb()
        for wave_number in range(arguments.waves):
            page = open_page(browser, server, f"?{addresses[0]}")
            if code:
                board = browser.new_page(viewport={"width": 1920, "height": 1080})
                board.goto(f"{server.address}/?class={code}&view=board")
                board.locator(".nn-class").wait_for()
            cpu, began = server.processor_seconds(), time.monotonic()
            visitors = [Visitor(address, messages) for address in addresses[1:]]
            wave = Wave(server, visitors, JOINING.get(n, 30), arguments.patience)
            page.locator(".st-key-train button").click()
            answered, lost = draw_meanwhile(page, wave)
            during = server.resident_mb()
            wave.thread.join()
            cpu = server.processor_seconds() - cpu
            if code:
                shown = board.locator(".nn-class").inner_text()
                board.close()
            page.close()
            time.sleep(arguments.left)
            done = [one for one in wave.visitors if one.finished]
            last = max([one.finished for one in done], default=began) - began
            share = last / (pure / (os.cpu_count() or 1))
            clicked = [one for one in wave.visitors if one.clicked]
            starts = [one.first_progress - one.clicked for one in clicked if one.first_progress]
            still = max((one.stood_still() for one in wave.visitors), default=0)
            told = {  # whether the first forecasts, and the first ones after all had joined, were right
                when: [true for one in done if (true := one.forecast_came_true(after)) is not None]
                for when, after in [("first forecast", 0), ("after all joined", wave.joined)]
            }
            figures = {
                "finished": f"{len(done)} of {len(wave.visitors)}, the last after {last:.0f} s",
                "... of the pure time a processor": f"{share:.2f}",
                "first progress, median / p95": spread(starts),
                "files kept by the browsers": sum(one.kept for one in wave.visitors),
                "progress stood still at most": f"{still:.1f} s",
                **{f"{when:16} right within 2 x": f"{sum(right)} of {len(right)}" for when, right in told.items()},
                "pen up to answer, median / p95": f"{spread(answered)}, {lost} of {len(answered) + lost} lost",
            }
            if code:
                figures["on the board at the end"] = shown
                now = classroom.board(code)
                there = f"{now.n_people} people, {len(now.trainings)} trainings, {len(now.drawings)} drawings"
                figures["in the class"] = there
            spent = " / ".join(f"{seconds:.0f}" for seconds in cpu)
            figures["processor time of each"] = f"{spent} s: server, workers, browser and visitors"
            memory = f"{before:.0f} -> {during:.0f} -> {server.resident_mb():.0f} MB"
            figures["memory before -> during -> after"] = memory
            print(f"  wave {wave_number + 1}")
            for what, figure in figures.items():
                print(f"  {what:34} {figure}", flush=True)
        browser.close()
        lines = server.log().splitlines()
        errors = [i for i, line in enumerate(lines) if re.search("Error|Exception|Traceback|WARN", line)]
        print(f"  errors in the log                  {len(errors)}", flush=True)
        for i in errors[:3]:
            print(*lines[i : i + 30], sep="\n    ", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, nargs="+", default=[30, 100, 200])
    parser.add_argument("--same", action="store_true", help="all have the same settings")
    parser.add_argument("--together", action="store_true", help="all are in one class")
    parser.add_argument("--waves", type=int, default=1)
    parser.add_argument("--left", type=int, default=LEFT, help="seconds after which memory is measured at the end")
    parser.add_argument("--patience", type=int, default=PATIENCE, help="seconds after which a wave is given up")
    parser.add_argument("--pace", default="Watch", choices=["Watch", "Full speed"])
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        for n in arguments.visitors:
            one_class(playwright, n, arguments)


if __name__ == "__main__":
    main()
