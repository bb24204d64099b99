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
    """The files in the .zip that the button gives: a dict of name -> bytes, and the text of the notebook."""
    made = notebook_of(training_of(page), list(visitor(page).labelled.values()))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        files = {name.split("/")[-1]: archive.read(name) for name in archive.namelist()}
    cells = json.loads(files["neural_network.ipynb"])["cells"]
    return files, "".join("".join(cell["source"]) for cell in cells)


def drawings_in(page):
    return np.load(io.BytesIO(contents(page)[0]["drawings.npz"]))


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
@pytest.mark.parametrize("changes", [(), ("prepare", "distort", "sort")])
def test_it_holds_the_images_of_the_training_and_the_drawings_as_the_network_sees_them(page, changes):
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
    files, text = contents(page)
    how, n_images = ("normalized", 280) if changes else ("mnist", 100)
    images = training_of(page).images.mnist
    saved = np.load(io.BytesIO(files["images.npz"]))
    assert all(
        np.array_equal(saved[name], getattr(images, name)) for name in ("X_train", "y_train", "X_test", "y_test")
    )
    assert len(saved["X_train"]) == n_images and (np.diff(saved["y_train"]) >= 0).all() == bool(changes)
    drawings = np.load(io.BytesIO(files["drawings.npz"]))
    expected = nn.prepare_drawing(canvas_of(page), how).image
    assert np.abs(drawings["images"][0] / 255 - expected).max() <= 0.5 / 255 and drawings["labels"].tolist() == [7]
    assert "100 bundled images" in text and "straightened" in text and "2 epochs" in text


def test_a_drawing_made_for_another_network_is_prepared_for_this_one(page):
    for preparation in ("mnist", "normalized"):
        give(page, network_of(3, preparation=preparation))
        controls = training_of(page).controls
        controls = replace(controls, settings=replace(controls.settings, preparation=preparation))
        visitor(page).training = replace(training_of(page), controls=controls)
        strokes = drawn(*SEVEN), drawn(*BAR)
        visitor(page).labelled = {str(i): labelled(pixels, i) for i, pixels in enumerate(strokes)}
        found = drawings_in(page)
        assert found["labels"].tolist() == [0, 1]
        for image, pixels in zip(found["images"], strokes):
            assert np.array_equal(image, np.rint(255 * nn.prepare_drawing(pixels, preparation).image))


def test_without_drawings_there_is_none_in_it_and_a_blank_one_from_a_file_does_no_harm(page):
    give(page, network_of(3))
    assert "drawings.npz" not in contents(page)[0]
    visitor(page).labelled = {"blank": labelled(np.zeros((280, 280, 4), np.uint8), 3)}
    assert drawings_in(page)["images"].shape == (1, 28, 28)


def test_a_training_is_offered_when_it_is_over_and_can_be_repeated_and_otherwise_the_page_says_why_not(page):
    keep(page)
    assert not offers_it(page) and "Train a network first." in words(page)
    quick(page)
    page.slider(key="epochs").set_value(100)
    page.select_slider(key="images_bundled").set_value(8_000).run()
    page.button(key="train").click().run()
    wait_until(page, lambda: training_of(page).run.images_seen > 0)
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
    page.slider(key="epochs").set_value(3).run()
    page.button(key="continue").click().run()
    finish(page)  # with more epochs, it is the same training
    assert offers_it(page) and "was stopped" not in words(page)
    assert "epochs = 3" in contents(page)[1]


def test_a_training_that_began_with_learnt_weights_or_has_no_images_yet_is_none_to_take_home(page):
    keep(page)
    give(page, network_of(3))
    training = training_of(page)
    assert why_no_notebook(training, False) == "" and offers_it(page)
    begun = "The notebook begins with random weights, and this network had learnt before."
    for changed in (
        replace(training, origin="your network, taught 12 drawings"),
        replace(training, run=replace(training.run, began_trained=True)),
    ):
        assert why_no_notebook(changed, False).startswith(begun)
    visitor(page).training = replace(training, origin=OPENED)
    page.run()
    assert not offers_it(page) and begun in words(page)
    unprepared = replace(training, images=TrainingSet(nn.load_mnist().first(100), "normalized"))  # as after a reload
    assert why_no_notebook(unprepared, False) == "When the training is over, you can take it home."
