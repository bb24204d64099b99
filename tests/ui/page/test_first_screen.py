"""The first screen: the challenge, the verdict, watching, steps, and forged reports of the canvas."""

import json
import re

import pytest
from script import (
    SEVEN,
    answer,
    canvas_of,
    choice_of_networks,
    choose_example,
    draw,
    finish,
    html_with,
    is_training,
    part,
    pills,
    progress,
    quick,
    status,
    stop,
    train,
    training_of,
    visitor,
)

import nn
from nn.recipe import LECTURE
from nn.ui.page.training import step_sizes
from nn.ui.session.current_image import DrawingPart


def test_a_challenge_of_ten_digits_and_its_picture(page):
    choose_example(page, 3)  # it gives way
    page.button(key="challenge").click().run()
    asked = []
    for number in range(1, 11):
        task = html_with(page, "nn-task")
        asked.append(re.search(rf"<b>Draw an? (\d)</b> \({number} of 10\)", task)[1])
        if number > 1:
            was_right = asked[-2] == "7"
            assert f"Your {asked[-2]}: " in task and ("wrong: read as 7" in task) == (not was_right)
            right = "7" in asked[:-1]
            assert f"Challenge: {int(right)} of {number - 1} right." in html_with(page, "nn-question")
        assert f" {asked[-1]}<br>here" in html_with(page, "nn-invitation")
        assert page.button(key="next").disabled
        draw(page, [(80, 60 + number), *SEVEN[1:]])  # a seven, whatever is asked for
        page.button(key="next").click().run()
    assert sorted(asked) == list("0123456789")
    assert "got 1 of 10 right" in html_with(page, "nn-task")
    (picture,) = page.get("image")
    assert "1 of 10 right. The drawings: " in str(picture.proto)
    assert any(one.proto.label == "Save this picture" for one in page.get("download_button"))
    page.button(key="end_challenge").click().run()
    assert "The pre-trained network gets 1 of 10 labelled drawings right." in html_with(page, "nn-question")
    assert page.get("image") == []


def test_a_label_says_whether_the_answer_is_right_and_keeps_the_score(page):
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    score = "The pre-trained network gets 1 of"
    assert status(page) == "The pre-trained network reads 7. Correct."
    assert f"{score} 1 labelled drawing right." in html_with(page, "nn-question")
    draw(page, [(140, 40), (141, 240)])
    pills(page, "label_").set_value(4).run()
    assert status(page).startswith("The pre-trained network reads 1. Wrong: it is a 4.")
    assert f"{score} 2 labelled drawings right." in html_with(page, "nn-question")


def test_a_score_is_that_of_the_network_that_answers_now(page):
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    pills(page, "pace").set_value("Step").run()
    page.button(key="step_1").click().run()  # a network that knows nothing reads the same drawing anew
    network, said = training_of(page).state.network, html_with(page, "nn-question")
    drawing = nn.prepare_drawing(canvas_of(page), network.preparation).image
    right = int(network.predict(drawing.reshape(1, -1))[0] == 7)
    assert f"Your network gets {right} of 1 labelled drawing right." in said
    assert ("Correct." in status(page)) == bool(right)
    (drawing,) = visitor(page).labelled.values()
    assert (drawing.answer, drawing.reader) == (7, "Pre-trained network")  # that one's answer is still its own
    choice_of_networks(page).set_value(False).run()
    assert status(page).endswith("Correct.")
    assert "The pre-trained network gets 1 of 1" in html_with(page, "nn-question")


def test_the_end_of_a_training_has_a_number_of_its_own(page):
    quick(page)
    train(page)
    history = training_of(page).state.history
    shown = html_with(page, "nn-result")
    assert f"<b>{history[-1].test_accuracy:.1%}</b>" in shown and f"untrained: {history[0].test_accuracy:.1%}" in shown
    assert "2,000 unseen images" in shown


