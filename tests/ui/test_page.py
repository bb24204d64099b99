"""The page as a script: stories in Streamlit's AppTest, without a browser."""

import io
import re
import sys
import time

import numpy as np
import pytest
import script
from script import (
    PAGE,
    SEVEN,
    answer,
    can_go_on,
    canvas_of,
    choice_of_networks,
    draw,
    finish,
    html_with,
    is_training,
    outputs,
    pills,
    progress,
    quick,
    status,
    stop,
    train,
    training_of,
    visitor,
    wait_until,
)
from streamlit.testing.v1 import AppTest

import nn
from nn.training import evaluate
from nn.ui.curves_panel import network_file
from nn.ui.resources import PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD, mnist, openml_download

STAR = [(60, 60), (220, 220)], [(220, 60), (60, 220)], [(140, 40), (140, 240)], [(40, 140), (240, 140)]


def test_a_network_is_there_before_any_training(page):
    assert answer(page) == "?"
    assert choice_of_networks(page).options == ["Pre-trained network"]
    draw(page, SEVEN)
    assert answer(page) == "7"
    network = nn.load_pretrained()
    image = nn.prepare_drawing(canvas_of(page), network.preparation).image.reshape(1, -1)
    assert outputs(page) == pytest.approx(network.predict_proba(image)[0], abs=0.0051)


def test_before_a_training_the_page_says_how_long_it_will_take(page):
    wait_until(page, lambda: re.search("takes about .* at full speed", html_with(page, "nn-message")))


def test_after_a_training_the_visitors_own_network_answers(page):
    quick(page)
    draw(page, SEVEN)
    pretrained = outputs(page)
    page.button(key="train").click().run()
    finish(page)
    assert progress(page) == "Epoch 2.0 of 2: finished"
    assert choice_of_networks(page).options == ["My network", "Pre-trained network"]
    assert outputs(page) != pretrained
    run = training_of(page).run
    assert run.finished and run.history[-1].test_accuracy > 0.7
    legends = [element.body for element in page.get("html") if "nn-legend" in element.body]
    assert f"{run.history[-1].test_accuracy:.1%}" in legends[0] and f"{run.history[-1].test_cost:.3f}" in legends[1]

    choice_of_networks(page).set_value(False).run()
    assert outputs(page) == pretrained


def test_the_network_trained_in_the_page_is_the_one_that_train_gives(page):
    quick(page)
    page.button(key="train").click().run()
    finish(page)
    mnist = nn.load_mnist("bundled").first(1_000)
    *_, expected = nn.train(nn.Settings(epochs=2), mnist.X_train, mnist.y_train)
    assert np.array_equal(training_of(page).run.network.W_h, expected.network.W_h)


@pytest.mark.slow
def test_a_watched_training_gives_the_same_weights_to_the_bit(page):
    page.slider(key="epochs").set_value(2)
    page.select_slider(key="images_bundled").set_value(100).run()
    page.button(key="train").click().run()
    seen = set()
    wait_until(page, lambda: seen.add(progress(page)) or not is_training(page))
    assert {f"After {n} of 100 images" for n in (1, 2, 5, 10, 20, 50)} <= seen
    mnist = nn.load_mnist("bundled").first(100)
    *_, expected = nn.train(nn.Settings(epochs=2), mnist.X_train, mnist.y_train)
    assert np.array_equal(training_of(page).run.network.W_h, expected.network.W_h)
    assert training_of(page).run.network.parameters.W_out.tobytes() == expected.network.W_out.tobytes()


def test_steps_are_the_same_training_and_a_finished_network_is_not_lost(page):
    quick(page)
    pills(page, "pace").set_value("Step").run()
    page.button(key="step_1").click().run()
    page.button(key="step_100").click().run()
    finish(page)
    stepped = training_of(page).run
    assert stepped.images_seen == 101 and not stepped.finished
    assert "It learnt from images 2 to 101" in html_with(page, "It learnt from")
    pills(page, "pace").set_value("Full speed").run()
    page.button(key="continue").click().run()
    finish(page)
    mnist = nn.load_mnist("bundled").first(1_000)
    *_, expected = nn.train(nn.Settings(epochs=2), mnist.X_train, mnist.y_train)
    assert np.allclose(training_of(page).run.network.W_h, expected.network.W_h, rtol=1e-6)
    pills(page, "pace").set_value("Step").run()
    assert not any(button.key == "step_1" for button in page.button)
    page.button(key="new_network").click().run()
    assert training_of(page).run.images_seen == 0
    draw(page, SEVEN)
    assert "Untrained: guessing." in status(page)


