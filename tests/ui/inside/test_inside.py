"""Look inside: the choice of a step, and the image that it shows."""

import base64
import io
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from script import PAGE, SEVEN, answer, choose, draw, html, looked_at, part, pills, quick, train, words
from streamlit.testing.v1 import AppTest

import nn
from nn.ui.html import NEGATIVE, POSITIVE, signed_picture
from nn.ui.inside.parts import code_line
from nn.ui.inside.steps import NUMBERS, TITLES, numbers_of
from nn.ui.session.current_image import DrawingPart


def test_a_step_shows_the_first_held_out_image_then_the_drawing_or_a_chosen_image_in_its_place(page):
    choose(page, "4")
    assert f"<b>unseen image 0</b> as <b>a {nn.load_mnist().y_test[0]}</b>" in looked_at(page)
    assert "Correct." in looked_at(page)
    draw(page, SEVEN)
    assert "reads <b>your drawing</b> as <b>a 7</b>" in looked_at(page) and "Correct." not in looked_at(page)
    part(page, DrawingPart).selected_example = "bundled", "train", 3
    page.run()
    digit = nn.load_mnist().y_train[3]
    assert f"<b>training image 3</b> as <b>a {digit}</b>" in looked_at(page)
    assert answer(page) == str(digit)
    assert not [button for button in page.button if button.key == "clear"]
    page.button(key="back").click().run()
    assert answer(page) == "7" and "<b>your drawing</b>" in looked_at(page)


@pytest.mark.parametrize("address, is_open", [("5 Backward", True), ("99 <b>", False)])
def test_a_step_can_be_linked_and_nonsense_in_the_address_opens_none(address, is_open):
    page = AppTest.from_file(PAGE, default_timeout=60)  # a new page, as the address is read once
    page.query_params["inside"] = address
    page.run()
    assert not page.exception
    assert pills(page, "inside").value == (address if is_open else None)
    assert ("The error at the outputs" in words(page)) == is_open


def test_steps_are_numbered_in_their_order_and_their_files_have_the_same_numbers():
    assert list(NUMBERS.values()) == list(range(1, 10))
    for identifier, number in NUMBERS.items():
        assert TITLES[identifier].startswith(f"{number} ")
        assert find_spec(f"nn.ui.inside.step{number}_{identifier}")
    assert numbers_of(["hidden_units", "forward", "time"], "or") == "3, 4 or 7" and numbers_of(["data"]) == "1"


def test_a_line_of_code_is_found():  # its number is checked with those that step 4 shows
    assert code_line(nn.network.backward, "delta_out = ")[1] == "delta_out = a_out - Y"
    with pytest.raises(LookupError):
        code_line(nn.network.backward, "no such line")


def test_a_signed_picture_shows_sign_and_strength():
    html = signed_picture(np.array([[1.0, -2.0], [0.0, 9.0]]), 4.0, "words")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(html.split("base64,")[1].split('"')[0]))))
    assert 'alt="words"' in html
    assert pixels[0, 0].tolist() == [*POSITIVE, 64] and pixels[0, 1].tolist() == [*NEGATIVE, 128]
    assert pixels[1, 0, 3] == 0 and pixels[1, 1, 3] == 255


CHOICES = [  # a step, what is set there (by the beginning of its key), and what the step then says
    ("1", "number_input", "data_number", 12, "training image 12"),
    ("2", "slider", "unit_w", 2.0, "2.00"),
    ("3", "button_group", "units_pictures", 48, "the 30 below"),
    ("4", "slider", "sum_rows", 10, "after 280 inputs"),
    ("5", "slider", "backward_steps", 21, "After 21 steps J"),
    ("7", "select_slider", "moment_", 1.0, "After 1 epoch it got"),
]


def widget(page, kind, key):
    return next(element for element in page.get(kind) if element.key.startswith(key))


def all_words(page):
    return html(page) + words(page) + " ".join(formula.value for formula in page.latex)


@pytest.mark.slow
def test_a_closed_step_keeps_its_choices(page):
    quick(page)
    page.select_slider(key="images_bundled").set_value(100).run()
    train(page)
    for step, kind, key, chosen, said in CHOICES:
        choose(page, step)
        widget(page, kind, key).set_value(chosen).run()
        assert said in all_words(page)
    for step, kind, key, chosen, said in CHOICES:
        choose(page, step)
        assert widget(page, kind, key).value == chosen and said in all_words(page), step
    choose(page, None)
    page.slider(key="epochs").set_value(3).run()
    choose(page, step)
    assert widget(page, kind, key).value == chosen and said in all_words(page)
