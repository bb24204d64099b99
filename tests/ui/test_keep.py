"""Yours, Keep: networks and drawings are opened from files, and the browser's own files are taken over."""

import base64
import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from examples import network_of
from PIL import Image
from script import (
    SEVEN,
    answer,
    can_go_on,
    canvas_of,
    choice_of_networks,
    draw,
    finish,
    give,
    html,
    html_with,
    is_training,
    pills,
    progress,
    quick,
    train,
    training_of,
    visitor,
    words,
)
from waiting import assert_same, expected

import nn
from nn import DataError, Network
from nn.images.training_set import TrainingSet
from nn.training import evaluate
from nn.ui import controls, memory
from nn.ui.controls import Controls
from nn.ui.curves_panel import network_file
from nn.ui.feedback import PRETRAINED, Labelled, labelled_file
from nn.ui.kept import Kept, Yours, pack
from nn.ui.state import Training


def keep(page):
    pills(page, "yours").set_value("Keep, take home").run()
    assert not page.exception


def open_file(page, kind, content, name="file.npz"):
    """Choose a file for "network" or "drawings"."""
    chooser = next(one for one in page.file_uploader if one.key.startswith(f"open_{kind}_"))
    chooser.set_value((name, content, "application/octet-stream")).run()
    finish(page)
    assert not page.exception


def warnings(page):
    return [warning.value for warning in page.warning]


def label(page, digit):
    pills(page, "label_").set_value(digit).run()


@pytest.fixture
def browser_has(page, monkeypatch):
    """browser_has(file) lets the browser answer the page's question: it has kept this file."""

    def has(file):
        text = base64.b64encode(file).decode()
        answer = {"question": visitor(page).browser.question, "files": {"trainings": text, "drawings": text}}
        callbacks = [memory.take_found]
        monkeypatch.setattr(memory, "value_of", lambda key: SimpleNamespace(found=answer))
        # AppTest knows no components, and a callback comes before everything else
        monkeypatch.setattr("nn.ui.pace.prepare_process", lambda: callbacks.pop()() if callbacks else None)
        page.run()
        finish(page)
        assert not page.exception and not callbacks

    return has


# Files that are opened


def test_a_saved_network_answers_is_measured_and_learns_on(page):
    quick(page)
    page.select_slider(key="eta").set_value(0.01).run()
    train(page)
    keep(page)
    saved = at_once(nn.Settings(epochs=3)).network
    open_file(page, "network", network_file(saved))
    now = training_of(page)
    assert np.array_equal(now.run.network.W_h, saved.W_h) and choice_of_networks(page).value is True
    assert now.run.images_seen == 0 and not now.run.is_untrained
    mnist = now.images.mnist
    measured = evaluate(saved, mnist.X_test, mnist.y_test)
    assert (now.run.history[0].test_cost, now.run.history[0].test_accuracy) == measured
    draw(page, SEVEN)
    image = nn.prepare_drawing(canvas_of(page), saved.preparation).image
    assert answer(page) == str(saved.predict(image.reshape(1, -1))[0])
    assert "It has learnt before, and nothing more here yet." in progress(page)
    assert "guessing" not in html_with(page, "nn-reading")
    assert visitor(page).kept[-1].controls.settings.eta == 0.01  # the one that was present
    page.button(key="continue").click().run()
    finish(page)
    further = training_of(page)
    assert further.run.epoch == 2 and further.run.history[0] == now.run.history[0] and further.run.finished
    assert not np.array_equal(further.run.network.W_h, saved.W_h)


@pytest.mark.slow
def test_a_network_from_raw_straightened_pixels_sets_the_sidebar_to_what_it_expects(page):
    quick(page)
    page.select_slider(key="images_bundled").set_value(100).run()
    keep(page)
    network = network_of(7, pixel_max=255.0, preparation="normalized")
    open_file(page, "network", network_file(network))
    assert page.slider(key="hidden").value == 7
    assert page.toggle(key="scale").value is False and page.toggle(key="prepare").value is True
    assert training_of(page).run.history and can_go_on(page)
    draw(page, SEVEN)
    image = nn.prepare_drawing(canvas_of(page), "normalized").image
    assert answer(page) == str(network.predict(image.reshape(1, -1))[0])


