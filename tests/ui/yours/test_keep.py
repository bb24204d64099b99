"""Yours, Save or export: files are opened, the browser's own files are taken over, and a notebook is made."""

import base64
import io
import json
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import script
from examples import network_of as example_network
from script import (
    SEVEN,
    answer,
    draw,
    finish,
    give,
    html_with,
    labelled,
    part,
    pills,
    quick,
    stop,
    train,
    training_of,
    visitor,
    words,
)
from waiting import assert_same, expected

import nn
from nn import DataError, Network
from nn.analysis.evaluation import evaluate
from nn.engine.training import Training
from nn.files.drawings import labelled_file
from nn.files.saved_work import OPENED, SavedWork, network_of, pack, stored
from nn.images.training_set import TrainingSet
from nn.ui.classroom.membership import is_comparable
from nn.ui.page.curves import network_file
from nn.ui.session import browser_store as memory
from nn.ui.session import trainings as opening
from nn.ui.session.browser_store import BrowserStore
from nn.ui.session.current_image import DrawingPart
from nn.ui.yours.keep import notebook_of, why_no_notebook


def keep(page):
    pills(page, "yours").set_value("Save or export").run()
    assert not page.exception


def open_file(page, kind, content):
    """Choose a file for "network" or "drawings"; returns the warnings."""
    chooser = next(one for one in page.file_uploader if one.key.startswith(f"open_{kind}_"))
    chooser.set_value(("file.npz", content, "application/octet-stream")).run()
    assert not page.exception
    return warnings(page)


def warnings(page):
    return [warning.value for warning in page.warning]


def label(page, digit):
    pills(page, "label_").set_value(digit).run()


TWO_DRAWINGS = [labelled(7, *SEVEN), labelled(1)]  # and 7 was read in both


# Files that are opened


def test_a_saved_network_answers_is_measured_and_learns_on(page):
    quick(page)
    page.select_slider(key="eta").set_value(0.01).run()
    train(page)
    keep(page)
    saved = at_once(nn.Recipe(epochs=3)).network
    open_file(page, "network", network_file(saved))
    finish(page)
    now = training_of(page)
    assert np.array_equal(now.state.network.W_h, saved.W_h) and script.choice_of_networks(page).value is True
    assert now.state.images_seen == 0 and not now.state.is_untrained
    point, mnist = now.state.history[0], now.images.mnist
    assert (point.test_cost, point.test_accuracy) == evaluate(saved, mnist.X_test, mnist.y_test)
    draw(page, SEVEN)
    image = nn.prepare_drawing(script.canvas_of(page), saved.preparation).image
    assert answer(page) == str(saved.predict(image.reshape(1, -1))[0])
    assert "Already trained; not trained further yet." in script.progress(page)
    assert "guessing" not in script.status(page)
    assert visitor(page).kept[-1].recipe.eta == 0.01  # the one that was present
    page.button(key="continue").click().run()
    finish(page)
    further = training_of(page)
    assert further.state.epoch == 2 and further.state.history[0] == now.state.history[0] and further.state.finished
    assert not np.array_equal(further.state.network.W_h, saved.W_h)


def test_the_sidebar_is_set_to_what_a_network_expects(page):
    page.select_slider(key="images_bundled").set_value(100).run()
    keep(page)
    network = example_network(7, pixel_max=255.0, preparation="normalized")
    open_file(page, "network", network_file(network))
    assert page.slider(key="hidden").value == 7
    assert page.toggle(key="scale").value is False and page.toggle(key="prepare").value is True
    draw(page, SEVEN)
    image = nn.prepare_drawing(script.canvas_of(page), "normalized").image
    assert answer(page) == str(network.predict(image.reshape(1, -1))[0])


