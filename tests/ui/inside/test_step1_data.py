"""Look inside, step 1: the data."""

import re

import numpy as np
import pytest
from script import answer, choose, html_with, part, pills

import nn
from nn.ui.inside.step1_data import counts_html, framed_html, onehot_latex, pixels_html, scaled_words, where
from nn.ui.session.current_image import DrawingPart

MNIST, LABELS = nn.load_mnist(), np.array([3, 1, 3, 9, 3])


@pytest.fixture
def data(page):
    choose(page, "1")
    return page


def shown(page):
    """The words under the large image, as in "training image 0: 5"."""
    words = html_with(page, "nn-framed").split("<figcaption>")[1].split("</figcaption>")[0]
    return words.replace("<b>", "").replace("</b>", "")


def test_the_images_of_each_digit_are_counted_and_found():
    html = counts_html(LABELS, LABELS[:2])
    assert re.findall(r"</b></th><td>(\d)</td>", html) == list("0103000001")
    assert "<b>3</b></th><td>3</td><td>1</td>" in html and "<td><b>5</b></td><td><b>2</b></td>" in html
    assert [where(LABELS, digit).tolist() for digit in (3, 0, None)] == [[0, 2, 4], [], [0, 1, 2, 3, 4]]


def test_an_image_and_its_label_as_numbers():
    assert onehot_latex(5).endswith(r"(0,0,0,0,0,\mathbf{1},0,0,0,0)")
    assert onehot_latex(0).endswith(r"(\mathbf{1},0,0,0,0,0,0,0,0,0)")
    assert "51 becomes 0.200" in scaled_words(51, True) and "51 stays 51" in scaled_words(51, False)
    html = pixels_html(np.array([[0, 200]], np.uint8), "words")  # each number on its own grey
    assert '<td style="background: rgb(0, 0, 0); color: #fff">0</td>' in html
    assert '<td style="background: rgb(200, 200, 200); color: #000">200</td>' in html
    html = framed_html("", (slice(7, 21), slice(14, 21)), "")
    assert "top: 25.00%; left: 50.00%; height: 50.00%; width: 25.00%" in html


def test_the_first_image_of_each_digit_and_how_many_there_are(data):
    html = "".join(element.body for element in data.get("html"))
    for d in range(10):
        assert f'alt="{"An" if d == 8 else "A"} {d}, training image {where(MNIST.y_train, d)[0]}"' in html
    assert counts_html(MNIST.y_train, MNIST.y_test) in html


def test_looking_through_the_images_and_at_one_from_inside(data):
    assert shown(data) == f"training image 0: {MNIST.y_train[0]}"
    data.number_input(key="data_number").set_value(1234).run()
    assert shown(data) == f"training image 1,234: {MNIST.y_train[1234]}"
    pills(data, "data_digit").set_value(7).run()  # there are fewer than 1,235 of them: back to the first
    assert shown(data) == f"training image {where(MNIST.y_train, 7)[0]}: 7"
    data.number_input(key="data_number").set_value(2).run()
    assert shown(data) == f"training image {where(MNIST.y_train, 7)[2]}: 7"
    data.radio(key="data_split").set_value("test").run()
    assert shown(data) == f"unseen image {where(MNIST.y_test, 7)[2]}: 7"
    assert any(onehot_latex(7) in formula.value for formula in data.latex)
    data.button(key="look_inside").click().run()
    assert (
        part(data, DrawingPart).selected_example == ("bundled", "test", where(MNIST.y_test, 7)[2])
        and answer(data) == "7"
    )
    assert data.button(key="look_inside").disabled
    data.button(key="back").click().run()
    assert not data.button(key="look_inside").disabled


def test_the_section_follows_the_sidebar(data):
    data.number_input(key="data_number").set_value(7999).run()
    assert "divided by 255" in html_with(data, "nn-framed")
    data.select_slider(key="images_bundled").set_value(100)
    data.toggle(key="scale").set_value(False).run()
    assert shown(data) == "training image 0: 5" and data.number_input(key="data_number").value == 0
    assert "as they are" in html_with(data, "nn-framed")
