"""A page that leads: examples, the verdict, the challenge, the steps, the phone, the wall."""

import re
from itertools import groupby

from frames import drawn, record, wait_for
from playwright.sync_api import expect
from script import SEVEN

# The digit read, large and in the bar of steps; and how opaque the palest part of the page is.
DIGITS = """[
    document.querySelector('.st-key-network_picture [data-testid=stBidiComponentIsolated]').shadowRoot
        .querySelector('#reading b').innerText,
    document.querySelector('.nn-small b').innerText,
    Math.min(...[...document.querySelectorAll('.stMain [data-stale]')].map(part => getComputedStyle(part).opacity)),
]"""
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


def choose_step(visitor, title):
    visitor.page.locator(".st-key-inside").get_by_text(title).click()
    expect(visitor.page.get_by_role("heading", name=title)).to_be_in_viewport()
    visitor.settled()


def test_an_example_by_keyboard_and_the_verdict(visit):
    visitor = visit()
    visitor.page.get_by_role("button", name="Example of a 5").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.answer).to_have_text("5")
    expect(visitor.page.locator("#reading")).to_contain_text(re.compile(r"reads unseen image \d+ as a 5\. Correct\."))
    visitor.button("back").click()
    expect(visitor.answer).to_have_text("?")
    visitor.page.get_by_role("button", name="Example of a 3").click()
    expect(visitor.answer).to_have_text("3")
    visitor.draw(*SEVEN)  # a stroke takes its place
    expect(visitor.answer).to_have_text("7")
    expect(visitor.button("undo")).to_be_visible()
    question = visitor.page.locator(".nn-question")
    visitor.label(7)
    expect(question).to_contain_text("The pre-trained network gets 1 of 1 labelled drawing right.")


def test_a_challenge_on_a_phone_in_both_themes(visit):
    visitor = visit(**PHONE)
    visitor.button("challenge").tap()
    task, picture = visitor.page.locator(".nn-task"), visitor.page.locator(".st-key-task img")
    before = ""
    for number in range(10):
        expect(task).to_contain_text(re.compile(rf"\({number + 1} of 10\)\. {before}$"))
        digit = re.search(r"Draw an? (\d)", task.inner_text())[1]
        expect(visitor.page.locator(".nn-invitation")).to_contain_text(f" {digit}")
        if number == 1:
            visitor.wear("dark")
            assert visitor.violations(".st-key-draw") == []
        visitor.touch((80, 60 + number), *SEVEN[1:])  # a seven, whatever is asked for
        expect(visitor.button("next")).to_be_enabled()
        for part in (task, visitor.canvas, visitor.button("next")):
            expect(part).to_be_in_viewport(ratio=0.99)
        assert visitor.canvas.bounding_box()["y"] > visitor.page.locator(".stAppHeader").bounding_box()["height"] - 1
        if number == 9:
            visitor.page.set_viewport_size({"width": 844, "height": 390})  # on its side
        visitor.button("next").tap()
        before = f"Your {digit}: {'right' if digit == '7' else 'wrong: read as 7'}. "
    expect(task).to_contain_text("The pre-trained network got 1 of 10 right.")
    for part in (picture, visitor.page.locator(".st-key-save_challenge")):
        expect(part).to_be_in_viewport(ratio=0.99)
    assert visitor.pale(".st-key-draw") == []
    visitor.wear("light")
    assert visitor.violations(".st-key-draw") == []


