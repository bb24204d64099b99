"""Look inside, steps 3 and 4: the hidden units' pictures, and forward propagation in numbers."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from script import SEVEN, cells, choose, draw, give, html, html_with, looked_at, part, pills, visitor, words

import nn
from nn.analysis.contributions import WeightedSum, hidden_sum, output_sum
from nn.network import Network, cost, forward, initial_network, onehot
from nn.ui.charts.running_sum import around, running_data
from nn.ui.html import POSITIVE, code_html, full_colour, scale_html
from nn.ui.inside.step3_hidden_units import balance_html, output_figures, unit_figures
from nn.ui.inside.step4_forward import cost_html, hidden_html, inputs_in_words, outputs_html, strip_html
from nn.ui.inside.step4_weighted_sum import formula, running_html, terms_html, three_pictures
from nn.ui.numbers import signed
from nn.ui.session.current_image import DrawingPart

MAX_WEIGHT = Network(*(np.full_like(array, 9e29) for array in initial_network(3, 0).parameters), pixel_max=255.0)


def pixels(html):
    """The pictures in a piece of HTML, as arrays."""
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in re.findall(r'base64,(.*?)"', html)]


def number(text):
    return float(text.replace("−", "-"))


def test_numbers_colours_and_a_line_of_code_on_the_page():
    assert [signed(1.005, 1), signed(-0.4), signed(-0.001), signed(3e29)] == ["+1.0", "−0.40", "+0.00", "+3.0·10²⁹"]
    assert full_colour(np.arange(101.0) - 100) == 99
    html = scale_html(0.5, "less", "more")
    assert all(words in html for words in ("−0.50", "+0.50", "less", "more"))
    html = code_html("network.py, line 3", "a < b", "(1, 2)")
    assert "<code>a &lt; b</code>" in html and "network.py, line 3" in html and "(1, 2)" in html


def test_a_strip_has_a_cell_for_each_number():
    (picture,) = pixels(strip_html(np.arange(1, 31.0), 30, "alt", "words"))
    assert picture.shape == (4, 8, 4)
    assert picture[0, 0, 3] == round(255 / 30) and picture[3, 5].tolist() == [*POSITIVE, 255]
    assert picture[3, 6:, 3].tolist() == [0, 0]  # no unit
    assert pixels(strip_html(np.array([1.0]), 1, "alt", "words"))[0].shape == (1, 2, 4)


def test_the_hidden_units_that_matter_in_words():
    output = WeightedSum(np.array([1.0, 0.5, 0.25]), np.array([2.0, -6.0, 0.4]), bias=0.25, z=-0.65, a=0.343)
    assert cells(balance_html(output, np.array([1, 0]))) == [["−1.00", "+0.10", "+0.25", "−0.65", "0.343"]]
    W_h = np.zeros((784, 3))
    W_h[29, 1] = 2
    (first, words), (second, _) = unit_figures(W_h, output, np.array([1, 0]), 2.0)
    assert pixels(first)[0][1, 1].tolist() == [*POSITIVE, 255] and pixels(second)[0][1, 1, 3] == 0
    assert "hidden unit 1: the largest +2.00 in row 1, column 1, the lowest +0.00" in first
    assert words == "unit 1<br>0.50 · −6.00<br>adds <b>−3.00</b>"


def test_the_steps_in_numbers():
    network = initial_network(30, seed=1)
    z_h, a_h, z_out, a_out = (array[0] for array in forward(network, np.linspace(0, 1, 784)[None]))
    strongest = int(z_h.argmax())
    html = hidden_html(z_h, a_h)
    assert cells(html)[0] == [str(strongest), signed(z_h.max()), f"{a_h.max():.3f}"]
    assert f"from {signed(z_h.min())} to {signed(z_h.max())}" in html and f"in {(a_h > 0.5).sum()} of 30 units" in html
    assert "in 1<" in hidden_html(np.array([5.1, -4.5]), np.array([0.994, 0.011]))
    shade = pixels(html)[1]
    assert shade[strongest // 8, strongest % 8, 3] == round(255 * a_h.max())
    html = outputs_html(z_out, a_out)
    assert [number(row[1]) for row in cells(html)] == pytest.approx(z_out, abs=0.00501)
    assert [number(row[2]) for row in cells(html)] == pytest.approx(a_out, abs=0.0000501)
    assert f"<b>{z_out.argmax()}</b>" in html and f"they sum to {a_out.sum():.3f}" in html
    assert inputs_in_words(np.array([0.0, 255.0, 3.0])).endswith("not 0: 2<br>largest: 255.000")


def test_image_times_weights_up_to_a_row():
    x, w = np.zeros(784), np.full(784, -0.25)
    x[[28, 56]] = 255
    pictures = [html for html, _ in three_pictures(WeightedSum(x, w, 0, 0, 0), 56, 0.5, 255.0)]
    image, weights, terms = (pixels(html)[0] for html in pictures)
    assert "2 of its pixels are not 0, the largest is 255.000" in pictures[0]
    assert "the lowest −63.75 in row 1, column 0" in pictures[2]
    assert image[1, 0] == 255 and image[2, 0] == 255 and image[0, 0] == 0
    assert (weights[..., 3] == 128).all()
    assert terms[1, 0, 3] == 128 and terms[2, 0, 3] == 0  # the third row is not added yet


def test_a_sum_with_its_numbers_put_in():
    one = WeightedSum(np.array([1.0, 0.5, 1.0]), np.array([2.0, -6.0, 0.0]), bias=0.25, z=-0.75, a=0.3208)
    assert [value for _, value in cells(running_html(one, 1))] == ["+2.00", "−1.00", "+2.00", "−1.00", "+0.25", "−0.75"]
    latex = formula(one, "z_h[4]", "a_h[4]")
    assert "-1.000 +0.250 = -0.750" in latex and "e^{-z_h[4]}} = 0.321" in latex
    up, down = terms_html(one, of_pixels=False).split("what subtracts the most")
    assert cells(up) == [["0", "1.000", "+2.000", "+2.000"]] and cells(down) == [["1", "0.500", "−6.000", "−3.000"]]
    x = np.zeros(784)
    x[3 * 28 + 5] = 1
    up, down = terms_html(WeightedSum(x, np.ones(784), 0, 1, 0.7), of_pixels=True).split("what subtracts the most")
    assert cells(up) == [["3", "5", "1.000", "+1.000", "+1.000"]] and cells(down) == []


def test_the_running_sum_as_data_and_its_round_limits():
    table = running_data(np.array([0.0, 2.0, -1.0]), 1, 0.5).to_pydict()
    assert table == {"inputs": [0, 1, 2], "sum": [0, 2, -1], "added": [0, 2, None], "z": [None, None, 0.5]}
    assert around(np.array([0.0, 2.0, -1.0]), 0.5) == [-1, 3]
    assert around(np.array([0.0, 2.2, -1.3]), -13.0) == [-20, 10]
    low, high = around(np.zeros(3), 0.0)  # nothing to add, and no bias
    assert low == 0 < high
    for one in hidden_sum(MAX_WEIGHT, np.ones((1, 784)), 2), output_sum(MAX_WEIGHT, np.ones((1, 784)), 9):
        assert np.isfinite(running_data(one.running, 1, one.z)["sum"].to_numpy()).all()


def test_the_cost_term_by_term():
    activations = forward(initial_network(5, seed=3), np.ones((1, 784)))
    rows = cells(cost_html(activations.z_out, activations.a_out[0], 4))
    terms = [number(row[4]) for row in rows[:10]]
    assert [row[1] for row in rows[:10]] == list("0000100000")
    assert terms[4] == pytest.approx(-np.log(activations.a_out[0, 4]), abs=1e-6)
    assert terms[2] == pytest.approx(-np.log(1 - activations.a_out[0, 2]), abs=1e-6)
    assert number(rows[10][4]) == pytest.approx(cost(activations.z_out, onehot(np.array([4]))), abs=1e-6)
    assert number(rows[10][4]) == pytest.approx(sum(terms), abs=1e-5)


def test_without_hidden_units_the_outputs_are_pictures():
    figures = output_figures(np.zeros((784, 10)), np.arange(10.0), np.full(10, 0.25), 0.3)
    assert len(figures) == 10
    assert figures[6][1] == "digit <b>6</b><br>z<sub>out</sub> +6.00<br>a<sub>out</sub> <b>0.25</b>"


# The page


def units(page):
    return [int(unit.replace(",", "")) for unit in re.findall("unit ([0-9,]+)<br>", html_with(page, "adds <b>"))]


def test_the_hidden_units_that_matter_most_for_the_drawing(page):
    draw(page, SEVEN)
    choose(page, "3")
    assert "<b>your drawing</b>" in looked_at(page)
    network = nn.load_pretrained()
    a_h = forward(network, network.inputs(part(page, DrawingPart).prepared.image.reshape(1, -1))).a_h[0]
    assert units(page) == np.argsort(-np.abs(a_h * network.W_out[:, 7]), kind="stable")[:24].tolist()
    pills(page, "units_digit").set_value("1").run()
    assert set(units(page)) == set(np.argsort(-np.abs(a_h * network.W_out[:, 1]))[:24].tolist())
    pills(page, "units_pictures").set_value(48).run()
    assert len(units(page)) == 48
    give(page, initial_network(5, 1))
    assert sorted(units(page)) == [0, 1, 2, 3, 4] and "the other 0" in html_with(page, "the 5 below")


@pytest.mark.slow
@pytest.mark.parametrize("step, layer", [("3", "a hidden unit"), ("4", "a hidden unit"), ("4", "an output")])
def test_networks_of_all_kinds_and_absurd_weights_give_no_nonsense(page, step, layer):
    choose(page, step)
    page.session_state["sum_layer"] = layer
    for network in initial_network(0, 1), initial_network(1, 1, 255.0), initial_network(300, 1, 255.0), MAX_WEIGHT:
        give(page, network)
        assert f"Your network ({network.n_hidden:,} hidden units)" in looked_at(page)
        text = re.sub(r'base64,.*?"', "", html(page)) + " ".join(formula.value for formula in page.latex)
        assert not re.search(r"\b(nan|inf)\b|\d{9}", text)


def test_a_units_sum_ends_at_what_forward_computes(page):
    draw(page, SEVEN)
    choose(page, "4")
    network = nn.load_pretrained()
    X = network.inputs(part(page, DrawingPart).prepared.image.reshape(1, -1))
    z_h, a_h, z_out = (array[0] for array in forward(network, X)[:3])
    most = int(np.abs(a_h * network.W_out[:, 7]).argmax())
    assert page.number_input(key="sum_unit").value == most
    page.number_input(key="sum_unit").set_value(17).run()
    page.slider(key="sum_rows").set_value(14).run()
    at, *_, end, bias, z = [number(value) for _, value in cells(html_with(page, "The running sum"))]
    assert at == pytest.approx(X[0, :392] @ network.W_h[:392, 17], abs=0.0051)
    assert (bias, z) == pytest.approx((network.b_h[17], z_h[17]), abs=0.0051)
    assert end + bias == pytest.approx(z, abs=0.0151)
    assert any(f"= {z_h[17]:+.3f}" in element.value and f"= {a_h[17]:.3f}" in element.value for element in page.latex)
    pills(page, "sum_layer").set_value("an output").run()
    assert any(f"= {z_out[7]:+.3f}" in element.value for element in page.latex)
    pills(page, "sum_digit").set_value("3").run()
    assert any(f"= {z_out[3]:+.3f}" in element.value and "z_{out}[3]" in element.value for element in page.latex)


def test_the_chosen_unit_stays_while_the_network_learns_unless_the_network_has_no_such_unit(page):
    choose(page, "4")
    give(page, initial_network(30, 1))
    page.number_input(key="sum_unit").set_value(29).run()
    give(page, initial_network(30, 2))
    assert page.number_input(key="sum_unit").value == 29
    few = initial_network(4, 2)
    give(page, few)
    _, a_h, z_out, _ = forward(few, few.inputs(nn.load_mnist().X_test[:1]))
    assert page.number_input(key="sum_unit").value == np.abs(a_h[0] * few.W_out[:, z_out.argmax()]).argmax()


def test_the_cost_of_an_image_is_shown_once_its_digit_is_known_and_code_is_named_with_its_line(page):
    choose(page, "4")
    with open(nn.network.__file__, encoding="utf-8") as file:
        lines = file.read().splitlines()
    found = re.findall(r"<code>(.*?)</code><small>(.*?), line (\d+)", html(page))
    assert len(found) == 5
    for line, name, place in found:
        assert name == "network.py" and lines[int(place) - 1].strip().startswith(line)
    assert f"the right digit is {nn.load_mnist().y_test[0]}" in html_with(page, "the right digit")
    draw(page, SEVEN)
    assert "Nobody has said which digit this is" in words(page)
    pills(page, "label_").set_value(7).run()
    assert "the right digit is 7" in html_with(page, "the right digit")


def play(page):
    """The button, which says Play or Pause."""
    return page.button(key="play_forward")


def added(page):
    """How many inputs the running sum has, as the table says, and what the sum is."""
    table = html_with(page, "The running sum")
    return int(re.search("after ([0-9,]+) inputs", table)[1].replace(",", "")), number(cells(table)[0][1])


@pytest.mark.slow
def test_play_adds_the_rows_until_the_whole_sum_is_there(page):
    choose(page, "4")
    network = initial_network(30, 1)
    give(page, network)
    play(page).click().run()
    seen = [added(page)]
    while play(page).label == "Pause":
        page.run()  # a tick
        seen.append(added(page))
    counts, sums = zip(*seen)
    assert counts[:2] == (0, 56) and counts[-1] == 784 and len(counts) <= 17  # 8 seconds of ticks
    terms = network.inputs(nn.load_mnist().X_test[:1])[0] * network.W_h[:, page.number_input(key="sum_unit").value]
    assert sums == pytest.approx([terms[:count].sum() for count in counts], abs=0.0051)
    page.run()
    assert play(page).label == "Play" and page.slider(key="sum_rows").value == 28


def test_play_ends_with_the_slider_and_with_a_sum_without_rows(page):
    choose(page, "4")
    page.slider(key="sum_rows").set_value(7).run()
    play(page).click().run()
    assert (page.slider(key="sum_rows").value, play(page).label) == (8, "Pause")
    page.slider(key="sum_rows").set_value(3).run()
    page.run()
    assert (page.slider(key="sum_rows").value, play(page).label) == (3, "Play")
    play(page).click().run()
    pills(page, "sum_layer").set_value("an output").run()
    assert visitor(page).playing == "" and added(page)[0] == nn.load_pretrained().n_hidden
