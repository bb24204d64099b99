"""The page as a script: stories in Streamlit's AppTest, without a browser."""

import re
import sys
from dataclasses import replace

import numpy as np
import pytest
import script
from examples import network_of
from script import (
    SEVEN,
    answer,
    can_go_on,
    draw,
    finish,
    outputs,
    pills,
    progress,
    quick,
    stop,
    train,
    training_of,
    wait_until,
)
from streamlit.testing.v1 import AppTest
from waiting import assert_same, expected

import nn
from nn.analysis.evaluation import Point, evaluate
from nn.images.training_set import TrainingSet
from nn.recipe import MAX_BATCH
from nn.ui.page.sidebar import SOURCES
from nn.ui.session.current_image import DrawingPart
from nn.ui.session.measurements import seconds_per_image
from nn.ui.session.shared import PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD, mnist, openml_download, scheduler
from nn.ui.session.state import Session

STAR = [(60, 60), (220, 220)], [(220, 60), (60, 220)], [(140, 40), (140, 240)], [(40, 140), (240, 140)]


def at_once(n_images, **recipe):
    """The last Run of a training on so many bundled images, without the page."""
    return expected(TrainingSet(nn.load_mnist().first(n_images)), nn.Recipe(**recipe))


def button(page, key):
    """The button with this key, or None."""
    return next((button for button in page.button if button.key == key), None)


# A drawing, and its answer


def test_a_network_reads_every_stage_of_a_drawing_before_any_training_and_the_page_says_how_long_one_takes(page):
    def stages():
        return [element.body for element in page.get("html") if '<div class="nn-stages">' in element.body]

    assert answer(page) == "?" and stages() == []
    assert script.choice_of_networks(page).options == ["Pre-trained network"]
    draw(page, SEVEN)
    assert answer(page) == "7"
    network = nn.load_pretrained()
    drawing = nn.prepare_drawing(script.canvas_of(page), network.preparation)
    assert outputs(page) == pytest.approx(network.predict_proba(drawing.image.reshape(1, -1))[0], abs=0.0051)
    (shown,) = stages()
    assert shown.count("<figure>") == len(drawing.stages)
    for name, image in nn.stage_images(drawing).items():
        assert f"{name}<br>read as <b>{network.predict(image.reshape(1, -1))[0]}</b>" in shown
    assert shown.endswith("<b>7</b></figcaption></figure></div>")
    seconds_per_image(30, 1).wait(60)
    page.run()
    assert re.search("takes about .* at full speed", script.html_with(page, "nn-message"))


def test_nonsense_gets_an_answer_and_a_doubt_and_clear_empties_the_canvas(page):
    draw(page)
    assert answer(page) == "?"
    for scribble in ([(140, 140), (141, 141)], [(0, 0), (279, 279), (279, 0), (0, 279)], [(0, 140), (280, 140)]):
        draw(page, scribble)
        assert answer(page).isdigit()
    draw(page, *STAR)
    assert "may not be a digit" in script.status(page)
    draw(page, SEVEN)
    assert script.status(page) == "The pre-trained network reads 7."
    page.button(key="clear").click().run()
    assert script.part(page, DrawingPart).n_redraws == 1
    assert answer(page) == "?"


def test_the_first_stroke_on_an_example_begins_a_new_drawing_and_back_brings_the_old_one(page):
    drawn = script.part(page, DrawingPart)
    draw(page, SEVEN)
    script.choose_example(page, 3)
    assert answer(page) == "3" and drawn.initial_objects == []  # an empty canvas is beneath it
    page.button(key="back").click().run()
    assert answer(page) == "7" and drawn.initial_objects == drawn.sketches[-1].objects != []
    script.choose_example(page, 3)
    draw(page)  # the canvas says that it is empty now
    assert answer(page) == "3" and page.button(key="back")
    draw(page, [(140, 40), (141, 240)])
    assert answer(page) == "1" and len(drawn.sketches) == len(drawn.sketches[-1].objects) == 1
    page.button(key="undo").click().run()
    assert answer(page) == "?"


