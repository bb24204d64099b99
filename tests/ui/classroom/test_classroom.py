"""A class in Streamlit's AppTest: starting, joining, training, drawing, guessing, and what the teacher can do."""

import csv
import io
import re
import time
import zipfile
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl

import classes
import numpy as np
import pytest
import script
from classes import drawing, training
from script import PAGE, SEVEN, draw, html, html_with, pills, train, training_of, visitor, words
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest
from waiting import wait_until

import nn
from nn.analysis.evaluation import Point
from nn.classroom.names import name_of
from nn.classroom.rooms import Classroom
from nn.engine.training import Training
from nn.files.saved_work import SavedWork, pack, stored
from nn.images.preprocessing import as_pixels
from nn.questions.predictions import QUESTIONS
from nn.training import initial_state
from nn.ui.classroom import board, join, lesson, membership, results
from nn.ui.classroom.board import TEACHER
from nn.ui.classroom.file import class_file
from nn.ui.classroom.join import ClassPart
from nn.ui.inside.steps import TITLES
from nn.ui.session.current_image import DrawingPart
from nn.ui.session.layout import HIDEABLE

QUICK = {"epochs": "2", "images_bundled": "500", "pace": "Full speed"}
STRANGE = ["<script>alert(1)</script>", "ABC\x00EF", "é" * 500, "CCCCCC' OR 1=1 --"]


@pytest.fixture
def sync(tmp_path, monkeypatch, page):
    """The ClassSync with a database of its own; it takes its turns when a test says so."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("nn.classroom.sync.ClassSync.start", lambda self: None)
    monkeypatch.setattr("nn.classroom.sync.PRESENCE_PERIOD", 0)
    monkeypatch.setattr("nn.ui.classroom.membership.RETRY_SECONDS", 0)
    membership.sync.clear()
    yield membership.sync()
    membership.sync.clear()


@pytest.fixture
def room(sync):
    """A room: its code, its teacher's secret, and a function that reads its board."""
    code, secret = sync.classroom.open_room()
    return SimpleNamespace(code=code, secret=secret, board=lambda: sync.board(code, fresh=True))


def opened(room=None, **query):
    """The page of another visitor, at an address, of a class if there is one."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    for name, value in (query | ({"class": room.code} if room else {})).items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def turn(sync, *pages):
    """One turn of the thread, after which these pages refresh themselves."""
    sync.step()
    assert sync.trouble == ""
    for page in pages:
        page.run()
        assert not page.exception


def label(page, digit):
    """Say which digit the drawing is."""
    pills(page, f"label_{visitor(page).part(DrawingPart).identifier}").set_value(digit).run()


def go_on(page, epochs):
    """Train the page's network further, up to this epoch."""
    page.slider(key="epochs").set_value(epochs).run()
    page.button(key="continue").click().run()
    script.finish(page)


def remember(page, room, monkeypatch):
    """Let browsers send the secret of the page's student from now on, as after a reload."""
    person = visitor(page).part(ClassPart).participants[room.code].person
    monkeypatch.setattr(ContextProxy, "cookies", {f"{membership.SECRET}{room.code}": person.secret})


def warnings(page):
    return " ".join(warning.value for warning in page.warning)


def has_button(page, key):
    return any(button.key == key for button in page.button)


def test_a_teacher_starts_a_class_and_takes_it_along_by_a_link_that_cannot_be_forged(page, sync):
    page.button(key="start_class").click().run()
    ((code, secret),) = visitor(page).part(ClassPart).is_teacher
    assert code in page.query_params["class"] and "board" in page.query_params["view"]
    assert sync.board(code).n_people == 0 and sync.classroom.is_teacher(code, secret)
    join = html_with(page, "nn-join")
    assert f">{code}<" in join and f"?class={code}" in join and "data:image/svg+xml" in join
    assert page.button(key="end_class").disabled
    address, _, fragment = next(one.value for one in page.code).partition("#")
    query = dict(parse_qsl(address.split("?")[1]))
    assert fragment == f"teacher={secret}" and secret not in address, "a browser never sends the part after #"
    assert secret not in str(page.query_params)
    for offered, is_teacher in ((secret, True), ("forged", False)):
        elsewhere = opened(**query, teacher=offered)
        assert (has_button(elsewhere, "end_class"), has_button(elsewhere, "ask_eta")) == (is_teacher, is_teacher)
        assert ("not the link of this class's teacher" in warnings(elsewhere)) is not is_teacher
        assert "teacher" not in elsewhere.query_params


