"""What the hidden units look for: their weights as pictures, those first that matter for the image that is looked at."""

import streamlit as st

from ...analysis.contributions import output_sum, top_k_by_magnitude
from ...network import N_DIGITS, forward
from ..html import figures_html, full_colour, numbers_html, scale_html, signed_picture, weights_words
from ..numbers import signed
from ..state import KEPT, Key
from .parts import show_current_image
from .step4_weighted_sum import choose_digit

PICTURES = [24, 48, 96]  # how many can be asked for


def section(moment, controls):
    """The hidden units' weights as pictures; the ten outputs' where there is no hidden unit."""
    network = moment.network
    X = network.inputs(show_current_image(moment).image.reshape(1, -1))
    if network.n_hidden:
        _hidden_units(network, X)
    else:
        _outputs(network, X)


def _hidden_units(network, X):
    st.markdown(
        "A hidden unit has one weight for every pixel, so its column of $W_h$ can be looked at as a picture. That is what "
        "the unit **looks for**: ink where the picture is blue raises its net input $z_h$, ink where it is orange lowers it. "
        "Some pictures have pieces of strokes in them, many look like nothing: nobody told the units what to look for, and they "
        "share the work. At the edge, where no training image has ink, the gradient is 0: the speckles are the random start."
    )
    with st.container(horizontal=True):
        digit = choose_digit("Sort them by what they add to $z_{out}$ of", Key.UNITS_DIGIT, network, X)
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
        "$z_{out}$. With the unit switched off ($a_h = 0$), $z_{out}$ would lack exactly that, and so the pictures are sorted "
        "by it, the sign aside. It holds for this image only. And a unit that is silent adds nothing, though its silence may be what "
        "keeps another digit from being read. To see how one of the $z_h$ comes about, pixel by pixel, choose step 4."
    )


def _outputs(network, X):
    st.markdown(
        "This network has **no hidden unit**: each of the ten outputs looks at the pixels itself, and the columns of $W_{out}$ "
        "are the ten pictures. Ink where a picture is blue speaks for its digit, ink where it is orange speaks against it. "
        "One picture for each digit has to do for all the ways to write it; hidden units are there to share that work."
    )
    st.latex(r"z_{out}[k] \;=\; \sum_i x[i] \cdot W_{out}[i, k] \;+\; b_{out}[k]")
    scale = full_colour(network.W_out)
    st.html(scale_html(scale, "ink here speaks against it", "ink here speaks for it"))
    _, _, z_out, a_out = forward(network, X)
    st.html(figures_html(output_figures(network.W_out, z_out[0], a_out[0], scale), side=96))
    st.caption(
        "Below each picture: the net input $z_{out}$ and the activation $a_{out}$ for this image. The largest one is read."
    )


def balance_html(output, units):
    """How z_out (an output's WeightedSum) is made up of these hidden units, of the others and of the bias: a table."""
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
    """Hidden units as pairs (picture of the weights, what they add to an output, a WeightedSum), for figures_html."""
    a_h, W_out, terms = output.inputs, output.weights, output.terms
    return [
        (
            signed_picture(
                W_h[:, unit].reshape(28, 28), scale, weights_words(f"The weights of hidden unit {unit:,}", W_h[:, unit])
            ),
            f"unit {unit:,}<br>{a_h[unit]:.2f} · {signed(W_out[unit])}<br>adds <b>{signed(terms[unit])}</b>",
        )
        for unit in units
    ]


def output_figures(W_out, z_out, a_out, scale):
    """The outputs of a network without hidden units as pairs (picture of the weights, z_out and a_out), for figures_html."""
    return [
        (
            signed_picture(
                W_out[:, digit].reshape(28, 28),
                scale,
                weights_words(f"The weights of the output for {digit}", W_out[:, digit]),
            ),
            f"digit <b>{digit}</b><br>z<sub>out</sub> {signed(z_out[digit])}<br>a<sub>out</sub> <b>{a_out[digit]:.2f}</b>",
        )
        for digit in range(N_DIGITS)
    ]
