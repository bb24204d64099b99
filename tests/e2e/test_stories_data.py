"""Look inside, steps 1 and 2, as a person uses them in a real browser."""

import re

import pytest
from playwright.sync_api import expect

import nn

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DATA, PERCEPTRON = "?inside=1+The+data", "?inside=2+From+perceptron+to+network"


def shown(visitor):
    """The words under the large image."""
    return visitor.page.locator(".nn-framed figcaption")


def number(visitor):
    return visitor.page.locator(".st-key-data_number input")


# How high the tangent is, as the browser drew it.
CHART = ".st-key-sigmoid_chart svg.marks"
TANGENT = f"""document.querySelector('{CHART} path[stroke="#e8710a"][stroke-width="2.5"]').getBBox().height"""


def places(visitor):
    """How far below the top of the step its headings and pictures are, in pixels."""
    return visitor.page.evaluate("""() => {
        const section = document.querySelector('.st-key-section'), top = section.getBoundingClientRect().top;
        return [...section.querySelectorAll('h4, img, svg.marks')]
            .map(e => Math.round(e.getBoundingClientRect().top - top));
    }""")


def test_look_through_the_images_and_take_one_inside(visit):
    visitor, mnist = visit(DATA), nn.load_mnist()
    expect(shown(visitor)).to_have_text(f"training image 0: {mnist.y_train[0]}")
    expect(visitor.page.locator(".nn-ten img")).to_have_count(10)
    visitor.page.locator(".st-key-data_split label", has_text="Held-out").click()
    expect(shown(visitor)).to_have_text(f"held-out image 0: {mnist.y_test[0]}")
    visitor.page.locator(".st-key-data_number [data-testid=stNumberInputStepUp]").click()
    expect(shown(visitor)).to_have_text(f"held-out image 1: {mnist.y_test[1]}")
    number(visitor).fill("321")
    number(visitor).press("Enter")
    expect(shown(visitor)).to_have_text(f"held-out image 321: {mnist.y_test[321]}")
    visitor.page.locator(".st-key-data_digit button[role=radio]", has_text="4").click()  # fewer: back to the first
    expect(shown(visitor)).to_have_text(re.compile(r"held-out image [\d,]+: 4"))
    expect(number(visitor)).to_have_value("0")
    visitor.button("look_inside").click()
    expect(visitor.answer).to_have_text("4")
    expect(visitor.button("look_inside")).to_be_disabled()
    expect(visitor.page.locator(".st-key-over img")).to_have_attribute("alt", re.compile("held-out image .*: a 4"))
    visitor.button("back").click()
    expect(visitor.answer).to_have_text("?")
    expect(visitor.button("look_inside")).to_be_enabled()


def test_the_sliders_make_a_unit_flat(visit):
    visitor = visit(PERCEPTRON)
    expect(visitor.page.locator(CHART)).to_be_visible()
    sentence = visitor.page.locator(".st-key-section .nn-words")
    expect(sentence).to_contain_text("Steep")
    steep, before = visitor.page.evaluate(TANGENT), places(visitor)
    visitor.slide("unit_b", 40)
    visitor.slide("unit_w", 30)
    expect(sentence).to_contain_text("saturated")
    visitor.page.wait_for_function(f"() => {TANGENT} < 2")
    assert steep > 20
    assert places(visitor) == before  # nothing jumped
    visitor.page.get_by_text("The mathematics:").click()
    expect(visitor.page.get_by_text("Second link, the sigmoid.")).to_be_visible()


def test_nothing_moves_while_a_network_learns(visit):
    visitor = visit(PERCEPTRON + "&hidden=0&epochs=100")
    expect(visitor.page.locator(CHART)).to_be_visible()
    visitor.slide("unit_b", 10)
    visitor.page.get_by_text("The mathematics:").click()
    visitor.button("train").click()
    words = visitor.page.locator(".st-key-section", has_text="your own")
    expect(words).to_be_visible()
    expect(words).to_contain_text("% of the held-out")
    seen, before = words.get_by_text("your own").inner_text(), places(visitor)
    visitor.page.wait_for_function(
        "seen => ![...document.querySelectorAll('.st-key-section p')].some(p => p.innerText === seen)", arg=seen
    )
    assert places(visitor) == before
    expect(visitor.page.get_by_text("Second link, the sigmoid.")).to_be_visible()  # what was opened stays open
    expect(visitor.page.locator(".st-key-unit_b input[type=range]")).to_have_value("1")
    visitor.button("stop").click()


@pytest.mark.parametrize("section", [DATA, PERCEPTRON])
def test_a_phone_need_not_scroll_sideways(visit, section):
    visitor = visit(section, **PHONE)
    expect(visitor.page.locator(".st-key-section h4").first).to_be_visible()
    visitor.settled()
    widest = """() => Math.max(...['img', 'button', '.katex-html .base']
        .flatMap(what => [...document.querySelectorAll(`.st-key-section ${what}`)])
        .map(e => e.getBoundingClientRect().right))"""
    assert visitor.page.evaluate(widest) <= 390
    assert visitor.page.evaluate("document.querySelector('.stMain').scrollWidth") == 390
