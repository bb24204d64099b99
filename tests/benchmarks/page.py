"""How fast is the page? Measured in headless Chromium against a server of its own.

    python tests/benchmarks/page.py [--strokes 15] [--rounds 3] [--inside "4 Forward"]

Prints milliseconds from `streamlit run` to a canvas that can be drawn on, and from pen up to the changed answer (idle,
and while the same session trains); images per second of training in the page, and of the same training without a page;
and the server's resident memory. With --inside, a step is open while strokes are drawn.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]

WATCH = """() => {
    const again = window.strokes !== undefined;
    window.strokes = 0; window.answered = [];
    if (again) return;
    let before = null;
    const image = () => { // what the network sees, drawn together with the answer
        const picture = document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]');
        return picture?.shadowRoot?.querySelector('#image')?.toDataURL();
    };
    const look = () => {
        if (window.answered.length < window.strokes && image() !== before)
            window.answered.push(performance.now() - window.penUp);
        // not all the time: the browser would take half a processor
        if (window.answered.length < window.strokes) requestAnimationFrame(look);
    };
    document.addEventListener('pointerup', (event) => {
        if (!event.target.closest('.st-key-paper')) return;
        before = image();
        window.penUp = performance.now(); window.strokes++;
        requestAnimationFrame(look);
    }, true);
}"""

WITHOUT_PAGE = """
import time, nn
mnist = nn.load_mnist("bundled")
data = mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test
next(states := nn.train(nn.Recipe(epochs={epochs}), *data, slice_seconds=0.05))
began = time.perf_counter()
for state in states:
    pass
print(state.images_seen / (time.perf_counter() - began))
"""


class Server:
    """The page on a free port, as the README starts it."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
        self._log, self._folder = tempfile.TemporaryFile("w+"), tempfile.TemporaryDirectory()
        self.folder = self._folder.name  # where the classes' database is
        environment = os.environ | {"XDG_DATA_HOME": self.folder}
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self._log, stderr=self._log, env=environment)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self._log.close()
        self._folder.cleanup()

    def wait(self):
        while True:
            try:
                return urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1).close()
            except OSError:
                time.sleep(0.02)

    def log(self):
        """The output of the server so far."""
        self._log.seek(0)
        return self._log.read()

    def resident_mb(self):
        """The resident memory of the server and its workers; what they share counts for each."""
        kilobytes = 0
        for pid in with_all_below(self.process.pid):
            with suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                kilobytes += int((re.search(r"VmRSS:\s+(\d+)", status) or [0, 0])[1])
        return kilobytes / 1024

    def processor_seconds(self):
        """The processor time of the server, of its workers, and of the browser and all else that is measured with.

        Processes that have ended don't count.
        """
        server, *workers = with_all_below(self.process.pid)
        others = set(with_all_below(os.getpid())) - {server, *workers}
        return np.array([sum(map(processor_seconds_of, pids)) for pids in ([server], workers, others)])


def with_all_below(pid):
    """The numbers of a process and of all below it: its children, their children, ..."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):  # it may have ended meanwhile
                found += map(int, children.read_text().split())
    return found


def processor_seconds_of(pid):
    """The processor time of a process; 0 if it has ended."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0


def launched(playwright):
    """A headless Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=chromium, args=FLAGS)


def first_canvas(browser):
    """Seconds from the start of the server to a canvas in the browser."""
    began = time.perf_counter()
    with Server() as server:
        server.wait()
        page = browser.new_page()
        page.goto(server.address, wait_until="commit")
        page.locator(".st-key-paper canvas").last.wait_for()
        page.locator(".st-key-network_picture #reading b").first.wait_for()
        took = time.perf_counter() - began
        page.close()
    return took


def strokes(page, n, first=0):
    """Milliseconds from pen up to the answer, for n strokes.

    first is the number of the first one: each is somewhere else, on a canvas that is cleared before it is full.
    """
    box = page.locator(".st-key-paper canvas").last.bounding_box()
    page.evaluate(WATCH)
    for i in range(first, first + n):
        if i and i % 20 == 0:
            page.locator(".st-key-clear button").click()
            page.locator(".nn-invitation").wait_for()
            page.wait_for_timeout(500)
        x, y = box["x"] + 30 + (i * 37) % 200, box["y"] + 30 + (i * 61) % 200
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 40, y + 40, steps=5)
        page.mouse.up()
        page.wait_for_function("window.answered.length === window.strokes", timeout=20_000)
        page.wait_for_timeout(300 + 70 * (i % 5))  # at a different moment between two ticks each time
    return page.evaluate("window.answered")


def open_page(browser, server, query=""):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{server.address}/{query}")
    page.locator(".st-key-train button").wait_for()
    page.locator(".st-key-paper canvas").last.wait_for()
    page.wait_for_timeout(1500)
    return page


def speed_in_page(browser, server, epochs):
    """Images per second of a whole training in the page, as the page shows it at the end."""
    page = open_page(browser, server, f"?epochs={epochs}&pace=Full+speed")
    page.locator(".st-key-train button").click()
    progress = page.locator("[data-testid=stProgress]")
    speed = None
    while "finished" not in (text := progress.inner_text()):
        if found := re.search(r"([\d,]+) images/s", text):
            speed = int(found.group(1).replace(",", ""))
        time.sleep(0.05)
    memory = server.resident_mb()
    page.close()
    return speed, memory


def speed_without_page(epochs):
    command = [sys.executable, "-c", WITHOUT_PAGE.format(epochs=epochs)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return float(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout)


def spread(values, unit):
    return f"{statistics.median(values):8.0f} {unit}   ({min(values):.0f} to {max(values):.0f}, {len(values)} times)"


def print_strokes(when, took):
    print(f"pen up to answer, {when:16} {spread(took, 'ms')}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20, help="of the trainings that are compared")
    parser.add_argument("--inside", help="the title of a step that is open while strokes are drawn")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = launched(playwright)
        starts = [1000 * first_canvas(browser) for _ in range(arguments.rounds)]
        print(f"streamlit run to first canvas      {spread(starts, 'ms')}", flush=True)
        with Server() as server:
            server.wait()
            step = "&" + urlencode({"inside": arguments.inside}) if arguments.inside else ""
            # a training that is long enough for all strokes
            page = open_page(browser, server, "?epochs=100&hidden=300&pace=Full+speed" + step)
            print_strokes("idle", strokes(page, arguments.strokes))
            page.locator(".st-key-train button").click()
            page.get_by_role("button", name="Stop", exact=True).wait_for()
            print_strokes("while it trains", strokes(page, arguments.strokes))
            stop = page.get_by_role("button", name="Stop", exact=True)
            assert stop.is_visible(), "the training ended before the last stroke"
            page.close()
            time.sleep(1)
            inside, outside, memory = [], [], []
            for _ in range(arguments.rounds):
                speed, resident = speed_in_page(browser, server, arguments.epochs)
                inside.append(speed)
                memory.append(resident)
                outside.append(speed_without_page(arguments.epochs))
            ratios = [100 * a / b for a, b in zip(inside, outside)]
            print(f"training in the page               {spread(inside, 'images/s')}")
            print(f"training without a page            {spread(outside, 'images/s')}")
            print(f"the page trains at                 {spread(ratios, '% of that')}")
            print(f"resident memory of the server      {spread(memory, 'MB')}")
        browser.close()


if __name__ == "__main__":
    main()
