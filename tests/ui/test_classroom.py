"""A class in Streamlit's AppTest: starting, joining, training, drawing, guessing, and what the teacher can do."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import pytest
from script import PAGE, SEVEN, canvas_of, draw, html, html_with, pills, training_of, visitor, wait_until, words
from streamlit.testing.v1 import AppTest
from test_structure import in_a_fresh_interpreter

import nn
from nn.classroom.names import name_of
from nn.classroom.questions import QUESTIONS
from nn.classroom.rooms import AWAY, Classroom, Unreachable
from nn.images.preprocessing import as_pixels
from nn.ui.classroom import board as board_module
from nn.ui.classroom import here, lesson
from nn.ui.classroom.strip import controls_of
from nn.ui.controls import DEFAULTS
from nn.ui.view import HIDEABLE


@pytest.fixture
def exchange(tmp_path, monkeypatch, page):
    """The Exchange with a database of its own; it takes its turns when a test says so."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("nn.classroom.exchange.Exchange._start", lambda self: None)
    monkeypatch.setattr("nn.classroom.exchange.GREETING", 0)
    monkeypatch.setattr("nn.ui.classroom.here.JOIN_AGAIN", 0)
    here.exchange.clear()
    yield here.exchange()
    here.exchange.clear()


@pytest.fixture
def room(exchange):
    """A room: its code, and its teacher's secret."""
    return SimpleNamespace(**dict(zip(("code", "secret"), exchange.classroom.open_room())))


def opened(page, **query):
    """The page of another visitor, at an address."""
    other = AppTest.from_file(PAGE, default_timeout=60)
    other._bidi_component_manager = page._bidi_component_manager
    for name, value in query.items():
        other.query_params[name] = value
    other.run()
    assert not other.exception
    return other


def in_the_address(page, name):
    value = page.query_params.get(name)
    return value[-1] if isinstance(value, list) else value


def turn(exchange, *pages):
    """One turn of the exchange, after which these pages refresh themselves."""
    exchange.step()
    assert exchange.trouble == ""
    for page in pages:
        page.run()
        assert not page.exception


def trained(exchange, page, room):
    """Train on the page until the class has the result; return its row."""
    n = len(exchange.board(room.code, fresh=True).trainings)
    if page.button(key="train").label == "Train":
        page.button(key="train").click().run()
    wait_until(page, lambda: page.button(key="train").label == "Train")
    turn(exchange, page)
    rows = exchange.board(room.code, fresh=True).trainings
    assert len(rows) == n + 1
    return rows[-1]


QUICK = {"epochs": "2", "images_bundled": "500", "pace": "Full speed"}


def test_a_visitor_alone_never_loads_the_database():
    code = """
import json, sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
print(json.dumps([len(page.exception), sorted({"sqlalchemy", "segno", "nn.classroom"} & set(sys.modules))]))
"""
    assert in_a_fresh_interpreter(code) == [0, []]


def test_who_starts_a_class_sees_its_wall_and_is_its_teacher(page, exchange):
    page.button(key="start_class").click().run()
    code = in_the_address(page, "class")
    assert re.fullmatch("[A-Z]{6}", code) and in_the_address(page, "view") == "board"
    assert exchange.board(code).n_people == 0
    join = html_with(page, "nn-join")
    assert f">{code}<" in join and f"?class={code}" in join and "data:image/svg+xml" in join
    assert page.button(key="end_class").disabled
    link = next(one.value for one in page.code)
    secret = dict(parse_qsl(link.split("?")[1]))["teacher"]
    assert exchange.classroom.is_teacher(code, secret)
    assert secret not in str(page.query_params)
    elsewhere = opened(page, **{"class": code, "view": "board", "teacher": secret})
    assert elsewhere.button(key="end_class") and "teacher" not in elsewhere.query_params


