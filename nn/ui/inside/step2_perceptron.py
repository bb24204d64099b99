"""Step 2: from the perceptron to the sigmoid, logistic regression and the network, and what each adds."""

import base64
import math
from pathlib import Path

import streamlit as st

from ...analysis.diagnostics import FLAT, is_flat
from ...network import backward, shapes, sigmoid
from ...recipe import Recipe
from ...training import train
from ..charts import BLUE, GREY, ORANGE
from ..charts.sigmoid import sigmoid_data, sigmoid_spec
from ..html import figures_html, full_colour, legend_html, paragraph_html, weights_picture
from ..numbers import short, signed
from ..session.layout import chart
from ..session.shared import mnist
from ..session.state import KEPT, Key
from .parts import code_line, show_derivation
from .step2_mathematics import MATHEMATICS
from .steps import STEPS

SINGLE = Recipe(n_hidden=0, eta=0.01, epochs=2)  # a single-layer network that learns in a fifth of a second
STEEP = 0.15  # the slope of the sigmoid above which it is called steep
CHART_HEIGHT = 250
ASSETS = Path(__file__).resolve().parents[3] / "assets"


def section(moment, recipe):
    """Draw the perceptron, the sigmoid, the single-layer network and the network, each with what it adds."""
    _perceptron()
    _sigmoid()
    _single_layer(moment.training)
    _network(recipe.n_hidden)
    with st.expander(
        "The mathematics: the gradient of logistic regression, step by step", key="perceptron_mathematics"
    ):
        show_derivation(MATHEMATICS)
        place, line = code_line(backward, "delta_out = ")
        st.markdown(
            "In the network, the ten values $a - y$ of the output layer are called $\\delta_{out}$: "
            f"`{line}` in {place}. With several images, we take the mean. "
            f"Step {STEPS['backward'].number} shows how the error gets from there to the hidden layer."
        )


def unit(x, w, b):
    """A sigmoid unit with one input: its net input z = w x + b, its activation a, and the slope a (1 - a) at z."""
    z = w * x + b
    a = float(sigmoid(z))
    return z, a, a * (1 - a)


def n_parameters(n_hidden):
    """How many weights and biases the network 784-H-10 has, or 784-10 without hidden units."""
    return sum(math.prod(shape) for shape in shapes(n_hidden).values())


def parameters_latex(n_hidden):
    """The same as a sum in LaTeX, in the order W_h, b_h, W_out, b_out."""
    terms = rf"784 \cdot {n_hidden} + {n_hidden} + {n_hidden} \cdot 10 + 10" if n_hidden else r"784 \cdot 10 + 10"
    return terms + rf" = \mathbf{{{n_parameters(n_hidden):,}}}".replace(",", "{,}")


def slope_words(a):
    """What the slope a (1 - a) of a sigmoid with the activation a, 0 < a < 1, means for learning; HTML."""
    slope = a * (1 - a)
    if slope > STEEP:
        return (
            f"<b>Steep.</b> When z moves a little, a moves {slope:.2f} times as far: here, a <i>hidden</i> unit learns "
            "well from an error."
        )
    if not is_flat(a):
        return f"<b>On the way to flat.</b> a moves only {slope:.2f} times as far as z; at z = 0 it is 0.25 times."
    return (
        f"<b>Flat: the unit is saturated.</b> The slope is {0.25 / slope:,.0f} times smaller than at z = 0. A "
        "<i>hidden</i> unit's error is multiplied by it, so its w and b hardly change. An output with cross-entropy "
        "doesn't have this problem; see the mathematics."
    )


def weight_figures(network):
    """The ten weight pictures of a single-layer network with words, pairs for figures_html, and their common scale."""
    scale = full_colour(network.W_out)
    return [
        (weights_picture(f"The weights of the output for {digit}", W, scale), f"<b>{digit}</b><br>b {signed(b)}")
        for digit, (W, b) in enumerate(zip(network.W_out.T, network.b_out))
    ], scale


def diagram_html(name, alt):
    """A diagram of the folder assets, an .svg file, as an <img>; alt describes it in words."""
    svg = base64.b64encode((ASSETS / f"{name}.svg").read_bytes()).decode()
    return f'<div class="nn-diagram"><img src="data:image/svg+xml;base64,{svg}" alt="{alt}"></div>'


@st.cache_resource(show_spinner=False)
def single_layer():
    """The finished Run of a single-layer network on the bundled images, for all visitors who have none of their own."""
    images = mnist("bundled")
    *_, state = train(SINGLE, images.X_train, images.y_train, images.X_test, images.y_test)
    return state


def _perceptron():
    st.markdown("#### The perceptron: a weighted sum and a step")
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    with left:
        st.markdown(
            "Every input $x_i$ is a pixel (the code counts from 0, so $x_1$ is `x[0]`). Its weight $w_i$ says how much "
            "it counts: above 0, ink there speaks for the answer *yes*; below 0, against it. The bias $b$ shifts the "
            "threshold: the weighted inputs have to add up to at least $-b$. The sum of all this is the net input $z$, "
            "and a step turns it into an answer:"
        )
        st.latex(r"z = w_1 x_1 + \dots + w_{784}\, x_{784} + b")
        st.latex(r"\hat y = \begin{cases} 1 & \text{if } z \ge 0 \\ 0 & \text{otherwise} \end{cases}")
        st.markdown(
            "What is missing? The step is level everywhere and jumps at 0. Change a weight a little, and the answer "
            "either stays or flips. Nothing tells you which direction would be better."
        )
    with right:
        alt = "The perceptron: inputs times weights, and the bias, are summed to z; a step turns z into 0 or 1"
        st.html(diagram_html("perceptron", alt))


