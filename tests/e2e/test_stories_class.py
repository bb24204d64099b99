"""A class in a real browser: a teacher with the board, and students on a laptop and a phone."""

import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

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


def start_class(teacher):
    """Start a class; returns its code."""
    teacher.unfold("class_part")
    teacher.button("start_class").click()
    expect(teacher.page.locator(".nn-code-large")).to_have_text(re.compile("^[A-Z]{6}$"))
    return teacher.page.locator(".nn-code-large").inner_text()


def test_a_class_from_its_start_to_its_end(visit):
    teacher = visit(viewport={"width": 1920, "height": 1080}, color_scheme="dark")
    board = teacher.page.locator(".st-key-projected")
    code = start_class(teacher)
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
    teacher.wear("light")
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


def test_the_secret_of_a_teachers_link_is_in_no_request(visit):
    teacher, elsewhere, requests = visit(), visit(viewport=None), []
    code = start_class(teacher)
    teacher.page.locator(".st-key-teacher button").first.click()
    teacher.page.get_by_text("Your teacher link (keep private)").click()
    link = teacher.page.locator("[data-testid=stCode] code").inner_text()
    secret = link.split("#teacher=")[1]
    elsewhere.page.on("request", lambda request: requests.append(request))
    elsewhere.page.goto(link)
    expect(elsewhere.page.locator(".st-key-teacher")).to_be_visible()
    expect(elsewhere.page).to_have_url(re.compile(f"class={code}&view=board$"))
    sent = [text for one in requests for text in (one.url, *one.all_headers().values())]
    assert len(requests) > 10 and not any(secret in text for text in sent)

    # As a student's page in another tab of that browser, and back to the board by the same link.
    elsewhere.page.context.clear_cookies()
    elsewhere.page.reload()
    expect(elsewhere.page.locator(".nn-class")).to_contain_text(code)
    assert elsewhere.page.locator(".st-key-teacher").count() == 0
    elsewhere.page.evaluate("link => { location.href = link }", link)  # only the part after # is new: no load
    expect(elsewhere.page.locator(".st-key-teacher")).to_be_visible()
    expect(elsewhere.page).to_have_url(re.compile(f"class={code}&view=board$"))


@contextmanager
def framing(address):
    """The address of another site, a page of which has this one in a frame."""

    class Course(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{address}" width="1200" height="700"></iframe>'.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Course) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_port}"  # a browser trusts it, too, but it is another site than 127.0.0.1
        site.shutdown()


def test_a_page_in_a_frame_of_another_site_knows_its_student_again(visit, browser, server):
    code, (address, _) = start_class(visit()), server
    with browser.new_context() as context, framing(f"{address}/?class={code}") as course:
        page = context.new_page()
        for _ in range(2):
            page.goto(course)
            name = page.frame_locator("iframe").locator(".nn-class")
            expect(name).to_contain_text("You are the teal heron in class")
        page.goto(f"{address}/?class={code}")
        expect(page.locator(".nn-class")).to_contain_text("You are the coral otter")  # the frame's secret stays there
