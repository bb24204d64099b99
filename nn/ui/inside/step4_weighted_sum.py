"""One weighted sum taken apart: image times weights pixel by pixel, the running sum, and the sigmoid at its end."""

import numpy as np
import streamlit as st

from ...analysis.contributions import hidden_sum, output_sum, top_k_by_magnitude, top_k_of_each_sign
from ...network import N_DIGITS, forward
from ..charts.units import around, running_data, running_spec
from ..html import beside_html, figures_html, full_colour, numbers_html, picture, scale_html, weights_picture
from ..numbers import latex, signed
from ..session.layout import chart
from ..session.state import KEEP, set_value, value_of
from .parts import play_button, stop_playing

HEIGHT = 200  # pixels of the chart
LAYER, UNIT, DIGIT, ROWS = "sum_layer", "sum_unit", "sum_digit", "sum_rows"  # the widgets' keys
LISTED = 6  # how many terms that add the most, and how many that subtract the most
PLAYED = range(0, 29, 2)  # the numbers of rows that Play shows, one at a tick: 7 seconds
READ = "the digit read"
HIDDEN, OUTPUT = "a hidden unit", "an output"


def choose_digit(label, key, network, X):
    """Let the visitor choose one of the ten outputs, 0..9; by default, it is that of the digit read."""
    chosen = st.pills(
        label, [READ, *map(str, range(N_DIGITS))], key=key, default=READ, required=True, wrap=True, **KEEP
    )
    return int(forward(network, X).z_out.argmax()) if chosen == READ else int(chosen)


def one_sum(view, image):
    """Let the visitor choose a unit, and show how its net input is computed for an image (28, 28)."""
    network = view.network
    X = network.inputs(image.reshape(1, -1))
    st.markdown("**One weighted sum, term by term.** Choose a unit to see how its z and its a are computed.")
    layer = OUTPUT
    with st.container(horizontal=True):
        if network.n_hidden:
            layer = st.segmented_control(
                "The sum of", [HIDDEN, OUTPUT], key=LAYER, default=HIDDEN, required=True, **KEEP
            )
        unit = _hidden_unit(network, X) if layer == HIDDEN else choose_digit("Output for", DIGIT, network, X)
    if layer == HIDDEN:
        one, symbols = hidden_sum(network, X, unit), (f"z_h[{unit}]", f"a_h[{unit}]")
    else:
        one, symbols = output_sum(network, X, unit), (f"z_{{out}}[{unit}]", f"a_{{out}}[{unit}]")
    of_pixels = layer == HIDDEN or not network.n_hidden
    if of_pixels:
        added = _rows()
    else:
        stop_playing()
        added = len(one.inputs)
    with st.container(horizontal=True, key="sum_pictures_and_chart"):  # side by side: both stay visible
        if of_pixels:
            with st.container(key="sum_pictures"):
                scale = full_colour(one.weights)
                st.html(figures_html(three_pictures(one, added, scale, network.pixel_max), side=104))
                st.html(scale_html(scale, "w lowers z", "w raises z"))
        with st.container(key="sum_chart"):
            spec = running_spec(HEIGHT, len(one.inputs), around(one.running, one.z))
            chart(running_data(one.running, added, one.z), spec, alt="The running sum over the inputs")
            words = (
                "Blue: the inputs added so far; grey: the rest of the way; orange: the bias, which brings the sum to z."
            )
            st.caption(words)
    st.html(running_html(one, added))
    st.latex(formula(one, *symbols))
    st.html(terms_html(one, of_pixels))


def _hidden_unit(network, X):
    """The chosen hidden unit: at first the one that matters most for the digit read; it stays during a training."""
    largest = network.n_hidden - 1
    if value_of(UNIT, range(network.n_hidden)) is None:  # another network may have fewer
        read = int(forward(network, X).z_out.argmax())
        set_value(UNIT, int(top_k_by_magnitude(output_sum(network, X, read).terms, 1)[0]))
    return st.number_input(f"Which unit, 0 to {largest:,}", 0, largest, key=UNIT, width=200, **KEEP)


def _rows():
    """Draw Play and the choice of a row of pixels; return the number of inputs up to there."""
    with st.container(horizontal=True, vertical_alignment="center"):
        moved = play_button("forward", ROWS, PLAYED, range(29))
        return 28 * st.slider("Rows of pixels added", 0, 28, 28, key=ROWS, width=530, on_change=moved, **KEEP)


def three_pictures(one, added, scale, white):
    """Inputs, weights and the first `added` terms of a WeightedSum over pixels, for figures_html.

    The scale of the terms is that of the weights times white, the value of a white pixel: where the image is white,
    term and weight have the same colour.
    """
    terms = one.terms
    terms[added:] = 0
    ink = f"The image: {np.count_nonzero(one.inputs)} of its pixels are not 0, the largest is {one.inputs.max():.3f}"
    return [
        (picture(one.inputs.reshape(28, 28) / white, ink), "x"),
        (weights_picture("The weights", one.weights, scale), "w: blue adds"),
        (weights_picture("Image times weights", terms, scale * white), "x · w, pixel by pixel"),
    ]


def running_html(one, added):
    """A table of the running sum of a WeightedSum, and where it is after this many inputs."""
    running = one.running
    values = {
        f"after {added:,} inputs": running[added],
        "lowest on the way": running.min(),
        "highest on the way": running.max(),
        f"after all {len(running) - 1:,}": running[-1],
        "bias b": one.bias,
        "z, with the bias": one.z,
    }
    rows = [(name, signed(value)) for name, value in values.items()]
    return numbers_html("The running sum of x · w", ["where", "sum"], rows)


def formula(one, z, a):
    """The weighted sum with its numbers put in, LaTeX; z and a are the symbols of its net input and its activation."""
    return (
        rf"\begin{{aligned}} {z} &= \textstyle\sum x \cdot w + b \\"
        rf"&= {latex(one.running[-1])} {latex(one.bias)} = {latex(one.z)} \\"
        rf"{a} &= \frac{{1}}{{1 + e^{{-{z}}}}} = {one.a:.3f} \end{{aligned}}"
    )


def terms_html(one, of_pixels):
    """Two tables of the terms of a WeightedSum: those that add the most and those that subtract the most."""
    terms = one.terms

    if of_pixels:
        heads = ["row", "column", "x", "w", "x · w"]
    else:
        heads = ["unit", "a<sub>h</sub>", "W<sub>out</sub>", "a<sub>h</sub> · W<sub>out</sub>"]

    def row(i):
        where = divmod(int(i), 28) if of_pixels else (f"{i:,}",)
        return *where, f"{one.inputs[i]:.3f}", signed(one.weights[i], 3), f"<b>{signed(terms[i], 3)}</b>"

    up, down = top_k_of_each_sign(terms, LISTED)
    return beside_html(
        numbers_html("the terms that add the most", heads, map(row, up)),
        numbers_html("the terms that subtract the most", heads, map(row, down)),
    )
