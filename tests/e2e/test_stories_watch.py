"""To see it learn: from the first step to the end of the first epoch."""

import re
from itertools import pairwise

from frames import drawn, record, record_places, wait_for
from playwright.sync_api import expect
from script import SEVEN

# The accuracy on unseen images, its curve, the ten outputs, the weights of a unit, and the digit read: large and among
# the outputs.
MOMENT = """(() => {
    const legend = document.querySelector('.nn-legend')?.innerText.match(/unseen\\s+([\\d.]+)%/);
    const curve = document.querySelector('.st-key-chart_accuracy svg path[stroke="#2f7bf0"]');
    const picture = document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]')?.shadowRoot;
    return [
        legend?.[1],
        curve?.getAttribute('d'),
        [...picture?.querySelectorAll('#outputs small') ?? []].map(output => output.innerText).join(),
        picture?.querySelector('#units canvas')?.toDataURL(),
        picture && ['#reading b', '#outputs .read b'].map(digit => picture.querySelector(digit)?.innerText).join(),
    ];
})()"""
# The points of that curve, [x, y] as shares of the axes: its y is the accuracy.
CURVE = """(() => {
    const chart = document.querySelector('.st-key-chart_accuracy svg.marks');
    const { width, height } = chart.querySelector('path.background').getBBox();
    const points = chart.querySelector('path[stroke="#2f7bf0"]').getAttribute('d').match(/[\\d.]+,[\\d.]+/g);
    return points.map(point => point.split(',')).map(([x, y]) => [x / width, 1 - y / height]);
})()"""


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
    wait_for(visitor, f"() => {CURVE}.at(-1)[0] > 0.99")
    assert sum(0.12 < accuracy < 0.88 for _, accuracy in visitor.page.evaluate(CURVE)) >= 10
    seen = drawn(visitor)
    accuracies, curves, outputs, weights, digits = (list(dict.fromkeys(filter(None, column))) for column in zip(*seen))
    assert {large == bold for large, _, bold in (pair.partition(",") for pair in digits)} == {True}
    assert all(later.startswith(curve) for curve, later in pairwise(curves))  # moment by moment, none in another order
    climb = [accuracy for accuracy in accuracies if 12 < float(accuracy) < 88]
    assert min(map(len, (climb, curves, outputs, weights))) > 3  # of twelve, if the machine isn't busy
    expect(visitor.page.locator("#reading")).not_to_contain_text("guessing")