def test_stop_keeps_what_was_learnt_and_continue_goes_on_from_there(page):
    page.slider(key="epochs").set_value(100).run()
    page.button(key="train").click().run()
    wait_until(page, lambda: training_of(page).run.images_seen > 0)
    began = time.monotonic()
    stop(page)
    assert time.monotonic() - began < 5  # half a second on an idle machine; 100 epochs would take minutes
    assert not is_training(page)
    assert "stopped" in progress(page)
    stopped = training_of(page).run
    page.button(key="continue").click().run()
    wait_until(page, lambda: training_of(page).run.images_seen > stopped.images_seen)
    assert training_of(page).run.history[: len(stopped.history)] == stopped.history
    stop(page)


def test_moving_a_slider_or_drawing_does_not_end_the_training(page):
    page.slider(key="epochs").set_value(100).run()
    page.button(key="train").click().run()
    page.slider(key="hidden").set_value(50).run()
    draw(page, SEVEN)
    assert is_training(page)
    assert training_of(page).controls.settings.n_hidden == 30
    assert "New settings apply to the next training" in html_with(page, "nn-message")
    stop(page)
    assert not can_go_on(page)  # a network with 30 hidden units can't continue with 50


def test_a_finished_network_can_learn_more_epochs(page):
    quick(page)
    page.button(key="train").click().run()
    finish(page)
    assert not can_go_on(page)
    page.slider(key="epochs").set_value(3).run()
    page.button(key="continue").click().run()
    finish(page)
    assert progress(page) == "Epoch 3.0 of 3: finished"


def test_everything_works_without_hidden_units(page):
    quick(page)
    page.slider(key="hidden").set_value(0).run()
    draw(page, SEVEN)
    page.button(key="train").click().run()
    finish(page)
    assert training_of(page).run.network.n_hidden == 0
    assert answer(page) == "7"


@pytest.mark.slow
def test_images_are_prepared_before_training_and_drawings_are_prepared_in_the_same_way(page):
    page.toggle(key="prepare").set_value(True)
    page.toggle(key="distort").set_value(True)
    page.slider(key="epochs").set_value(3)
    page.select_slider(key="images_bundled").set_value(100).run()
    draw(page, SEVEN)
    page.button(key="train").click().run()
    assert progress(page).startswith("Preparing 280 training images: ")
    finish(page)
    assert progress(page) == "Epoch 3.0 of 3: finished"
    own = training_of(page)
    assert own.run.network.preparation == "normalized" and own.run.n_images == 280
    image = nn.prepare_drawing(canvas_of(page), "normalized").image.reshape(1, -1)
    assert outputs(page) == pytest.approx(own.run.network.predict_proba(image)[0], abs=0.0051)
    page.toggle(key="distort").set_value(False)
    page.slider(key="epochs").set_value(5).run()
    assert not can_go_on(page)  # other images need a new training


@pytest.mark.slow
def test_a_batch_of_all_images_includes_the_distorted_ones(page):
    page.toggle(key="distort").set_value(True)
    page.select_slider(key="batch").set_value("all")
    page.select_slider(key="images_bundled").set_value(100)
    page.slider(key="epochs").set_value(1).run()
    page.button(key="train").click().run()
    finish(page)
    own = training_of(page)
    assert own.run.n_images == 280 <= own.controls.settings.batch_size


def test_a_drawing_is_prepared_once_for_each_preparation(page, monkeypatch):
    prepared, prepare = [], nn.prepare_drawing
    monkeypatch.setattr(
        "nn.ui.drawing_panel.prepare_drawing", lambda pixels, how: prepared.append(how) or prepare(pixels, how)
    )
    draw(page, SEVEN)
    page.run()
    assert prepared == ["normalized"]
    quick(page)
    train(page)
    choice_of_networks(page).set_value(False).run()  # and back to the pre-trained one
    assert prepared == ["normalized", "mnist"]
    draw(page, SEVEN, [(20, 20), (60, 20)])
    assert prepared == ["normalized", "mnist", "normalized"]