def test_a_network_with_more_units_than_the_sidebar_has_answers_all_the_same(page):
    quick(page)
    keep(page)
    hidden = page.slider(key="hidden").value
    open_file(page, "network", network_file(example_network(500)))
    finish(page)
    assert training_of(page).state.network.n_hidden == 500 and script.choice_of_networks(page).value is True
    assert page.slider(key="hidden").value == hidden and not script.can_go_on(page)
    train(page)
    pills(page, "yours").set_value("Compare").run()
    assert "opened from a file" in script.html(page)
    page.button(key="bring_back_1").click().run()
    finish(page)
    assert training_of(page).state.network.n_hidden == 500 and not page.exception


def test_a_file_of_another_kind_is_refused_in_a_sentence_and_nothing_is_lost(page):
    give(page, example_network(3))
    visitor(page).labelled = dict(enumerate(TWO_DRAWINGS))
    keep(page)
    before = training_of(page), visitor(page).n_trainings, visitor(page).labelled
    network, drawings = network_file(example_network(3)), labelled_file(TWO_DRAWINGS)
    infinite = network_file(Network(*(np.full_like(array, np.inf) for array in example_network(3).parameters)))
    for content in (b"", b"hello", drawings, network[:-40], infinite):
        (warning,) = open_file(page, "network", content)
        assert warning.startswith("This ") and "network file" in warning and warning.endswith(".")
    for content in (b"", b"hello", network):
        (warning,) = open_file(page, "drawings", content)
        assert warning.startswith("This is not a file of drawings")
    assert (training_of(page), visitor(page).n_trainings, visitor(page).labelled) == before
    assert open_file(page, "network", network) == []


def test_a_network_larger_than_the_pre_trained_one_is_refused_because_every_visitor_might_have_one(page):
    keep(page)
    network = Network(np.zeros((784, 2_401)), np.zeros(2_401), np.zeros((2_401, 10)), np.zeros(10))
    (warning,) = open_file(page, "network", network_file(network))
    assert (
        warning == "This network has 2,401 hidden units: at most 2,400 are allowed here." and training_of(page) is None
    )


def test_saved_drawings_are_counted_again_once(page):
    keep(page)
    for _ in range(2):  # the same file twice
        open_file(page, "drawings", labelled_file(TWO_DRAWINGS))
        assert len(visitor(page).labelled) == 2
    assert re.search(r"gets \d of 2 labelled drawings right", html_with(page, "nn-question"))
    assert not any(drawing.is_own for drawing in visitor(page).labelled.values())  # a class gets none of them


# What the browser is told


def test_a_file_is_made_for_every_change(page):
    browser = part(page, BrowserStore)
    assert browser.order == "" and browser.question
    browser.is_answered = True
    draw(page, SEVEN)
    assert browser.order == ""  # there is nothing to keep yet
    label(page, 7)
    first = browser.order
    assert first and set(browser.files) == {"drawings"}
    keep(page)
    assert browser.order == first and "Nothing is saved yet: your browser has not confirmed it." in words(page)
    browser.carried({"order": first})
    page.run()
    assert "0 trainings with network and curves, 1 labelled drawing:" in words(page)
    assert "not confirmed" not in words(page)
    quick(page)
    train(page)
    page.run()
    second = browser.order
    assert second and second != first
    assert "0 trainings with" in words(page) and "has not confirmed the latest change yet" in words(page)
    page.run()
    assert browser.order == second
    browser.carried({"order": second})
    page.run()
    assert browser.order == "" and browser.files == {} and "1 training with network and curves" in words(page)


def test_a_label_during_a_training_is_kept_after_the_same_pause_as_the_training(page, monkeypatch):
    monkeypatch.setattr(memory, "keep_seconds", lambda: 600)
    browser = part(page, BrowserStore)
    draw(page, SEVEN)
    page.slider(key="epochs").set_value(100)
    page.button(key="train").click().run()
    label(page, 7)
    assert script.is_training(page) and browser.files == {}
    monkeypatch.setattr(memory, "keep_seconds", lambda: 0)
    script.wait_until(page, lambda: training_of(page).state.images_seen > 0)
    page.run()
    assert script.is_training(page) and set(browser.files) == {"trainings", "drawings"}