def test_a_teacher_of_two_classes_is_one_in_both_and_elsewhere_a_visitor(page, sync, room):
    def open_board(code):
        page.query_params["class"], page.query_params["view"] = code, "board"
        page.run()
        return has_button(page, "end_class"), warnings(page)

    codes = []
    for _ in range(2):
        page.button(key="start_class").click().run()
        codes.append("".join(page.query_params["class"]))  # a list of one
        page.query_params.clear()
        page.run()
    assert [open_board(code) for code in (*codes, room.code)] == [(True, ""), (True, ""), (False, "")]


@pytest.mark.slow
def test_each_training_from_its_beginning_in_the_class_is_a_dot_on_everybodys_board(sync, room):
    student = opened(sort="true", shuffle="false", batch="8", **QUICK)

    def epochs_of_dots():
        turn(sync, student)
        return [row.content.epochs_done for row in room.board().trainings]

    train(student)
    student.text_input(key="class_code").set_value(room.code).run()
    assert epochs_of_dots() == [], "it was trained before"
    me = name_of(visitor(student).part(ClassPart).participants[room.code].person.number)
    assert me in html_with(student, "1 here, 0 training, 0 have trained")
    pills(student, "pace").set_value("Step").run()
    student.button(key="new_network").click().run()
    student.button(key="step_16").click().run()
    assert epochs_of_dots() == [], "this is less than an epoch"
    pills(student, "pace").set_value("Full speed").run()
    for epochs in (1, 2):  # both are over before the sync looks
        student.slider(key="epochs").set_value(epochs).run()
        train(student)
    assert epochs_of_dots() == [1, 2]
    assert me in html_with(student, "1 here, 0 training, 1 have trained")

    (_, row), training = room.board().trainings, training_of(student)
    assert row.content.accuracy == pytest.approx(training.state.history[-1].test_accuracy)
    assert row.content.recipe == training.recipe
    network = nn.load_network(io.BytesIO(sync.classroom.networks([row.id])[row.id]))
    for kept, own in zip(network.parameters, training.state.network.parameters):
        assert np.abs(kept - own).max() <= np.abs(own).max() / 127  # a weight has one byte
    go_on(student, 4)
    assert epochs_of_dots() == [1, 4], "a training that is continued takes its own place"
    student.select_slider(key="eta").set_value(1.0).run()
    go_on(student, 5)
    assert training_of(student).is_mixed and training_of(student).state.epoch == 5
    assert epochs_of_dots() == [1, 4]
    student.toggle(key="board").set_value(True).run()
    assert f"{me} (you)" in html_with(student, "nn-best")
    best, board_page = max(row.content.accuracy for row in room.board().trainings), opened(room, view="board")
    assert f"{best:.1%}" in html_with(board_page, "nn-best") and "(you)" not in html_with(board_page, "nn-best")
    assert not has_button(board_page, "end_class")  # that is the teacher's


def test_a_code_is_typed_in_any_way_and_only_a_few_wrong_ones(page, sync, room, monkeypatch):
    monkeypatch.setattr(membership, "MAX_WRONG_CODES", 3)

    def enter(code):
        page.text_input(key="class_code").set_value(code).run()

    enter(f" {room.code[:3].lower()}-{room.code[3:].lower()} ")
    assert room.code in html_with(page, "You are the")
    page.button(key="leave_class").click().run()
    assert "class" not in page.query_params and "You are the" not in html(page)
    other, _ = sync.classroom.open_room()
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


def test_an_address_hides_what_it_says_and_never_shows_markup(sync):
    queries = [{"class": strange, "view": "board", "teacher": strange, "hide": strange} for strange in STRANGE]
    for query in [*queries, *(queries[0] | {"view": view} for view in ("", "teachers", "<b>"))]:
        other = opened(**query)
        assert "<script>alert" not in html(other) + words(other) and "OR 1=1" not in html(other) + words(other)
    other = opened(hide="eta,reveal,<b>,body")
    style = next(one.body for one in other.get("html") if "display: none" in one.body and ".st-key-eta" in one.body)
    assert ".st-key-bug_reveal" in style and "body" not in style and "<b>" not in style
    keys = {key for hideable in HIDEABLE.values() for key in hideable[1:]}
    assert "train" not in keys and len(HIDEABLE) >= 10


