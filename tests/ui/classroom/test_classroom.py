"""A class in Streamlit's AppTest: starting, joining, training, drawing, guessing, and what the teacher can do."""

import csv
import io
import re
import zipfile
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import pytest
import script
from script import PAGE, SEVEN, draw, html, html_with, pills, train, training_of, visitor, words
from streamlit.testing.v1 import AppTest

import nn
from nn.classroom.names import name_of
from nn.classroom.rooms import Classroom
from nn.images.preprocessing import as_pixels
from nn.questions.predictions import QUESTIONS
from nn.ui.classroom import board, here, lesson
from nn.ui.classroom.file import class_file
from nn.ui.session.current_image import DrawingPart
from nn.ui.session.layout import HIDEABLE

QUICK = {"epochs": "2", "images_bundled": "500", "pace": "Full speed"}
STRANGE = ["<script>alert(1)</script>", "ABC\x00EF", "é" * 500, "CCCCCC' OR 1=1 --"]


@pytest.fixture
def exchange(tmp_path, monkeypatch, page):
    """The Exchange with a database of its own; it takes its turns when a test says so."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("nn.classroom.exchange.Exchange.start", lambda self: None)
    monkeypatch.setattr("nn.classroom.exchange.GREETING", 0)
    monkeypatch.setattr("nn.ui.classroom.here.JOIN_AGAIN", 0)
    here.exchange.clear()
    yield here.exchange()
    here.exchange.clear()


@pytest.fixture
def room(exchange):
    """A room: its code, its teacher's secret, and a function that reads its board."""
    code, secret = exchange.classroom.open_room()
    return SimpleNamespace(code=code, secret=secret, board=lambda: exchange.board(code, fresh=True))