# What the browser has kept


def at_once(recipe):
    """The last Run of a training on 500 images, without the page."""
    return expected(TrainingSet(nn.load_mnist().first(500)), recipe)


def kept(number, eta=0.2, compact=True, source="bundled"):
    """A stored training of one epoch on 500 images, as the page would have made it."""
    recipe = nn.Recipe(3, eta=eta, epochs=1, n_images=500)
    n_images = 500 if source == "bundled" else 1_000
    state = replace(at_once(recipe), n_images=n_images, images_seen=n_images)
    recipe = replace(recipe, source=source, n_images=n_images)
    return stored(Training(recipe, state, number=number), compact)


def test_the_browsers_trainings_are_there_again_and_go_on_as_if_they_had_never_been_away(page, browser_has):
    pills(page, "pace").set_value("Full speed").run()
    present, before = kept(5, eta=0.5, compact=False), (kept(2), kept(4, eta=0.05))
    browser_has(pack(SavedWork(present, before, TWO_DRAWINGS)))
    now = training_of(page)
    assert np.array_equal(now.state.network.W_h, network_of(present).W_h) and now.state.history == present.state.history
    assert (page.select_slider(key="eta").value, page.slider(key="hidden").value) == (0.5, 3)
    assert script.choice_of_networks(page).value is True and "finished" in script.progress(page)
    assert re.search(r"gets \d of 2 labelled drawings right", html_with(page, "nn-question"))
    assert [one.number for one in visitor(page).kept] == [2, 4] and visitor(page).n_trainings == 5
    pills(page, "yours").set_value("Compare").run()
    assert [f"bring_back_{n}" in {one.key for one in page.button} for n in (2, 4, 5)] == [True, True, False]
    page.slider(key="epochs").set_value(3).run()
    page.button(key="continue").click().run()
    finish(page)
    assert_same(training_of(page).state, at_once(nn.Recipe(3, eta=0.5, epochs=3)))
    train(page)
    assert [one.number for one in visitor(page).kept] == [2, 4, 5] and not page.exception


def test_a_fine_tuned_network_is_there_again_but_its_training_cannot_go_on(page, browser_has):
    one = kept(1, compact=False)
    state = replace(one.state, n_images=612, images_seen=612, began_trained=True)  # the images of a lesson are gone
    taught = replace(one, origin="your network, taught 12 drawings", state=state)
    browser_has(pack(SavedWork(taught, (), ())))
    now = training_of(page)
    assert (now.origin, now.state.history) == (taught.origin, state.history) and not is_comparable(now)
    assert np.array_equal(now.state.network.W_h, network_of(taught).W_h)
    page.slider(key="epochs").set_value(4).run()
    assert page.button(key="continue").disabled and page.slider(key="hidden").value == 30


def test_a_visitors_own_work_comes_before_the_browsers(page, browser_has):
    quick(page)
    train(page)
    draw(page, SEVEN)
    label(page, 3)
    mine, drawings = training_of(page), dict(visitor(page).labelled)
    file = pack(SavedWork(kept(1), (), TWO_DRAWINGS))
    browser_has(file)
    assert training_of(page).number == visitor(page).n_trainings == 2
    assert training_of(page).state is mine.state
    assert [one.number for one in visitor(page).kept] == [1]  # as the training before
    assert drawings.items() <= visitor(page).labelled.items() and len(visitor(page).labelled) == 2


def test_the_address_holds_for_the_sidebar(page, browser_has):
    page.query_params["eta"] = "2"  # only its presence counts here; what it says is a story in a browser
    page.run()
    before = page.select_slider(key="eta").value
    browser_has(pack(SavedWork(kept(1, eta=0.5), (), ())))
    assert page.select_slider(key="eta").value == before and page.slider(key="hidden").value == 30
    assert training_of(page).recipe.eta == 0.5