def test_a_network_with_more_units_than_the_sidebar_has_answers_all_the_same(page):
    quick(page)
    keep(page)
    hidden = page.slider(key="hidden").value
    open_file(page, "network", network_file(network_of(500)))
    assert training_of(page).run.network.n_hidden == 500 and choice_of_networks(page).value is True
    assert page.slider(key="hidden").value == hidden and not can_go_on(page)
    train(page)
    pills(page, "yours").set_value("Compare").run()
    assert "500 hidden units" in html(page) or "opened from a file" in html(page)
    page.button(key="bring_back_1").click().run()
    finish(page)
    assert training_of(page).run.network.n_hidden == 500 and not page.exception


def test_a_file_of_another_kind_is_refused_in_a_sentence_and_nothing_is_lost(page):
    give(page, network_of(3))
    draw(page, SEVEN)
    label(page, 7)
    keep(page)
    before = training_of(page), visitor(page).n_trainings, dict(visitor(page).labelled)
    network, drawings = network_file(network_of(3)), labelled_file(list(visitor(page).labelled.values()))
    infinite = network_file(Network(*(np.full_like(array, np.inf) for array in network_of(3).parameters)))
    for content in (b"", b"hello", drawings, network[:-40], infinite):
        open_file(page, "network", content)
        (warning,) = warnings(page)
        assert warning.startswith("This ") and "network file" in warning and warning.endswith(".")
    for content in (b"", b"hello", network):
        open_file(page, "drawings", content)
        (warning,) = warnings(page)
        assert warning.startswith("This is not a file of drawings")
    assert (training_of(page), visitor(page).n_trainings, visitor(page).labelled) == before
    open_file(page, "network", network_file(network_of(4)))
    assert warnings(page) == [] and training_of(page).run.network.n_hidden == 4


def test_saved_drawings_are_counted_again_once(page):
    draw(page, SEVEN)
    label(page, 7)
    draw(page, [(90, 140), (180, 140)])
    label(page, 4)
    saved = list(visitor(page).labelled.values())
    content, tally = labelled_file(saved), html_with(page, "nn-question")
    keep(page)
    open_file(page, "drawings", content)  # those that are there
    assert len(visitor(page).labelled) == 2
    visitor(page).labelled = {}
    page.run()
    assert "so far" not in html_with(page, "nn-question")
    for _ in range(2):  # the same file twice
        open_file(page, "drawings", content)
        assert len(visitor(page).labelled) == 2
    right = sum(one.label == one.answer for one in saved)
    assert f"{right} of 2 right so far" in html_with(page, "nn-question") and "of 2 right so far" in tally
    assert not any(drawing.is_own for drawing in visitor(page).labelled.values())  # a class gets none of them


# What the browser is told


def test_the_file_is_made_for_what_changes_and_says_how_large_it_is(page):
    browser = visitor(page).browser
    assert browser.order == "" and browser.question
    browser.is_answered = True
    page.run()
    assert browser.order == ""  # there is nothing to keep yet
    draw(page, SEVEN)
    assert browser.order == ""
    label(page, 7)
    first = browser.order
    assert first and set(browser.files) == {"drawings"}
    keep(page)
    assert browser.order == first and "0 trainings with network and curves, 1 labelled drawing:" in words(page)
    quick(page)
    train(page)
    page.run()
    assert browser.order != first and "1 training with network and curves" in words(page)
    second = browser.order
    page.run()
    assert browser.order == second
    browser.carried({"order": second})
    page.run()
    assert browser.order == "" and browser.files == {}


def test_a_label_during_a_training_is_kept_after_the_same_pause_as_the_training(page, monkeypatch):
    browser = visitor(page).browser
    draw(page, SEVEN)
    pills(page, "pace").set_value("Full speed")
    page.slider(key="epochs").set_value(100)
    page.button(key="train").click().run()
    label(page, 7)
    assert is_training(page) and browser.files == {}
    monkeypatch.setattr(memory, "keep_seconds", lambda: 0)
    page.run()
    assert is_training(page) and set(browser.files) == {"trainings", "drawings"}


def test_forget_deletes_and_keeps_nothing_more(page):
    browser = visitor(page).browser
    browser.is_answered = True
    draw(page, SEVEN)
    label(page, 7)
    keep(page)
    browser.carried({"order": browser.order})
    page.button(key="forget").click().run()
    assert browser.order and browser.files == {} and "Everything that was kept is deleted." in words(page)
    order = browser.order
    label(page, 1)
    assert browser.order == order
    page.button(key="keep_again").click().run()
    assert browser.order != order and browser.files


# What the browser has kept


def at_once(settings):
    """The last Run of a training on 500 images, without the page."""
    return expected(TrainingSet(nn.load_mnist().first(500)), settings)


