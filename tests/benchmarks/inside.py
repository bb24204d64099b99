"""The cost of Look inside: milliseconds of the server's processor time to open each step:

    python tests/benchmarks/inside.py [--step 8] [--rounds 10]

The page runs as a script in Streamlit's AppTest, without a browser, with a drawing: for the pre-trained network, and
for a visitor's own networks of 30 and of 300 hidden units. Every opening runs the whole page, and so does every closing
in between; "step" is the difference of the two medians. The first opening imports and caches for the whole process, so
it is slowest for the network that is measured first.
"""

import argparse
import logging
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]
from script import PAGE, SEVEN, draw, is_training, wait_until
from streamlit.testing.v1 import AppTest

from nn.ui.inside.steps import TITLES

NETWORKS = {"the pre-trained network": None, "own network, 30 hidden units": 30, "own network, 300 hidden units": 300}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", default="", help="only the steps whose titles begin with this")
    parser.add_argument("--rounds", type=int, default=10, help="openings after the first")
    arguments = parser.parse_args()
    titles = [title for title in TITLES.values() if title.startswith(arguments.step)]
    logging.disable()  # Streamlit warns that there is no browser
    print(f"{platform.machine()}, Python {platform.python_version()}. Milliseconds of processor time.")
    for name, n_hidden in NETWORKS.items():
        page = visitor(n_hidden)
        print(f"\n| {name} | first | again | closed | step |\n|---|---:|---:|---:|---:|")
        for title in titles:
            rounds = range(1 + arguments.rounds)
            closed, opened = zip(*((milliseconds(page, None), milliseconds(page, title)) for _ in rounds))
            again, without = statistics.median(opened[1:]), statistics.median(closed[1:])
            print(f"| {title} | {opened[0]:.0f} | {again:.0f} | {without:.0f} | {again - without:.0f} |", flush=True)


def visitor(n_hidden):
    """The page of a visitor who has drawn a digit, and has trained a network unless n_hidden is None."""
    page = AppTest.from_file(PAGE, default_timeout=600).run()
    if n_hidden is not None:
        page.slider(key="hidden").set_value(n_hidden)
        page.slider(key="epochs").set_value(5)
        page.select_slider(key="batch").set_value(32).run()
        page.button(key="train").click().run()
        wait_until(page, lambda: not is_training(page))
    draw(page, SEVEN)
    return page


def milliseconds(page, title):
    """How long one run of the page takes after a step, or None, was chosen."""
    pills = next(pills for pills in page.get("button_group") if pills.key == "inside")
    began = time.process_time()
    pills.set_value(title).run()
    took = time.process_time() - began
    assert not page.exception, page.exception
    return 1000 * took


if __name__ == "__main__":
    main()