def test_a_student_joins_trains_and_is_a_dot_on_everybodys_board(page, exchange, room):
    student = opened(page, **{"class": room.code}, **QUICK)
    me = visitor(student).membership.person
    assert name_of(me.number).words in html_with(student, "You are the")
    turn(exchange, student)
    assert "1 here, 0 training, 0 have trained" in html_with(student, "You are the")
    row = trained(exchange, student, room)
    run = training_of(student).run
    assert (row.number, row.epochs, row.n_images, row.epochs_done) == (me.number, 2, 500, 2)
    assert row.accuracy == pytest.approx(run.history[-1].test_accuracy)
    assert "1 here, 0 training, 1 have trained" in html_with(student, "You are the")
    student.toggle(key="board").set_value(True).run()
    assert f"{name_of(me.number).words} (you)" in html_with(student, "nn-best")
    wall = opened(page, **{"class": room.code, "view": "board"})
    assert f"{row.accuracy:.1%}" in html_with(wall, "nn-best") and "(you)" not in html_with(wall, "nn-best")
    assert not [button for button in wall.button if button.key == "end_class"]  # that is the teacher's


def test_the_network_of_the_class_is_the_one_that_was_trained(page, exchange, room):
    student = opened(page, **{"class": room.code}, **QUICK)
    row = trained(exchange, student, room)
    file = exchange.classroom.networks([row.id])[row.id]
    network, X = nn.load_network(io.BytesIO(file)), nn.load_mnist().X_test
    same = network.predict(X) == training_of(student).run.network.predict(X)
    assert same.mean() > 0.99  # its weights have one byte


def test_less_than_an_epoch_and_single_steps_are_no_dots(page, exchange, room):
    student = opened(page, **{"class": room.code, "pace": "Step", "images_bundled": "500"})
    student.button(key="step_10").click().run()
    turn(exchange, student)
    assert exchange.board(room.code, fresh=True).trainings == ()


def test_every_training_is_a_dot_and_a_continued_one_takes_its_own_place(page, exchange, room):
    student = opened(page, **{"class": room.code}, **QUICK)
    for epochs in (1, 2):  # both are over before the exchange looks
        student.slider(key="epochs").set_value(epochs).run()
        student.button(key="train").click().run()
        wait_until(student, lambda: student.button(key="train").label == "Train")
    turn(exchange, student)
    assert [row.epochs for row in exchange.board(room.code, fresh=True).trainings] == [1, 2]
    student.slider(key="epochs").set_value(4).run()
    student.button(key="continue").click().run()
    wait_until(student, lambda: student.button(key="train").label == "Train")
    turn(exchange, student)
    assert [row.epochs_done for row in exchange.board(room.code, fresh=True).trainings] == [1, 4]
    student.slider(key="epochs").set_value(5).run()
    student.select_slider(key="eta").set_value(1.0).run()
    student.button(key="continue").click().run()
    wait_until(student, lambda: student.button(key="train").label == "Train")
    assert training_of(student).is_mixed and training_of(student).run.epoch == 5
    turn(exchange, student)
    assert [row.epochs_done for row in exchange.board(room.code, fresh=True).trainings] == [1, 4]


def test_what_was_trained_before_is_not_the_classs(page, exchange, room):
    student = opened(page, **QUICK)
    student.button(key="train").click().run()
    wait_until(student, lambda: student.button(key="train").label == "Train")
    student.text_input(key="class_code").set_value(room.code).run()
    turn(exchange, student)
    assert exchange.board(room.code, fresh=True).trainings == ()
    trained(exchange, student, room)


