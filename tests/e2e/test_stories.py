"""The page as a person uses it, in a real browser."""

import re

from frames import drawn, record_places, wait_for
from playwright.sync_api import expect
from script import SEVEN

LONG = "?epochs=100&hidden=300"  # a training that no story waits for
NONSENSE = "?epochs=1e99&eta=nan&hidden=-3&batch=<script>&seed=x&data=evil&scale=&images_bundled=7"
BAR, ONE = ((90, 140), (180, 140)), ((140, 40), (141, 240))
IMAGE = """document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]')
    .shadowRoot.querySelector('#image').toDataURL()"""  # as the network sees the drawing


def wait_for_ticks(visitor, n=1):
    """Wait until the page has said n times that the training is farther."""
    for _ in range(n):
        expect(visitor.progress).not_to_have_text(visitor.progress.inner_text())


def ink(visitor):
    """The number of white pixels on the canvas."""
    count = """layers => Math.max(...layers.map(canvas => canvas.getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height).data
        .filter((value, i) => i % 4 === 0 && value > 127).length))"""
    return visitor.page.locator(".st-key-paper canvas").evaluate_all(count)


def test_the_first_strokes_are_read_taken_back_and_cleared(visit):
    visitor = visit(NONSENSE)  # in the address bar it is no matter
    invitation = visitor.page.locator(".nn-invitation")
    expect(invitation).to_have_text(re.compile("draw a digit\\s*here"))
    expect(visitor.canvas).to_have_attribute("aria-label", re.compile("canvas to draw a digit"))
    visitor.canvas.hover()
    toolbar = visitor.page.locator(".st-key-paper .dc-toolbar")
    visitor.at_rest(toolbar)  # it would slide in, and must stay out of reach
    box, canvas = toolbar.locator(".dc-toolbar-card").bounding_box(), visitor.canvas.bounding_box()
    place = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    on_it = "([x, y]) => document.elementFromPoint(x, y)?.closest('.st-key-paper') !== null"
    assert place[1] < canvas["y"] and not visitor.page.evaluate(on_it, place)
    assert toolbar.evaluate("toolbar => toolbar.inert")

    expect(visitor.answer).to_have_text("?")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    expect(invitation).to_have_count(0)
    expect(visitor.outputs).to_have_count(10)
    seen = visitor.page.locator(".st-key-network_picture #image")
    expect(seen).to_have_attribute("aria-label", re.compile("the network reads 7: its output is .* unit "))
    expect(visitor.page.locator(".st-key-hand")).to_contain_text("Now train your own")

    seven = visitor.page.evaluate(IMAGE)
    visitor.draw(*BAR)
    wait_for(visitor, f"seven => {IMAGE} !== seven", seven)
    visitor.button("undo").click()
    wait_for(visitor, f"seven => {IMAGE} === seven", seven)
    expect(visitor.answer).to_have_text("7")
    visitor.button("undo").click()
    expect(visitor.answer).to_have_text("?")
    visitor.button("undo").click()  # one too many does nothing
    visitor.draw(*ONE)
    expect(visitor.answer).to_have_text("1")
    record_places(visitor, ".st-key-examples", ".st-key-paper canvas")
    visitor.button("clear").click()
    visitor.stroke(*SEVEN)  # at once: the canvas stays where it is
    expect(visitor.answer).to_have_text("7")
    assert len(drawn(visitor)) == 1
    visitor.button("clear").click()
    expect(visitor.answer).to_have_text("?")
    visitor.page.get_by_role("button", name="Example of a 3").click()
    expect(visitor.answer).to_have_text("3")
    visitor.draw(*ONE)
    expect(visitor.answer).to_have_text("1")
    visitor.button("undo").click()
    expect(visitor.answer).to_have_text("?")
    visitor.draw((140, 140))  # a click: a dot or nothing, but no error
    for y in range(40, 280, 60):
        visitor.draw((5, y), (275, y))
    expect(visitor.answer).not_to_have_text("?")