def test_a_class_has_the_labelled_drawings_of_those_who_agree_until_it_ends(sync, room):
    student = opened(room, **QUICK)

    def labels_in_class():
        turn(sync, student)
        return [drawing.content.label for drawing in room.board().drawings]

    draw(student, SEVEN)
    label(student, 7)
    assert labels_in_class() == []
    student.toggle(key="share_drawings").set_value(True).run()
    assert labels_in_class() == [7]
    for preparation in ("mnist", "normalized"):
        expected = nn.prepare_drawing(script.canvas_of(student), preparation).image
        image = getattr(room.board().drawings[0].content, preparation)
        assert np.array_equal(image, as_pixels(expected)), preparation

    draw(student, [(x + 1, y) for x, y in SEVEN])
    label(student, 1)  # which is wrong
    train(student)
    assert labels_in_class() == [7, 1]
    (row,) = room.board().trainings
    student.toggle(key="board").set_value(True).run()
    pills(student, "board_view").set_value(results.DIGITS).run()
    table = html_with(student, "nn-shift")
    assert re.search(r"Pre-trained network.*?99\.\d%.*?50%", table)
    assert re.search(rf"Yours.*?{row.content.accuracy:.1%}", table)
    assert "**2 digits from 1 person**" in words(student)
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
    turn(sync, student)
    assert "This class has ended. You can go on alone." in warnings(student)
    student.button(key="go_on_alone").click().run()
    assert not student.warning and training_of(student).state.finished


def test_drawings_that_a_student_shared_can_be_taken_back_after_a_reload_or_an_absence(sync, room, monkeypatch):
    student = opened(room, **QUICK)

    def in_class(page):
        """How many drawings the class has after the page has shown it; and whether its switch says that they are."""
        turn(sync, page)
        page.run()
        return len(room.board().drawings), page.toggle(key="share_drawings").value

    def share(page, value=True):
        page.toggle(key="share_drawings").set_value(value).run()
        return in_class(page)

    for i in range(2):
        draw(student, [(x + i, y) for x, y in SEVEN])
        label(student, 7)
    assert share(student) == (2, True)
    student.button(key="leave_class").click().run()
    student.text_input(key="class_code").set_value(room.code).run()
    assert in_class(student) == (2, True)
    remember(student, room, monkeypatch)
    again = opened(room, **QUICK)  # its browser has forgotten the drawings
    assert in_class(again) == (2, True) and "(2 in the class)" in again.toggle(key="share_drawings").label
    draw(again, SEVEN)
    label(again, 7)  # one of the two, drawn again
    draw(again, [(x + 9, y) for x, y in SEVEN])
    label(again, 7)
    assert in_class(again) == (3, True)
    assert share(again, False) == (0, False) and share(again) == (2, True)
    again.toggle(key="share_drawings").set_value(False).run()
    again.button(key="leave_class").click().run()  # before anything was stored
    sync.step()
    assert not room.board().drawings
    never = opened(room, **QUICK)
    assert in_class(never) == (0, False)


def test_the_boards_of_a_room_share_their_work_until_it_changes(sync, room, monkeypatch):
    done = []
    for name in ("dots_data", "digits_data"):
        compute = getattr(results, name)
        monkeypatch.setattr(results, name, lambda *args, compute=compute: done.append(len(args[0])) or compute(*args))
    person = sync.classroom.join(room.code)
    sync.classroom.submit([training(person, accuracy=0.8), drawing(person, 3)])
    boards = [opened(room, view="board") for _ in range(3)]
    for page in boards:
        pills(page, "board_view").set_value(results.DIGITS).run()
        pills(page, "board_view").set_value(results.TRAININGS).run()
    assert done == [1, 1] and all("80.0%" in html_with(board, "nn-best") for board in boards)
    sync.classroom.submit([training(person, accuracy=0.9)])
    turn(sync, *boards)
    assert done == [1, 1, 2] and all("90.0%" in html_with(board, "nn-best") for board in boards)


def test_nothing_that_a_browser_had_stored_counts_in_a_class(page, sync, room, browser_has):
    recipe = nn.Recipe(n_hidden=3, epochs=2, n_images=500)

    def forged(number):
        state = initial_state(recipe, 500)
        history = (Point(1.0, 0.5, 1.0, 0.5, 1.0),)
        return stored(Training(recipe, replace(state, images_seen=500, history=history), number=number))

    def in_class():
        turn(sync, page)
        page.run()
        is_said = any("doesn't count in the class" in caption.value for caption in page.caption)
        return [row.content.recipe.n_hidden for row in room.board().trainings], is_said

    page.query_params["class"] = room.code
    page.run()
    page.toggle(key="share_drawings").set_value(True).run()
    browser_has(pack(SavedWork(forged(2), (forged(1),), [script.labelled(7, *SEVEN)])))
    assert len(visitor(page).labelled) == 1 and in_class() == ([], True)
    go_on(page, 2)
    assert training_of(page).state.finished and in_class() == ([], True)
    pills(page, "yours").set_value("Compare").run()
    page.button(key="bring_back_1").click().run()
    go_on(page, 2)
    assert in_class() == ([], True) and not room.board().drawings, "nor are the browser's drawings this person's"

    page.slider(key="hidden").set_value(4).run()  # a training of this visit, brought back and continued
    train(page)
    assert in_class() == ([4], False)
    page.slider(key="hidden").set_value(5).run()
    train(page)
    page.button(key=f"bring_back_{training_of(page).number - 1}").click().run()
    assert in_class() == ([4, 5], False)
    go_on(page, 3)
    assert in_class() == ([4, 5, 4], False)