def test_a_drawing_is_prepared_once_for_each_preparation(page, monkeypatch):
    prepared, prepare = [], nn.prepare_drawing
    monkeypatch.setattr(
        "nn.ui.page.canvas.prepare_drawing", lambda pixels, how: prepared.append(how) or prepare(pixels, how)
    )
    draw(page, SEVEN)
    page.run()
    assert prepared == ["normalized"]
    script.give(page, network_of(3))
    script.choice_of_networks(page).set_value(False).run()  # and back to the pre-trained one
    assert prepared == ["normalized", "mnist"]
    draw(page, SEVEN, [(20, 20), (60, 20)])
    assert prepared == ["normalized", "mnist", "normalized"]


def test_the_page_counts_how_many_labelled_drawings_were_read_right(page):
    def label(digit):
        pills(page, "label_").set_value(digit).run()
        return next((caption.value for caption in page.caption if "95% interval" in caption.value), "")

    draw(page, SEVEN)
    assert label(7).startswith("The pre-trained network gets 1 of 1 labelled drawing right. That is 100%")
    assert label(2).startswith("The pre-trained network gets 0 of 1 ")  # a corrected label: still one drawing
    assert label(None) == ""  # taken back
    label(2)
    draw(page, SEVEN, [(90, 140), (180, 140)])
    assert label(7).startswith("The pre-trained network gets 1 of 2 ")


@pytest.mark.slow
def test_the_pre_trained_network_is_as_good_as_the_page_says():
    network, mnist = nn.load_pretrained(), nn.load_mnist("bundled")
    X = nn.prepare_images(mnist.X_test, network.preparation)
    assert evaluate(network, X, mnist.y_test)[1] == pytest.approx(PRETRAINED_ACCURACY, abs=1e-3)
    assert nn.rejection_threshold(network, X) == pytest.approx(PRETRAINED_THRESHOLD, abs=1e-3)


# A training


def test_after_a_training_the_visitors_own_network_answers_and_can_learn_more_epochs(page):
    quick(page)
    draw(page, SEVEN)
    pretrained = outputs(page)
    train(page)
    state = training_of(page).state
    assert_same(state, at_once(1_000, epochs=2))
    assert progress(page) == "Epoch 2.0 of 2: finished" and not can_go_on(page)
    assert script.choice_of_networks(page).options == ["My network", "Pre-trained network"]
    assert outputs(page) != pretrained
    legends = [element.body for element in page.get("html") if "nn-legend" in element.body]
    assert f"{state.history[-1].test_accuracy:.1%}" in legends[0] and f"{state.history[-1].test_cost:.3f}" in legends[1]
    script.choice_of_networks(page).set_value(False).run()
    assert outputs(page) == pretrained
    page.slider(key="epochs").set_value(3).run()
    assert "<b>Continue</b> will use" not in script.html_with(page, "nn-message")
    page.select_slider(key="eta").set_value(1.0).run()
    assert "<b>Continue</b> will use η = 1, not η = 0.1." in script.html_with(page, "nn-message")
    page.select_slider(key="eta").set_value(0.1).run()
    page.button(key="continue").click().run()
    script.finish(page)
    assert progress(page) == "Epoch 3.0 of 3: finished"


def test_steps_are_the_same_training_and_a_finished_network_is_not_lost_also_without_hidden_units(page):
    quick(page)
    page.slider(key="hidden").set_value(0)
    pills(page, "pace").set_value("Step").run()
    for size in (1, 100):
        page.button(key=f"step_{size}").click().run()
        script.finish(page)
    stepped = training_of(page).state
    assert stepped.images_seen == 101 and not stepped.finished
    assert "It learnt from images 2 to 101" in script.html_with(page, "It learnt from")
    pills(page, "pace").set_value("Full speed").run()
    page.button(key="continue").click().run()
    script.finish(page)
    one_go = at_once(1_000, n_hidden=0, epochs=2)
    assert np.allclose(training_of(page).state.network.W_out, one_go.network.W_out, rtol=1e-6)
    draw(page, SEVEN)
    assert answer(page) == "7"
    pills(page, "pace").set_value("Step").run()
    assert not button(page, "step_1")
    page.button(key="new_network").click().run()
    script.finish(page)
    assert training_of(page).state.images_seen == 0 and "Untrained: guessing." in script.status(page)