def test_trainings_on_the_first_screen(visit):
    """All is seen at once, nothing moves, the drawing stays, and the curves can be compared."""
    visitor = visit("?epochs=20&images_bundled=500")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    network = visitor.page.locator(".st-key-network_picture")
    visitor.tap_output(7)
    expect(network.locator("#info")).to_contain_text("units contribute")
    strokes, pretrained = ink(visitor), visitor.outputs.all_inner_texts()
    assert strokes > 1000
    record_places(visitor, "[class*=st-key-chart_]", ".st-key-steps", ".st-key-draw", ".st-key-question")
    visitor.train()
    expect(visitor.progress).to_have_text("Epoch 20.0 of 20: finished")
    expect(network.locator("#info")).not_to_contain_text("units contribute")  # one's own has only 30
    charts = visitor.page.locator("[data-testid=stVegaLiteChart]")
    expect(charts).to_have_count(2)
    bottom = visitor.page.locator(".st-key-steps").bounding_box()["y"]
    for part in (
        visitor.canvas,
        visitor.button("clear"),
        network.locator("figure"),
        visitor.answer,
        charts.first,
        charts.last,
    ):
        box = part.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1280
        assert box["y"] >= 0 and box["y"] + box["height"] <= bottom
    visitor.page.locator("[class*=st-key-own_answers] label:visible", has_text="Pre-trained network").click()
    expect(visitor.outputs).to_have_text(pretrained)

    chart = visitor.page.locator(".st-key-chart_accuracy svg.marks")
    chart.hover()
    tip = visitor.page.locator("#vg-tooltip-element")
    expect(tip).to_contain_text("unseen images")
    expect(tip).to_contain_text("images seen")
    wait_for(visitor, "() => drawn.at(-1) === drawn[0]")  # all is where it was, also after a chart was made anew
    visitor.slide("eta", 14)
    visitor.slide("hidden", -30)
    visitor.unfold("more")
    visitor.page.locator(".st-key-scale label").first.click()  # without hidden units, raw pixels always diverge
    visitor.settled()
    record_places(visitor, ".st-key-steps", ".st-key-draw", ".st-key-question")
    visitor.train()
    expect(visitor.page.locator(".nn-legend").first).to_contain_text(re.compile(r"your last run \(.*η = 0.1"))
    curves = chart.locator('path[stroke="#2f7bf0"]')
    expect(curves).to_have_count(2)
    assert sorted(curves.evaluate_all("paths => paths.map(path => path.getAttribute('opacity') ?? '1')"))[0] == "0.35"
    expect(visitor.progress).to_contain_text("diverged")
    expect(visitor.page.locator(".st-key-hand")).to_contain_text("With η = 10 the cost rises instead of falling")
    assert ink(visitor) == strokes
    wait_for(visitor, "() => drawn.at(-1) === drawn[0]")


def test_during_a_long_training_one_draws_changes_settings_and_stops_it_by_keyboard(visit):
    visitor = visit(f"{LONG}&eta=0.003")  # slow, so that it is not sure too soon
    record_places(visitor, "[class*=st-key-chart_]", ".st-key-draw", ".st-key-question")
    visitor.button("train").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.button("stop")).to_be_focused()
    wait_for_ticks(visitor, 3)
    assert len(drawn(visitor)) == 1, "something jumped"
    visitor.draw(*SEVEN)
    expect(visitor.answer).not_to_have_text("?")
    visitor.settled()
    expect(visitor.outputs).not_to_have_text(visitor.outputs.all_inner_texts())  # only the network changes
    visitor.draw(*BAR)
    visitor.slide("epochs", -1)
    expect(visitor.page.get_by_text("New settings apply")).to_be_visible()
    wait_for_ticks(visitor)
    visitor.button("stop").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.progress).to_contain_text("stopped")
    expect(visitor.button("train")).to_be_focused()
    wait_for(visitor, "() => drawn.at(-1) === drawn[0]")
    visitor.button("continue").click()
    expect(visitor.button("stop")).to_be_visible()
    wait_for_ticks(visitor)


def test_two_visitors_train_at_the_same_time_and_a_closed_tab_ends_its_training(visit):
    first, second = (visit(f"?epochs=100&images_bundled=4,000&hidden={n_hidden}") for n_hidden in (300, 299))
    for visitor in (first, second):
        visitor.train()
    second.draw(*SEVEN)
    expect(second.answer).not_to_have_text("?")
    for visitor in (first, second):
        wait_for_ticks(visitor)
    expect(first.answer).to_have_text("?")  # the visitors do not share drawings
    second.stop()
    expect(second.button("train")).to_be_visible()
    expect(first.progress).to_contain_text(re.compile(r"Epoch [1-9]\d\."))
    first.page.close()
    second.slide("hidden", 1)
    second.train()  # the same as the first one: if that were under way still, this would go on there
    expect(second.progress).to_contain_text(re.compile(r"After [\d,]+ of 4,000 images|Epoch \d\."))
