"""What does it cost to look inside? Milliseconds of server time to open each section:

    python tests/benchmarks/inside.py [--section 8] [--rounds 10]

The page runs as a script in Streamlit's AppTest, without a browser, with a drawing: for the bundled network, and for own ones of
30 and of 300 hidden units. Every opening runs the whole page, so that without any section stands above, and "section" is what
one has more, in the median. The first opening imports and caches: what the whole process shares is paid for by the first network.
"""
import argparse
import logging
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]
from script import PAGE, SEVEN, draw, is_training, wait_until  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from nn.ui.inside import SECTIONS  # noqa: E402

NETWORKS = {"the bundled network": None, "an own network, 30 hidden units": 30, "an own network, 300 hidden units": 300}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--section", default="", help="only the sections whose titles begin so")
    parser.add_argument("--rounds", type=int, default=10, help="openings after the first")
    arguments = parser.parse_args()
    titles = [title for title in SECTIONS if title.startswith(arguments.section)]
    logging.disable()  # Streamlit warns that nobody looks
    print(f"{platform.machine()}, Python {platform.python_version()}. Milliseconds.")
    for name, n_hidden in NETWORKS.items():
        page = visitor(n_hidden)
        closed = statistics.median(seconds_to_choose(page, None) for _ in range(arguments.rounds))
        print(f"\n{name}; without any section {1000 * closed:.0f}\n\n| section | first | again | section |\n|---|---:|---:|---:|")
        for title in titles:
            first, *others = openings(page, title, 1 + arguments.rounds)
            again = statistics.median(others)
            print(f"| {title} | {1000 * first:.0f} | {1000 * again:.0f} | {1000 * (again - closed):.0f} |", flush=True)


def visitor(n_hidden):
    """The page of somebody who has drawn a digit, and trained a network of so many hidden units unless None."""
    page = AppTest.from_file(PAGE, default_timeout=600).run()
    if n_hidden is not None:
        page.slider(key="hidden").set_value(n_hidden)
        page.slider(key="epochs").set_value(5)
        page.select_slider(key="batch").set_value("32").run()
        page.button(key="train").click().run()
        wait_until(page, lambda: not is_training(page), seconds=600)
    draw(page, SEVEN)
    return page


def openings(page, title, n):
    """The seconds that each of n openings of a section takes; it is closed in between."""
    for _ in range(n):
        seconds_to_choose(page, None)
        yield seconds_to_choose(page, title)


def seconds_to_choose(page, title):
    """The seconds of one run of the page after a section, or none, was chosen."""
    pills = next(pills for pills in page.get("button_group") if pills.key == "inside")
    began = time.perf_counter()
    pills.set_value(title).run()
    took = time.perf_counter() - began
    assert not page.exception, page.exception
    return took


if __name__ == "__main__":
    main()
