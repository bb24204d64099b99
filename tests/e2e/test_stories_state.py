"""A step that is closed and opened again keeps its settings, and everything on the page shows the same moment."""

import re

from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)


def choose(visitor, title):
    """Open a step, or close it if it is open."""
    visitor.settled()
    visitor.page.locator(".st-key-inside").get_by_text(title).click()
    visitor.settled()


def there_and_back(visitor, title):
    """Leave a step for another and come back, then close it and open it again."""
    choose(visitor, "9 Hints")
    expect(visitor.page.locator(".st-key-section")).to_contain_text("Hints come from the curves")
    choose(visitor, title)
    yield "after another step"
    choose(visitor, title)
    expect(visitor.page.locator(".st-key-section")).to_have_count(0)
    choose(visitor, title)
    yield "after it was closed"
    visitor.slide("epochs", -1)  # the whole page runs
    visitor.settled()
    yield "after a run of the whole page"


def slider(visitor, key):
    return visitor.page.locator(f".st-key-{key} input[type=range]")


def test_the_steps_of_gradient_descent(visit):
    visitor = visit("?inside=5+Backward")
    section = visitor.page.locator(".st-key-section")
    expect(section).to_contain_text("After 1 step J")
    visitor.slide("backward_steps", 20)
    expect(section).to_contain_text("After 21 steps J")
    for _ in there_and_back(visitor, "5 Backward"):
        expect(slider(visitor, "backward_steps")).to_have_value("21")
        expect(section).to_contain_text("After 21 steps J")


def test_the_unit_to_play_with(visit):
    visitor = visit("?inside=2+From+perceptron+to+network")
    section = visitor.page.locator(".st-key-section")
    visitor.slide("unit_w", 10)
    expect(section).to_contain_text("z=wx+b=2.00")
    for _ in there_and_back(visitor, "2 From perceptron to network"):
        expect(slider(visitor, "unit_w")).to_have_value("2")
        expect(section).to_contain_text("z=wx+b=2.00")


def test_the_chosen_image_of_the_data(visit):
    visitor = visit("?inside=1+The+data")
    section = visitor.page.locator(".st-key-section")
    number = visitor.page.locator(".st-key-data_number input")
    number.fill("123")
    number.press("Enter")
    expect(section.locator(".nn-framed")).to_contain_text("training image 123")
    for _ in there_and_back(visitor, "1 The data"):
        expect(number).to_have_value("123")
        expect(section.locator(".nn-framed")).to_contain_text("training image 123")
    visitor.page.get_by_text("Look inside with this image").click()
    expect(visitor.page.locator(".nn-reading")).to_contain_text("in training image 123, a")


def test_the_pictures_and_the_sum_of_a_hidden_unit(visit):
    visitor = visit("?inside=3+Hidden+units")
    section = visitor.page.locator(".st-key-section")
    visitor.page.locator(".st-key-units_pictures").get_by_text("48").click()
    expect(section).to_contain_text("the 48 below")
    for _ in there_and_back(visitor, "3 Hidden units"):
        expect(section).to_contain_text("the 48 below")
        expect(visitor.page.locator(".st-key-units_pictures [aria-checked=true]")).to_have_text("48")
    choose(visitor, "4 Forward")
    visitor.slide("sum_rows", -18)
    expect(section).to_contain_text("after 280 inputs")
    visitor.page.wait_for_timeout(1_500)  # until the last key's value has been sent
    for _ in there_and_back(visitor, "4 Forward"):
        expect(slider(visitor, "sum_rows")).to_have_value("10")
        expect(section).to_contain_text("after 280 inputs")


def test_a_moment_of_the_past(visit):
    visitor = visit("?epochs=3&images_bundled=1%2C000&inside=7+Through+time")
    section = visitor.page.locator(".st-key-section")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("finished")
    moment = visitor.page.locator("[class*=st-key-moment_] input[type=range]")
    moment.focus()
    for _ in range(2):
        visitor.page.keyboard.press("ArrowLeft")
    expect(section).to_contain_text("After 1 epoch it read")
    choose(visitor, "1 The data")
    choose(visitor, "7 Through time")
    expect(section).to_contain_text("After 1 epoch it read")
    expect(visitor.page.locator("[class*=st-key-moment_]")).to_contain_text("1 epoch")


def test_answer_and_stages_are_of_one_network_while_it_trains(visit):
    visitor = visit("?epochs=100&hidden=300&eta=0.003")
    visitor.draw(*SEVEN)
    expect(visitor.answer).to_have_text("7")
    visitor.button("train").click()
    expect(visitor.progress).to_contain_text("images/s")
    visitor.page.get_by_role("button", name="Details").click()
    expect(visitor.page.locator(".nn-stages")).to_be_visible()
    seen = visitor.page.evaluate("""async () => {
        const seen = [];
        for (let i = 0; i < 80; i++) {
            const answer = document.querySelector('.st-key-answer .nn-digit')?.innerText;
            const stages = [...document.querySelectorAll('.nn-stages b')];
            if (answer && stages.length) seen.push([answer, stages.at(-1).innerText]);
            await new Promise(resolve => setTimeout(resolve, 50));
        }
        return seen;
    }""")
    assert len(seen) > 60
    # The browser may draw one of the two a frame before the other; the network is still the same.
    assert sum(answer != last for answer, last in seen) <= len(seen) / 20
    assert re.fullmatch("[0-9]", seen[-1][0])
