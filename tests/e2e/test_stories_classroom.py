"""Many at once: a training that is shared, workers that die, and a tab that nobody looks at."""

import os
import re
import signal
from pathlib import Path

import pytest
from frames import drawn, record
from playwright.sync_api import expect
from ticks import wait_for_rest, wait_for_ticks, watch
from waiting import wait_until

SHOW = """hidden => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def epoch(visitor):
    """How far the training is, in epochs, as the page says it."""
    found = re.search(r"Epoch ([\d.]+) of", visitor.progress.inner_text())
    return float(found[1]) if found else 0.0


def wait_for_an_epoch(visitor):
    """Wait until the visitor's page shows that the training has gone on for an epoch."""
    before = epoch(visitor)
    wait_until(lambda: epoch(visitor) > before + 1)


def workers(server):
    """The numbers of the server's worker processes."""
    _, process = server
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has /proc")
def test_two_share_a_training_that_survives_its_workers_and_each_stops_alone(visit, server):
    first = visit("?epochs=100&hidden=200&seed=11")
    first.train()
    second = visit("?epochs=100&hidden=200&seed=11")
    watch(second)
    expect(first.progress).to_contain_text(re.compile(r"Epoch ([2-9]|\d\d)"))
    before = epoch(first)
    second.train()
    expect(second.button("stop")).to_be_visible()
    expect(second.progress).to_contain_text("Epoch")
    assert epoch(second) >= before  # at once, where the other one is

    # The death of a worker is a pause, and no error.
    for pid in workers(server):
        os.kill(pid, signal.SIGKILL)
    for visitor in (first, second):
        wait_for_an_epoch(visitor)
        assert visitor.page.locator("[data-testid=stAlert]").count() == 0

    # A hidden tab asks for nothing, and shows everything when it is looked at again.
    wait_for_ticks(second)
    second.page.evaluate(SHOW, True)
    wait_for_rest(second)
    before = epoch(second)
    record(second, "document.querySelector('[data-testid=stProgress]').innerText")
    for _ in range(5):
        shown = first.progress.inner_text()
        expect(first.progress).not_to_have_text(shown)
    assert len(drawn(second)) <= 3  # once or twice more if the browser has just stored the training, and says so
    second.page.evaluate(SHOW, False)
    wait_until(lambda: epoch(second) > before)
    wait_for_an_epoch(second)

    # Each stops alone, and can go on.
    first.stop()
    expect(first.progress).to_contain_text("stopped")
    stopped = first.progress.inner_text()
    wait_for_an_epoch(second)
    assert first.progress.inner_text() == stopped
    first.button("continue").click()
    expect(first.button("stop")).to_be_visible()
    second.stop()
    expect(second.progress).to_contain_text("stopped")
    wait_for_an_epoch(first)
    first.stop()
    expect(first.progress).to_contain_text("stopped")
