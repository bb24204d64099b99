"""The network as the picture: it lights up, tells about itself, and leads to the step that explains it."""

import re

from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)
SIGNALS = """() => {
    const figure = document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]')
        .shadowRoot.querySelector('figure');
    window.animations = [];
    figure.addEventListener('animationstart', event => window.animations.push(event.animationName));
}"""


def picture(visitor):
    return visitor.page.locator(".st-key-network_picture")


def drawn(visitor):
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    return picture(visitor)


def test_lines_lead_to_the_answer_and_to_any_other_output(visit):
    network = drawn(visit("?hidden=30"))
    expect(network.locator("path.input")).to_have_count(30)
    assert network.locator("path.up").count() > network.locator("path.down").count()  # it is sure
    expect(network.locator("#info")).to_contain_text("adds to z of output 7 (blue) or takes away (orange)")
    expect(network.locator("#info")).to_contain_text("2,370 more units, not shown, add")
    network.locator("#outputs button").nth(4).hover()
    expect(network.locator("#info")).to_contain_text("z of output 4")


def test_a_hidden_unit_tells_its_numbers_and_leads_to_its_weighted_sum(visit):
    visitor = visit()
    network = drawn(visitor)
    unit = network.locator("#units button").nth(3)
    unit.click()
    words = network.locator("#info").inner_text()
    number, z = re.search(r"Hidden unit (\d+): z = ([+−][\d.]+), a = [\d.]+\. It adds", words).groups()
    network.locator("#outputs button").nth(4).hover()  # what was clicked stays
    expect(network.locator("#info")).to_contain_text(f"Hidden unit {number}")
    network.locator("#see").click()
    expect(visitor.page.locator(".st-key-sum_unit input")).to_have_value(number)
    expect(visitor.page.locator(".st-key-sum_layer")).to_be_in_viewport()
    expect(visitor.page.locator(".st-key-section")).to_contain_text(z)
    network.scroll_into_view_if_needed()
    network.locator("#see").click()  # again
    expect(visitor.page.locator(".st-key-sum_layer")).to_be_in_viewport()


def test_the_keyboard_walks_through_units_and_outputs(visit):
    visitor = visit()
    network = drawn(visitor)
    network.locator("#units button").first.focus()
    first = network.locator("#info").inner_text()
    visitor.page.keyboard.press("ArrowDown")
    expect(network.locator("#info")).not_to_have_text(first)
    visitor.page.keyboard.press("Tab")
    expect(network.locator("#info")).to_contain_text("z of output 0")


def test_after_a_stroke_the_signal_runs_unless_one_wants_no_motion(visit):
    for motion, runs in (("no-preference", True), ("reduce", False)):
        visitor = visit(reduced_motion=motion)
        visitor.page.evaluate(SIGNALS)
        drawn(visitor)
        visitor.page.wait_for_timeout(1000)  # it takes less than a second
        seen = set(visitor.page.evaluate("window.animations"))
        assert seen == ({"run", "light", "fill"} if runs else set())


def test_it_works_without_a_hidden_layer_and_with_few_units(visit):
    for n_hidden, shown in ((0, 10), (8, 8), (1, 1)):
        visitor = visit(f"?hidden={n_hidden}&epochs=1&images_bundled=500")
        network = drawn(visitor)  # the pre-trained one, with 30 pictures
        network.locator("#units button").first.focus()
        for _ in range(20):
            visitor.page.keyboard.press("ArrowDown")
        visitor.button("train").click()
        expect(visitor.progress).to_contain_text("finished")
        expect(network.locator("#units button")).to_have_count(shown)
        assert network.locator("#units button[tabindex='0']").count() == 1  # the Tab key finds them
        expect(network.locator("path.up, path.down").first).to_be_attached()
    expect(picture(visitor).locator("#info")).to_contain_text("adds to z of output")
