"""A page that leads: the first screen, examples, Undo, the verdict, the challenge, the steps, the wall."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)
BAR = (90, 140), (180, 140)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# The sizes of all letters that are seen, in pixels, with an example of each, also inside the components.
SIZES = """() => {
    const sizes = {};
    const look = (root) => root.querySelectorAll('*').forEach(element => {
        if (element.shadowRoot) look(element.shadowRoot);
        const words = [...element.childNodes].map(node => node.nodeType === 3 ? node.data : '').join('').trim();
        const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        if (!words || box.width < 2 || box.height < 2 || style.visibility === 'hidden') return;
        if (element.closest('.nn-hidden, style, script, [data-testid=stIconMaterial]')) return;
        if (style.color === 'rgba(0, 0, 0, 0)') return;
        const scale = element.ownerSVGElement ? element.getScreenCTM().a : 1;
        sizes[parseFloat(style.fontSize) * scale] = words;
    });
    look(document.querySelector('.stMain'));
    return sizes;
}"""


def image_seen(visitor):
    return visitor.page.locator(".st-key-network_picture #image").evaluate("canvas => canvas.toDataURL()")


def expect_image(visitor, image):
    for _ in range(100):
        if image_seen(visitor) == image:
            return
        visitor.page.wait_for_timeout(50)
    pytest.fail("The network sees another image.")


@pytest.mark.parametrize("how", ["mouse", "finger"])
def test_undo_takes_back_stroke_by_stroke(visit, how):
    visitor = visit(**(PHONE if how == "finger" else {}))
    put = visitor.touch if how == "finger" else visitor.draw
    put(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    seven = image_seen(visitor)
    visitor.settled()
    put(*BAR)
    for _ in range(100):
        if image_seen(visitor) != seven:
            break
        visitor.page.wait_for_timeout(50)
    visitor.button("undo").click()
    expect_image(visitor, seven)
    expect(visitor.answer).to_have_text("7")
    visitor.button("undo").click()
    expect(visitor.answer).to_have_text("?")
    visitor.button("undo").click()  # one too many does nothing
    expect(visitor.page.locator(".st-key-canvas_3 canvas").last).to_be_visible()
    visitor.settled()
    put((140, 40), (141, 240))
    expect(visitor.answer).to_have_text("1")


def test_the_invitation_is_there_until_the_first_stroke(visit):
    visitor = visit()
    invitation = visitor.page.locator(".nn-invitation")
    expect(invitation).to_have_text(re.compile("draw a digit\\s*here"))
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    expect(invitation).to_have_count(0)
    expect(visitor.page.locator(".st-key-hand")).to_contain_text("Now train one yourself")


def test_without_a_pointer_one_chooses_an_example(visit):
    visitor = visit()
    example = visitor.page.get_by_role("button", name="Example of a 5")
    example.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.answer).to_have_text("5")
    expect(visitor.page.locator(".nn-reading")).to_contain_text(re.compile(r"in held-out image \d+, a 5"))
    visitor.button("back").click()
    expect(visitor.answer).to_have_text("?")
    visitor.button("example_3").click()
    expect(visitor.answer).to_have_text("3")
    visitor.draw(*SEVEN)  # a stroke takes its place
    expect(visitor.answer).to_have_text("7")
    expect(visitor.button("undo")).to_be_visible()


def test_the_canvas_has_a_name_and_its_own_toolbar_is_out_of_reach(visit):
    visitor = visit()
    expect(visitor.canvas).to_have_attribute("aria-label", re.compile("canvas to draw a digit"))
    visitor.canvas.hover()
    visitor.page.wait_for_timeout(500)  # it would slide in
    toolbar = visitor.page.locator(".st-key-paper .dc-toolbar-card")
    box, canvas = toolbar.bounding_box(), visitor.canvas.bounding_box()
    on_it = """([x, y]) => document.elementFromPoint(x, y)?.closest('.st-key-paper') !== null"""
    place = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    assert place[1] < canvas["y"] and not visitor.page.evaluate(on_it, place)
    assert toolbar.evaluate("card => card.parentElement.inert")


def test_the_verdict_is_beside_the_question(visit):
    visitor = visit()
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    verdict = visitor.page.locator(".nn-question")
    visitor.page.locator(".st-key-reply").get_by_text("7", exact=True).click()
    expect(verdict).to_contain_text("Right: 1 of 1 right so far")
    visitor.button("clear").click()
    expect(visitor.answer).to_have_text("?")
    visitor.draw((140, 40), (141, 240))
    expect(visitor.answer).to_have_text("1")
    visitor.page.locator(".st-key-reply").get_by_text("4", exact=True).click()
    expect(verdict).to_contain_text("Wrong, it read a 1: 1 of 2 right so far")


def test_a_challenge_of_ten_digits_and_its_picture(visit):
    visitor = visit()
    visitor.button("example_3").click()  # it gives way
    expect(visitor.answer).to_have_text("3")
    visitor.button("challenge").click()
    question = visitor.page.locator(".nn-question")
    asked = []
    for number in range(1, 11):
        expect(question).to_contain_text(f"{number} of 10")
        digit = re.search(r"Draw an? (\d)", question.inner_text())[1]
        asked.append(digit)
        expect(visitor.page.locator(".nn-invitation")).to_contain_text(f" {digit}")
        visitor.draw((80, 60 + number), *SEVEN[1:])  # a seven, whatever is asked for
        expect(visitor.button("next")).to_be_enabled()
        visitor.button("next").click()
    assert sorted(asked) == list("0123456789")
    expect(question).to_contain_text("read 1 of 10 right")
    visitor.page.get_by_text("See and save the result").click()
    result = visitor.page.get_by_test_id("stPopoverBody")
    expect(result.locator("img")).to_have_attribute("alt", re.compile("1 of 10 read right. The drawings: "))
    saved = visitor.download(result.get_by_text("Save this picture"))
    assert Image.open(io.BytesIO(saved.path().read_bytes())).size == (1200, 630)
    visitor.page.keyboard.press("Escape")
    visitor.button("end_challenge").click()
    expect(question).to_contain_text("1 of 10 right so far")


def test_the_bar_of_steps_stays_and_a_linked_step_comes_into_view(visit):
    visitor = visit("?inside=5+Backward")
    heading = visitor.page.get_by_role("heading", name="5 Backward")
    expect(heading).to_be_in_viewport()
    bar = visitor.page.locator(".st-key-steps")
    expect(bar).to_be_in_viewport()
    assert bar.bounding_box()["y"] < heading.bounding_box()["y"]
    visitor.button("next_step").scroll_into_view_if_needed()
    expect(bar).to_be_in_viewport()
    visitor.button("next_step").click()
    heading = visitor.page.get_by_role("heading", name="6 Spot the bug")
    expect(heading).to_be_in_viewport()
    visitor.button("previous_step").click()
    expect(visitor.page.get_by_role("heading", name="5 Backward")).to_be_in_viewport()


def test_the_bar_shows_the_drawing_and_its_answer(visit):
    visitor = visit()
    expect(visitor.page.locator(".st-key-steps")).to_be_in_viewport()  # the cue on the first screen
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    visitor.page.locator(".st-key-inside").get_by_text("3 Hidden units").click()
    small = visitor.page.locator(".nn-small")
    expect(small).to_have_text(re.compile(r"→\s*7"))
    expect(small).to_be_in_viewport()


def test_on_a_phone_train_is_beside_undo_and_clear_and_settings_have_a_name(visit):
    visitor = visit(**PHONE)
    rows = {round(visitor.button(key).bounding_box()["y"]) for key in ("undo", "clear", "train")}
    assert len(rows) == 1
    box = visitor.canvas.bounding_box()
    examples = visitor.page.locator(".st-key-examples").bounding_box()
    left, right = box["x"], 390 - examples["x"] - examples["width"]
    assert abs(left - right) < 4  # the canvas with its examples is centred
    word = "getComputedStyle(document.querySelector('[data-testid=stExpandSidebarButton]'), '::after').content"
    assert visitor.page.evaluate(word) == '"Settings"'
    visitor.page.get_by_test_id("stExpandSidebarButton").tap()
    expect(visitor.page.locator(".st-key-epochs")).to_be_in_viewport()


def test_on_a_wall_everything_is_large(visit):
    visitor = visit("?view=projector&epochs=1&images_bundled=500", viewport={"width": 1920, "height": 1080})
    assert visitor.canvas.bounding_box()["width"] == 420
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    visitor.draw(*((1.5 * x, 1.5 * y) for x, y in SEVEN))
    expect(visitor.answer).not_to_have_text("?")
    expect(visitor.page.locator(".st-key-epochs")).not_to_be_in_viewport()  # the sidebar is closed
    small = {size: words for size, words in visitor.page.evaluate(SIZES).items() if float(size) < 16}
    assert not small
