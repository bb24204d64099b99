"""Two people one after the other at one browser: nothing of the first is left for the second."""

import re

import pytest
from frames import PATIENCE
from playwright.sync_api import expect
from script import SEVEN

STORED = """async () => {
    const result = (request) => new Promise(done => { request.onsuccess = () => done(request.result); });
    const database = await result(indexedDB.open('nn-mnist'));
    const count = await result(database.transaction('yours').objectStore('yours').count());
    database.close();
    return [count, document.cookie.includes('class_'), sessionStorage.getItem('nn-strokes') ?? ''];
}"""


def use(visitor):
    """Train, draw and label a digit, and look at why it was read so."""
    visitor.train()
    expect(visitor.progress).to_contain_text("finished")
    visitor.draw(*SEVEN)
    expect(visitor.answer).not_to_have_text("?")
    visitor.label(7)
    expect(visitor.page.locator(".nn-question")).to_contain_text("of 1 labelled drawing right")
    visitor.settled()
    expect(visitor.page.locator(".st-key-network_picture #info")).to_contain_text("Tap a digit or a small picture")
    visitor.outputs.nth(3).click()
    expect(visitor.page.locator(".st-key-network_picture #info")).not_to_contain_text("Tap a digit")
    visitor.page.evaluate("window.isOld = true")


def expect_a_new_page(visitor):
    visitor.page.wait_for_function("() => !window.isOld", timeout=PATIENCE)
    expect(visitor.canvas).to_be_visible()
    visitor.settled()
    expect(visitor.progress).to_contain_text("Nothing is trained yet.")
    expect(visitor.answer).to_have_text("?")
    expect(visitor.page.locator(".nn-question")).not_to_contain_text("labelled")
    assert visitor.page.evaluate(STORED) == [0, False, ""]


def test_the_next_person_starts_over_after_a_class(visit):
    teacher = visit()
    teacher.unfold("class_part")
    teacher.button("start_class").click()
    code = teacher.page.locator(".nn-code-large").inner_text(timeout=PATIENCE)
    visitor = visit(f"?class={code}&epochs=1&images_bundled=500&eta=0.5", viewport={"width": 1280, "height": 800})
    expect(visitor.page.locator(".nn-class")).to_contain_text("You are the")
    use(visitor)
    other_tab = visitor.page.context.new_page()
    other_tab.goto(visitor.page.url)
    expect(other_tab.locator(".nn-question")).to_contain_text("of 1 labelled drawing right")
    visitor.page.bring_to_front()
    visitor.page.locator(".st-key-ask_sidebar button").click()
    visitor.button("start_over_sidebar").click()
    expect(other_tab).to_have_url(re.compile(r"^[^?]*\??$"))
    expect_a_new_page(visitor)
    visitor.page.go_back()
    expect(visitor.page).to_have_url(re.compile(r"^[^?]*\??$"))
    expect(visitor.page.locator(".nn-class")).to_have_count(0)
    expect(visitor.page.locator(".st-key-eta [data-testid=stSliderThumbValue]")).to_have_text("0.1")
    visitor.draw(*SEVEN)
    expect(visitor.page.locator(".st-key-network_picture #info")).to_contain_text("Tap a digit or a small picture")


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_kiosk_starts_over_when_nobody_has_touched_it_for_two_minutes(visit, goes_on):
    visitor = visit("?view=kiosk&epochs=1&images_bundled=500", viewport={"width": 1280, "height": 800})
    countdown = visitor.page.locator("#countdown")
    visitor.page.clock.install()
    use(visitor)
    if not goes_on:  # a reload brings the same work back, and nobody touches it
        visitor.settled()
        visitor.page.reload()
        expect(visitor.page.locator(".nn-question")).to_contain_text("of 1 labelled drawing right")
        visitor.settled()
        visitor.page.evaluate("window.isOld = true")
    visitor.page.clock.fast_forward(95_000)
    expect(countdown).to_be_hidden()
    expect(visitor.page.locator(".st-key-steps")).to_be_in_viewport()  # the page is as usual
    visitor.page.clock.fast_forward(10_000)
    expect(countdown).to_be_in_viewport()
    expect(countdown).to_contain_text(re.compile(r"This page resets in 1\d s"))
    if goes_on:
        assert visitor.violations(".st-key-kiosk") == []
        visitor.wear("dark")
        assert visitor.pale(".st-key-kiosk") == []
        visitor.page.mouse.move(300, 300)
        visitor.page.clock.fast_forward(60_000)
        expect(countdown).to_be_hidden()
        expect(visitor.progress).to_contain_text("finished")
        return
    visitor.page.clock.fast_forward(20_000)
    expect_a_new_page(visitor)
    assert "view=kiosk" in visitor.page.url and "epochs" not in visitor.page.url