def test_the_lectures_settings_and_the_defaults_are_a_click_away(page):
    page.toggle(key="distort").set_value(True).run()
    page.button(key="lecture").click().run()
    page.button(key="train").click().run()
    stop(page)
    assert training_of(page).recipe == LECTURE == nn.Recipe(30, 0.001, 10, 1, scale=False, shuffle=False)
    assert page.button(key="lecture").disabled and not page.button(key="defaults").disabled
    page.button(key="defaults").click().run()
    assert (page.select_slider(key="eta").value, page.slider(key="epochs").value) == (0.1, 30)
    assert page.toggle(key="scale").value and page.button(key="defaults").disabled


def test_a_double_click_is_one_click(page, monkeypatch):
    monkeypatch.setattr("nn.ui.page.training.DOUBLE_CLICK", 600)
    page.slider(key="epochs").set_value(100).run()
    for _ in range(2):
        page.button(key="train").click().run()
        assert is_training(page)
    monkeypatch.setattr("nn.ui.page.training.DOUBLE_CLICK", 0)
    stop(page)
    monkeypatch.setattr("nn.ui.page.training.DOUBLE_CLICK", 600)
    page.button(key="train").click().run()
    assert not is_training(page) and "stopped" in progress(page)


def test_watching_can_be_left_at_any_time(page, monkeypatch):
    monkeypatch.setattr("nn.ui.session.trainings.watch_seconds", lambda images_seen: 600)
    pills(page, "pace").set_value("Watch")
    page.slider(key="epochs").set_value(1)
    page.select_slider(key="images_bundled").set_value(100).run()
    page.button(key="train").click().run()
    assert progress(page) == "After 1 of 100 images"
    pills(page, "pace").set_value("Full speed").run()
    finish(page)
    assert progress(page) == "Epoch 1.0 of 1: finished"


def test_steps_say_what_they_taught_and_leave_the_choice_of_the_network(page):
    pills(page, "pace").set_value("Step").run()
    page.button(key="step_1").click().run()
    taught = html_with(page, "It learnt from")
    assert re.search(r"image 1, <b>an? \d</b>\. It read \d before and \d after", taught)
    assert taught.count("<img") == 4  # the image, and the weights of three units
    draw(page, SEVEN)
    assert "Your network reads" in status(page) and "Barely trained: guessing." in status(page)
    choice_of_networks(page).set_value(False).run()
    page.button(key="step_10").click().run()
    assert progress(page) == "11 of 8,000 images: stopped" and training_of(page).state.images_seen == 11
    taught = html_with(page, "It learnt from")
    assert re.search(r"images 2 to 11\. It got \d+ of them right before and \d+ after", taught)
    assert status(page) == "The pre-trained network reads 7."


@pytest.mark.parametrize("batch_size, steps", [(1, [1, 10, 100]), (32, [32, 128]), (10**6, [500])])
def test_a_step_is_at_least_one_batch(batch_size, steps):
    assert step_sizes(batch_size, 500) == steps


def test_unusual_settings_are_named_beside_train(page):
    page.toggle(key="scale").set_value(False)
    page.toggle(key="shuffle").set_value(False).run()
    assert "Not the defaults: raw pixels, not shuffled." in html_with(page, "nn-message")


FORGED = [
    '{"drawing": {"raw": {"objects": [{"left": 1e999}]}, "data": null}}',
    '{"drawing": {"raw": {"objects": [{"left": 1' + "0" * 400 + '}]}, "data": null}}',
    '{"drawing": {"raw": [], "data": "data:image/png;base64,AAAA"}}',
    '{"drawing": 7, "backgroundFit": {}}',
]


def test_a_forged_report_of_a_canvas_brings_a_blank_one(page):
    for number, content in enumerate(FORGED):
        page.session_state[f"canvas_{number}"] = json.loads(content)
        page.run()
        page.run()
        assert part(page, DrawingPart).canvas == number + 1 and answer(page) == "?" and not page.exception, content[:80]
        draw(page, SEVEN)
        assert answer(page) == "7"
