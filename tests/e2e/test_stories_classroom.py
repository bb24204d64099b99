"""A class in a real browser: a teacher, a wall, and students on laptops and phones."""

import re
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import expect
from script import SEVEN

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
QUICK = "epochs=2&images_bundled=500"


def start_class(visitor):
    """Start a class; returns its code."""
    visitor.unfold("class_part")
    visitor.button("start_class").click()
    code = visitor.page.locator(".nn-code-large")
    expect(code).to_have_text(re.compile("^[A-Z]{6}$"))
    return code.inner_text()


def show(visitor, view):
    """Choose what the board shows."""
    visitor.page.locator(".st-key-board_view button", has_text=view).click()


def switch(visitor, key):
    """Click a toggle."""
    visitor.page.locator(f".st-key-{key} label").first.click()


def ask(teacher, key):
    """Open the teacher's tools, click one of them, and close them."""
    teacher.page.locator(".st-key-teacher button").first.click()
    teacher.button(key).click()
    teacher.page.keyboard.press("Escape")


def best(visitor):
    """The rows of the table of the best trainings."""
    return visitor.page.locator(".nn-best tbody tr")


def test_a_class_from_its_start_to_its_end(visit):
    teacher = visit(viewport={"width": 1920, "height": 1080})
    code = start_class(teacher)
    assert dict(parse_qsl(urlsplit(teacher.page.url).query)) | {"pace": ""} == {
        "class": code,
        "view": "board",
        "pace": "",
    }
    students = [visit(f"?class={code}&{QUICK}&eta={eta}") for eta in ("0.1", "0.01")]
    phone = visit(f"?{QUICK}&eta=1", **PHONE)  # this one types the code
    phone.page.locator("[data-testid=stExpandSidebarButton]").click()
    phone.unfold("class_part")
    phone.page.locator(".st-key-class_code input").fill(code.lower())
    phone.page.keyboard.press("Enter")
    students.append(phone)
    for student, name in zip(students, ("teal heron", "coral otter", "amber fox")):
        expect(student.page.locator(".nn-class")).to_contain_text(f"You are the {name} in class {code}")
    phone.page.locator("[data-testid=stSidebarCollapseButton] button").click()
    expect(teacher.page.locator(".nn-class")).to_contain_text("3 here")

    # Everybody trains, and the wall shows it by itself.
    for student in students:
        student.button("train").click()
    switch(teacher, "how_to_join")
    expect(best(teacher)).to_have_count(3)
    expect(teacher.page.locator(".nn-class")).to_contain_text("3 have trained")
    assert teacher.page.locator(".nn-join").count() == 0

    # A click on a dot puts its settings into one's own sidebar.
    second = students[1]
    switch(second, "board")
    expect(best(second)).to_have_count(3)
    expect(best(second).filter(has_text="(you)")).to_contain_text("coral otter")
    dots = second.page.locator(".st-key-dots svg .mark-symbol path[aria-label*='teal heron']")
    dots.first.click()
    expect(second.page.locator(".st-key-eta")).to_contain_text("0.1")
    expect(second.page.locator(".st-key-hand")).not_to_contain_text("η = 0.01")
    second.settled()

    # The class's own digits, and one that isn't what it says.
    first = students[0]
    first.draw(*SEVEN)
    first.label(7)
    switch(first, "share_drawings")
    show(teacher, "Our digits")
    drawings = teacher.page.locator(".st-key-digits_wall .drawing")
    expect(drawings).to_have_count(1)
    expect(teacher.page.locator(".nn-shift")).to_contain_text("99.1%100%")
    switch(teacher, "take_out")
    teacher.page.get_by_role("button", name="Take out this 7").click()
    expect(drawings).to_have_count(0)

    # Guess first.
    ask(teacher, "ask_few_images")
    show(teacher, "Guess first")
    for student in students:
        expect(student.page.locator(".st-key-class_question")).to_contain_text("Only 100 training images")
        student.slide("guess_few_images", 10)
        student.button("guess").click()
        student.button("train_question").click()
    expect(teacher.page.locator(".st-key-wall")).to_contain_text("3 guesses, the median 60%; 3 results, the median")
    expect(phone.page.locator(".st-key-class_question")).to_contain_text("Your guess: 60 of 100. Your network reads")
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # A reload keeps who one is.
    first.page.reload()
    expect(first.page.locator(".nn-class")).to_contain_text("You are the teal heron")
    expect(teacher.page.locator(".nn-class")).to_contain_text("3 here")
    teacher.page.reload()
    expect(teacher.page.locator(".st-key-teacher")).to_be_visible()  # the browser remembers the secret

    teacher.page.locator(".st-key-teacher button").first.click()
    switch(teacher, "sure_to_end")
    teacher.button("end_class").click()
    expect(teacher.page.locator(".st-key-wall")).to_contain_text("This class has ended.")
    teacher.button("go_on_alone").click()
    expect(teacher.canvas).to_be_visible()
    expect(second.page.locator(".st-key-class")).to_contain_text("This class has ended. You can go on alone.")
    second.button("go_on_alone").click()
    expect(second.page.locator(".st-key-go_on_alone, .nn-class")).to_have_count(0)
    expect(second.progress).to_contain_text("finished")


def test_axe_finds_nothing_in_a_class(visit):
    teacher = visit()
    code = start_class(teacher)
    expect(teacher.page.locator(".nn-join img")).to_be_visible()
    assert teacher.violations() == []
    student = visit(f"?class={code}&{QUICK}")
    student.button("train").click()
    student.draw(*SEVEN)
    student.label(7)
    switch(student, "share_drawings")
    switch(student, "board")
    switch(teacher, "how_to_join")
    expect(best(teacher)).to_have_count(1)
    ask(teacher, "ask_eta")
    expect(student.page.locator(".st-key-class_question")).to_be_visible()
    for view in ("Trainings", "Our digits", "Guess first"):
        show(teacher, view)
        show(student, view)
        expect(student.page.locator(".st-key-class_board canvas, .st-key-class_board svg").first).to_be_visible()
        student.page.wait_for_timeout(300)
        assert teacher.violations() == [], view
        assert student.violations(".st-key-class") == [], view
    student.page.goto(f"{student.address}/?view=teachers&class={code}")
    expect(student.page.get_by_text("A link of your own")).to_be_visible()
    assert student.violations() == []


def test_a_link_hides_what_it_says(visit):
    visitor = visit("?hide=eta,more,reveal&eta=0.5&inside=6+Spot+the+bug")
    expect(visitor.page.locator(".st-key-bug_guess")).to_be_visible()
    for key in ("eta", "more", "bug_reveal"):
        expect(visitor.page.locator(f".st-key-{key}")).to_be_hidden()
    expect(visitor.page.locator(".st-key-epochs")).to_be_visible()
    expect(visitor.page.locator(".st-key-hand")).to_contain_text("Changed: η = 0.5")
