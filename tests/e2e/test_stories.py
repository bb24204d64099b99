"""The page as a person uses it, in a real browser."""

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)
LONG = "?epochs=100&hidden=300"  # a training that no story waits for


def train_for_long(visitor):
    visitor.button("train").click()
    expect(visitor.button("stop")).to_be_visible()
    expect(visitor.progress).to_contain_text("images/s")


def held_out(visitor):
    """The accuracy on held-out images that the page shows, in percent."""
    text = visitor.page.locator(".nn-legend").first.inner_text()
    return float(re.search(r"held-out\s+([\d.]+)%", text).group(1))


def epoch(visitor):
    text = visitor.progress.inner_text()
    if "Epoch" not in text:
        seen, n = re.search(r"([\d,]+) of ([\d,]+) images", text).groups()
        return int(seen.replace(",", "")) / int(n.replace(",", ""))
    return float(re.search(r"Epoch ([\d.]+) of", text).group(1))


def wait_for_progress(visitor, at):
    """Wait until the training is farther than it was at this epoch."""
    for _ in range(200):
        if epoch(visitor) > at:
            return
        time.sleep(0.1)
    pytest.fail(f"The page still says {visitor.progress.inner_text()}.")


def curve_width(visitor):
    """How far the browser has drawn the curve of the held-out accuracy, as a share of the epochs."""
    return visitor.page.evaluate("""() => {
        const chart = document.querySelector('[data-testid=stVegaLiteChart] svg');
        const curve = chart?.querySelector('path[stroke="#2f7bf0"]');
        return curve ? curve.getBBox().width / chart.querySelector('path.background').getBBox().width : 0;
    }""")


def bars(visitor):
    """The ten outputs, as the lengths of their bars."""
    how = "buttons => buttons.map(button => button.style.getPropertyValue('--a'))"
    return visitor.page.locator(".st-key-network_picture #outputs button").evaluate_all(how)


def test_the_first_stroke_is_answered_by_the_pre_trained_network(visit):
    visitor = visit()
    expect(visitor.answer).to_have_text("?")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    expect(visitor.outputs).to_have_count(10)
    seen = visitor.page.locator(".st-key-network_picture #image")
    expect(seen).to_have_attribute("aria-label", re.compile("the network reads 7: its output is .* unit "))


def test_canvas_network_answer_and_curves_are_seen_at_once_without_scrolling(visit):
    visitor = visit("?epochs=1")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    charts = visitor.page.locator("[data-testid=stVegaLiteChart]")
    expect(charts).to_have_count(2)
    bottom = visitor.page.locator(".st-key-steps").bounding_box()["y"]
    for part in (
        visitor.canvas,
        visitor.button("clear"),
        visitor.page.locator(".st-key-network_picture figure"),
        visitor.answer,
        charts.first,
        charts.last,
    ):
        box = part.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1280
        assert box["y"] >= 0 and box["y"] + box["height"] <= bottom


def test_train_with_sliders_set_by_keyboard_and_watch_the_curve_grow(visit):
    visitor = visit()
    visitor.slide("epochs", -4)
    visitor.slide("eta", -1)
    visitor.slide("hidden", 10)
    expect(visitor.page).to_have_url(re.compile(r"epochs=26"))
    expect(visitor.page).to_have_url(re.compile(r"hidden=40"))
    visitor.settled()
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("of 26")
    widths = []
    while visitor.button("stop").is_visible():
        widths.append(curve_width(visitor))
        time.sleep(0.2)
    expect(visitor.progress).to_have_text("Epoch 26.0 of 26: finished")
    assert len(set(widths)) > 2 and widths == sorted(widths)  # it grew, and never shrank
    assert held_out(visitor) > 80
    assert curve_width(visitor) > 0.99


def test_the_page_does_not_jump_while_it_trains(visit):
    visitor = visit(LONG)

    def places():
        return visitor.page.evaluate("""() => ['draw', 'chart_accuracy', 'chart_cost', 'label'].map(key => {
            const box = document.querySelector(`[class*=st-key-${key}]`).getBoundingClientRect();
            return [Math.round(box.x), Math.round(box.y), Math.round(box.height)];
        })""")

    before = places()
    train_for_long(visitor)
    for _ in range(20):
        assert places() == before
        time.sleep(0.1)
    visitor.button("stop").click()
    expect(visitor.progress).to_contain_text("stopped")
    assert places() == before


def test_draw_while_it_trains_and_the_answer_changes_by_itself(visit):
    visitor = visit(f"{LONG}&eta=0.003")  # slow, so that it is not sure too soon
    train_for_long(visitor)
    visitor.draw(*SEVEN)
    expect(visitor.answer).not_to_have_text("?")
    seen = bars(visitor)
    for _ in range(100):  # no further stroke: only the network changes
        if bars(visitor) != seen:
            break
        time.sleep(0.1)
    assert bars(visitor) != seen
    visitor.draw((90, 140), (180, 140))  # a bar through the seven
    expect(visitor.button("stop")).to_be_visible()