def kept(number, eta=0.2, compact=True, source="bundled"):
    """A Kept training of one epoch on 500 images, as the page would have made it."""
    settings = nn.Settings(3, eta=eta, epochs=1)
    n_images = 500 if source == "bundled" else 1_000
    run = replace(at_once(settings), n_images=n_images, images_seen=n_images)
    return Kept.of(number, Training(Controls(settings, source, n_images, False), None, run), compact)


def labelled_by(page):
    """The drawings of a visitor who has labelled two, one of which was read right."""
    draw(page, SEVEN)
    one = Labelled(visitor(page).drawing.image, 7, 7, PRETRAINED, visitor(page).sketches[-1])
    draw(page)
    file = io.BytesIO()
    Image.new("L", (280, 280)).save(file, "png")
    return one, replace(one, label=1, sketch=one.sketch._replace(png=file.getvalue()))


def test_what_the_browser_has_kept_is_there_again_and_goes_on_as_if_it_had_never_been_away(page, browser_has):
    pills(page, "pace").set_value("Full speed").run()
    present, before = kept(5, eta=0.5, compact=False), (kept(2), kept(4, eta=0.05))
    browser_has(pack(Yours(present, before, labelled_by(page))))
    now = training_of(page)
    assert np.array_equal(now.run.network.W_h, present.network.W_h) and now.run.history == present.run.history
    assert (page.select_slider(key="eta").value, page.slider(key="hidden").value) == (0.5, 3)
    assert choice_of_networks(page).value is True and "finished" in progress(page)
    assert "1 of 2 right so far" in html_with(page, "nn-question")
    assert [one.number for one in visitor(page).kept] == [2, 4] and visitor(page).n_trainings == 5
    pills(page, "yours").set_value("Compare").run()
    assert [f"bring_back_{n}" in {one.key for one in page.button} for n in (2, 4, 5)] == [True, True, False]
    page.slider(key="epochs").set_value(3).run()
    page.button(key="continue").click().run()
    finish(page)
    assert_same(training_of(page).run, at_once(nn.Settings(3, eta=0.5, epochs=3)))
    train(page)
    assert [one.number for one in visitor(page).kept] == [2, 4, 5] and not page.exception


def test_what_the_visitor_has_done_meanwhile_comes_first(page, browser_has):
    quick(page)
    train(page)
    draw(page, SEVEN)
    label(page, 3)
    mine, drawings = training_of(page), dict(visitor(page).labelled)
    file = pack(Yours(kept(1), (), labelled_by(page)))
    browser_has(file)
    assert training_of(page).identity is mine.identity and visitor(page).n_trainings == 2
    assert [one.number for one in visitor(page).kept] == [1]  # as the training before
    assert drawings.items() <= visitor(page).labelled.items() and len(visitor(page).labelled) == 2


def test_what_the_address_says_holds_for_the_sidebar(page, browser_has):
    page.query_params["eta"] = "2"  # only its presence counts here; what it says is a story in a browser
    page.run()
    before = page.select_slider(key="eta").value
    browser_has(pack(Yours(kept(1, eta=0.5), (), ())))
    assert page.select_slider(key="eta").value == before and page.slider(key="hidden").value == 30
    assert training_of(page).controls.settings.eta == 0.5


def test_a_file_that_cannot_be_read_is_said_to_be_and_the_page_goes_on(page, browser_has):
    browser_has(b"changed by somebody")
    keep(page)
    (warning,) = warnings(page)
    assert warning.startswith("What this browser has kept can't be read. This is not a file of this page")
    draw(page, SEVEN)
    label(page, 7)
    assert visitor(page).browser.order == ""  # nothing takes its place unasked
    page.button(key="forget").click().run()
    assert visitor(page).browser.order and warnings(page) == []


def test_a_training_on_images_that_are_not_here_is_kept_until_they_are(page, browser_has, monkeypatch):
    real = controls.training_set

    def missing(source, *more):
        if source == "openml":
            raise DataError("They are not here.")
        return real(source, *more)

    monkeypatch.setattr(controls, "training_set", missing)
    browser_has(pack(Yours(kept(3, source="openml"), (kept(1), kept(2, source="openml")), ())))
    assert training_of(page) is None and [one.number for one in visitor(page).kept] == [1, 2, 3]
    pills(page, "yours").set_value("Compare").run()
    page.button(key="bring_back_2").click().run()
    assert any("OpenML's images, which are not here" in warning for warning in warnings(page))
    assert training_of(page) is None and not page.exception
    page.button(key="bring_back_1").click().run()
    assert training_of(page).run.epoch == 1 and warnings(page) == []
    assert [one.number for one in visitor(page).kept] == [2, 3]
