"""The vocabulary of the stories about the page in Streamlit's AppTest. The fixture page is in conftest.py."""

import base64
import io
import itertools
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import waiting
from PIL import Image, ImageDraw

from nn import Recipe, load_mnist
from nn.engine.training import Training
from nn.files.drawings import PRETRAINED, LabelledDrawing
from nn.files.sketches import Sketch
from nn.images.training_set import TrainingSet
from nn.training import TrainingState
from nn.ui.inside.step6_bugs import BugTrainings
from nn.ui.inside.steps import TITLES
from nn.ui.session.current_image import DrawingPart

PAGE = Path(__file__).parent.parent / "streamlit_app.py"
reports = itertools.count()
SEVEN = [(80, 60), (200, 60), (120, 230)]


def draw(page, *strokes):
    """Draw white strokes, each a row of points, onto the page's black canvas; without strokes it is blank."""
    canvas = Image.new("RGBA", (280, 280), "black")
    for stroke in strokes:
        ImageDraw.Draw(canvas).line(stroke, fill="white", width=20, joint="curve")
    file = io.BytesIO()
    canvas.save(file, "png")
    data = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    objects = [{"type": "path", "path": [["L", x, y] for x, y in stroke]} for stroke in strokes]
    reported = {"raw": {"objects": objects, "number": next(reports)}, "data": data}  # a canvas reports nothing twice
    page.session_state[part(page, DrawingPart).key] = {"drawing": reported}
    page.run()


def labelled(digit, *stroke):
    """A labelled drawing of one stroke, or a blank one, as a browser has stored it."""
    canvas, file = Image.new("RGBA", (280, 280), "black"), io.BytesIO()
    if stroke:
        ImageDraw.Draw(canvas).line(stroke, fill="white", width=20, joint="curve")
    canvas.save(file, "png")
    return LabelledDrawing(np.full((28, 28), 0.5), digit, 7, PRETRAINED, Sketch([], file.getvalue()))


def visitor(page):
    """The Session of its visitor."""
    return page.session_state["visitor"]


def part(page, kind):
    """The state of a part of the page for its visitor."""
    return visitor(page).part(kind)


def training_of(page):
    """The visitor's own Training."""
    return visitor(page).training


def answer(page):
    """The digit that the page says the network reads; "?" if nothing is drawn."""
    digit = network_shown(page)["digit"]
    return "?" if digit is None else str(digit)


def status(page):
    """What a screen reader says about the answer."""
    reading = network_shown(page)["reading"]
    return re.sub("<.*?>", "", f"{reading['words']} {reading['doubt']}").strip()


def network_shown(page):
    """What the picture of the network shows, as network_data gives it."""
    return json.loads(next(one.proto.bytes for one in page.get("bidi_component") if one.proto.bytes))


def outputs(page):
    """The ten outputs that the page shows."""
    return network_shown(page)["outputs"]


def wait_until(page, condition):
    """Let the page tick until a condition holds."""
    waiting.wait_until(lambda: condition() or (page.run() and condition()), every=0.1)


def is_training(page):
    return any(button.key == "train" and button.label == "Stop" for button in page.button)


def progress(page):
    return page.get("progress")[0].proto.text


def can_go_on(page):
    return any(button.key == "continue" and not button.disabled for button in page.button)


def quick(page):
    """Set up a training of about a second."""
    pills(page, "pace").set_value("Full speed")
    page.slider(key="epochs").set_value(2)
    page.select_slider(key="images_bundled").set_value(1_000)
    page.run()


def stop(page):
    """Click Stop."""
    assert is_training(page)
    page.button(key="train").click().run()


def choice_of_networks(page):
    """The radio for the network that answers: True is the visitor's own."""
    return next(radio for radio in page.radio if radio.key.startswith("own_answers"))


def call_back(page, callback, **state):
    """Run the page after the callback of a component with this state: AppTest knows no components."""
    module, calls = sys.modules[callback.__module__], [callback]

    def prepare():  # a callback comes before everything else
        if calls:
            with mock.patch.object(module, "value_of", lambda key, read: read(SimpleNamespace(**state))):
                calls.pop()()

    with mock.patch("nn.ui.session.process.prepare_process", prepare):
        page.run()
    assert not calls


def choose_example(page, digit):
    """Click one of the examples beside the canvas."""
    from nn.ui.page import canvas  # not before there is a page: it registers a component

    call_back(page, canvas.choose_example, value=digit)


def canvas_of(page):
    """The pixels on the page's canvas."""
    data = page.session_state["canvas_0"]["drawing"]["data"]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))))


def choose(page, start):
    """Open a step by the start of its title; None closes it."""
    title = start and next(title for title in TITLES.values() if title.startswith(start))
    pills(page, "inside").set_value(title).run()
    assert not page.exception


def looked_at(page):
    """What the step says about the image that it shows."""
    return html_with(page, '<div class="nn-current">')


def train(page):
    """Click Train, and wait for the end of the training."""
    page.button(key="train").click().run()
    finish(page)


def finish(page):
    """Wait for the end of the trainings that are under way, the four of step 6 included, and let the page show it."""
    for subscription in [visitor(page).subscription, *part(page, BugTrainings).subscriptions.values()]:
        if subscription is not None:
            subscription.wait(120)
    page.run()
    assert not is_training(page)


def give(page, network, images=None, source="bundled"):
    """Make a network the visitor's own, as if trained on a TrainingSet (by default, 500 of the bundled images)."""
    images = images or TrainingSet(load_mnist().first(500))
    n, scale = images.n_images, network.pixel_max == 1
    recipe = Recipe(n_hidden=network.n_hidden, scale=scale, source=source, n_images=n)
    session = visitor(page)
    session.subscription, session.training = (
        None,
        Training(recipe, TrainingState(network, n), images, session.n_trainings),
    )
    page.run()
    choice_of_networks(page).set_value(True).run()
    assert not page.exception


def words(page):
    """All Markdown on the page."""
    return " ".join(element.value for element in page.markdown)


def html(page):
    """All HTML on the page."""
    return " ".join(element.body for element in page.get("html"))


def html_with(page, text):
    """The first piece of HTML that contains a text."""
    return next(element.body for element in page.get("html") if text in element.body)


def pills(page, key):
    """The pills, or the segmented control, whose key begins with this."""
    return next(element for element in page.get("button_group") if element.key.startswith(key))


def cells(table):
    """The rows of an HTML table, each with its head and its cells, without tags."""
    rows = re.findall("<tr>(.*?)</tr>", table.split("<tbody>")[1])
    return [[re.sub("<.*?>", "", cell) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]