def test_a_training_goes_on_beside_other_things_until_stop_and_continue_goes_on_from_there(page):
    quick(page)
    page.slider(key="epochs").set_value(100)
    page.select_slider(key="images_bundled").set_value(8_000).run()
    page.button(key="train").click().run()
    page.slider(key="hidden").set_value(50).run()
    draw(page, SEVEN)
    assert script.is_training(page) and training_of(page).recipe.n_hidden == 30
    assert "New settings apply to the next training" in script.html_with(page, "nn-message")
    wait_until(page, lambda: training_of(page).state.images_seen > 0)
    stop(page)
    stopped = training_of(page).state
    assert not script.is_training(page) and not stopped.finished and "stopped" in progress(page)
    assert not can_go_on(page)  # a network with 30 hidden units can't continue with 50
    page.slider(key="hidden").set_value(30).run()
    page.button(key="continue").click().run()
    wait_until(page, lambda: training_of(page).state.images_seen > stopped.images_seen)
    assert training_of(page).state.history[: len(stopped.history)] == stopped.history
    stop(page)


def test_images_are_prepared_first_and_a_batch_of_all_includes_the_distorted_ones(page, monkeypatch):
    monkeypatch.setattr("nn.ui.session.trainings.FIRST_PROGRESS", 0)
    quick(page)
    page.toggle(key="distort").set_value(True)
    page.toggle(key="sort").set_value(True)
    page.select_slider(key="batch").set_value(MAX_BATCH)
    page.select_slider(key="images_bundled").set_value(100).run()
    with scheduler().turn():  # nothing is computed meanwhile
        page.button(key="train").click().run()
        assert progress(page) == "Preparing 280 training images: 0%"
    script.finish(page)
    own = training_of(page)
    assert own.state.n_images == 280 <= own.recipe.batch_size
    page.slider(key="epochs").set_value(5).run()
    assert can_go_on(page)
    page.toggle(key="distort").set_value(False).run()
    assert not can_go_on(page)  # other images need a new training


def test_a_training_that_diverged_says_so_and_cannot_go_on(page):
    script.give(page, network_of(30), TrainingSet(nn.load_mnist()))
    assert can_go_on(page)
    state = replace(training_of(page).state, images_seen=2, history=(Point(0.0, 3.2, 0.1, 3.3, 0.1),), diverged=True)
    script.visitor(page).training = replace(training_of(page), state=state)
    page.run()
    assert "diverged" in progress(page)
    assert "With η = 0.1 the cost rises" in script.html_with(page, "nn-message")
    assert not can_go_on(page)


# OpenML's images