def test_the_stages_of_the_drawing_are_shown_with_an_answer_at_every_stage(page):
    assert not [element for element in page.get("html") if '<div class="nn-stages">' in element.body]
    draw(page, SEVEN)
    (stages,) = [element.body for element in page.get("html") if '<div class="nn-stages">' in element.body]
    drawing = nn.prepare_drawing(canvas_of(page), nn.load_pretrained().preparation)
    assert stages.count("<figure>") == len(drawing.stages)
    for name, image in nn.stage_images(drawing).items():
        digit = nn.load_pretrained().predict(image.reshape(1, -1))[0]
        assert f"{name}<br>read as <b>{digit}</b>" in stages
    assert stages.endswith("<b>7</b></figcaption></figure></div>")


def test_what_is_not_a_digit_is_rejected(page):
    draw(page, SEVEN)
    assert status(page) == "The pre-trained network reads  7 ."
    draw(page, *STAR)
    assert "may not be a digit" in status(page)


@pytest.mark.slow
def test_what_the_page_says_about_the_pre_trained_network_is_true():
    network, mnist = nn.load_pretrained(), nn.load_mnist("bundled")
    X = nn.prepare_images(mnist.X_test, network.preparation)
    assert evaluate(network, X, mnist.y_test)[1] == pytest.approx(PRETRAINED_ACCURACY, abs=1e-9)
    assert nn.rejection_threshold(network, X) == pytest.approx(PRETRAINED_THRESHOLD, abs=1e-3)


def test_a_training_that_diverges_says_so(page):
    quick(page)
    page.slider(key="epochs").set_value(20)
    page.select_slider(key="eta").set_value(10.0).run()
    page.button(key="train").click().run()
    finish(page)
    assert "diverged" in progress(page)
    assert "With η = 10 the cost rises" in html_with(page, "nn-diverged")
    assert not can_go_on(page)


def test_nonsense_on_the_canvas_gets_an_answer(page):
    draw(page)
    assert answer(page) == "?"
    for scribble in ([(140, 140), (141, 141)], [(0, 0), (279, 279), (279, 0), (0, 279)], [(0, 140), (280, 140)]):
        draw(page, scribble)
        assert answer(page).isdigit()


def test_the_page_counts_how_many_labelled_drawings_were_read_right(page):
    def pills():
        return script.pills(page, "label_")

    draw(page, SEVEN)
    pills().set_value(7).run()
    assert any(
        caption.value.startswith("The pre-trained network read 1 of 1 drawing right (100%") for caption in page.caption
    )
    pills().set_value(2).run()  # a corrected label: still one drawing
    assert any(caption.value.startswith("The pre-trained network read 0 of 1 ") for caption in page.caption)
    pills().set_value(None).run()  # taken back
    assert not any(" right (" in caption.value for caption in page.caption)
    pills().set_value(2).run()
    draw(page, SEVEN, [(90, 140), (180, 140)])
    assert any(caption.value.startswith("The pre-trained network read 0 of 1 ") for caption in page.caption)
    pills().set_value(7).run()
    assert any(caption.value.startswith("The pre-trained network read 1 of 2 ") for caption in page.caption)


def test_clear_empties_the_canvas(page):
    draw(page, SEVEN)
    page.button(key="clear").click().run()
    assert visitor(page).canvas == 1
    assert answer(page) == "?"