def test_a_question_is_guessed_then_trained_with_one_click_and_both_are_on_the_board(sync, room):
    student, question = opened(room, pace="Full speed", epochs="3"), QUESTIONS["few_images"]
    teacher = opened(room, view="board", teacher=room.secret)
    teacher.button(key="ask_few_images").click().run()
    turn(sync, student)
    assert question.words in words(student)
    student.slider(key="guess_few_images").set_value(40).run()
    student.button(key="guess").click().run()
    turn(sync, student)
    assert room.board().guesses == {"few_images": {1: 0.4}}
    student.button(key="train_question").click().run()
    script.wait_until(student, lambda: not script.is_training(student))
    turn(sync, student)
    (row,) = room.board().trainings
    assert question.is_answered_by(row.content) and row.content.recipe.n_images == 100
    student.run()
    assert f"Your guess: **40** of 100. Your network got **{100 * row.content.accuracy:.0f}** right." in words(student)
    assert student.slider(key="epochs").value == 10  # the sidebar says what was trained
    pills(teacher, "board_view").set_value(results.GUESSES).run()
    assert f"1 guess (median 40), 1 result (median {100 * row.content.accuracy:.0f})." in words(teacher)
    assert question.solution not in str([info.value for info in teacher.info])
    teacher.toggle(key="solution_few_images").set_value(True).run()
    assert question.solution in [info.value for info in teacher.info]
    teacher.button(key="ask_few_images").click().run()
    turn(sync, student)
    assert room.board().question is None and question.words not in words(student)


def test_a_database_that_cannot_be_reached_stops_nothing(sync, room, tmp_path):
    student, classroom = opened(room, **QUICK), sync.classroom
    sync.classroom = Classroom(f"sqlite:///{tmp_path}")  # a folder is no database
    teacher = opened(room, view="board", teacher=room.secret)
    assert not teacher.warning and "teacher" not in teacher.query_params and not has_button(teacher, "ask_eta")
    train(student)
    sync.step()
    student.run()
    assert "can't be reached" in html_with(student, "You are the") and training_of(student).state.finished
    assert len(sync.waiting) == 1
    newcomer = opened(room, **QUICK)
    assert "can't be reached" in warnings(newcomer)
    sync.classroom = classroom
    turn(sync, student, newcomer, teacher)
    assert len(room.board().trainings) == 1 and "You are the" in html(newcomer)
    assert has_button(teacher, "ask_eta"), "the link has waited"
    teacher.button(key="forget_teacher").click().run()
    assert not has_button(teacher, "ask_eta")
    assert f"{TEACHER}{room.code}=; path=/; max-age=0" in html(teacher)


def test_a_visit_starts_only_a_few_classes(page, sync):
    codes = []
    for _ in range(board.MAX_STARTED):
        page.button(key="start_class").click().run()
        codes.append(sync.viewers[visitor(page)])
        assert sync.board(codes[-1])
        page.query_params.clear()
        page.run()
    page.button(key="start_class").click().run()
    assert "You have started 3 classes. Reload the page to start another one." in warnings(page)
    assert "class" not in page.query_params and len(set(codes)) == 3 and sync.viewers == {visitor(page): codes[-1]}