@pytest.fixture
def download(page, monkeypatch, tmp_path):
    """Let the download of OpenML's images be this code, in a process of its own. It isn't shared with other tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("NN_OPENML", "yes")
    openml_download.clear()
    mnist.clear()
    yield lambda code: monkeypatch.setattr("nn.engine.download.COMMAND", [sys.executable, "-c", code])
    openml_download().leave(script.visitor(page))
    openml_download.clear()
    mnist.clear()


HANGS = "import threading; print('42 %', flush=True); threading.Event().wait()"
FAILS = "import sys; print('error: MNIST could not be loaded from OpenML: no network.'); sys.exit(2)"
SUCCEEDS = (
    "import numpy as np; from nn.images.mnist import cache_path; cache_path().parent.mkdir();"
    "np.savez(cache_path(), X=np.zeros((11, 784), np.uint8), y=np.arange(11) % 10)"
)


@pytest.mark.parametrize(
    "setting, why",
    [("yes", "OpenML's images are not stored on this machine yet."), ("no", "OpenML's images are not offered here.")],
)
def test_a_link_starts_no_download_and_the_operator_decides_whether_a_click_can(download, monkeypatch, setting, why):
    monkeypatch.setenv("NN_OPENML", setting)
    download(HANGS)
    page = AppTest.from_file(script.PAGE, default_timeout=60)
    page.query_params["data"] = SOURCES["openml"]
    page.run().run()
    assert [warning.value for warning in page.warning] == [f"{why} The bundled images are used instead."]
    offered = [button.label for button in page.button if button.key == "download"]
    assert offered == (["Download OpenML's 70,000 images (15 MB)"] if setting == "yes" else [])
    assert not openml_download().active
    page.button(key="train").click().run()
    assert training_of(page).recipe.source == "bundled" and not page.exception
    script.visitor(page).close()


@pytest.mark.slow
def test_openmls_images_are_asked_for_in_vain_waited_for_cancelled_and_used(page, download, monkeypatch):
    monkeypatch.setattr("nn.images.mnist.OPENML_TRAIN", 8)
    monkeypatch.setattr("nn.images.mnist.OPENML_TEST", 3)
    monkeypatch.setattr("nn.ui.page.sidebar.N_IMAGES", {"bundled": [8_000], "openml": [4, 8]})
    download(FAILS)
    page.radio(key="data").set_value("openml").run()
    page.button(key="download").click().run()
    wait_until(page, lambda: page.warning)
    said = "MNIST could not be loaded from OpenML: no network. The bundled images are used instead."
    assert page.warning[0].value == said
    download(HANGS)
    page.slider(key="epochs").set_value(5).run()
    assert page.warning[0].value == said  # not again at every move of a slider

    page.button(key="download").click().run()
    wait_until(page, lambda: page.get("progress")[0].proto.value == 42)
    assert "Downloading OpenML's 70,000 images" in progress(page) and not page.warning
    draw(page, SEVEN)
    assert answer(page) == "7"  # one can do everything meanwhile
    page.button(key="train").click().run()
    assert training_of(page).recipe.source == "bundled"
    finish(page)
    other = Session()
    openml_download().wait(other)
    page.button(key="cancel_download").click().run()
    assert page.radio(key="data").value == "bundled" and not button(page, "cancel_download") and not page.warning
    assert openml_download().active
    openml_download().leave(other)
    assert not openml_download().active

    download(SUCCEEDS)
    page.radio(key="data").set_value("openml").run()
    page.button(key="download").click().run()
    wait_until(page, lambda: any(slider.key == "images_openml" for slider in page.select_slider))
    page.button(key="train").click().run()
    assert training_of(page).recipe.source == "openml" and training_of(page).state.n_images == 8
    finish(page)


# The address bar


@pytest.mark.parametrize(
    "address, values",
    [
        (
            {"epochs": "abc", "eta": "nan", "seed": "-5", "hidden": "1e99", "batch": "<b>", "data": "evil"}
            | {"scale": "perhaps", "shuffle": "7", "images_bundled": "7"},
            [30, 0.1, 42, 30, 1, "bundled", True, True, 8_000],
        ),
        ({"epochs": "-1", "eta": "1e999", "seed": "9" * 310}, [30, 0.1, 42, 30, 1, "bundled", True, True, 8_000]),
        (
            {"epochs": "7", "eta": "0.01", "hidden": "0", "shuffle": "false", "batch": "32"},
            [7, 0.01, 42, 0, 32, "bundled", True, False, 8_000],
        ),
    ],
)
def test_settings_come_from_the_address_bar_and_nonsense_in_it_is_refused(address, values):
    page = AppTest.from_file(script.PAGE, default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    widgets = page.slider, page.select_slider, page.number_input, page.radio, page.toggle
    found = {widget.key: widget.value for kind in widgets for widget in kind}
    keys = "epochs", "eta", "seed", "hidden", "batch", "data", "scale", "shuffle", "images_bundled"
    assert [found[key] for key in keys] == values
