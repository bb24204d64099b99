"""One weighted sum taken apart: image times weights pixel by pixel, the running sum, and the sigmoid at its end."""
import streamlit as st

from ...influence import both_ends, hidden_sum, output_sum, strongest
from ...network import N_DIGITS
from .. import charts
from ..pictures import beside_html, brief, figures_html, full_colour, numbers_html, picture, scale_html, signed_picture

HEIGHT = 200  # pixels of the chart
LISTED = 6  # of the terms that add the most, and of those that subtract the most
HIDDEN, OUTPUT = "a hidden unit", "an output"


def one_sum(network, X, activations):
    """Let somebody choose a unit, and show how its net input comes about for the image X (1, 784)."""
    st.markdown("**One weighted sum, term by term.** Choose a unit, and see how its z and its a come about.")
    read = int(activations.z_out.argmax())
    layer = OUTPUT
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if network.n_hidden:
            layer = st.segmented_control("Of", [HIDDEN, OUTPUT], key="sum_layer", default=HIDDEN) or HIDDEN
        if layer == HIDDEN:
            most = int(strongest(output_sum(network, X, read).terms, 1)[0])  # at first the unit that matters most
            unit = _number("Hidden unit", "sum_unit", network.n_hidden - 1, most)
        else:
            unit = _number("Digit of the output", "sum_output", N_DIGITS - 1, read)
    if layer == HIDDEN:
        _show(hidden_sum(network, X, unit), f"h}}[{unit}", True, network.pixel_max)
    else:
        _show(output_sum(network, X, unit), f"out}}[{unit}", not network.n_hidden, network.pixel_max)


def _number(label, key, largest, first):
    """A whole number 0..largest; it stays what it was while the network changes, as long as there is such a unit."""
    st.session_state[key] = min(st.session_state.get(key, first), largest)
    return st.number_input(label, 0, largest, key=key, width=180, help=f"From 0 to {largest:,}.")


def _show(one, symbol, of_pixels, white):
    added = len(one.inputs)
    if of_pixels:
        rows = st.slider("Rows of pixels added", 0, 28, 28, key="sum_rows")
        added = 28 * rows
        scale = full_colour(one.weights)
        with st.container(key="sum_pictures"):
            st.html(figures_html(three_pictures(one, added, scale, white), side=104))
        st.html(scale_html(scale, "w below 0", "w above 0"))
    st.markdown(in_words(one, added))
    with st.container(key="sum_chart"):
        st.vega_lite_chart(
            charts.running_data(one.running, added, one.z), charts.running_spec(HEIGHT), alt="The running sum over the inputs"
        )
    st.latex(formula(one, symbol))
    st.html(terms_html(one, of_pixels))


def three_pictures(one, added, scale, white):
    """Inputs, weights and the first so many terms of a WeightedSum over pixels, for figures_html; a white pixel is so large.

    The terms have white times the scale of the weights: where the image is white, term and weight have the same colour.
    """
    terms = one.terms
    terms[added:] = 0
    return [
        (picture(one.inputs.reshape(28, 28) / white, "The image"), "x"),
        (signed_picture(one.weights.reshape(28, 28), scale, "The weights"), "w: blue adds"),
        (signed_picture(terms.reshape(28, 28), scale * white, "Image times weights"), "x · w, pixel by pixel"),
    ]


def in_words(one, added):
    """The running sum of a WeightedSum and where it is after so many inputs: Markdown."""
    running = one.running
    return (
        f"The sum of x · w after {added:,} of {len(one.inputs):,} inputs: **{brief(running[added])}**. On its whole way it goes down "
        f"to {brief(running.min())} and up to {brief(running.max())}, and ends at {brief(running[-1])}; the bias (orange) brings it to z."
    )


def formula(one, symbol):
    """The weighted sum with its numbers put in, LaTeX; symbol is what follows z_{ and a_{."""
    return (
        rf"\begin{{aligned}} z_{{{symbol}] &= \sum x \cdot w + b = {tex(one.running[-1])} {tex(one.bias)} = {tex(one.z)} \\"
        rf"a_{{{symbol}] &= \frac{{1}}{{1 + e^{{-z}}}} = {one.a:.3f} \end{{aligned}}"
    )


def tex(value):
    """A number with its sign in LaTeX; an absurd one as a power of ten."""
    if abs(value) < 1e5:
        return f"{value:+.3f}"
    mantissa, power = f"{value:+.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}"


def terms_html(one, of_pixels):
    """The terms of a WeightedSum that add the most and those that subtract the most: two tables."""
    terms = one.terms

    def table(caption, indices):
        rows = [
            (*where(index, of_pixels), f"{one.inputs[index]:.4g}", brief(one.weights[index], 3), f"<b>{brief(terms[index], 3)}</b>")
            for index in indices
        ]
        heads = ["row", "column", "x", "w", "x · w"] if of_pixels else ["unit", "a_h", "W_out", "a_h · W_out"]
        return numbers_html(caption, heads, rows)

    up, down = both_ends(terms, LISTED)
    return beside_html(table("what adds the most", up), table("what subtracts the most", down))


def where(index, of_pixels):
    """An input's row and column, or its unit."""
    return divmod(int(index), 28) if of_pixels else (f"{index:,}",)
