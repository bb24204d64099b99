"""The network as the picture: it lights up, tells about itself, and leads to the step that explains it."""

import re

from frames import wait_for
from playwright.sync_api import expect
from script import SEVEN

FIGURE = """document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]')
    .shadowRoot.querySelector('figure')"""
SIGNALS = f"""() => {{
    window.animations = [];
    {FIGURE}.addEventListener('animationstart', event => window.animations.push(event.animationName));
}}"""


def drawn(visitor):
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    return visitor.page.locator(".st-key-network_picture")


def test_the_signal_runs_and_every_unit_tells_its_numbers_and_leads_to_its_weighted_sum(visit):
    visitor = visit("?hidden=30")
    visitor.page.evaluate(SIGNALS)
    network = drawn(visitor)
    wait_for(visitor, "() => animations.includes('fill')")
    assert set(visitor.page.evaluate("animations")) == {"run", "light", "fill"}
    info = network.locator("#info")
    expect(info).to_contain_text("Tap a digit or a small picture to see why.")
    visitor.tap_output(7)
    expect(network.locator("path.input")).to_have_count(30)
    assert network.locator("path.up").count() > network.locator("path.down").count()  # it is sure
    expect(info).to_contain_text("raises z of output 7 (blue) or lowers it (orange)")
    expect(info).to_contain_text("The other 2,370 units contribute")
    network.locator("#outputs button").nth(4).hover()
    expect(info).to_contain_text("z of output 4")

    network.locator("#units button").first.focus()
    first = info.inner_text()
    visitor.page.keyboard.press("ArrowDown")
    expect(info).not_to_have_text(first)
    visitor.page.keyboard.press("Tab")
    expect(info).to_contain_text("z of output 0")

    network.locator("#units button").nth(3).click()
    number, z = re.search(r"Hidden unit (\d+): z = ([+−][\d.]+), a = [\d.]+\. It adds", info.inner_text()).groups()
    network.locator("#outputs button").nth(4).hover()  # what was clicked stays
    expect(info).to_contain_text(f"Hidden unit {number}")
    for _ in range(2):  # again, when it is open already
        network.scroll_into_view_if_needed()
        network.locator("#see").click()
        expect(visitor.page.locator(".st-key-sum_unit input")).to_have_value(number)
        expect(visitor.page.locator(".st-key-sum_layer")).to_be_in_viewport()
    expect(visitor.page.locator(".st-key-section")).to_contain_text(z)


def test_it_works_without_a_hidden_layer_with_few_units_and_without_motion(visit):
    visitor = visit("?hidden=8&epochs=1&images_bundled=500", reduced_motion="reduce")
    visitor.page.evaluate(SIGNALS)
    network = drawn(visitor)  # the pre-trained one, with 30 pictures
    wait_for(visitor, f"() => {FIGURE}.classList.contains('run')")
    units = network.locator("#units button")
    for fewer, shown in ((0, 8), (7, 1), (1, 10)):  # at last the ten outputs, without a hidden layer
        visitor.slide("hidden", -fewer)
        network.locator("#units button[tabindex='0']").focus()
        for _ in range(20):
            visitor.page.keyboard.press("ArrowDown")
        visitor.train()
        expect(units).to_have_count(shown)
        expect(visitor.progress).to_contain_text("finished")
        assert network.locator("#units button[tabindex='0']").count() == 1  # the Tab key finds them
        expect(network.locator("path.up, path.down").first).to_be_attached()
    network.locator("#outputs button").nth(4).hover()
    visitor.tap_output(7)
    expect(network.locator("#info")).to_contain_text("each output compares the image with its own weights")
    assert visitor.page.evaluate("animations") == []
