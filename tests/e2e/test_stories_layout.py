"""What is together on a screen: on a phone's side, at 200 %, and on a large screen."""

import pytest
from frames import record_places, wait_for
from playwright.sync_api import expect
from script import SEVEN

LOW = {
    "a phone on its side": {"viewport": {"width": 844, "height": 390}, "has_touch": True, "is_mobile": True},
    "a page at 200 %": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}
IN_VIEW = """part => {
    const { x, y, right, bottom } = part.getBoundingClientRect();
    return x >= 0 && y >= 0 && right <= innerWidth && bottom <= innerHeight;
}"""


@pytest.mark.parametrize("which", LOW)
def test_on_a_low_screen_canvas_answer_and_train_are_together(visit, which):
    visitor = visit("?epochs=1&images_bundled=500", **LOW[which])
    visitor.page.mouse.wheel(0, -2000)
    for part in (visitor.canvas, visitor.answer, visitor.button("train"), visitor.button("clear")):
        assert part.evaluate(IN_VIEW), part
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.stroke(*SEVEN)
    expect(visitor.answer).to_have_text("7")


def test_on_a_large_screen_canvas_and_network_grow_and_a_stroke_is_where_the_pen_is(visit):
    visitor = visit("?epochs=1&images_bundled=500", viewport={"width": 1920, "height": 1080})
    box, network = visitor.canvas.bounding_box(), visitor.page.locator(".st-key-network_picture").bounding_box()
    assert box["width"] == pytest.approx(1.4 * 280, abs=1) and network["height"] > 450
    visitor.draw(*((1.4 * x, 1.4 * y) for x, y in SEVEN))
    expect(visitor.answer).to_have_text("7")
    foot = visitor.page.locator(".st-key-chart_cost").bounding_box()
    assert foot["y"] + foot["height"] < 1080


def test_the_curves_stay_where_they_are_when_the_legend_grows(visit):
    visitor = visit("?epochs=1&images_bundled=500", viewport={"width": 820, "height": 1000})
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    expect(visitor.page.locator(".st-key-chart_accuracy svg.marks")).to_be_visible()
    visitor.settled()
    record_places(visitor, ".st-key-chart_accuracy svg.marks", ".st-key-chart_cost svg.marks")
    visitor.slide("eta", 3)
    visitor.train()
    expect(visitor.page.locator(".nn-legend").first).to_contain_text("your last run")
    expect(visitor.progress).to_contain_text("finished")
    visitor.settled()
    wait_for(visitor, "() => drawn.at(-1) === drawn[0]")
