"""Yours, Compare: trainings side by side, the way back to one of them, and two networks that read the same image."""

import re
from dataclasses import replace

import numpy as np
import script
from examples import network_of
from script import choice_of_networks, draw, finish, give, pills, progress, quick, train, training_of, visitor, words

from nn import Network, load_pretrained, prepare_drawing
from nn.analysis.evaluation import read
from nn.files.saved_work import N_KEPT, stored
from nn.files.saved_work import network_of as stored_network
from nn.ui.charts.curves import places
from nn.ui.html import answer_html


def compare(page):
    pills(page, "yours").set_value("Compare").run()
    assert not page.exception


def rows(page):
    """The table: for each training its number, its accuracy in percent, and its words."""
    found = re.findall('<div class="nn-compared">.*?</div>', script.html(page))
    cells = [re.findall(r"<span>(.*?)(?=</span>)", row) for row in found]
    return [(int(number), re.search(r"([\d.]+)%", how)[1], re.sub("<.*?>", " ", said)) for number, how, said in cells]


def bring_back(page, number):
    page.button(key=f"bring_back_{number}").click().run()
    finish(page)
    assert not page.exception


def readings(page):
    """The readings of the two networks, as they are shown."""
    return [one.body for one in page.get("html") if '<div class="nn-answer">' in one.body]


def test_trainings_are_told_apart_and_one_that_is_brought_back_answers_and_goes_on(page):
    """Three short trainings: with much too small steps, with usual ones, and with fewer hidden units."""
    give(page, network_of(5))  # untrained: it isn't kept
    quick(page)
    for key, value in [("eta", 0.001), ("eta", 0.1), ("hidden", 1)]:
        widget = page.slider if key == "hidden" else page.select_slider
        widget(key=key).set_value(value).run()
        train(page)
    compare(page)
    present, kept = training_of(page), visitor(page).kept
    accuracies = {one.number: one.state.history[-1].test_accuracy for one in kept}
    accuracies[3] = present.state.history[-1].test_accuracy
    shown = [(number, accuracy) for number, accuracy, _ in rows(page)]
    assert sorted(shown) == [(number, f"{100 * accuracies[number]:.1f}") for number in (1, 2, 3)]
    assert [accuracies[number] for number, _ in shown] == sorted(accuracies.values(), reverse=True)
    said = {number: text for number, _, text in rows(page)}
    assert said[1].startswith("30 hidden units, η = 0.001 ") and said[2].startswith("30 hidden units, η = 0.1 ")
    assert said[3].startswith("1 hidden unit, η = 0.1 ")
    assert all("epoch 2 of 2" in text and "seed" not in text for text in said.values())
    assert [number for number, text in said.items() if "now" in text] == [3]
    assert not any(button.key == "bring_back_3" for button in page.button)

    first = kept[0]
    bring_back(page, 1)
    assert (page.select_slider(key="eta").value, page.slider(key="hidden").value) == (0.001, 30)
    assert page.slider(key="epochs").value == 2 and page.select_slider(key="images_bundled").value == 1_000
    now = training_of(page)
    assert now.recipe == first.recipe and now.state.history == first.state.history and now.state.finished
    assert np.array_equal(now.state.network.W_h, stored_network(first).W_h)
    assert choice_of_networks(page).value is True and "finished" in progress(page) and not script.can_go_on(page)
    assert [one.number for one in visitor(page).kept] == [2, 3]
    assert visitor(page).kept[-1].recipe == present.recipe and len(rows(page)) == 3
    page.slider(key="epochs").set_value(3).run()
    page.button(key="continue").click().run()
    finish(page)
    further = training_of(page)
    assert further.state.epoch == 3 and further.state.history[: len(first.state.history)] == first.state.history
    assert [one.number for one in visitor(page).kept] == [2, 3]  # it is the same training

    visitor(page).kept = visitor(page).kept[1:]
    page.button(key="bring_back_2").click().run()  # as a second click on it
    assert training_of(page).number == further.number and not page.exception


