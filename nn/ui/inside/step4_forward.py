"""Step 4, forward propagation of the current image: x, z_h, a_h, z_out, a_out, one weighted sum, and the cost."""

import numpy as np
import streamlit as st

from ...analysis.diagnostics import FLAT, is_flat
from ...network import N_DIGITS, cost_terms, forward, onehot
from ..html import beside_html, cells_picture, figures_html, numbers_html, picture
from ..numbers import amount, signed
from ..session.refresh import fragment, picture_seconds
from .parts import is_playing, show_code, show_current_image
from .step4_weighted_sum import one_sum
from .teaching import text

FULL_COLOUR = 5  # the net input that gets full colour: its sigmoid is nearly 0 or 1
STRONGEST = 6  # hidden units in the table


def section(view, recipe):
    """Draw the lines from x to a_out, a weighted sum term by term, and the mathematics."""
    current, network = show_current_image(view), view.network
    X = network.inputs(current.image.reshape(1, -1))
    activations = forward(network, X)
    with st.container(key="forward_steps"):
        _steps(network.n_hidden, current.image, X[0], activations)
    fragment(one_sum, view, current.image, every=picture_seconds, active=is_playing)
    with st.expander("The mathematics", key="forward_mathematics"):
        example = "" if network.n_hidden else "(This network has no hidden layer; the 30 units here are an example.)"
        st.markdown(text("forward", "mathematics", H=network.n_hidden or 30, example=example))
        _cost(current.label, activations)


def _steps(H, image, x, activations):
    z_h, a_h, z_out, a_out = (array[0] for array in activations)
    st.markdown("This is what the network computes, line by line.")
    figure = picture(image, "The image, as the network sees it"), inputs_in_words(x)
    _row("The inputs", [(r"x = (x[0], \ldots, x[783])", "", "")], figures_html([figure], side=112))
    if H:
        lines = [
            (r"z_h = x \, W_h + b_h", "z_h = ", f"(1, 784) @ (784, {H}) + ({H},) → (1, {H})"),
            (r"a_h = \sigma(z_h) = \frac{1}{1 + e^{-z_h}}", "a_h = ", f"(1, {H}) → (1, {H}), element by element"),
        ]
        _row("The hidden layer", lines, hidden_html(z_h, a_h))
    else:
        none = "<p>This network has none: the outputs look at the pixels themselves.</p>"
        _row("The hidden layer", [("a_h = x", "a_h = ", "(1, 784)")], none)
    n = H or len(x)
    lines = [
        (r"z_{out} = a_h \, W_{out} + b_{out}", "z_out = ", f"(1, {n}) @ ({n}, 10) + (10,) → (1, 10)"),
        (r"a_{out} = \sigma(z_{out})", "sigmoid(z_out)", "(1, 10) → (1, 10)"),
    ]
    _row("The outputs", lines, outputs_html(z_out, a_out))


def _row(title, lines, numbers):
    """Draw formulas, each with a text in the line of forward that computes it and with shapes; and beside them HTML."""
    left, right = st.columns([1, 2])
    with left:
        st.markdown(f"**{title}**")
        for formula, code, shapes in lines:
            st.latex(formula, width="content")
            if code:
                show_code(forward, code, shapes)
    right.html(numbers)


def inputs_in_words(x):
    """The inputs (784,) in words; HTML."""
    return f"784 pixels: (1, 784)<br>not 0: {np.count_nonzero(x)}<br>largest: {x.max():.3f}"


def strip_html(values, scale, alt, caption):
    """Signed numbers (n,) as one picture of cells, row by row, about twice as wide as high, above its words; HTML."""
    columns = int(np.ceil(np.sqrt(2 * len(values))))
    image = cells_picture(values, columns, scale, alt)
    return f'<figure class="nn-strip">{image}<figcaption>{caption}</figcaption></figure>'


def hidden_html(z_h, a_h):
    """Net inputs and activations (H,) of the hidden layer: two pictures, and the most active units in numbers."""
    order = np.argsort(-z_h, kind="stable")[:STRONGEST]
    rows = [(f"{unit:,}", signed(z_h[unit]), f"{a_h[unit]:.3f}") for unit in order]
    words = f"<b>z<sub>h</sub></b> from {signed(z_h.min())} to {signed(z_h.max())}"
    net_inputs = strip_html(z_h, FULL_COLOUR, "The net inputs z_h, one cell for each unit", words)
    n_active, n_flat = np.count_nonzero(a_h > 0.5), np.count_nonzero(is_flat(a_h))
    words = text("forward", "activations", H=len(a_h), n_active=n_active, n_flat=n_flat, FLAT=FLAT)
    activations = strip_html(a_h, 1, "The activations a_h, one cell for each unit", words)
    caption = text("forward", "cells", full=FULL_COLOUR)
    table = numbers_html("the most active", ["unit", "z<sub>h</sub>", "a<sub>h</sub>"], rows)
    return f'<p class="nn-caption">{caption}</p>' + beside_html(net_inputs, activations, table)


def outputs_html(z_out, a_out):
    """Net inputs and activations (10,) of the outputs as a table; the digit read is bold."""
    rows = [(digit, signed(z), f"{a:.4f}") for digit, (z, a) in enumerate(zip(z_out, a_out))]
    heads, answer = ["digit", "z<sub>out</sub>", "a<sub>out</sub>"], z_out.argmax()
    words = text("forward", "answer", answer=answer, sum=a_out.sum())
    return beside_html(numbers_html("the ten outputs", heads, rows, bold=answer), f"<p>{words}</p>")


def _cost(label, activations):
    if label is None:
        st.markdown(text("forward", "no_label"))
        return
    st.html(cost_html(activations.z_out, activations.a_out[0], label))
    why = "the same terms, from z<sub>out</sub>: an a rounded to 0 or 1 would lead to log 0"
    show_code(cost_terms, "np.log1p(", why)


def cost_html(z_out, a_out, label):
    """A table of the terms of the cost J of an image with this label, and their sum; z_out is (1, 10), a_out (10,)."""
    Y = onehot([label])
    terms = cost_terms(z_out, Y)[0]
    rows = [
        (digit, int(y), f"{a:.4f}", "−log a" if y else "−log(1 − a)", amount(term))
        for digit, (y, a, term) in enumerate(zip(Y[0], a_out, terms))
    ]
    rows.append(("J", "", "", "the sum", amount(terms.sum())))
    return numbers_html(f"the right digit is {label}", ["k", "y", "a<sub>out</sub>", "term", ""], rows, bold=N_DIGITS)
