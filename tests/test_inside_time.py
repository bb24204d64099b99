"""Look inside, section 7: through time."""
import numpy as np
import pytest
from script import SEVEN, draw, is_training, quick, wait_until
from test_inside import choose

from nn.training import Point
from nn.ui.charts import moments_data
from nn.ui.inside.time import accuracies, when


def test_before_there_is_a_past_the_page_says_how_to_get_one(page):
    choose(page, "7")
    assert "Train a network" in page.info[0].value


def trained(page):
    quick(page)
    draw(page, SEVEN)
    page.button(key="train").click().run()
    wait_until(page, lambda: not is_training(page))
    choose(page, "7")


def answer_then(page):
    """What the network read at the chosen moment, and its ten outputs."""
    html = [element.body for element in page.get("html") if '<div class="nn-answer">' in element.body][-1]
    return html.split('aria-label="')[1].split('"')[0], [float(part.split("</small>")[0]) for part in html.split("<small>")[1:]]


def test_a_journey_to_the_untrained_network_and_back(page):
    trained(page)
    own = page.session_state["own"]
    image = page.session_state["drawing"].image.reshape(1, -1)
    slider = page.select_slider(key="moment")
    assert slider.options[0] == "0" and slider.options[-2:] == ["1", "now"] and slider.value == "now"
    assert answer_then(page)[0] == "The network reads 7"
    assert answer_then(page)[1] == pytest.approx(own.run.network.predict_proba(image)[0], abs=0.0051)

    slider.set_value("0").run()
    untrained = own.snapshots[0].network
    assert answer_then(page)[0] == f"The network reads {untrained.predict(image)[0]}"
    assert answer_then(page)[1] == pytest.approx(untrained.predict_proba(image)[0], abs=0.0051)
    assert any(f"{own.run.history[0].test_accuracy:.1%} of the held-out images" in text.value for text in page.markdown)
    pictures = [element.body for element in page.get("html") if '<div class="nn-figures"' in element.body][-1]
    assert pictures.count("<figure>") == 12


def test_a_continued_training_keeps_its_past(page):
    trained(page)
    before = page.session_state["own"].snapshots
    page.slider(key="epochs").set_value(4).run()
    page.button(key="continue").click().run()
    wait_until(page, lambda: not is_training(page))
    after = page.session_state["own"].snapshots
    assert after[: len(before)] == before
    assert [snapshot.point.epoch for snapshot in after[len(before) :]] == [3, 4]
    page.button(key="train").click().run()  # another training has a past of its own
    wait_until(page, lambda: not is_training(page))
    assert page.session_state["own"].snapshots[0].point.epoch == 0


def test_a_moment_that_is_no_more_becomes_now(page):
    trained(page)
    page.select_slider(key="moment").set_value("1").run()
    page.slider(key="epochs").set_value(1).run()
    assert page.select_slider(key="moment").value == "1"
    page.button(key="train").click().run()
    wait_until(page, lambda: not is_training(page))
    assert "1" not in page.select_slider(key="moment").options
    assert page.select_slider(key="moment").value == "now"


def test_the_bundled_network_has_no_past_here(page):
    trained(page)
    page.radio(key="own_answers").set_value(False).run()
    assert "My network" in page.info[0].value


def test_without_hidden_units_the_ten_outputs_are_shown(page):
    page.slider(key="hidden").set_value(0)
    trained(page)
    pictures = [element.body for element in page.get("html") if '<div class="nn-figures"' in element.body][-1]
    assert pictures.count("<figure>") == 10 and "output 9" in pictures


def test_the_sentence_about_when():
    epochs = [0.0, 0.25, 1.0, 2.0]
    assert when(epochs, [7, 7, 7, 7], 7, "your drawing") == "It first read **7** in your drawing **before any training**."
    assert when(epochs, [1, 7, 7, 7], 7, "it") == "It first read **7** in it **after 0.25 epochs**."
    assert when(epochs, [1, 7, 1, 7], 7, "it") == "It first read **7** in it **after 0.25 epochs**, and has read nothing else since 2 epochs."
    assert when(epochs, [1, 1, 7, 1], 7, "it") == "It first read **7** in it **after 1 epoch**, and has changed its mind since."
    assert when(epochs, [1, 1, 1, 1], 7, "it").startswith("It has never read **7** in it")


def test_the_sentence_about_the_accuracies():
    assert accuracies(Point(1.0, 0.5, 0.9, 0.6, 0.875)) == (
        "After 1 epoch it read 87.5% of the held-out images, 90.0% of the training images; cost 0.500."
    )
    assert accuracies(Point(0.0, 3.0, 0.1, None, None)) == "Before any training it read 10.0% of the training images; cost 3.000."


def test_the_data_of_the_chart():
    points = [Point(0.0, 3.0, 0.1, 3.0, 0.2), Point(1.0, 1.0, 0.8, 1.0, 0.7), Point(2.0, 1.0, 0.8, None, None)]
    table = moments_data(points, np.array([0.1, 0.9, 0.95]), 1).to_pydict()
    assert table["epoch"] == [0, 1, 2] and table["output"] == [0.1, 0.9, 0.95] and table["marked"] == [1, 1, 1]
    assert table["accuracy"][:2] == [0.2, 0.7] and np.isnan(table["accuracy"][2])
