"""Look inside, 7 Through time: the network at earlier moments of its training."""

import json
from dataclasses import replace

import numpy as np
import pytest
from script import (
    SEVEN,
    choice_of_networks,
    choose,
    draw,
    finish,
    is_training,
    quick,
    stop,
    train,
    training_of,
    visitor,
)

import nn
from nn.snapshots import Past
from nn.training import Point
from nn.ui.charts.moments import moment_name, moments_data, moments_spec
from nn.ui.inside.parts import LATE_SECONDS
from nn.ui.inside.step7_time import NOW, accuracies, weight_figures, when
from nn.ui.state import JobHolder


def test_before_there_is_a_past_the_page_says_how_to_get_one(page):
    choose(page, "7")
    assert "Train a network" in page.info[0].value


def trained(page):
    quick(page)
    draw(page, SEVEN)
    train(page)
    choose(page, "7")


def moments(page):
    return next(slider for slider in page.select_slider if slider.key.startswith("moment_"))


def answer_then(page):
    """What the network read at the chosen moment, and its ten outputs."""
    html = [element.body for element in page.get("html") if '<div class="nn-answer">' in element.body][-1]
    outputs = [float(part.split("</small>")[0]) for part in html.split("<small>")[1:]]
    return html.split('aria-label="')[1].split('"')[0], outputs


def test_a_journey_to_the_untrained_network_and_back(page):
    trained(page)
    own = training_of(page)
    image = visitor(page).drawing.image.reshape(1, -1)
    slider = moments(page)
    first_epoch = [f"{n} images" for n in (2, 5, 10, 20, 50, 100, 200, 500)]
    assert slider.options == ["untrained", "1 image", *first_epoch, "1 epoch", "now"] and slider.value == NOW
    assert answer_then(page)[0] == "The network reads 7"
    assert answer_then(page)[1] == pytest.approx(own.run.network.predict_proba(image)[0], abs=0.0051)

    slider.set_value(0.0).run()
    untrained = own.snapshots[0].network
    assert answer_then(page)[0] == f"The network reads {untrained.predict(image)[0]}"
    assert answer_then(page)[1] == pytest.approx(untrained.predict_proba(image)[0], abs=0.0051)
    assert any(f"{own.run.history[0].test_accuracy:.1%} of the held-out images" in text.value for text in page.markdown)
    pictures = [element.body for element in page.get("html") if '<div class="nn-figures"' in element.body][-1]
    assert pictures.count("<figure>") == 12


@pytest.mark.slow
def test_a_continued_training_keeps_its_past(page):
    trained(page)
    before = training_of(page).snapshots
    page.slider(key="epochs").set_value(4).run()
    page.button(key="continue").click().run()
    finish(page)
    after = training_of(page).snapshots
    assert after[: len(before)] == before
    assert [snapshot.epoch for snapshot in after[len(before) :]] == [3, 4]
    train(page)  # a new training has its own past
    assert training_of(page).snapshots[0].epoch == 0


def test_a_new_training_is_shown_as_it_is_now(page):
    trained(page)
    moments(page).set_value(1.0).run()
    page.slider(key="epochs").set_value(1).run()
    assert moments(page).value == 1
    page.button(key="train").click().run()
    finish(page)
    assert "1 epoch" not in moments(page).options
    assert moments(page).value == NOW


def change_the_training(page, monkeypatch, **changes):
    """Change the visitor's Training, whatever its job says."""
    monkeypatch.setattr("nn.ui.state.job_holder", lambda: JobHolder(visitor(page), ""))
    visitor(page).training = replace(training_of(page), **changes)
    page.run()


def test_a_moment_that_was_dropped_gives_way_to_the_nearest(page, monkeypatch):
    trained(page)
    moments(page).set_value(1.0).run()
    kept = tuple(snapshot for snapshot in training_of(page).snapshots if snapshot.epoch != 1)
    change_the_training(page, monkeypatch, past=Past(None, kept))
    assert moments(page).value == 0.5
    assert any("After 500 images it read" in text.value for text in page.markdown)


