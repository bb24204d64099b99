"""Yours, Take home: the notebook's .zip holds the images of the training, and the drawings as it sees them."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from examples import network_of
from PIL import Image, ImageDraw
from script import (
    SEVEN,
    canvas_of,
    draw,
    finish,
    give,
    pills,
    quick,
    stop,
    train,
    training_of,
    visitor,
    wait_until,
    words,
)

import nn
from nn.images.training_set import TrainingSet
from nn.ui.feedback import OWN, Labelled
from nn.ui.kept import OPENED
from nn.ui.sketch import Sketch
from nn.ui.yours.keep import notebook_of, why_no_notebook

BAR = [(70, 140), (210, 150)]


def keep(page):
    pills(page, "yours").set_value("Keep, take home").run()
    assert not page.exception


def offers_it(page):
    return any(button.proto.label == "As a notebook" for button in page.get("download_button"))


def contents(page):
    """What is in the .zip that the button gives: a dict of name -> bytes."""
    made = notebook_of(training_of(page), list(visitor(page).labelled.values()))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {name.split("/")[-1]: archive.read(name) for name in archive.namelist()}


def arrays(content):
    return np.load(io.BytesIO(content))


def labelled(pixels, label):
    """A drawing as a visitor labels it: its image is not what the test is about."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return Labelled(np.full((28, 28), 0.5), label, 1, OWN, Sketch([], file.getvalue()))


def drawn(*stroke):
    """The pixels of a canvas with one stroke."""
    canvas = Image.new("RGBA", (280, 280), "black")
    ImageDraw.Draw(canvas).line(stroke, fill="white", width=20, joint="curve")
    return np.asarray(canvas)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [(), ("sort",), ("prepare",), ("prepare", "distort", "sort")])
def test_it_holds_what_the_network_learnt_from_and_the_drawings_as_it_sees_them(page, changes):
    quick(page)
    page.select_slider(key="images_bundled").set_value(100)
    for key in changes:
        page.toggle(key=key).set_value(True)
    page.run()
    draw(page, SEVEN)
    pills(page, "label_").set_value(7).run()
    train(page)
    keep(page)
    assert offers_it(page)
    found = contents(page)
    how = "normalized" if "prepare" in changes else "mnist"
    images = TrainingSet(nn.load_mnist().first(100), how, "distort" in changes, "sort" in changes)
    while images.mnist is None:
        images.step()
    mnist, saved = images.mnist, arrays(found["images.npz"])
    assert len(saved["X_train"]) > 100 if "distort" in changes else len(saved["X_train"]) == 100
    assert np.array_equal(saved["X_train"], mnist.X_train) and np.array_equal(saved["y_train"], mnist.y_train)
    assert np.array_equal(saved["X_test"], mnist.X_test) and np.array_equal(saved["y_test"], mnist.y_test)
    if "sort" in changes:
        assert (np.diff(saved["y_train"]) >= 0).all()
    drawings = arrays(found["drawings.npz"])
    expected = nn.prepare_drawing(canvas_of(page), how).image
    assert np.abs(drawings["images"][0] / 255 - expected).max() <= 0.5 / 255 and drawings["labels"].tolist() == [7]
    text = "".join("".join(cell["source"]) for cell in json.loads(found["neural_network.ipynb"])["cells"])
    assert "100 bundled images" in text and ("straightened" in text) and "2 epochs" in text


def test_a_drawing_made_for_another_network_is_prepared_for_this_one(page):
    for preparation in ("mnist", "normalized"):
        give(page, network_of(3, preparation=preparation))
        controls = training_of(page).controls
        controls = replace(controls, settings=replace(controls.settings, preparation=preparation))
        visitor(page).training = replace(training_of(page), controls=controls)
        strokes = drawn(*SEVEN), drawn(*BAR)
        visitor(page).labelled = {str(i): labelled(pixels, i) for i, pixels in enumerate(strokes)}
        found = arrays(contents(page)["drawings.npz"])
        assert found["labels"].tolist() == [0, 1]
        for image, pixels in zip(found["images"], strokes):
            assert np.array_equal(image, np.rint(255 * nn.prepare_drawing(pixels, preparation).image))


def test_without_drawings_there_is_none_in_it_and_a_blank_one_from_a_file_does_no_harm(page):
    give(page, network_of(3))
    assert "drawings.npz" not in contents(page)
    visitor(page).labelled = {"blank": labelled(np.zeros((280, 280, 4), np.uint8), 3)}
    assert arrays(contents(page)["drawings.npz"])["images"].shape == (1, 28, 28)


def test_what_cannot_be_repeated_is_not_offered_and_the_page_says_why(page):
    keep(page)
    assert not offers_it(page) and "Train a network first." in words(page)
    page.slider(key="epochs").set_value(100).run()
    page.button(key="train").click().run()
    wait_until(page, lambda: training_of(page).run.epoch >= 1)
    assert not offers_it(page) and "When the training is over, you can take it home." in words(page)
    stop(page)
    assert offers_it(page)
    assert f"Yours was stopped at epoch {training_of(page).run.epoch:.3g} of 100" in words(page)
    page.select_slider(key="eta").set_value(0.2).run()
    page.button(key="continue").click().run()
    stop(page)
    assert training_of(page).is_mixed
    assert not offers_it(page) and "Its settings were changed on the way" in words(page)
    quick(page)
    train(page)
    assert offers_it(page) and "was stopped" not in words(page)


def test_more_epochs_are_the_same_training_and_those_with_learnt_weights_are_none(page):
    quick(page)
    train(page)
    page.slider(key="epochs").set_value(3).run()
    page.button(key="continue").click().run()
    finish(page)
    keep(page)
    training = training_of(page)
    assert why_no_notebook(training, False) == "" and offers_it(page)
    notebook = json.loads(contents(page)["neural_network.ipynb"])
    assert "epochs = 3" in "".join("".join(cell["source"]) for cell in notebook["cells"])
    begun = "The notebook begins with random weights, and this network had learnt before."
    assert why_no_notebook(replace(training, origin=OPENED), False).startswith(begun)
    assert why_no_notebook(replace(training, origin="your network, taught 12 drawings"), False).startswith(begun)
    before = replace(training, run=replace(training.run, began_trained=True))
    assert why_no_notebook(before, False).startswith(begun)
    visitor(page).training = replace(training, origin=OPENED)
    page.run()
    assert not offers_it(page) and begun in words(page)


def test_images_that_are_not_there_again_yet_are_waited_for(page):
    """As after a reload, when what was straightened has to be prepared again."""
    give(page, network_of(3))
    images = TrainingSet(nn.load_mnist().first(100), "normalized")
    assert images.mnist is None
    training = replace(training_of(page), images=images)
    assert why_no_notebook(training, False) == "When the training is over, you can take it home."
