"""The page as a script, in Streamlit's AppTest: what its stories do and look at. The fixture page is in conftest.py."""
import base64
import io
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from nn.ui.inside import SECTIONS

PAGE = Path(__file__).parent.parent / "streamlit_app.py"


def draw(page, *strokes):
    """Put a drawing of white strokes, each a row of points, onto the page's black canvas; no stroke is a blank canvas."""
    canvas = Image.new("RGBA", (280, 280), "black")
    for stroke in strokes:
        ImageDraw.Draw(canvas).line(stroke, fill="white", width=20, joint="curve")
    file = io.BytesIO()
    canvas.save(file, "png")
    data = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    objects = [{"type": "path"} for _ in strokes]
    page.session_state[f"canvas_{page.session_state['cleared']}"] = {"drawing": {"raw": {"objects": objects}, "data": data}}
    page.run()


SEVEN = [(80, 60), (200, 60), (120, 230)]


def answer(page):
    """What the page says that the network reads."""
    html = next(element.body for element in page.get("html") if "nn-answer" in element.body)
    return html.split('aria-label="')[1].split('"')[0]


def outputs(page):
    html = next(element.body for element in page.get("html") if "nn-answer" in element.body)
    return [float(part.split("</small>")[0]) for part in html.split("<small>")[1:]]


def wait_until(page, condition, seconds=60):
    """Let the page tick until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.1)
        page.run()


def is_training(page):
    return any(button.key == "stop" for button in page.button)


def progress(page):
    return page.get("progress")[0].proto.text


def can_go_on(page):
    return any(button.key == "continue" and not button.disabled for button in page.button)


def quick(page):
    """A training of a second or so."""
    page.slider(key="epochs").set_value(2)
    page.select_slider(key="images_bundled").set_value(1_000)
    page.run()


def choice_of_networks(page):
    """The radio that says which network answers: True is the visitor's own."""
    return next(radio for radio in page.radio if radio.key.startswith("own_answers"))


def canvas_of(page):
    data = page.session_state["canvas_0"]["drawing"]["data"]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))))


def choose(page, section):
    """Open a section, by the first letters of its title; None closes it."""
    title = section and next(title for title in SECTIONS if title.startswith(section))
    next(pills for pills in page.get("button_group") if pills.key == "inside").set_value(title).run()
    assert not page.exception


def looked_at(page):
    """What the section says that it looks at."""
    return next(element.body for element in page.get("html") if '<div class="nn-subject">' in element.body)