def test_in_the_middle_of_an_epoch_now_is_now(page, monkeypatch):
    trained(page)
    change_the_training(page, monkeypatch, past=Past(None, training_of(page).snapshots[:-1]))
    assert any("After 2 epochs it read" in text.value for text in page.markdown)
    assert moments(page).options[-2:] == ["1 epoch", "now"]


def test_a_training_that_was_stopped_within_an_epoch_is_measured_there(page, monkeypatch):
    trained(page)
    run, mnist = training_of(page).run, nn.load_mnist()
    stopped = replace(run, images_seen=1_500, history=run.history[:-1])
    change_the_training(page, monkeypatch, run=stopped, past=Past(None, training_of(page).snapshots[:-1]))
    accuracy = (run.network.predict(mnist.X_test) == mnist.y_test).mean()
    assert any(f"After 1.5 epochs it read {accuracy:.1%} of the held-out" in text.value for text in page.markdown)


def test_the_pre_trained_network_has_no_past(page):
    trained(page)
    choice_of_networks(page).set_value(False).run()
    assert "My network" in page.info[0].value


def test_without_hidden_units_the_ten_outputs_are_shown(page):
    page.slider(key="hidden").set_value(0)
    trained(page)
    pictures = [element.body for element in page.get("html") if '<div class="nn-figures"' in element.body][-1]
    assert pictures.count("<figure>") == 10 and "output 9" in pictures


def test_the_sentence_on_when_the_digit_was_read():
    def sentence(*answers):
        return when([0.0, 0.25, 1.0, 2.0], list(answers), 7, "it", 1_000)

    first = "It first read **7** in it **after 250 images**"
    assert sentence(1, 7, 7, 7) == f"{first}."
    assert sentence(1, 7, 1, 7) == f"{first}, and settled on it after 2 epochs."
    assert sentence(1, 1, 7, 1) == "It first read **7** in it **after 1 epoch**, and has changed its mind since."
    assert sentence(1, 1, 1, 1) == "It has not read **7** in it at any of the 3 moments that were kept."
    by_chance = " Before any training it also read that, by chance."
    assert sentence(7, 7, 7, 7) == f"{first}.{by_chance}"
    assert sentence(7, 1, 1, 1) == "It has not read **7** in it at any of the 3 moments that were kept." + by_chance
    assert when([0.0], [7], 7, "it", 1_000).startswith("It has not read **7** in it at any of the 0 moments")


def test_moments_have_plain_names():
    moments = {0: "untrained", 1 / 8_000: "1 image", 0.25: "2,000 images", 1: "1 epoch", 2.5: "2.5 epochs"}
    assert {epoch: moment_name(epoch, 8_000) for epoch in moments} == moments
    assert moment_name(3.2833333333, 60_000) == "3.283 epochs"


def test_the_sentence_on_the_accuracies():
    assert accuracies(Point(1.0, 0.5, 0.9, 0.6, 0.875), 1_000) == (
        "After 1 epoch it read 87.5% of the held-out images and 90.0% of the training images; cost 0.600 and 0.500."
    )


def test_the_data_of_the_chart():
    history = [Point(0.0, 3.0, 0.1, 3.0, 0.2), Point(1.0, 1.0, 0.8, 1.0, 0.7), Point(2.0, 1.0, 0.8, None, None)]
    table = moments_data([0.0, 0.5, 2.0], [0.1, 0.9, 0.95], history, 0.5, 1_000).to_pandas()
    assert table[["images", "output"]].dropna().values.tolist() == [[0, 0.1], [500, 0.9], [2_000, 0.95]]
    assert table[["images", "accuracy"]].dropna().values.tolist() == [[0, 0.2], [1_000, 0.7]]
    assert table[table.moment.notna()].images.tolist() == [500]


def test_the_chart_has_the_axis_of_the_learning_curves(page):
    trained(page)

    def axis():
        return json.loads(page.get("vega_lite_chart")[-1].proto.spec)["encoding"]["x"]["scale"]

    assert axis()["type"] == "symlog" and axis()["domain"] == [0, 2_000]
    page.toggle(key="linear_axis").set_value(True).run()
    assert axis() == moments_spec(1_000, 2, False, 190)["encoding"]["x"]["scale"] and "type" not in axis()