def test_a_file_that_cannot_be_read_is_said_to_be_and_the_page_goes_on(page, browser_has):
    browser_has(b"changed by somebody")
    keep(page)
    (warning,) = warnings(page)
    assert warning.startswith("The work saved in this browser can't be read. This is not a file of this page")
    draw(page, SEVEN)
    label(page, 7)
    assert part(page, BrowserStore).order == ""  # nothing takes its place unasked
    page.button(key="start_over_keep").click().run()
    assert part(page, BrowserStore).order and warnings(page) == []


FORGED = "W", "[", 7, "[" * 60_000, '{"a": 1}', '[{"left": 1e999}]', "[" + "9," * 90_000 + "9]"
FORGED += '[{"type": "image", "src": "http://a.b/c.png"}]', '[{"type": "path", "path": [], "clipPath": {}}]'


@pytest.mark.parametrize("forged", [None, *FORGED])
def test_the_strokes_before_a_reload_are_on_the_canvas_again_unless_no_canvas_has_them(page, browser_has, forged):
    objects = [{"type": "path", "path": [["L", 1, 2], ["L", 30, 40]]}]
    text = json.dumps(objects) if forged is None else forged
    browser_has(
        pack(SavedWork(None, (), ())), base64.b64encode(text.encode()).decode() if text not in ("W", 7) else text
    )
    assert part(page, DrawingPart).initial_objects == (objects if forged is None else [])
    draw(page, SEVEN)
    assert answer(page) == "7"


def test_a_training_on_images_that_are_not_here_is_kept_until_they_are(page, browser_has, monkeypatch):
    real = opening.training_set

    def missing(source, *more):
        if source == "openml":
            raise DataError("They are not here.")
        return real(source, *more)

    monkeypatch.setattr(opening, "training_set", missing)
    browser_has(pack(SavedWork(kept(3, source="openml"), (kept(1), kept(2, source="openml")), ())))
    assert training_of(page) is None and [one.number for one in visitor(page).kept] == [1, 2, 3]
    pills(page, "yours").set_value("Compare").run()
    page.button(key="bring_back_2").click().run()
    assert any("OpenML's images, which are not here" in warning for warning in warnings(page))
    assert training_of(page) is None and not page.exception
    page.button(key="bring_back_1").click().run()
    assert training_of(page).state.epoch == 1 and warnings(page) == []
    assert [one.number for one in visitor(page).kept] == [2, 3]


# A notebook to take home


def offers_it(page):
    return any(button.proto.label == "As a notebook" for button in page.get("download_button"))


def contents(page):
    """The files in the .zip that the button gives: a dict of name -> bytes, and the text of the notebook."""
    made = notebook_of(training_of(page), None, list(visitor(page).labelled.values()))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        files = {name.split("/")[-1]: archive.read(name) for name in archive.namelist()}
    cells = json.loads(files["neural_network.ipynb"])["cells"]
    return files, "".join("".join(cell["source"]) for cell in cells)


@pytest.mark.slow
def test_it_holds_the_images_of_the_training_and_the_drawings_as_the_network_sees_them(page):
    quick(page)
    page.select_slider(key="images_bundled").set_value(100)
    for key in ("prepare", "distort", "sort"):
        page.toggle(key=key).set_value(True)
    page.run()
    draw(page, SEVEN)
    label(page, 7)
    train(page)
    keep(page)
    assert offers_it(page)
    files, text = contents(page)
    assert "100 training images" in text and "straightened" in text and "2 epochs" in text
    images, saved = training_of(page).images.mnist, np.load(io.BytesIO(files["images.npz"]))
    for name in ("X_train", "y_train", "X_test", "y_test"):
        assert np.array_equal(saved[name], getattr(images, name))
    assert len(saved["X_train"]) == 280 and (np.diff(saved["y_train"]) >= 0).all()
    drawings, image = np.load(io.BytesIO(files["drawings.npz"])), part(page, DrawingPart).prepared.image
    assert np.array_equal(image, nn.prepare_drawing(script.canvas_of(page), "normalized").image)
    assert np.abs(drawings["images"][0] / 255 - image).max() <= 0.5 / 255 and drawings["labels"].tolist() == [7]


