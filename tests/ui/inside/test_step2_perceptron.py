"""Look inside, step 2: from the perceptron to the network."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from script import choose, give, html, html_with, training_of, visitor, words

from nn.analysis.evaluation import Point
from nn.network import Network, initial_network
from nn.ui.charts.units import sigmoid_data, sigmoid_spec
from nn.ui.html import full_colour
from nn.ui.inside import step2_perceptron as step2
from nn.ui.inside.step2_perceptron import slope_words, ten_figures, unit


@pytest.fixture
def section(page):
    choose(page, "2")
    return page


def formulas(page):
    return " ".join(element.value for element in [*page.latex, *page.markdown])


def test_a_unit_computed_by_hand():
    z, a, slope = unit(x=2.0, w=-1.5, b=3.0)
    assert (z, a, slope) == (0.0, 0.5, 0.25)
    z, a, slope = unit(x=1.0, w=1.0, b=0.0)
    assert a == pytest.approx(1 / (1 + np.exp(-1)))
    nearby = unit(x=1.0, w=1.0, b=1e-6)[1]
    assert slope == pytest.approx((nearby - a) / 1e-6, rel=1e-4)


def test_the_meaning_of_a_slope_in_words():
    assert "Steep" in slope_words(unit(0.0, 0.0, 0.0)[1]) and "0.25 times" in slope_words(0.5)
    _, a, slope = unit(2.0, 4.0, 4.0)
    assert "saturated" in slope_words(a) and f"{0.25 / slope:,.0f} times smaller" in slope_words(a)
    for x in (1.0, -1.0):  # it is flat where the text says
        assert "way to flat" in slope_words(unit(x, 4.59, 0.0)[1]), f"z = {x * 4.59}"
        assert "saturated" in slope_words(unit(x, 4.6, 0.0)[1]), f"z = {x * 4.6}"


def test_weights_and_biases_are_counted():
    for n_hidden in (0, 1, 30, 300):
        n = sum(array.size for array in initial_network(n_hidden, seed=0).parameters)
        shown = step2.parameters_latex(n_hidden)
        assert f"{n:,}".replace(",", "{,}") in shown, f"{n_hidden} hidden units"
        assert eval(shown.split("=")[0].replace(r"\cdot", "*")) == n, f"{n_hidden} hidden units: the sum that is shown"


def test_the_tangent_touches_the_sigmoid_at_the_point():
    layers = sigmoid_spec(250)["layer"]
    assert [layer["transform"][0]["filter"]["equal"] for layer in layers] == ["step", "sigmoid", "tangent", "point"]
    assert (sigmoid_data(0.0).schema, sigmoid_data(0.0).num_rows) == (
        sigmoid_data(5.0).schema,
        sigmoid_data(5.0).num_rows,
    )
    for z in (-12.0, -1.0, 0.0, 2.5, 12.0):
        lines = sigmoid_data(z).to_pydict()
        tangent = [(x, y) for line, x, y in zip(lines["line"], lines["z"], lines["a"]) if line == "tangent"]
        point = [(x, y) for line, x, y in zip(lines["line"], lines["z"], lines["a"]) if line == "point"]
        (x0, y0), (x1, y1) = tangent
        _, a, slope = unit(1.0, z, 0.0)
        assert point == [(z, a)]
        assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((z, a))
        assert (y1 - y0) / (x1 - x0) == pytest.approx(slope)


def test_weight_pictures_say_where_the_largest_weight_is():
    W = np.zeros((784, 10))
    W[28 * 3 + 4, 7], W[28 * 5 + 6, 7] = 0.5, -2.0
    figures = ten_figures(Network(np.zeros((784, 0)), np.zeros(0), W, np.arange(10.0)), full_colour(W))
    image, under = figures[7]
    assert len(figures) == 10
    assert "for 7: the largest +0.50 in row 3, column 4, the lowest −2.00 in row 5, column 6" in image
    assert under == "<b>7</b><br>b +7.00"


def test_the_single_layer_network_that_is_shown_reads_most_digits():
    state = step2.single_layer()
    assert state.finished and not state.diverged and state.network.n_hidden == 0
    assert 0.87 < state.history[-1].test_accuracy < 0.93
    middle = state.network.W_out.reshape(28, 28, 10)[12:16, 12:16, 0]
    assert middle.mean() < 0  # the text says: look at the middle of the 0


def test_the_diagrams_say_what_they_show_and_need_nothing_else():
    space = "{http://www.w3.org/2000/svg}"
    for name in ("perceptron", "sigmoid", "network"):
        root = ET.parse(step2.ASSETS / f"{name}.svg").getroot()
        assert root.find(f"{space}title").text and root.find(f"{space}desc").text, name
        assert not root.findall(f".//{space}image") and not root.findall(f".//{space}script"), name
        html = step2.diagram_html(name, "words")
        assert 'src="data:image/svg+xml;base64,' in html and 'alt="words"' in html, name


def test_the_section_shows_a_unit_the_number_of_weights_and_the_derivation(section):
    assert any("The mathematics" in expander.label for expander in section.expander)
    for formula in (r"a\,(1 - a)", r"\frac{a - y}{a(1 - a)}", r"(a - y)\, x_i"):
        assert formula in formulas(section)
    assert "`delta_out = a_out - Y` in network.py" in words(section)
    assert r"z &= wx + b = 1.00" in formulas(section) and "Steep" in html_with(section, "nn-words")
    assert "23{,}860" in formulas(section)
    section.slider(key="unit_w").set_value(4.0)
    section.slider(key="unit_x").set_value(2.0)
    section.slider(key="hidden").set_value(0).run()
    assert r"z &= wx + b = 8.00" in formulas(section) and "saturated" in html_with(section, "nn-words")
    assert "7{,}850" in formulas(section) and "single-layer network" in words(section)


def test_the_weights_are_the_visitors_own_if_there_is_no_hidden_layer(section):
    assert f"**{step2.single_layer().history[-1].test_accuracy:.1%}** of the unseen images" in words(section)
    usual = initial_network(0, 1)
    huge = replace(usual, W_out=1e29 * usual.W_out, b_out=usual.b_out + 1e29)  # as if it had diverged
    for network, accuracy in [(usual, 0.125), (huge, 0.875)]:
        give(section, network)
        state = replace(training_of(section).state, history=(Point(0.0, 1.0, 0.5, 1.0, accuracy),))
        visitor(section).training = replace(training_of(section), state=state)
        section.run()
        assert "your own" in words(section) and f"**{accuracy:.1%}** of the unseen images" in words(section)
        assert ten_figures(network, full_colour(network.W_out))[0][0] in html(section)
        shown = re.sub('base64,.*?"', "", words(section) + html(section))
        assert not re.search(r"\b(nan|inf)\b", shown)
