"""A class in a real browser: a teacher with the board, and students on a laptop and a phone."""

import re

from playwright.sync_api import expect
from script import SEVEN

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
QUICK = "epochs=2&images_bundled=500"


def show(visitor, view):
    """Choose what the board shows."""
    visitor.page.locator(".st-key-board_view button", has_text=view).click()
    visitor.settled()


def switch(visitor, key):
    """Click a toggle."""
    visitor.page.locator(f".st-key-{key} label").first.click()


def best(visitor):
    """The rows of the table of the best trainings."""
    return visitor.page.locator(".nn-best tbody tr")


def test_a_class_from_its_start_to_its_end(visit):
    teacher = visit(viewport={"width": 1920, "height": 1080})
    board = teacher.page.locator(".st-key-projected")
    teacher.unfold("class_part")
    teacher.button("start_class").click()
    expect(teacher.page.locator(".nn-code-large")).to_have_text(re.compile("^[A-Z]{6}$"))
    code = teacher.page.locator(".nn-code-large").inner_text()
    expect(teacher.page.locator(".nn-join img")).to_be_visible()
    assert teacher.violations() == []

    # One student opens the link, and one types the code. The link of that one hides a part of the page.
    student, phone = visit(f"?class={code}&{QUICK}&eta=0.1"), visit(f"?{QUICK}&eta=0.5&hide=more", **PHONE)
    phone.page.locator("[data-testid=stExpandSidebarButton]").click()
    expect(phone.page.locator(".st-key-epochs")).to_be_visible()
    expect(phone.page.locator(".st-key-more")).to_be_hidden()
    phone.unfold("class_part")
    phone.page.locator(".st-key-class_code input").fill(code.lower())
    phone.page.keyboard.press("Enter")
    for one, name in [(student, "teal heron"), (phone, "coral otter")]:
        expect(one.page.locator(".nn-class")).to_contain_text(f"You are the {name} in class {code}")
    phone.page.locator("[data-testid=stSidebarCollapseButton] button").click()
    expect(teacher.page.locator(".nn-class")).to_contain_text("2 here")

    # Both train, and the board shows it by itself.
    for one in (student, phone):
        one.train()
    switch(teacher, "how_to_join")
    expect(best(teacher)).to_have_count(2)
    expect(teacher.page.locator(".nn-class")).to_contain_text("2 have trained")
    assert teacher.page.locator(".nn-join").count() == 0
    expect(board.locator("[data-testid=stVegaLiteChart]").locator("canvas, svg").first).to_be_visible()
    assert teacher.violations() == []

    # A click on a dot sets one's own sidebar.
    switch(student, "board")
    expect(best(student)).to_have_count(2)
    expect(best(student).filter(has_text="(you)")).to_contain_text("teal heron")
    student.page.locator(".st-key-dots svg .mark-symbol path[aria-label*='coral otter']").first.click()
    expect(student.page.locator(".st-key-eta [data-testid=stSliderThumbValue]")).to_have_text("0.5")

    # The class's own digits, and one that is mislabelled.
    student.draw(*SEVEN)
    student.label(7)
    switch(student, "share_drawings")
    show(teacher, "Our digits")
    drawings = teacher.page.locator(".st-key-class_digits .drawing")
    expect(drawings).to_have_count(1)
    expect(teacher.page.locator(".nn-shift")).to_contain_text("100%")
    switch(teacher, "remove_drawings")
    remove = teacher.page.get_by_role("button", name="Remove this 7")
    expect(remove).to_be_visible()
    assert teacher.violations() == []
    remove.click()
    expect(drawings).to_have_count(0)

    # Guess first.
    teacher.page.locator(".st-key-teacher button").first.click()
    teacher.button("ask_few_images").click()
    teacher.page.keyboard.press("Escape")
    show(teacher, "Guess first")
    question = phone.page.locator(".st-key-class_question")
    expect(question).to_contain_text("Only 100 training images")
    phone.slide("guess_few_images", 10)
    phone.button("guess").click()
    phone.button("train_question").click()
    expect(board).to_contain_text("1 guess (median 60), 1 result (median")
    expect(question).to_contain_text("Your guess: 60 of 100. Your network got")
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert teacher.violations() == []
    expect(student.page.locator(".st-key-class_question")).to_be_visible()
    assert student.violations(".st-key-class") == []

    # After a reload, a student has the same name, and the browser remembers the teacher's secret.
    student.page.reload()
    expect(student.page.locator(".nn-class")).to_contain_text("You are the teal heron")
    expect(teacher.page.locator(".nn-class")).to_contain_text("2 here")
    teacher.page.reload()
    expect(teacher.page.locator(".st-key-teacher")).to_be_visible()

    teacher.page.locator(".st-key-teacher button").first.click()
    switch(teacher, "sure_to_end")
    teacher.button("end_class").click()
    expect(board).to_contain_text("This class has ended.")
    expect(phone.page.locator(".st-key-class")).to_contain_text("This class has ended. You can go on alone.")
    phone.button("go_on_alone").click()
    expect(phone.page.locator(".st-key-go_on_alone, .nn-class")).to_have_count(0)
    expect(phone.progress).to_contain_text("finished")
    teacher.page.goto(f"{teacher.address}/?view=teachers")
    expect(teacher.page.get_by_text("A link of your own")).to_be_visible()
    assert teacher.violations() == []
