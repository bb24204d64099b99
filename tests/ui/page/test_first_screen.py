"""The first screen: the challenge, the verdict, watching, steps, and forged reports of the canvas."""

import json
import re

import pytest
from script import (
    SEVEN,
    answer,
    choice_of_networks,
    draw,
    finish,
    html_with,
    is_training,
    part,
    pills,
    progress,
    status,
    stop,
    training_of,
)

from nn.ui.page.training import step_sizes
from nn.ui.session.current_image import DrawingPart


def test_a_challenge_of_ten_digits_and_its_picture(page):
    page.button(key="example_3").click().run()  # it gives way
    page.button(key="challenge").click().run()
    asked = []
    for number in range(1, 11):
        asked.append(re.search(rf"<b>Draw an? (\d)\.</b> {number} of 10", html_with(page, "nn-question"))[1])
        assert f" {asked[-1]}<br>here" in html_with(page, "nn-invitation")
        assert page.button(key="next").disabled
        draw(page, [(80, 60 + number), *SEVEN[1:]])  # a seven, whatever is asked for
        page.button(key="next").click().run()
    assert sorted(asked) == list("0123456789")
    assert "read 1 of 10 right" in html_with(page, "nn-question")
    (picture,) = page.get("image")
    assert "1 of 10 read right. The drawings: " in str(picture.proto)
    assert any(one.proto.label == "Save this picture" for one in page.get("download_button"))
    page.button(key="end_challenge").click().run()
    assert "1 of 10 right so far" in html_with(page, "nn-question")


def test_the_verdict_is_beside_the_question(page):
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    assert "<b>Right:</b> 1 of 1 right so far" in html_with(page, "nn-question")
    draw(page, [(140, 40), (141, 240)])
    pills(page, "label_").set_value(4).run()
    assert "<b>Wrong</b>, it read a 1: 1 of 2 right so far" in html_with(page, "nn-question")


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
    assert status(page) == "The pre-trained network reads  7 ."


@pytest.mark.parametrize("batch_size, steps", [(1, [1, 10, 100]), (32, [32, 128]), (10**6, [500])])
def test_a_step_is_at_least_one_batch(batch_size, steps):
    assert step_sizes(batch_size, 500) == steps


def test_unusual_settings_are_named_beside_train(page):
    page.toggle(key="scale").set_value(False)
    page.toggle(key="shuffle").set_value(False).run()
    assert "Changed: raw pixels, not shuffled." in html_with(page, "nn-message")


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