def test_a_code_is_typed_in_any_way_and_a_wrong_one_is_said(page, exchange, room):
    typed = f" {room.code[:3].lower()}-{room.code[3:].lower()} "
    page.text_input(key="class_code").set_value(typed).run()
    assert room.code in html_with(page, "You are the")
    page.button(key="leave_class").click().run()
    assert "class" not in page.query_params and "You are the" not in html(page)
    for code, why in [("abc", "six letters"), ("ZZZZZZ", "six letters"), ("CCCCCC", "There is no class")]:
        page.text_input(key="class_code").set_value(code).run()
        assert any(why in warning.value for warning in page.warning), code
        page.button(key="go_on_alone").click().run()
    for _ in range(here.MAX_WRONG_CODES):
        page.text_input(key="class_code").set_value("CCCCCC").run()
        page.button(key="go_on_alone").click().run()
    other, _ = exchange.classroom.open_room()
    page.text_input(key="class_code").set_value(other).run()
    assert any("too many codes" in warning.value for warning in page.warning)
    page.button(key="go_on_alone").click().run()
    page.text_input(key="class_code").set_value(room.code).run()  # there, one has been
    assert "teal heron" in html_with(page, "You are the") and room.code in html_with(page, "You are the")
    assert exchange.board(room.code, fresh=True).n_people == 1


def test_to_wait_in_front_of_a_wrong_code_is_one_attempt(page, exchange):
    other = opened(page, **{"class": "CCCCCC"})
    for _ in range(here.MAX_WRONG_CODES + 5):
        other.run()
    assert any("There is no class" in warning.value for warning in other.warning)
    assert visitor(other).n_wrong_codes == 1


@pytest.mark.parametrize("code", ["<script>alert(1)</script>", "ABC\x00EF", "é" * 500, "CCCCCC' OR 1=1 --"])
def test_markup_in_the_address_is_never_shown(page, exchange, code):
    for view in ("", "board", "teachers", "<b>"):
        other = opened(page, **{"class": code, "view": view, "teacher": code, "hide": code})
        assert "<script>alert" not in html(other) + words(other) and "OR 1=1" not in html(other) + words(other)


def test_labelled_drawings_join_with_consent_only_and_can_be_taken_back(page, exchange, room):
    student = opened(page, **{"class": room.code})
    draw(student, SEVEN)
    drawing = visitor(student).drawing_id
    pills(student, f"label_{drawing}").set_value(7).run()
    turn(exchange, student)
    assert exchange.board(room.code, fresh=True).drawings == ()
    student.toggle(key="share_drawings").set_value(True).run()
    turn(exchange, student)
    (drawn,) = exchange.board(room.code, fresh=True).drawings
    assert drawn.label == 7
    for preparation, image in drawn.images.items():
        expected = nn.prepare_drawing(canvas_of(student), preparation).image
        assert np.array_equal(image, as_pixels(expected)), preparation
    pills(student, f"label_{drawing}").set_value(1).run()
    turn(exchange, student)
    assert [one.label for one in exchange.board(room.code, fresh=True).drawings] == [1]
    pills(student, f"label_{drawing}").set_value(None).run()
    turn(exchange, student)
    assert exchange.board(room.code, fresh=True).drawings == ()


def test_the_board_tells_how_much_of_mnist_and_of_the_class_is_read(page, exchange, room):
    student = opened(page, **{"class": room.code}, **QUICK)
    student.toggle(key="share_drawings").set_value(True).run()
    for label in (7, 1):  # the same drawing, moved a little; the second label is wrong
        draw(student, [(x + label, y) for x, y in SEVEN])
        pills(student, f"label_{visitor(student).drawing_id}").set_value(label).run()
    row = trained(exchange, student, room)
    student.toggle(key="board").set_value(True).run()
    pills(student, "board_view").set_value(board_module.DIGITS).run()
    assert not student.exception
    table = html_with(student, "nn-shift")
    assert re.search(r"Pre-trained network.*?99\.\d%.*?50%", table)
    assert re.search(rf"Yours.*?{row.accuracy:.1%}", table)
    assert "**2 digits by 1 person**" in words(student)