def test_drawings_made_for_another_network_are_prepared_for_this_one(page):
    for preparation in ("mnist", "normalized"):
        give(page, example_network(3, preparation=preparation))
        assert "drawings.npz" not in contents(page)[0]
        recipe = training_of(page).recipe
        recipe = replace(recipe, preparation=preparation)
        visitor(page).training = replace(training_of(page), recipe=recipe)
        visitor(page).labelled = dict(enumerate(TWO_DRAWINGS))  # a blank one from a file does no harm
        found = np.load(io.BytesIO(contents(page)[0]["drawings.npz"]))
        assert found["labels"].tolist() == [7, 1]
        for image, one in zip(found["images"], TWO_DRAWINGS):
            assert np.array_equal(image, np.rint(255 * nn.prepare_drawing(one.sketch.pixels, preparation).image))
        visitor(page).labelled = {}


def test_a_training_is_offered_when_it_is_over_and_can_be_repeated_and_otherwise_the_page_says_why_not(page):
    keep(page)
    assert not offers_it(page) and "Train a network first." in words(page)
    quick(page)
    page.slider(key="epochs").set_value(100)
    page.select_slider(key="images_bundled").set_value(8_000).run()
    page.button(key="train").click().run()
    script.wait_until(page, lambda: training_of(page).state.images_seen > 0)
    assert not offers_it(page) and "You can export it when the training is over." in words(page)
    stop(page)
    assert offers_it(page)
    assert f"Yours was stopped at epoch {training_of(page).state.epoch:.3g} of 100" in words(page)
    page.select_slider(key="eta").set_value(0.2).run()
    page.button(key="continue").click().run()
    stop(page)
    assert training_of(page).is_mixed
    assert not offers_it(page) and "You changed settings during this training" in words(page)
    quick(page)
    train(page)
    page.slider(key="epochs").set_value(3).run()
    page.button(key="continue").click().run()
    finish(page)  # with more epochs, it is the same training
    assert offers_it(page) and "was stopped" not in words(page)
    assert "epochs = 3" in contents(page)[1]


def test_a_training_that_began_with_learnt_weights_or_has_no_images_yet_is_none_to_take_home(page):
    keep(page)
    give(page, example_network(3))
    training = training_of(page)
    assert why_no_notebook(training, False) == "" and offers_it(page)
    begun = "This network began with weights that the notebook can't include."
    for changed in (
        replace(training, origin="your network, taught 12 drawings"),  # before a reload
        replace(training, state=replace(training.state, began_trained=True)),
    ):
        assert why_no_notebook(changed, False).startswith(begun)
    visitor(page).training = replace(training, origin=OPENED)
    page.run()
    assert not offers_it(page) and begun in words(page)
    images = TrainingSet(nn.load_mnist().first(100), nn.Recipe(preparation="normalized"))
    unprepared = replace(training, images=images)  # as after a reload
    assert why_no_notebook(unprepared, False) == "You can export it when the training is over."


# Old links, and classes


def test_a_link_to_a_part_by_its_former_name_opens_the_page_without_a_part(page):
    page.query_params["yours"] = "Keep, take home"
    page.run()
    assert not page.exception and pills(page, "yours").value is None


def test_only_outside_a_class_nothing_is_stored_on_the_server(page):
    def captions():
        return " ".join(caption.value for caption in page.caption)

    keep(page)
    assert "Nothing is stored on the server." in captions() and "Your class stores" not in captions()
    page.query_params["class"] = "no code"
    page.run()
    assert "Nothing is stored" not in captions() and "Your class stores your results" in captions()
