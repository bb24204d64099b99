"""Look inside, steps 3 and 4, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SECTIONS = ["3+Hidden+units", "4+Forward"]


def section(visitor):
    return visitor.page.locator(".st-key-section")


def tables(visitor, caption):
    return section(visitor).locator(".nn-numbers", has_text=caption).first  # for a moment, the old one is there too


def test_the_hidden_units_of_a_drawing_sorted_for_another_digit(visit):
    visitor = visit("?inside=3+Hidden+units")
    visitor.draw(*SEVEN)
    expect(section(visitor).locator(".nn-current")).to_contain_text("your drawing, and reads 7")
    pictures = section(visitor).locator(".nn-figures img")
    expect(pictures).to_have_count(24)
    assert pictures.evaluate_all("images => images.every(image => image.complete && image.naturalWidth === 28)")
    for_seven = section(visitor).locator(".nn-figures figcaption").all_inner_texts()
    visitor.page.locator(".st-key-units_digit button", has_text=re.compile("^1$")).click()
    expect(section(visitor).locator(".nn-figures figcaption")).not_to_have_text(for_seven)
    visitor.page.locator(".st-key-units_pictures button", has_text="48").click()
    expect(pictures).to_have_count(48)


def test_a_weighted_sum_row_by_row(visit):
    visitor = visit("?inside=4+Forward")
    visitor.draw(*SEVEN)
    expect(section(visitor).locator(".nn-current")).to_contain_text("your drawing, and reads 7")
    number = visitor.page.locator(".st-key-sum_unit input")
    number.fill("17")
    number.press("Enter")
    expect(section(visitor).locator(".katex-html", has_text="[17]")).to_have_count(1)
    curves = section(visitor).locator("[data-testid=stVegaLiteChart] svg path[stroke='#2f7bf0']")
    expect(curves).to_have_count(1)
    whole = curves.evaluate("curve => curve.getBBox().width")
    visitor.slide("sum_rows", -14)
    expect(tables(visitor, "running sum")).to_contain_text("after 392 inputs")
    expect(section(visitor).locator("[data-testid=stVegaLiteChart]")).to_be_visible()
    shorter = (
        "width => document.querySelector(\".st-key-section path[stroke='#2f7bf0']\").getBBox().width < 0.6 * width"
    )
    visitor.page.wait_for_function(shorter, arg=whole)
    visitor.page.locator(".st-key-sum_layer button", has_text="an output").click()
    expect(tables(visitor, "what adds the most")).to_contain_text("ah · Wout")
    expect(tables(visitor, "running sum")).to_contain_text("after 2,400 inputs")


def test_the_sum_grows_before_ones_eyes(visit):
    visitor = visit("?inside=4+Forward")
    play = visitor.button("play_forward")
    expect(play).to_contain_text("Play")
    longer = (  # the length of the curve once it is longer than before; while the chart is drawn again it has none
        "before => { const curve = document.querySelector(\".st-key-section path[stroke='#2f7bf0']\");"
        " const width = curve ? curve.getBBox().width : 0; return width > before && width }"
    )
    play.click()
    expect(play).to_contain_text("Pause")
    widths = [0]
    for rows in ("4|6|8|10", "12|14|16|18", "20|22|24|26"):  # half a second each: who looks now and then misses some
        expect(visitor.page.locator(".st-key-sum_rows")).to_contain_text(re.compile(rf"added({rows})0"))
        widths.append(visitor.page.wait_for_function(longer, arg=widths[-1]).json_value())
    assert widths == sorted(set(widths))
    expect(play).to_contain_text("Play")
    expect(tables(visitor, "running sum")).to_contain_text("after 784 inputs")
    play.click()
    expect(tables(visitor, "running sum")).to_contain_text(re.compile("after (?!0 |784 )[0-9]+ inputs"))
    visitor.slide("sum_rows", 1)  # moving the slider ends it
    expect(play).to_contain_text("Play")


def test_the_mathematics_opens_with_a_click(visit):
    visitor = visit("?inside=4+Forward")
    cost = tables(visitor, "the right digit is")
    expect(cost).to_be_hidden()
    visitor.page.locator(".st-key-forward_mathematics summary").click()
    expect(cost).to_be_visible()
    expect(cost.locator("tbody tr")).to_have_count(11)


@pytest.mark.parametrize("inside", SECTIONS)
def test_nothing_is_cut_off_on_a_phone(visit, inside):
    visitor = visit(f"?inside={inside}", **PHONE)
    expect(section(visitor).locator(".nn-figures").first).to_be_visible()
    if "Forward" in inside:
        visitor.page.locator(".st-key-forward_mathematics summary").click()
        expect(tables(visitor, "the right digit is")).to_be_visible()
    visitor.settled()
    too_wide = """() => [...document.querySelectorAll('.st-key-section *')].filter(element =>
        element.getClientRects().length && !element.closest('.katex-mathml, svg, canvas, input')
        && element.getBoundingClientRect().right > innerWidth + 1).map(element => element.outerHTML.slice(0, 120))"""
    assert visitor.page.evaluate(too_wide) == []
    assert visitor.page.evaluate("document.querySelector('.stMain').scrollWidth <= innerWidth")


@pytest.mark.parametrize("inside", SECTIONS)
def test_it_follows_a_training_and_nothing_jumps(visit, inside):
    visitor = visit(f"?epochs=100&hidden=30&inside={inside}")
    visitor.button("train").click()
    expect(section(visitor).locator(".nn-current")).to_contain_text("Your network")
    expect(section(visitor).locator(".nn-figures").first).to_be_visible()
    visitor.settled()

    def places():
        return visitor.page.evaluate("""() =>
            [...document.querySelectorAll('.st-key-section [data-testid=stElementContainer]')]
            .filter(element => !element.closest('details'))
            .map(element => Math.round(element.getBoundingClientRect().height))""")

    text = "() => document.querySelector('.st-key-section').innerText"
    before, seen = places(), visitor.page.evaluate(text)
    for _ in range(3):
        visitor.page.wait_for_function(f"seen => ({text})() !== seen", arg=seen)
        assert places() == before
        seen = visitor.page.evaluate(text)
    visitor.button("stop").click()
    expect(visitor.progress).to_contain_text("stopped")