def test_a_weight_picture_says_its_range():
    weights = np.linspace(-1.5, 0.25, 784)
    ((image, words),) = weight_figures(["unit 3"], [weights], 2.0)
    assert 'alt="unit 3: the largest +0.25 in row 27, column 27' in image and words == "unit 3<br>−1.50 to +0.25"


# Play


def play(page):
    """The button, which says Play or Pause."""
    return page.button(key="play_time")


def test_play_goes_from_the_untrained_network_to_now_and_ends(page):
    trained(page)
    kept = [snapshot.epoch for snapshot in training_of(page).snapshots]
    play(page).click().run()
    seen = [moments(page).value]
    while len(seen) < len(kept):
        assert play(page).label == "Pause"
        page.run()  # a tick
        seen.append(moments(page).value)
    assert seen == [*kept[:-1], NOW]
    page.run()
    assert play(page).label == "Play" and moments(page).value == NOW
    play(page).click().run()  # and again
    assert moments(page).value == 0
    assert any("Before any training it read" in text.value for text in page.markdown)


def test_play_goes_on_from_the_chosen_moment_until_pause(page):
    trained(page)
    moments(page).set_value(0.2).run()
    play(page).click().run()
    assert moments(page).value == 0.5
    play(page).click().run()
    assert play(page).label == "Play"
    page.run()
    assert moments(page).value == 0.5


def test_it_ends_when_the_slider_is_moved_but_not_when_a_tick_was_late(page):
    trained(page)
    play(page).click().run()
    page.run()
    assert moments(page).value == 0.001
    page.run()
    assert moments(page).value == 0.002
    moments(page).set_value(0.0).run()  # a tick that was sent two ticks ago, before the slider had moved
    assert (moments(page).value, play(page).label) == (0.005, "Pause")
    moments(page).set_value(0.2).run()
    assert (moments(page).value, play(page).label) == (0.2, "Play")
    page.run()
    assert moments(page).value == 0.2


def test_a_movement_by_hand_is_told_to_the_browser_because_a_tick_may_have_overtaken_it(page):
    trained(page)
    play(page).click().run()
    for _ in range(4):
        page.run()
    assert moments(page).value == 0.01
    moments(page).set_value(0.0).run()  # it was there some ticks ago, but the browser has told of later ones
    assert (moments(page).value, play(page).label) == (0.0, "Play")
    assert moments(page).proto.set_value and moments(page).proto.raw_value == ["untrained"]
    moments(page).set_value(NOW).run()
    assert moments(page).proto.set_value and moments(page).value == NOW
    visitor(page).moved_at -= LATE_SECONDS
    moments(page).set_value(0.0).run()
    assert not moments(page).proto.set_value and moments(page).value == 0  # no tick is on its way any more


def test_it_plays_while_moments_come_and_go(page, monkeypatch):
    trained(page)
    whole = training_of(page).snapshots
    change_the_training(page, monkeypatch, past=Past(None, whole[:4]))
    play(page).click().run()
    page.run()
    assert moments(page).value == whole[1].epoch
    visitor(page).training = replace(training_of(page), past=Past(None, (whole[0], *whole[3:])))
    seen = []
    while play(page).label == "Pause":
        page.run()
        seen.append(moments(page).value)
    assert seen == [*(snapshot.epoch for snapshot in whole[3:-1]), NOW, NOW]


def test_a_new_training_and_another_network_end_it(page):
    trained(page)
    play(page).click().run()
    choice_of_networks(page).set_value(False).run()
    assert visitor(page).playing == ""
    choice_of_networks(page).set_value(True).run()
    assert (moments(page).value, play(page).label) == (0, "Play")
    play(page).click().run()
    train(page)
    assert (moments(page).value, play(page).label, visitor(page).playing) == (NOW, "Play", "")


def test_the_film_can_be_saved_when_the_training_is_over(page):
    def offered():
        return any(button.key == "save_film" for button in page.get("download_button"))

    choose(page, "7")
    assert not offered()
    trained(page)
    assert offered()
    page.slider(key="epochs").set_value(100).run()
    page.button(key="train").click().run()
    assert is_training(page) and not offered()
    stop(page)
    assert offered()