def test_students_are_told_what_the_class_has_no_room_for(sync, room, monkeypatch):
    monkeypatch.setattr("nn.classroom.limits.MAX_ROOM_DRAWINGS", 2)
    monkeypatch.setattr("nn.classroom.limits.MAX_ROOM_TRAININGS", 0)
    monkeypatch.setattr(membership, "MAX_DRAWINGS", 3)
    student = opened(room, **QUICK)
    student.toggle(key="share_drawings").set_value(True).run()
    participant = visitor(student).part(ClassPart).participants[room.code]

    def step():
        visitor(student).is_connected = True  # AppTest ends the visit after each run
        turn(sync)

    refusals = []
    for i in range(4):
        draw(student, [(x + i, y) for x, y in SEVEN])
        label(student, 7)
        step()
        refusals.append((participant.has_news(), participant.has_news()))
        student.run()
    assert refusals == [(False, False), (False, False), (True, False), (True, False)], "said at once, and once"
    assert "This class has no room for more: 2 of your drawings could not be added." in warnings(student)
    train(student)
    step()
    student.run()
    assert "2 of your drawings and 1 of your trainings could not be added." in warnings(student)
    label(student, None)
    step()
    student.run()
    assert "1 of your drawings and" in warnings(student) and len(room.board().drawings) == 2
    student.toggle(key="share_drawings").set_value(False).run()
    step()
    student.run()
    assert "more: 1 of your trainings" in warnings(student) and not room.board().drawings


def test_a_drawing_that_cannot_be_submitted_takes_nothing_with_it_and_is_not_tried_again(sync, room, monkeypatch):
    student, tried = opened(room, **QUICK), []

    def prepare(pixels, preparation):
        tried.append(preparation)
        if len(tried) == 1:
            raise ValueError("nobody has thought of this")
        return nn.prepare_drawing(pixels, preparation)

    monkeypatch.setattr(membership, "prepare_drawing", prepare)
    for i, digit in enumerate((7, 1)):
        draw(student, [(x + i, y) for x, y in SEVEN])
        label(student, digit)
    train(student)
    student.toggle(key="share_drawings").set_value(True).run()
    for _ in range(2):
        turn(sync, student)
        assert [row.content.label for row in room.board().drawings] == [1] and len(room.board().trainings) == 1
        assert len(tried) == 3


def test_a_class_whose_day_is_over_is_deleted_after_the_start_though_nobody_opens_one(tmp_path, monkeypatch, page):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(join, "START_SECONDS", 0)
    monkeypatch.setattr("nn.classroom.sync.ClassSync.start", lambda self: self.step())
    url = f"sqlite:///{tmp_path / 'nn-mnist' / 'classes.sqlite'}"
    Classroom(url, lambda: time.time() - 3 * 24 * 3600).open_room()
    assert len(classes.stored(url)["rooms"]) == 1
    membership.sync.clear()
    join.look_after_classes.cache_clear()
    page.run()
    wait_until(lambda: not classes.stored(url)["rooms"])
    membership.sync.clear()


def test_every_link_of_the_lesson_opens_what_it_says(sync, room):
    teachers = opened(room, view="teachers")
    links = [dict(parse_qsl(link)) for link in re.findall(r"\]\(\?([^)]*)\)", words(teachers))]
    assert len(links) >= 11 and all(link.pop("class") == room.code for link in links)
    assert TITLES["backward"] in [link.get("inside") for link in links]
    minutes = re.findall(r"(\d+) to (\d+) min: ", lesson.LESSON.read_text(encoding="utf-8"))
    assert [begin for begin, _ in minutes] == ["0", *(end for _, end in minutes[:-1])] and minutes[-1][1] == "45"
    for question, link in zip(QUESTIONS.values(), links[-len(QUESTIONS) :]):
        other = opened(**link, pace="Step")
        other.button(key="step_1").click().run()
        assert training_of(other).recipe == question.recipe, question.name

    teachers.selectbox(key="link_step").set_value("5 Backward").run()
    teachers.multiselect(key="link_hide").set_value(["eta", "reveal"]).run()
    query = dict(parse_qsl(next(one.value for one in teachers.code).split("?")[1]))  # of a link of one's own
    assert query == {"class": room.code, "inside": "5 Backward", "hide": "eta,reveal"}


def test_a_label_never_changes_the_drawings_that_another_thread_reads(sync, room):
    """The class's thread reads them at any time; a dict that grows under a loop ends the loop with an error."""
    student = opened(room, **QUICK)
    for i, digit in enumerate((7, 1, 4)):
        draw(student, [(x + i, y) for x, y in SEVEN])
        read = iter(visitor(student).labelled.items())
        begun = [pair for pair in [next(read, None)] if pair]
        label(student, digit)
        label(student, None)
        label(student, digit)
        assert len(begun + list(read)) == i and len(visitor(student).labelled) == i + 1
    student.button(key="challenge").click().run()
    draw(student, SEVEN)
    read = iter(visitor(student).labelled.items())
    next(read)
    student.button(key="next").click().run()
    assert len(list(read)) == 2