def test_the_bar_of_steps_stays_and_a_linked_step_comes_into_view(visit):
    visitor = visit("?inside=5+Backward&epochs=1&images_bundled=1,000")
    heading = visitor.page.get_by_role("heading", name="5 Backward")
    expect(heading).to_be_in_viewport()
    bar = visitor.page.locator(".st-key-steps")
    expect(bar).to_be_in_viewport()
    wait_for(
        visitor,
        "() => document.querySelector('.st-key-steps').getBoundingClientRect().bottom <= "
        "document.querySelector('.st-key-section h3').getBoundingClientRect().top",
    )  # the page scrolls smoothly
    visitor.button("next_step").scroll_into_view_if_needed()
    expect(bar).to_be_in_viewport()
    visitor.button("next_step").click()
    expect(visitor.page.get_by_role("heading", name="6 Spot the bug")).to_be_in_viewport()
    for title in ("9 Hints", "6 Spot the bug"):
        choose_step(visitor, title)
        expect(visitor.page.locator(".st-key-inside [aria-checked=true]")).to_be_in_viewport(ratio=0.9)
    visitor.button("previous_step").click()
    expect(heading).to_be_in_viewport()
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    small = visitor.page.locator(".nn-small")
    expect(small).to_have_text(re.compile(r"→\s*7"))
    expect(small).to_be_in_viewport()

    visitor.page.locator(".st-key-pace").get_by_text("Watch").click()
    visitor.settled()
    record(visitor, DIGITS)
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    visitor.settled()
    large, small, opacities = ([one for one, _ in groupby(column)] for column in zip(*drawn(visitor)))
    assert large == small and opacities == [1]


def test_on_a_phone_one_screen_shows_all_and_a_finger_draws(visit):
    visitor = visit("?epochs=1&images_bundled=500", **PHONE)
    main = visitor.page.locator("[data-testid=stMain]")
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.canvas.scroll_into_view_if_needed()
    before = main.evaluate("main => main.scrollTop")
    visitor.touch(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    visitor.settled()
    visitor.touch((90, 140), (180, 140))
    expect(visitor.button("undo")).to_be_visible()
    assert main.evaluate("main => main.scrollTop") == before  # a finger draws, and does not scroll
    for part in (visitor.canvas, visitor.answer, visitor.progress, visitor.button("train")):
        expect(part).to_be_in_viewport()
    rows = {round(visitor.button(key).bounding_box()["y"]) for key in ("undo", "clear", "train")}
    assert len(rows) == 1
    box = visitor.canvas.bounding_box()
    examples = visitor.page.locator(".st-key-examples").bounding_box()
    left, right = box["x"], 390 - examples["x"] - examples["width"]
    assert abs(left - right) < 4  # the canvas with its examples is centred
    assert visitor.page.locator(".nn-legend").first.bounding_box()["y"] > box["y"] + box["height"]
    visitor.button("train").tap()
    expect(visitor.progress).to_contain_text("finished")
    visitor.settled()
    for _ in range(2):
        visitor.button("undo").tap()
        visitor.settled()  # Streamlit takes two quick taps for one
    expect(visitor.answer).to_have_text("?")

    for title in ("1 The data", "2 From perceptron to network"):
        choose_step(visitor, title)
        widest = """() => Math.max(...['img', 'button', '.katex-html .base']
            .flatMap(what => [...document.querySelectorAll(`.st-key-section ${what}`)])
            .map(e => e.getBoundingClientRect().right))"""
        assert visitor.page.evaluate(widest) <= 390
        assert main.evaluate("main => main.scrollWidth") == 390
    recipe = visitor.page.get_by_test_id("stExpandSidebarButton")
    assert recipe.evaluate("button => getComputedStyle(button, '::after').content") == '"Settings"'
    recipe.tap()
    expect(visitor.page.locator(".st-key-epochs")).to_be_in_viewport()


def test_on_a_wall_everything_is_large(visit):
    visitor = visit("?view=projector&epochs=1&images_bundled=500", viewport={"width": 1920, "height": 1080})
    assert visitor.canvas.bounding_box()["width"] == 420
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    visitor.draw(*((1.5 * x, 1.5 * y) for x, y in SEVEN))
    expect(visitor.answer).not_to_have_text("?")
    expect(visitor.page.locator(".st-key-epochs")).not_to_be_in_viewport()  # the sidebar is closed
    small = {size: words for size, words in visitor.page.evaluate(SIZES).items() if float(size) < 16}
    assert not small