def opened(room=None, **query):
    """The page of another visitor, at an address, of a class if there is one."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    for name, value in (query | ({"class": room.code} if room else {})).items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def turn(exchange, *pages):
    """One turn of the exchange, after which these pages refresh themselves."""
    exchange.step()
    assert exchange.trouble == ""
    for page in pages:
        page.run()
        assert not page.exception


def label(page, digit):
    """Say which digit the drawing is."""
    pills(page, f"label_{visitor(page).part(DrawingPart).identifier}").set_value(digit).run()


def warnings(page):
    return " ".join(warning.value for warning in page.warning)


def has_button(page, key):
    return any(button.key == key for button in page.button)


def test_a_teacher_starts_a_class_and_takes_it_along_by_a_link_that_cannot_be_forged(page, exchange):
    page.button(key="start_class").click().run()
    code, secret = visitor(page).taught
    assert code in page.query_params["class"] and "board" in page.query_params["view"]
    assert exchange.board(code).n_people == 0 and exchange.classroom.is_teacher(code, secret)
    join = html_with(page, "nn-join")
    assert f">{code}<" in join and f"?class={code}" in join and "data:image/svg+xml" in join
    assert page.button(key="end_class").disabled
    query = dict(parse_qsl(next(one.value for one in page.code).split("?")[1]))
    assert query["teacher"] == secret and secret not in str(page.query_params)
    elsewhere = opened(**query)
    assert has_button(elsewhere, "end_class") and "teacher" not in elsewhere.query_params
    forged = opened(**query | {"teacher": "forged"})
    assert "not the link of this class's teacher" in warnings(forged)
    assert not has_button(forged, "end_class") and not has_button(forged, "ask_eta")


@pytest.mark.slow
def test_each_training_from_its_beginning_in_the_class_is_a_dot_on_everybodys_board(exchange, room):
    student = opened(sort="true", shuffle="false", batch="8", **QUICK)

    def epochs_of_dots():
        turn(exchange, student)
        return [row.epochs_done for row in room.board().trainings]

    def go_on(epochs):
        student.slider(key="epochs").set_value(epochs).run()
        student.button(key="continue").click().run()
        script.wait_until(student, lambda: not script.is_training(student))

    train(student)
    student.text_input(key="class_code").set_value(room.code).run()
    assert epochs_of_dots() == [], "it was trained before"
    me = name_of(visitor(student).membership.person.number).words
    assert me in html_with(student, "1 here, 0 training, 0 have trained")
    pills(student, "pace").set_value("Step").run()
    student.button(key="new_network").click().run()
    student.button(key="step_16").click().run()
    assert epochs_of_dots() == [], "this is less than an epoch"
    pills(student, "pace").set_value("Full speed").run()
    for epochs in (1, 2):  # both are over before the exchange looks
        student.slider(key="epochs").set_value(epochs).run()
        train(student)
    assert epochs_of_dots() == [1, 2]
    assert me in html_with(student, "1 here, 0 training, 1 have trained")

    row, training = room.board().trainings[1], training_of(student)
    assert row.accuracy == pytest.approx(training.state.history[-1].test_accuracy)
    assert row.recipe == training.recipe
    network = nn.load_network(io.BytesIO(exchange.classroom.networks([row.id])[row.id]))
    for kept, own in zip(network.parameters, training.state.network.parameters):
        assert np.abs(kept - own).max() <= np.abs(own).max() / 127  # a weight has one byte
    go_on(4)
    assert epochs_of_dots() == [1, 4], "a training that is continued takes its own place"
    student.select_slider(key="eta").set_value(1.0).run()
    go_on(5)
    assert training_of(student).is_mixed and training_of(student).state.epoch == 5
    assert epochs_of_dots() == [1, 4]
    student.toggle(key="board").set_value(True).run()
    assert f"{me} (you)" in html_with(student, "nn-best")
    best, wall = max(row.accuracy for row in room.board().trainings), opened(room, view="board")
    assert f"{best:.1%}" in html_with(wall, "nn-best") and "(you)" not in html_with(wall, "nn-best")
    assert not has_button(wall, "end_class")  # that is the teacher's


def test_a_code_is_typed_in_any_way_and_only_a_few_wrong_ones(page, exchange, room, monkeypatch):
    monkeypatch.setattr(here, "MAX_WRONG_CODES", 3)

    def enter(code):
        page.text_input(key="class_code").set_value(code).run()

    enter(f" {room.code[:3].lower()}-{room.code[3:].lower()} ")
    assert room.code in html_with(page, "You are the")
    page.button(key="leave_class").click().run()
    assert "class" not in page.query_params and "You are the" not in html(page)
    other, _ = exchange.classroom.open_room()
    wrong = [("abc", "six letters"), ("ZZZZZZ", "six letters")] + [("CCCCCC", "There is no class")] * 3
    for code, why in [*wrong, (other, "too many codes")]:
        enter(code)
        for _ in range(4):  # to wait is not to try again
            page.run()
            assert why in warnings(page), code
        page.button(key="go_on_alone").click().run()
    enter(room.code)  # a member comes back
    assert "teal heron" in html_with(page, "You are the") and room.code in html_with(page, "You are the")
    assert room.board().n_people == 1


def test_an_address_hides_what_it_says_and_never_shows_markup(exchange):
    queries = [{"class": strange, "view": "board", "teacher": strange, "hide": strange} for strange in STRANGE]
    for query in [*queries, *(queries[0] | {"view": view} for view in ("", "teachers", "<b>"))]:
        other = opened(**query)
        assert "<script>alert" not in html(other) + words(other) and "OR 1=1" not in html(other) + words(other)
    other = opened(hide="eta,reveal,<b>,body")
    style = next(one.body for one in other.get("html") if "display: none" in one.body and ".st-key-eta" in one.body)
    assert ".st-key-bug_reveal" in style and "body" not in style and "<b>" not in style
    keys = {key for _, *containers in HIDEABLE.values() for key in containers}
    assert "train" not in keys and len(HIDEABLE) >= 10


def test_a_class_has_the_labelled_drawings_of_those_who_agree_until_it_ends(exchange, room):
    student = opened(room, **QUICK)

    def labels_in_class():
        turn(exchange, student)
        return [drawing.label for drawing in room.board().drawings]

    draw(student, SEVEN)
    label(student, 7)
    assert labels_in_class() == []
    student.toggle(key="share_drawings").set_value(True).run()
    assert labels_in_class() == [7]
    for preparation, image in room.board().drawings[0].images.items():
        expected = nn.prepare_drawing(script.canvas_of(student), preparation).image
        assert np.array_equal(image, as_pixels(expected)), preparation

    draw(student, [(x + 1, y) for x, y in SEVEN])
    label(student, 1)  # which is wrong
    train(student)
    assert labels_in_class() == [7, 1]
    (row,) = room.board().trainings
    student.toggle(key="board").set_value(True).run()
    pills(student, "board_view").set_value(board.DIGITS).run()
    table = html_with(student, "nn-shift")
    assert re.search(r"Pre-trained network.*?99\.\d%.*?50%", table)
    assert re.search(rf"Yours.*?{row.accuracy:.1%}", table)
    assert "**2 digits by 1 person**" in words(student)
    with zipfile.ZipFile(io.BytesIO(class_file(room.board()))) as archive:
        (line,) = csv.DictReader(io.StringIO(archive.read("trainings.csv").decode()))
        assert (line["person"], line["epochs"], line["n_images"]) == ("teal heron", "2", "500")
        with np.load(io.BytesIO(archive.read("drawings.npz")), allow_pickle=False) as file:
            assert file["images"].shape == (2, 28, 28) and file["labels"].tolist() == [7, 1]
            assert file["people"].tolist() == ["teal heron"] * 2

    label(student, 7)
    assert labels_in_class() == [7, 7]
    label(student, None)
    assert labels_in_class() == [7]
    student.toggle(key="share_drawings").set_value(False).run()
    assert labels_in_class() == []

    teacher = opened(room, view="board", teacher=room.secret)
    teacher.checkbox(key="sure_to_end").set_value(True).run()
    teacher.button(key="end_class").click().run()
    assert warnings(teacher) == "This class has ended."
    turn(exchange, student)
    assert "This class has ended. You can go on alone." in warnings(student)
    student.button(key="go_on_alone").click().run()
    assert not student.warning and training_of(student).state.finished


def test_a_question_is_guessed_then_trained_with_one_click_and_both_are_on_the_board(exchange, room):
    student, question = opened(room, pace="Full speed", epochs="3"), QUESTIONS["few_images"]
    teacher = opened(room, view="board", teacher=room.secret)
    teacher.button(key="ask_few_images").click().run()
    turn(exchange, student)
    assert question.words in words(student)
    student.slider(key="guess_few_images").set_value(40).run()
    student.button(key="guess").click().run()
    turn(exchange, student)
    assert room.board().guesses == {"few_images": {1: 0.4}}
    student.button(key="train_question").click().run()
    script.wait_until(student, lambda: not script.is_training(student))
    turn(exchange, student)
    (row,) = room.board().trainings
    assert question.is_answered_by(row) and row.recipe.n_images == 100
    student.run()
    assert f"Your guess: **40** of 100. Your network reads **{100 * row.accuracy:.0f}**." in words(student)
    assert student.slider(key="epochs").value == 10  # the sidebar says what was trained
    pills(teacher, "board_view").set_value(board.GUESSES).run()
    assert "1 guess, the median 40%; 1 result, the median" in words(teacher)
    assert question.solution not in str([info.value for info in teacher.info])
    teacher.toggle(key="solution_few_images").set_value(True).run()
    assert question.solution in [info.value for info in teacher.info]
    teacher.button(key="ask_few_images").click().run()
    turn(exchange, student)
    assert room.board().question is None and question.words not in words(student)


def test_a_database_that_cannot_be_reached_stops_nothing(exchange, room, tmp_path):
    student, classroom = opened(room, **QUICK), exchange.classroom
    exchange.classroom = Classroom(f"sqlite:///{tmp_path}")  # a folder is no database
    teacher = opened(room, view="board", teacher=room.secret)
    assert not teacher.warning and "teacher" not in teacher.query_params and not has_button(teacher, "ask_eta")
    train(student)
    exchange.step()
    student.run()
    assert "can't be reached" in html_with(student, "You are the") and training_of(student).state.finished
    assert exchange.n_waiting == 1
    newcomer = opened(room, **QUICK)
    assert "can't be reached" in warnings(newcomer)
    exchange.classroom = classroom
    turn(exchange, student, newcomer, teacher)
    assert len(room.board().trainings) == 1 and "You are the" in html(newcomer)
    assert has_button(teacher, "ask_eta"), "the link has waited"
    teacher.button(key="forget_teacher").click().run()
    assert not has_button(teacher, "ask_eta")
    assert f"{here.TEACHER}{room.code}=; path=/; max-age=0" in html(teacher)


def test_every_link_of_the_lesson_opens_what_it_says(exchange, room):
    teachers = opened(room, view="teachers")
    links = [dict(parse_qsl(link)) for link in re.findall(r'href="\?([^"]*)"', html(teachers))]
    assert len(links) >= 11 and all(link.pop("class") == room.code for link in links)
    assert sum(minutes for minutes, *_ in lesson.LESSON) == 45
    for question, link in zip(QUESTIONS.values(), links[-len(QUESTIONS) :]):
        other = opened(**link, pace="Step")
        other.button(key="step_1").click().run()
        assert training_of(other).recipe == question.recipe, question.name

    teachers.selectbox(key="link_step").set_value("5 Backward").run()
    teachers.multiselect(key="link_hide").set_value(["eta", "reveal"]).run()
    query = dict(parse_qsl(next(one.value for one in teachers.code).split("?")[1]))  # of a link of one's own
    assert query == {"class": room.code, "inside": "5 Backward", "hide": "eta,reveal"}