@pytest.fixture
def download(page, monkeypatch, tmp_path):
    """Let the download of OpenML's images be this code, in a process of its own. It isn't shared with other tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    openml_download.clear()
    mnist.clear()
    yield lambda code: monkeypatch.setattr("nn.images.download.COMMAND", [sys.executable, "-c", code])
    openml_download().leave(visitor(page))
    openml_download.clear()
    mnist.clear()


HANGS = "import time; print('42 %', flush=True); time.sleep(600)"


@pytest.mark.slow
def test_without_openml_the_page_says_so_once_and_uses_the_bundled_images(page, download):
    download("import sys; print('error: MNIST could not be loaded from OpenML: no network.'); sys.exit(2)")
    page.radio(key="data").set_value("openml").run()
    wait_until(page, lambda: page.warning)
    said = "MNIST could not be loaded from OpenML: no network. The bundled images are used instead."
    assert page.warning[0].value == said
    download(HANGS)
    page.slider(key="epochs").set_value(5).run()
    assert page.warning[0].value == said  # not again at every move of a slider
    page.button(key="try_again").click().run()
    assert not page.warning and button(page, "cancel_download")
    page.button(key="train").click().run()
    assert training_of(page).controls.source == "bundled"
    stop(page)


def test_while_openmls_images_are_fetched_one_can_do_everything_and_cancel(page, download):
    download(HANGS)
    page.radio(key="data").set_value("openml").run()
    wait_until(page, lambda: "Downloading OpenML's 70,000 images" in progress(page))
    wait_until(page, lambda: page.get("progress")[0].proto.value == 42)
    draw(page, SEVEN)
    assert answer(page) == "7"
    page.button(key="cancel_download").click().run()
    assert page.radio(key="data").value == "bundled" and not button(page, "cancel_download")
    assert not openml_download().active and not page.warning


def test_who_cancels_leaves_alone_if_others_wait_for_the_same_images(page, download):
    download(HANGS)
    page.radio(key="data").set_value("openml").run()
    other = Somebody()
    openml_download().wait(other)
    page.button(key="cancel_download").click().run()
    assert page.radio(key="data").value == "bundled" and not button(page, "cancel_download")
    assert openml_download().active
    openml_download().leave(other)
    assert not openml_download().active


class Somebody:
    """Stands for another visitor."""


def test_openmls_images_are_used_as_soon_as_they_are_there(page, download, monkeypatch):
    monkeypatch.setattr("nn.images.mnist.OPENML_TRAIN", 8)
    monkeypatch.setattr("nn.images.mnist.OPENML_TEST", 3)
    monkeypatch.setattr("nn.ui.sidebar.IMAGES", {"bundled": [8_000], "openml": [4, 8]})
    download(
        "import numpy as np; from nn.images.mnist import cache_path; cache_path().parent.mkdir();"
        "np.savez(cache_path(), X=np.zeros((11, 784), np.uint8), y=np.arange(11) % 10)"
    )
    page.radio(key="data").set_value("openml").run()
    wait_until(page, lambda: any(slider.key == "images_openml" for slider in page.select_slider))
    page.button(key="train").click().run()
    assert training_of(page).controls.source == "openml" and training_of(page).run.n_images == 8
    finish(page)


def button(page, key):
    """The button with this key, or None."""
    return next((button for button in page.button if button.key == key), None)


def test_the_saved_network_can_be_loaded_again(page):
    quick(page)
    page.button(key="train").click().run()
    finish(page)
    network = training_of(page).run.network
    again = nn.load_network(io.BytesIO(network_file(network)))
    assert np.array_equal(again.W_h, network.W_h)


def opened(address):
    """The page opened at an address with these query parameters."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, address
    return page


def test_nonsense_in_the_address_bar_is_refused():
    others = {"hidden": "1e99", "batch": "<b>", "data": "evil", "scale": "perhaps", "images_bundled": "7"}
    for address in (
        {"epochs": "abc", "eta": "nan", "seed": "-5"} | others,
        {"epochs": "99999999", "eta": "1e999", "seed": "x"},
        {"epochs": "-1"},
        {"seed": "inf"},
        {"seed": "-inf"},
        {"seed": "1e999"},
        {"seed": "9" * 310},
        {"seed": "nan"},
    ):
        page = opened(address)
        values = {
            "epochs": page.slider(key="epochs").value,
            "eta": page.select_slider(key="eta").value,
            "seed": page.number_input(key="seed").value,
            "hidden": page.slider(key="hidden").value,
            "batch": page.select_slider(key="batch").value,
            "data": page.radio(key="data").value,
            "scale": page.toggle(key="scale").value,
            "images_bundled": page.select_slider(key="images_bundled").value,
        }
        assert values == {
            "epochs": 30,
            "eta": 0.1,
            "seed": 42,
            "hidden": 30,
            "batch": "1",
            "data": "bundled",
            "scale": True,
            "images_bundled": 8_000,
        }, address


def test_settings_come_from_the_address_bar():
    page = opened({"epochs": "7", "eta": "0.01", "hidden": "0", "shuffle": "false", "batch": "32"})
    assert (page.slider(key="epochs").value, page.slider(key="hidden").value) == (7, 0)
    assert page.select_slider(key="eta").value == 0.01
    assert page.toggle(key="shuffle").value is False
    assert page.select_slider(key="batch").value == "32"
