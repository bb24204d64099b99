"""Look inside, 5 Backward, in a real browser."""

import re

from playwright.sync_api import expect

SEVEN = (80, 60), (200, 60), (120, 230)
OPEN = "?inside=5+Backward"


def section(visitor):
    return visitor.page.locator(".st-key-section")


def numbers(visitor, caption):
    """The table whose caption contains this."""
    return section(visitor).locator(".nn-numbers").filter(has=visitor.page.locator("caption", has_text=caption))


def say(visitor, digit):
    """Say what it was meant to be."""
    section(visitor).locator("[class*=st-key-meant]").locator("button", has_text=str(digit)).click()


def steps_to_the_right(visitor, presses):
    visitor.settled()
    visitor.slide("backward_steps", presses)


def test_a_wrong_label_changes_everything_and_steps_make_it_the_answer(visit):
    visitor = visit(OPEN)
    visitor.draw(*SEVEN)
    expect(section(visitor)).to_contain_text("the digit that is read, 7, is used")
    outputs = numbers(visitor, "The ten outputs, and what each adds to J").locator("tbody tr")
    expect(outputs).to_have_count(11)
    expect(outputs.nth(7).locator("td").nth(1)).to_have_text("1")
    wrong = visitor.button("backward_wrong_label")
    wrong.click()
    expect(section(visitor)).to_contain_text("The network reads 7 instead")
    expect(section(visitor).locator("[class*=st-key-meant] [aria-checked=true]")).to_have_count(1)
    expect(wrong).to_be_disabled()
    say(visitor, 7)
    expect(section(visitor)).to_contain_text("1 for the 7")
    expect(wrong).to_be_enabled()
    say(visitor, 2)
    expect(section(visitor)).to_contain_text("1 for the 2")
    expect(outputs.nth(2).locator("td").nth(1)).to_have_text("1")
    expect(outputs.nth(2).locator("td").nth(2)).to_contain_text("−")  # too small
    expect(section(visitor)).to_contain_text("After 1 step J falls")
    steps_to_the_right(visitor, 30)
    expect(section(visitor)).to_contain_text("After 31 steps J falls")
    expect(section(visitor)).to_contain_text("now reads 2")
    expect(visitor.answer).to_have_text("7")  # the steps changed a copy
    visitor.button("clear").click()
    expect(section(visitor)).to_contain_text("held-out image 0")
    expect(section(visitor)).to_contain_text("1 for the 0")  # the choice was for the drawing


def test_the_chosen_weight_is_measured(visit):
    visitor = visit(OPEN)
    table = numbers(visitor, "Back propagation says").locator("tbody tr")
    expect(table).to_have_count(7)
    expect(section(visitor)).to_contain_text(re.compile(r"first (\d+) digits agree"))
    row = section(visitor).locator(".st-key-backward_W_h_row_28 input")
    row.fill("0")
    row.press("Enter")
    expect(section(visitor)).to_contain_text("row 0, column")
    expect(section(visitor)).to_contain_text("Both are exactly 0")
    unit = section(visitor).locator("[class*=st-key-backward_unit_] input")
    unit.fill("5000")  # there is none
    unit.press("Enter")
    expect(visitor.page.locator("[data-testid=stException]")).to_have_count(0)
    unit.fill("12")
    unit.press("Enter")
    expect(numbers(visitor, "Hidden unit 12, in full")).to_be_visible()


def test_the_mathematics_opens_and_is_typeset_without_an_error(visit):
    visitor = visit(OPEN)
    formulas = section(visitor).locator(".katex-display")
    expect(formulas.first).to_be_visible()
    expander = section(visitor).locator(".st-key-backward_mathematics")
    expect(expander.get_by_text("Step 3: the error term of the outputs")).to_be_hidden()
    expander.locator("summary").click()
    expect(expander.get_by_text("Step 3: the error term of the outputs")).to_be_visible()
    expect(expander.locator(".katex-display")).to_have_count(13)
    typeset = section(visitor).locator(".katex-html").all_inner_texts()
    assert len(typeset) > 18 and not [text for text in typeset if "\\" in text]  # an unknown command stays as it is
    expect(section(visitor).locator(".katex-error")).to_have_count(0)


def test_while_it_trains_the_choices_stay_and_nothing_jumps(visit):
    visitor = visit(OPEN + "&epochs=100&hidden=100")
    visitor.button("train").click()
    expect(visitor.button("stop")).to_be_visible()
    expect(section(visitor)).to_contain_text("Your network (100 hidden units)")
    say(visitor, 4)
    expect(section(visitor)).to_contain_text("1 for the 4")
    outputs = numbers(visitor, "The ten outputs, and what each adds to J")

    def places():
        return visitor.page.evaluate("""() => [
            ...document.querySelectorAll('.st-key-section h4, .st-key-section .nn-numbers')]
            .map(part => Math.round(part.getBoundingClientRect().y + document.querySelector('.stMain').scrollTop))""")

    visitor.settled()
    before, seen = places(), outputs.inner_text()
    for _ in range(3):
        expect(outputs).not_to_have_text(seen, use_inner_text=True)
        seen = outputs.inner_text()
        assert max(abs(now - then) for now, then in zip(places(), before)) <= 1  # a scroll may end between two pixels
    expect(section(visitor)).to_contain_text("1 for the 4")


def test_on_a_phone_nothing_is_wider_than_the_screen(visit):
    visitor = visit(OPEN, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    section(visitor).locator(".st-key-backward_mathematics summary").click()
    expect(section(visitor).get_by_text("The update.")).to_be_visible()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visitor.page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
    hidden = visitor.page.evaluate(
        "() => [...document.querySelectorAll('.st-key-section .nn-numbers')]"
        ".filter(part => part.scrollWidth > part.clientWidth).length"
    )
    assert hidden == 0, "no column of a table is out of sight"
    cut_off = visitor.page.evaluate("""() => {
        const right = element => element.getBoundingClientRect().right;
        return [...document.querySelectorAll('.st-key-section .katex-display .base')]
            .filter(part => right(part) > right(part.closest('.katex-display')) + 1)
            .map(part => part.textContent);
    }""")
    assert cut_off == []