def test_a_training_under_way_is_stopped_and_kept_where_it_was_when_another_is_brought_back(page):
    quick(page)
    train(page)
    compare(page)
    page.slider(key="epochs").set_value(100)
    page.select_slider(key="images_bundled").set_value(8_000).run()
    page.button(key="train").click().run()
    script.wait_until(page, lambda: training_of(page).state.images_seen > 0)
    bring_back(page, 1)
    (kept,) = visitor(page).kept
    assert kept.number == 2 and 0 < kept.state.images_seen < 800_000 and not kept.state.finished
    bring_back(page, 2)
    assert training_of(page).state.images_seen == kept.state.images_seen and "stopped" in progress(page)
    assert script.can_go_on(page)


def test_the_ninth_training_takes_the_place_of_the_oldest(page):
    quick(page)
    page.select_slider(key="images_bundled").set_value(100).run()
    train(page)
    training = training_of(page)
    for number in range(1, N_KEPT + 1):
        recipe = replace(training.recipe, seed=number)
        earlier = replace(training, recipe=recipe, number=number)
        visitor(page).kept += (stored(earlier),)
    visitor(page).training, visitor(page).n_trainings = replace(training, number=8), 8
    compare(page)
    assert sorted(number for number, _, _ in rows(page)) == list(range(1, 9))
    page.selectbox(key="left_network").set_value(1).run()  # the one that will go
    page.number_input(key="seed").set_value(99.0).run()
    train(page)
    assert sorted(number for number, _, _ in rows(page)) == list(range(2, 10)) and not page.exception
    said = {number: text for number, _, text in rows(page)}
    assert said[2].startswith("seed 2 ") and said[9].startswith("seed 99 ")
    assert page.selectbox(key="left_network").value in range(2, 10)


def test_two_networks_read_the_same_drawing_each_as_it_was_taught_to_see(page):
    """Their answers are those of the networks to the drawing prepared for each."""
    rng = np.random.default_rng(1)
    plain, straight = (
        Network(rng.normal(size=(784, 3)), *(rng.normal(size=shape) for shape in (3, (3, 10), 10)), preparation=how)
        for how in ("mnist", "normalized")
    )
    draw(page, [(80, 60), (220, 60), (60, 230)])
    compare(page)
    for network in (plain, straight):
        visitor(page).n_trainings += 1
        give(page, network)
        assert page.selectbox(key="right_network").value == 0
        page.selectbox(key="left_network").set_value(visitor(page).n_trainings).run()
        for own in (True, False):  # whichever answers above
            choice_of_networks(page).set_value(own).run()
            for reader, shown in zip((network, load_pretrained()), readings(page), strict=True):
                image = prepare_drawing(script.canvas_of(page), reader.preparation).image
                assert shown == answer_html(image, *read(reader, image))
            assert "Two networks read the same image:** your drawing" in words(page)


def test_without_a_training_it_says_what_comes_here_and_without_a_drawing_two_networks_read_an_example(page):
    compare(page)
    assert "Your last eight trainings appear here" in " ".join(info.value for info in page.info)
    give(page, network_of(3))
    assert "unseen image 0" in words(page)
    script.choose_example(page, 5)
    assert re.search("same image:\\*\\* unseen image", words(page))
    for quantity in ("Accuracy", "Cost"):  # of a network without a curve
        pills(page, "compared_quantity").set_value(quantity).run()
        assert not page.exception


def test_a_training_keeps_its_colour_as_long_as_it_is_shown():
    before = places(range(1, 9))
    assert sorted(before.values()) == list(range(8))
    later = places([3, 4, 5, 6, 7, 8, 9, 10])  # two new ones took the places of the oldest
    assert {number: later[number] for number in range(3, 9)} == {number: before[number] for number in range(3, 9)}
    assert len(set(places([1, 9, 17]).values())) == 3  # those in between were brought back, with new numbers
