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

FULL_COLOUR = 5  # the net input that gets full colour: its sigmoid is nearly 0 or 1
STRONGEST = 6  # hidden units in the table


def section(moment, recipe):
    """Draw the lines from x to a_out, a weighted sum term by term, and the mathematics."""
    current, network = show_current_image(moment), moment.network
    X = network.inputs(current.image.reshape(1, -1))
    activations = forward(network, X)
    with st.container(key="forward_steps"):
        _steps(network.n_hidden, current.image, X[0], activations)
    fragment(one_sum, moment, current.image, every=picture_seconds, active=is_playing)
    with st.expander("The mathematics", key="forward_mathematics"):
        _matrices(network.n_hidden)
        _cost(current.label, activations)


def _steps(H, image, x, activations):
    z_h, a_h, z_out, a_out = (array[0] for array in activations)
    st.markdown("What the network computes to read this image, line by line.")
    formulas, numbers = st.columns([1, 2])
    with formulas:
        st.markdown("**The inputs**")
        st.latex(r"x = (x[0], \ldots, x[783])", width="content")
    with numbers:
        st.html(figures_html([(picture(image, "The image, as the network sees it"), inputs_in_words(x))], side=112))
    formulas, numbers = st.columns([1, 2])
    with formulas:
        st.markdown("**The hidden layer**")
        if H:
            _line(r"z_h = x \, W_h + b_h", "z_h = ", f"(1, 784) @ (784, {H}) + ({H},) → (1, {H})")
            shapes = f"(1, {H}) → (1, {H}), element by element"
            _line(r"a_h = \sigma(z_h) = \frac{1}{1 + e^{-z_h}}", "a_h = ", shapes)
        else:
            _line("a_h = x", "a_h = ", "(1, 784)")
    with numbers:
        if H:
            st.caption(
                "Each cell is one hidden unit, row by row, with unit 0 at the top left. "
                f"$z_h$: orange is −{FULL_COLOUR} or less, blue +{FULL_COLOUR} or more. $a_h$: pale is 0, blue is 1."
            )
            st.html(hidden_html(z_h, a_h))
        else:
            st.markdown("This network has none: the outputs look at the pixels themselves.")
    formulas, numbers = st.columns([1, 2])
    with formulas:
        n = H or len(x)
        st.markdown("**The outputs**")
        _line(r"z_{out} = a_h \, W_{out} + b_{out}", "z_out = ", f"(1, {n}) @ ({n}, 10) + (10,) → (1, 10)")
        _line(r"a_{out} = \sigma(z_{out})", "sigmoid(z_out)", "(1, 10) → (1, 10)")
    with numbers:
        st.html(outputs_html(z_out, a_out))


def _line(formula, text, shapes):
    """Draw a formula, and the line of forward, found by a text in it, that computes it."""
    st.latex(formula, width="content")
    show_code(forward, text, shapes)


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
    span = f"from {signed(z_h.min())} to {signed(z_h.max())}"
    flat = f"within {FLAT} of 0 or 1, where σ is flat, in {np.count_nonzero(is_flat(a_h)):,}"
    return beside_html(
        strip_html(z_h, FULL_COLOUR, "The net inputs z_h, one cell for each unit", f"<b>z<sub>h</sub></b> {span}"),
        strip_html(
            a_h,
            1,
            "The activations a_h, one cell for each unit",
            f"<b>a<sub>h</sub></b> above ½ in {np.count_nonzero(a_h > 0.5):,} of {len(a_h):,} units; {flat}",
        ),
        numbers_html("the most active", ["unit", "z<sub>h</sub>", "a<sub>h</sub>"], rows),
    )


def outputs_html(z_out, a_out):
    """Net inputs and activations (10,) of the outputs as a table; the digit read is bold."""
    read = z_out.argmax()

    def row(digit):
        cells = str(digit), signed(z_out[digit]), f"{a_out[digit]:.4f}"
        return tuple(f"<b>{cell}</b>" for cell in cells) if digit == read else cells

    words = (
        f"<p>The digit with the largest output is read: <b>{read}</b>. The ten sigmoids are independent of each other, "
        f"so they need not sum to 1. Here they sum to {a_out.sum():.3f}.</p>"
    )
    return beside_html(
        numbers_html("the ten outputs", ["digit", "z<sub>out</sub>", "a<sub>out</sub>"], map(row, range(N_DIGITS))),
        words,
    )


def _matrices(H):
    n_h = H or 30
    st.markdown(
        "**n images at once.** The images are the rows of a matrix, and one matrix product computes all their sums:"
    )
    st.latex(r"z_h = X \, W_h + b_h")
    st.latex(r"z_h[m, j] = \sum_{i=0}^{783} X[m, i] \, W_h[i, j] + b_h[j]")
    st.markdown(
        f"Row $m$ of $X$ (n, 784) is image $m$, and column $j$ of $W_h$ (784, {n_h}) belongs to hidden unit $j$. So "
        f"row $m$, column $j$ of $z_h$ (n, {n_h}) is the net input of unit $j$ for image $m$. The biases $b_h$ are one "
        "row that is added to every row. Above, $n$ is 1; in training, $n$ is the batch size. The same lines of code "
        "do both." + ("" if H else " (This network has no hidden layer; the 30 units here are an example.)")
    )
    st.markdown("**Why the sigmoid?** Without it, two layers could do no more than one:")
    st.latex(
        r"\begin{aligned} & (x \, W_h + b_h) \, W_{out} + b_{out} \\"
        r"&= x \, (W_h W_{out}) + (b_h W_{out} + b_{out}) \end{aligned}"
    )
    st.markdown(
        f"$W_h W_{{out}}$ is (784, {n_h}) @ ({n_h}, 10), a matrix (784, 10): a single-layer network computes exactly "
        "the same, however many hidden units there are. The bend of σ makes the difference: near 0 and near 1 it is "
        "flat, so a unit can be sure, and more of the same changes nothing. And its slope is simple, σ′ = σ (1 − σ), "
        "which back propagation will use."
    )


def _cost(label, activations):
    st.markdown(
        "**The cost of this image.** Each output is compared with its label, $y = 1$ for the right digit, else 0 "
        "(log is the natural logarithm):"
    )
    st.latex(
        r"\begin{aligned} J = -\sum_{k=0}^{9} \big[ & y[k] \log a_{out}[k] \\"
        r"& + (1 - y[k]) \log(1 - a_{out}[k]) \big] \end{aligned}"
    )
    if label is None:
        st.markdown(
            'Nobody has said which digit this is. Choose it above, at "Which digit did you mean?", to see the ten '
            "terms here."
        )
    else:
        st.html(cost_html(activations.z_out, activations.a_out[0], label))
        why = "the same terms, from z<sub>out</sub>: an a rounded to 0 or 1 would lead to log 0"
        show_code(cost_terms, "np.log1p(", why)


def cost_html(z_out, a_out, label):
    """A table of the terms of the cost J of an image with this label, and their sum; z_out is (1, 10), a_out (10,)."""
    terms = cost_terms(z_out, onehot([label]))[0]
    rows = [
        (digit, y, f"{a_out[digit]:.4f}", "−log a" if y else "−log(1 − a)", amount(terms[digit]))
        for digit, y in enumerate(int(k == label) for k in range(N_DIGITS))
    ]
    rows.append(("<b>J</b>", "", "", "the sum", f"<b>{amount(terms.sum())}</b>"))
    return numbers_html(f"the right digit is {label}", ["k", "y", "a<sub>out</sub>", "term", ""], rows)