def test_guess_first_then_train_with_one_click_and_both_are_on_the_board(page, exchange, room):
    student = opened(page, **{"class": room.code}, pace="Full speed", epochs="3")
    exchange.classroom.ask(room.code, room.secret, "few_images")
    turn(exchange, student)
    question = QUESTIONS["few_images"]
    assert question.words in words(student)
    student.slider(key="guess_few_images").set_value(40).run()
    student.button(key="guess").click().run()
    turn(exchange, student)
    assert exchange.board(room.code).guesses == {"few_images": {1: 0.4}}
    student.button(key="train_question").click().run()
    wait_until(student, lambda: student.button(key="train").label == "Train")
    turn(exchange, student)
    (row,) = exchange.board(room.code).trainings
    assert question.is_answered_by(row) and row.n_images == 100
    student.run()
    assert f"Your guess: **40** of 100. Your network reads **{100 * row.accuracy:.0f}**." in words(student)
    assert student.slider(key="epochs").value == 10  # the sidebar says what was trained
    wall = opened(page, **{"class": room.code, "view": "board"})
    pills(wall, "board_view").set_value(board_module.GUESSES).run()
    assert "1 guess, the median 40%; 1 result, the median" in words(wall)
    assert question.solution not in str([info.value for info in wall.info])
    wall.toggle(key="solution_few_images").set_value(True).run()
    assert question.solution in [info.value for info in wall.info]
    exchange.classroom.ask(room.code, room.secret, None)
    turn(exchange, student)
    assert question.words not in words(student)


def test_the_teacher_asks_takes_out_saves_and_ends(page, exchange, room):
    student = opened(page, **{"class": room.code}, **QUICK)
    student.toggle(key="share_drawings").set_value(True).run()
    draw(student, SEVEN)
    pills(student, f"label_{visitor(student).drawing_id}").set_value(7).run()
    trained(exchange, student, room)
    teacher = opened(page, **{"class": room.code, "view": "board", "teacher": room.secret})
    teacher.button(key="ask_eta").click().run()
    assert exchange.board(room.code, fresh=True).question == "eta"
    teacher.button(key="ask_eta").click().run()
    assert exchange.board(room.code, fresh=True).question is None

    with zipfile.ZipFile(io.BytesIO(here_file(exchange, room))) as archive:
        (row,) = csv.DictReader(io.StringIO(archive.read("trainings.csv").decode()))
        assert (row["person"], row["epochs"], row["n_images"]) == ("teal heron", "2", "500")
        with np.load(io.BytesIO(archive.read("drawings.npz")), allow_pickle=False) as file:
            assert file["images"].shape == (1, 28, 28) and file["labels"].tolist() == [7]
            assert file["people"].tolist() == ["teal heron"]

    (drawn,) = exchange.board(room.code).drawings
    exchange.classroom.take_out(room.code, room.secret, drawn.id)
    assert exchange.board(room.code, fresh=True).drawings == ()

    teacher.checkbox(key="sure_to_end").set_value(True).run()
    teacher.button(key="end_class").click().run()
    assert [warning.value for warning in teacher.warning] == ["This class has ended."]
    turn(exchange, student)
    assert any("This class has ended. You can go on alone." in warning.value for warning in student.warning)
    student.button(key="go_on_alone").click().run()
    assert not student.warning and training_of(student).run.finished  # what is theirs stays


def here_file(exchange, room):
    from nn.ui.classroom.file import class_file

    return class_file(exchange.board(room.code, fresh=True))


def test_a_forged_secret_opens_the_board_only(page, exchange, room):
    other = opened(page, **{"class": room.code, "view": "board", "teacher": "forged"})
    assert any("not the link of this class's teacher" in warning.value for warning in other.warning)
    assert not [button for button in other.button if button.key in ("end_class", "ask_eta")]


