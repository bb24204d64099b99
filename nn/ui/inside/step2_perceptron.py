"""Step 2: from the perceptron to the sigmoid, logistic regression and the network, and the gain of each."""

import base64
import math
from pathlib import Path

import streamlit as st

from ...analysis.diagnostics import FLAT, is_flat
from ...network import backward, shapes, sigmoid
from ...recipe import Recipe
from ...training import train
from ..charts import BLUE, GREY, ORANGE
from ..charts.units import sigmoid_data, sigmoid_spec
from ..html import figures_html, full_colour, legend_html, paragraph_html, weight_figures
from ..numbers import short, signed
from ..session.layout import chart
from ..session.shared import mnist, once
from ..session.state import KEEP
from .parts import code_line
from .steps import NUMBERS
from .teaching import text

SINGLE = Recipe(n_hidden=0, eta=0.01, epochs=2)  # a single-layer network that learns in a fifth of a second
STEEP = 0.15  # the slope of the sigmoid above which it is called steep
CHART_HEIGHT = 250
ASSETS = Path(__file__).resolve().parents[3] / "assets"


def section(view, recipe):
    """Draw the perceptron, the sigmoid, the single-layer network and the network, each with its gain."""
    _perceptron()
    _sigmoid()
    _single_layer(view.training)
    _network(recipe.n_hidden)
    with st.expander(
        "The mathematics: the gradient of logistic regression, step by step", key="perceptron_mathematics"
    ):
        place, line = code_line(backward, "delta_out = ")
        st.markdown(text("perceptron", "mathematics", line=line, place=place, backward=NUMBERS["backward"]))


def unit(x, w, b):
    """A sigmoid unit with one input: its net input z = w x + b, its activation a, and the slope a (1 - a) at z."""
    z = w * x + b
    a = float(sigmoid(z))
    return z, a, a * (1 - a)


def parameters_latex(n_hidden):
    """The number of weights and biases of a network as a sum in LaTeX, in the order W_h, b_h, W_out, b_out."""
    n = sum(math.prod(shape) for shape in shapes(n_hidden).values())
    terms = rf"784 \cdot {n_hidden} + {n_hidden} + {n_hidden} \cdot 10 + 10" if n_hidden else r"784 \cdot 10 + 10"
    return terms + rf" = \mathbf{{{n:,}}}".replace(",", "{,}")


def slope_words(a):
    """The meaning of the slope a (1 - a) of a sigmoid with the activation a, 0 < a < 1, for learning; HTML."""
    slope = a * (1 - a)
    section = "steep" if slope > STEEP else "flat" if is_flat(a) else "less_steep"
    return text("perceptron", section, slope=slope, times=0.25 / slope)


def ten_figures(network, scale):
    """The ten weight pictures of a single-layer network with their biases, for figures_html."""
    words = [f"<b>{digit}</b><br>b {signed(b)}" for digit, b in enumerate(network.b_out)]
    names = [f"The weights of the output for {digit}" for digit in range(len(words))]
    return weight_figures(network.W_out, names, words, scale)


def diagram_html(name, alt):
    """A diagram of the folder assets, an .svg file, as an <img>; alt describes it in words."""
    svg = base64.b64encode((ASSETS / f"{name}.svg").read_bytes()).decode()
    return f'<div class="nn-diagram"><img src="data:image/svg+xml;base64,{svg}" alt="{alt}"></div>'


@once
def single_layer():
    """The finished TrainingState of a single-layer network, for all visitors without one of their own."""
    images = mnist("bundled")
    *_, state = train(SINGLE, images.X_train, images.y_train, images.X_test, images.y_test)
    return state


def _perceptron():
    st.markdown("#### The perceptron: a weighted sum and a step")
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    left.markdown(text("perceptron", "perceptron"))
    alt = "The perceptron: inputs times weights, and the bias, are summed to z; a step turns z into 0 or 1"
    right.html(diagram_html("perceptron", alt))


def _sigmoid():
    st.markdown("#### The sigmoid: a step with a slope")
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    left.markdown(text("perceptron", "sigmoid", FLAT=FLAT))
    alt = "The sigmoid rises from 0 to 1; its slope is a hill: ¼ at z = 0, nearly 0 beyond ±4.6, where it is flat"
    right.html(diagram_html("sigmoid", alt))
    st.markdown("**Try it:** a unit with a single input. Can you make its tangent flat?")
    left, right = st.columns([0.4, 0.6], gap="medium", vertical_alignment="center")
    with left:
        x = st.slider("Input x", -2.0, 2.0, 1.0, 0.1, key="unit_x", **KEEP)
        w = st.slider("Weight w", -4.0, 4.0, 1.0, 0.1, key="unit_w", **KEEP)
        b = st.slider("Bias b", -4.0, 4.0, 0.0, 0.1, key="unit_b", **KEEP)
        z, a, slope = unit(x, w, b)
        st.markdown(text("perceptron", "unit", z=z, a=a, slope=slope))
    with right:
        legend = [(BLUE, "sigmoid"), (ORANGE, "your unit, and its tangent"), (GREY, "the perceptron's step")]
        st.html(legend_html("", legend))
        alt = "The sigmoid, with the unit as a point on it and the tangent there; the numbers are beside it"
        with st.container(key="sigmoid_chart"):  # as high as the chart from the start, see style.css
            chart(sigmoid_data(z), sigmoid_spec(CHART_HEIGHT), alt=alt)
    st.html(paragraph_html(slope_words(a)))


def _single_layer(training):
    st.markdown("#### Logistic regression, ten times side by side")
    is_own = training is not None and training.state.network.n_hidden == 0
    state, section = (training.state, "own_weights") if is_own else (single_layer(), "bundled_weights")
    origin = text("perceptron", section, n_images=state.n_images, epochs=state.epoch, eta=SINGLE.eta)
    accuracy = f"{state.history[-1].test_accuracy:.1%}" if state.history else "…"  # until the first measurement
    st.markdown(text("perceptron", "logistic_regression"))
    scale = full_colour(state.network.W_out)
    left, right = st.columns([0.48, 0.52], gap="medium", vertical_alignment="center")
    left.html(f'<div class="nn-ten">{figures_html(ten_figures(state.network, scale))}</div>')
    right.markdown(text("perceptron", "ten_pictures", scale=short(scale, 2), origin=origin, accuracy=accuracy))


def _network(n_hidden):
    st.markdown("#### The network: a hidden layer in between")
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    counted = text("perceptron", "number_of_weights" if n_hidden else "number_without_hidden", n_hidden=n_hidden)
    left.markdown(text("perceptron", "network", counted=counted, sum=parameters_latex(n_hidden)))
    alt = "784 pixels, each joined to each of H hidden units, and these to each of ten outputs, for the digits 0 to 9"
    right.html(diagram_html("network", alt))
    st.markdown(text("perceptron", "cost"))
