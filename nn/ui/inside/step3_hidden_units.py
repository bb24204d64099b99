"""Step 3, hidden units: what they look for, as pictures of their weights, sorted by what matters for this image."""

import streamlit as st

from ...analysis.contributions import output_sum, top_k_by_magnitude
from ...network import N_DIGITS, forward
from ..html import figures_html, full_colour, numbers_html, scale_html, weights_picture
from ..numbers import signed
from ..session.state import KEPT, Key
from .parts import show_current_image
from .step4_weighted_sum import choose_digit
from .steps import STEPS

PICTURES = [24, 48, 96]  # the choices for how many to show


def section(moment, recipe):
    """Draw the weights of the hidden units as pictures, or those of the ten outputs if there are no hidden units."""
    network = moment.network
    X = network.inputs(show_current_image(moment).image.reshape(1, -1))
    if network.n_hidden:
        _hidden_units(network, X)
    else:
        _outputs(network, X)


def _hidden_units(network, X):
    st.markdown(
        "A hidden unit has one weight for every pixel, so its column of $W_h$ can be shown as a picture. That is what "
        "the unit **looks for**: ink where the picture is blue raises its net input $z_h$, ink where it is orange "
        "lowers it. Some pictures contain pieces of strokes, many look like nothing: nobody told the units what to "
        "look for, and they share the work. At the edge, where no training image has ink, the gradient is 0: the "
        "speckles are the random start."
    )
    with st.container(horizontal=True):
        digit = choose_digit("Sort by contribution to $z_{out}$ of", Key.UNITS_DIGIT, network, X)
        most = st.segmented_control(
            "Pictures, at most", PICTURES, key=Key.UNITS_PICTURES, default=PICTURES[0], required=True, **KEPT
        )
    output = output_sum(network, X, digit)
    units = top_k_by_magnitude(output.terms, most)
    st.latex(rf"z_{{out}}[{digit}] \;=\; \sum_j a_h[j] \cdot W_{{out}}[j, {digit}] \;+\; b_{{out}}[{digit}]")
    st.html(balance_html(output, units))
    scale = full_colour(network.W_h[:, units])
    st.html(scale_html(scale, "ink here lowers z", "ink here raises z"))
    st.html(figures_html(unit_figures(network.W_h, output, units, scale), side=96))
    st.caption(
        "Below each picture: the unit's activation $a_h$ times its weight $W_{out}$ to this output is what it adds to "
        "$z_{out}$, its contribution. With the unit switched off ($a_h = 0$), $z_{out}$ would lack exactly that. The "
        "pictures are sorted by it, ignoring the sign. It holds for this image only. A silent unit adds nothing, "
        "although its silence may be what keeps another digit from being read. "
        f"To see how a $z_h$ is computed, pixel by pixel, choose step {STEPS['forward'].number}."
    )


def _outputs(network, X):
    st.markdown(
        "This network has **no hidden units**: each of the ten outputs looks at the pixels itself, and the columns of "
        "$W_{out}$ are the ten pictures. Ink where a picture is blue speaks for its digit, ink where it is orange "
        "speaks against it. One picture per digit has to cover all the ways to write it; hidden units would share that "
        "work."
    )
    st.latex(r"z_{out}[k] \;=\; \sum_i x[i] \cdot W_{out}[i, k] \;+\; b_{out}[k]")
    scale = full_colour(network.W_out)
    st.html(scale_html(scale, "ink here speaks against it", "ink here speaks for it"))
    _, _, z_out, a_out = forward(network, X)
    st.html(figures_html(output_figures(network.W_out, z_out[0], a_out[0], scale), side=96))
    st.caption(
        "Below each picture: the net input $z_{out}$ and the activation $a_{out}$ for this image. The digit with the "
        "largest one is read."
    )


def balance_html(output, units):
    """A table of how z_out (an output's WeightedSum) is made up of these hidden units, the others, and the bias."""
    shown = output.terms[units].sum()
    heads = [
        f"the {len(units)} below",
        f"the other {len(output.inputs) - len(units):,}",
        "b<sub>out</sub>",
        "z<sub>out</sub>",
        "a<sub>out</sub>",
    ]
    values = shown, output.running[-1] - shown, output.bias, output.z
    return numbers_html("What the hidden units add", heads, [(*map(signed, values), f"{output.a:.3f}")])


def unit_figures(W_h, output, units, scale):
    """Hidden units as pairs (picture of the weights, what they add to an output's WeightedSum), for figures_html."""
    a_h, W_out, terms = output.inputs, output.weights, output.terms
    return [
        (
            weights_picture(f"The weights of hidden unit {unit:,}", W_h[:, unit], scale),
            f"unit {unit:,}<br>{a_h[unit]:.2f} · {signed(W_out[unit])}<br>adds <b>{signed(terms[unit])}</b>",
        )
        for unit in units
    ]


def output_figures(W_out, z_out, a_out, scale):
    """The outputs of a network without hidden units as pairs (picture of the weights, z_out and a_out), as above."""
    return [
        (
            weights_picture(f"The weights of the output for {digit}", W_out[:, digit], scale),
            f"digit <b>{digit}</b><br>z<sub>out</sub> {signed(z_out[digit])}<br>"
            f"a<sub>out</sub> <b>{a_out[digit]:.2f}</b>",
        )
        for digit in range(N_DIGITS)
    ]