def test_a_teachers_link_waits_for_the_database(page, exchange, room, monkeypatch):
    def away(*arguments):
        raise Unreachable(AWAY)

    exchange.board(room.code)
    with monkeypatch.context() as broken:
        broken.setattr(exchange.classroom, "is_teacher", away)
        teacher = opened(page, **{"class": room.code, "view": "board", "teacher": room.secret})
        assert not teacher.warning and "teacher" not in teacher.query_params
        assert not [button for button in teacher.button if button.key == "ask_eta"]
    teacher.run()
    assert teacher.button(key="ask_eta")
    teacher.button(key="forget_teacher").click().run()
    assert not [button for button in teacher.button if button.key == "ask_eta"]
    assert f"{here.TEACHER}{room.code}=; path=/; max-age=0" in html(teacher)


def test_a_database_that_cannot_be_reached_stops_nothing(page, exchange, room, monkeypatch, tmp_path):
    student = opened(page, **{"class": room.code}, **QUICK)
    broken = Classroom(f"sqlite:///{tmp_path}")  # a folder is no database
    monkeypatch.setattr(exchange, "classroom", broken)
    student.button(key="train").click().run()
    wait_until(student, lambda: student.button(key="train").label == "Train")
    exchange.step()
    student.run()
    assert "can't be reached" in html_with(student, "You are the") and training_of(student).run.finished
    assert exchange.n_waiting == 1
    newcomer = opened(page, **{"class": room.code}, **QUICK)
    assert any("can't be reached" in warning.value for warning in newcomer.warning)
    monkeypatch.undo()
    monkeypatch.setattr("nn.classroom.exchange.Exchange._start", lambda self: None)
    turn(exchange, student, newcomer)
    assert len(exchange.board(room.code, fresh=True).trainings) == 1
    assert "You are the" in html(newcomer)


def test_settings_of_a_dot_come_back_as_they_were(page, exchange, room):
    student = opened(page, **{"class": room.code, "sort": "true", "shuffle": "false", "batch": "8"}, **QUICK)
    row = trained(exchange, student, room)
    assert board_module.controls_of_row(row) == training_of(student).controls
    assert board_module.controls_of_row(row._replace(eta=0.12345)) is None  # the sidebar has no such value


def test_a_link_hides_what_it_says_and_nothing_else(page, exchange):
    other = opened(page, hide="eta,reveal,<b>,body")
    style = next(one.body for one in other.get("html") if "display: none" in one.body and ".st-key-eta" in one.body)
    assert ".st-key-bug_reveal" in style and "body" not in style and "<b>" not in style
    keys = {key for hideable in HIDEABLE.values() for key in hideable.keys}
    assert "train" not in keys and len(HIDEABLE) >= 10


def test_every_link_of_the_lesson_opens_what_it_says(page, exchange, room):
    for name, question in QUESTIONS.items():
        link = lesson._address(room.code, lesson._query(question))
        query = dict(parse_qsl(link[1:]))
        assert query.pop("class") == room.code
        other = opened(page, pace="Full speed", **query)
        other.button(key="train").click().run()
        seed = DEFAULTS.settings.seed
        expected = controls_of(question, 1)
        assert training_of(other).controls == replace(expected, settings=replace(expected.settings, seed=seed)), name
        other.button(key="train").click().run()
    teachers = opened(page, view="teachers", **{"class": room.code})
    links = re.findall(r'href="\?([^"]*)"', html(teachers))
    assert len(links) >= 11 and all(dict(parse_qsl(link))["class"] == room.code for link in links)
    assert sum(minutes for minutes, *_ in lesson.LESSON) == 45


def test_a_link_of_ones_own_has_the_settings_the_step_and_what_is_hidden(page, exchange):
    teachers = opened(page, view="teachers", **{"class": "CCCCCC"})
    teachers.select_slider(key="eta").set_value(0.5).run()
    teachers.selectbox(key="link_step").set_value("5 Backward").run()
    teachers.multiselect(key="link_hide").set_value(["eta", "reveal"]).run()
    query = dict(parse_qsl(next(one.value for one in teachers.code).split("?")[1]))
    assert query["inside"] == "5 Backward" and query["hide"] == "eta,reveal" and "view" not in query
