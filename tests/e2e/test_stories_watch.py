"""To see it learn: from the first step to the end of the first epoch."""

import re
from itertools import pairwise

from frames import drawn, record, record_places, wait_for
from playwright.sync_api import expect
from script import SEVEN

# The held-out accuracy, its curve, the ten outputs and the weights of a unit, as the page shows them.
MOMENT = """(() => {
    const legend = document.querySelector('.nn-legend')?.innerText.match(/unseen\\s+([\\d.]+)%/);
    const curve = document.querySelector('.st-key-chart_accuracy svg path[stroke="#2f7bf0"]');
    const picture = document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]')?.shadowRoot;
    return [
        legend?.[1],
        curve?.getAttribute('d'),
        [...picture?.querySelectorAll('#outputs small') ?? []].map(output => output.innerText).join(),
        picture?.querySelector('#units canvas')?.toDataURL(),
    ];
})()"""
CURVE_WIDTH = """(() => {
    const chart = document.querySelector('.st-key-chart_accuracy svg.marks');
    const [curve, all] = ['path[stroke="#2f7bf0"]', 'path.background'].map(one => chart.querySelector(one).getBBox());
    return curve.width / all.width;
})()"""  # how far the curve of the held-out accuracy is drawn, as a share of the axis


def test_settings_by_keyboard_a_step_and_then_the_climb_of_the_first_epoch(visit):
    visitor = visit("?pace=Step&epochs=3")
    visitor.slide("epochs", -2)
    visitor.slide("eta", -1)
    visitor.slide("hidden", 10)
    expect(visitor.page).to_have_url(re.compile(r"epochs=1&.*eta=0\.07|eta=0\.07.*epochs=1"))
    expect(visitor.page).to_have_url(re.compile(r"hidden=40"))
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    visitor.settled()
    record_places(visitor, "[class*=st-key-chart_]")
    visitor.button("step_1").click()
    expect(visitor.page.locator(".nn-step img")).to_have_count(4)  # the image, and the weights of three units
    expect(visitor.progress).to_have_text("1 of 8,000 images: stopped")
    wait_for(visitor, "() => drawn.at(-1) === drawn[0]")  # no step moves the curves

    visitor.page.locator(".st-key-pace").get_by_text("Watch").click()
    visitor.button("continue").click()
    expect(visitor.button("stop")).to_be_visible()
    record(visitor, MOMENT)
    expect(visitor.progress).to_have_text("Epoch 1.0 of 1: finished")
    wait_for(visitor, f"() => {CURVE_WIDTH} > 0.99")
    accuracies, curves, outputs, weights = (list(dict.fromkeys(filter(None, seen))) for seen in zip(*drawn(visitor)))
    assert all(later.startswith(curve) for curve, later in pairwise(curves))  # moment by moment, none in another order
    climb = [accuracy for accuracy in accuracies if 12 < float(accuracy) < 88]
    assert min(map(len, (climb, curves, outputs, weights))) > 3  # of twelve, if the machine isn't busy
    expect(visitor.page.locator(".nn-reading")).not_to_contain_text("guessing")