def _sigmoid():
    st.markdown("#### The sigmoid: a step with a slope")
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    with left:
        st.markdown("The sigmoid rises from 0 to 1 as the step does, but smoothly:")
        st.latex(r"a = \sigma(z) = \frac{1}{1 + e^{-z}}")
        st.markdown(
            "So a small change in a weight makes a small change in the answer. The slope tells you how large it is, "
            "and needs only the activation itself: $a(1 - a)$. It is ¼ at $z = 0$, and nearly 0 far from there. We "
            f"call the sigmoid **flat**, and the unit **saturated**, where $a$ is within {FLAT} of 0 or 1: $|z|$ "
            "above 4.6."
        )
    with right:
        alt = (
            "The sigmoid rises from 0 to 1; its slope is a hill: one quarter at z = 0, nearly 0 beyond ±4.6, where it "
            "is flat"
        )
        st.html(diagram_html("sigmoid", alt))
    st.markdown("**Try it:** a unit with a single input. Can you make its tangent flat?")
    left, right = st.columns([0.4, 0.6], gap="medium", vertical_alignment="center")
    with left:
        x = st.slider("Input x", -2.0, 2.0, 1.0, 0.1, key=Key.UNIT_X, **KEPT)
        w = st.slider("Weight w", -4.0, 4.0, 1.0, 0.1, key=Key.UNIT_W, **KEPT)
        b = st.slider("Bias b", -4.0, 4.0, 0.0, 0.1, key=Key.UNIT_B, **KEPT)
        z, a, slope = unit(x, w, b)
        st.latex(
            rf"\begin{{aligned}} z &= wx + b = {z:.2f} \\ a &= \sigma(z) = {a:.4f} \\ "
            rf"\text{{slope}} &= a(1 - a) = {slope:.6f} \end{{aligned}}"
        )
    with right:
        legend = [(BLUE, "sigmoid"), (ORANGE, "your unit, and its tangent"), (GREY, "the perceptron's step")]
        st.html(legend_html("", legend))
        alt = "The sigmoid, with the unit as a point on it and the tangent there; the numbers are beside it"
        with st.container(key="sigmoid_chart"):  # as high as the chart from the start, see style.css
            chart(sigmoid_data(z), sigmoid_spec(CHART_HEIGHT), alt=alt)
    st.html(paragraph_html(slope_words(a)))


def _single_layer(training):
    st.markdown("#### Logistic regression, ten times side by side")
    if training is not None and training.state.network.n_hidden == 0:
        state = training.state
        origin = f"These are the weights of **your own** network, after {state.epoch:.1f} epochs."
    else:
        state = single_layer()
        origin = (
            f"These were learnt from the {state.n_images:,} bundled training images in {SINGLE.epochs} epochs with η = "
            f"{SINGLE.eta:g}. Train with 0 hidden units to see your own here."
        )
    accuracy = f"{state.history[-1].test_accuracy:.1%}" if state.history else "…"  # until the first measurement
    st.markdown(
        "A weighted sum and a sigmoid make **logistic regression**: $a = \\sigma(z)$ lies between 0 and 1 and says how "
        "sure the unit is that this is its digit. Ten such units, one for each digit, all looking at the same pixels, "
        "make the **single-layer network**; its answer is the largest output. It has one weight for every pixel and "
        "digit, so the weights of an output form a picture of 28 × 28:"
    )
    figures, scale = weight_figures(state.network)
    left, right = st.columns([0.48, 0.52], gap="medium", vertical_alignment="center")
    with left:
        st.html(f'<div class="nn-ten">{figures_html(figures)}</div>')
    with right:
        st.markdown(
            "**Blue**: ink here speaks for the digit; **orange**: against it. The stronger the colour, the larger the "
            f"weight; full colour is ±{short(scale, 2)} and beyond in all ten. After training, look at the middle of "
            "the 0. The outermost pixels are black in nearly every image, $x_i = 0$, so their weights stay as random "
            "as they were at the start."
        )
        st.markdown(f"{origin} They read **{accuracy}** of the held-out images correctly.")


def _network(n_hidden):
    st.markdown("#### The network: a hidden layer in between")
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    with left:
        st.markdown(
            "One picture of weights per digit is not much: people write a 4 open or closed. So $H$ hidden units are "
            "put in between, each a sigmoid unit with its own weights. They look at the pixels, and the ten outputs "
            "look at them."
        )
        st.latex(
            r"\begin{aligned} a_h &= \sigma(X W_h + b_h) \\ a_{out} &= \sigma(a_h W_{out} + b_{out}) \end{aligned}"
        )
        if n_hidden:
            st.markdown(f"With your **{n_hidden}** hidden units, the number of weights and biases to learn is:")
        else:
            st.markdown("You have set **0** hidden units: the single-layer network. Its weights and biases number:")
        st.latex(parameters_latex(n_hidden))
    with right:
        alt = (
            "784 pixels, each joined to each of H hidden units, and these to each of ten outputs, for the digits 0 to 9"
        )
        st.html(diagram_html("network", alt))
    st.markdown(
        "What makes a set of weights good? A low **cost**. The lecture uses cross-entropy: every output $k$ "
        "contributes $J_k$. This is summed over the ten outputs and averaged over the $n$ images (log is the natural "
        "logarithm):"
    )
    st.latex(r"J_k = -\big( y_k \log a_k + (1 - y_k) \log (1 - a_k) \big)")
    st.latex(r"J = \frac{1}{n} \sum_{\text{images}} \, \sum_{k=0}^{9} J_k")
    st.markdown(
        "Only one of the two terms in $J_k$ counts: $-\\log a_k$ for the right digit, $-\\log(1 - a_k)$ for the "
        "others. Being right and sure costs almost nothing, $-\\log 0.99 = 0.01$; being wrong and sure costs a lot, "
        "$-\\log 0.01 = 4.6$."
    )