def test_moving_a_slider_does_not_end_the_training(visit):
    visitor = visit(LONG)
    train_for_long(visitor)
    visitor.slide("hidden", -3)
    expect(visitor.page.get_by_text("New settings apply")).to_be_visible()
    wait_for_progress(visitor, epoch(visitor))


def test_stop_and_continue(visit):
    visitor = visit(LONG)
    train_for_long(visitor)
    visitor.button("stop").click()
    expect(visitor.progress).to_contain_text("stopped")
    at = epoch(visitor)
    visitor.button("continue").click()
    expect(visitor.progress).to_contain_text("images/s")
    assert epoch(visitor) >= at


def test_clear_and_draw_again(visit):
    visitor = visit()
    for _ in range(2):
        visitor.draw(*SEVEN)
        expect(visitor.answer).to_have_text("7")
        visitor.button("clear").click()
        expect(visitor.answer).to_have_text("?")
    visitor.draw((140, 40), (141, 240))
    expect(visitor.answer).to_have_text("1")


def test_the_drawing_survives_training_and_sliders(visit):
    visitor = visit("?epochs=1&images_bundled=1,000")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")

    def ink():
        count = """layers => Math.max(...layers.map(canvas => canvas.getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height).data
            .filter((value, i) => i % 4 === 0 && value > 127).length))"""
        return visitor.page.locator(".st-key-paper canvas").evaluate_all(count)

    drawn = ink()
    assert drawn > 1000
    visitor.slide("epochs", 1)
    visitor.settled()
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    assert ink() == drawn
    expect(visitor.answer).not_to_have_text("?")


def test_nonsense_on_the_canvas(visit):
    visitor = visit()
    visitor.draw((140, 140))  # a click: a dot or nothing, but no error
    for y in range(10, 280, 30):
        visitor.draw((5, y), (275, y))
    expect(visitor.answer).not_to_have_text("?")


def test_a_choice_of_networks_once_there_is_one(visit):
    visitor = visit("?epochs=1&images_bundled=500")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    pretrained = visitor.outputs.all_inner_texts()
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    expect(visitor.outputs.nth(7)).not_to_have_text(pretrained[7])
    visitor.page.locator("[class*=st-key-own_answers] label:visible", has_text="Pre-trained network").click()
    expect(visitor.outputs).to_have_text(pretrained)


def test_a_reload_keeps_the_sliders_and_starts_again(visit):
    visitor = visit(LONG)
    train_for_long(visitor)
    visitor.page.reload()
    expect(visitor.button("train")).to_be_visible()
    expect(visitor.progress).to_contain_text("Nothing is trained yet")
    expect(visitor.page.locator(".st-key-epochs input[type=range]")).to_have_value("100")


def seconds_of_work(process):
    """CPU seconds that the server has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux has /proc/PID/stat")
def test_closing_the_tab_ends_the_training(visit, server):
    visitor = visit(LONG)
    train_for_long(visitor)
    visitor.page.close()
    for _ in range(20):  # busy or already idle, it must become idle
        before = seconds_of_work(server[1])
        time.sleep(0.5)
        if seconds_of_work(server[1]) - before < 0.1:
            return
    pytest.fail("The server still trains ten seconds after the tab was closed.")


def test_two_visitors_train_and_draw_at_the_same_time(visit):
    first, second = visit(LONG), visit(LONG)
    train_for_long(first)
    train_for_long(second)
    at = epoch(first), epoch(second)
    second.draw(*SEVEN)
    expect(second.answer).not_to_have_text("?")
    for visitor, before in zip((first, second), at):
        wait_for_progress(visitor, before)
    expect(first.answer).to_have_text("?")  # the visitors do not share drawings


def test_on_a_phone_you_draw_with_a_finger_and_the_page_does_not_scroll(visit):
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    visitor.canvas.scroll_into_view_if_needed()
    before = visitor.page.evaluate(scrolled)
    visitor.touch(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    assert visitor.page.evaluate(scrolled) == before
    for part in (visitor.canvas, visitor.answer, visitor.progress, visitor.button("train")):  # one screen shows them
        expect(part).to_be_in_viewport()
    chart = visitor.page.locator(".nn-legend").first.bounding_box()
    canvas = visitor.canvas.bounding_box()
    assert chart["y"] > canvas["y"] + canvas["height"]  # one under the other
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("images/s")


def test_nonsense_in_the_address_bar(visit):
    visitor = visit("?epochs=1e99&eta=nan&hidden=-3&batch=<script>&seed=x&data=evil&scale=&images_bundled=7")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(visit, theme):
    visitor = visit(color_scheme=theme)
    colours = visitor.page.evaluate("""() => ['.stMain h1', '.nn-legend'].map(selector => {
        const element = document.querySelector(selector);
        return getComputedStyle(element).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
    })""")
    for colour in colours:
        assert sum(colour) < 250 if theme == "light" else sum(colour) > 500
