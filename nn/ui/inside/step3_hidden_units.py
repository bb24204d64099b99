"""Step 3, hidden units: their weights as pictures, sorted by their contributions for this image."""

import streamlit as st

from ...analysis.contributions import output_sum, top_k_by_magnitude
from ...network import N_DIGITS, forward
from ..html import figures_html, full_colour, numbers_html, scale_html, weight_figures
from ..numbers import signed
from ..session.state import KEEP
from .parts import show_current_image
from .step4_weighted_sum import choose_digit
from .steps import NUMBERS
from .teaching import text

PICTURES = [24, 48, 96]  # the choices for how many to show


def section(view, recipe):
    """Draw the weights of the hidden units as pictures, or those of the ten outputs if there are no hidden units."""
    network = view.network
    X = network.inputs(show_current_image(view).image.reshape(1, -1))
    if network.n_hidden:
        _hidden_units(network, X)
    else:
        _outputs(network, X)


def _hidden_units(network, X):
    st.markdown(text("hidden_units", "hidden_units"))
    with st.container(horizontal=True):
        digit = choose_digit("Sort by contribution to $z_{out}$ of", "units_digit", network, X)
        most = st.segmented_control(
            "Pictures, at most", PICTURES, key="units_pictures", default=PICTURES[0], required=True, **KEEP
        )
    output = output_sum(network, X, digit)
    units = top_k_by_magnitude(output.terms, most)
    st.latex(rf"z_{{out}}[{digit}] \;=\; \sum_j a_h[j] \cdot W_{{out}}[j, {digit}] \;+\; b_{{out}}[{digit}]")
    st.html(balance_html(output, units))
    scale = full_colour(network.W_h[:, units])
    st.html(scale_html(scale, "ink here lowers z", "ink here raises z"))
    st.html(figures_html(unit_figures(network.W_h, output, units, scale), side=96))
    st.caption(text("hidden_units", "contributions", forward=NUMBERS["forward"]))


def _outputs(network, X):
    st.markdown(text("hidden_units", "no_hidden_units"))
    scale = full_colour(network.W_out)
    st.html(scale_html(scale, "ink here speaks against it", "ink here speaks for it"))
    _, _, z_out, a_out = forward(network, X)
    st.html(figures_html(output_figures(network.W_out, z_out[0], a_out[0], scale), side=96))
    st.caption(text("hidden_units", "outputs"))


def balance_html(output, units):
    """A table of how z_out (an output's WeightedSum) is made up of these hidden units, the others, and the bias."""
    shown = output.terms[units].sum()
    parts = {
        f"the {len(units)} below": shown,
        f"the other {len(output.inputs) - len(units):,}": output.running[-1] - shown,
        "b<sub>out</sub>": output.bias,
        "z<sub>out</sub>": output.z,
    }
    row = *map(signed, parts.values()), f"{output.a:.3f}"
    return numbers_html("The contribution of the hidden units", [*parts, "a<sub>out</sub>"], [row])


def unit_figures(W_h, output, units, scale):
    """Hidden units for figures_html: pictures of their weights, and their contributions to an output's WeightedSum."""
    numbers = zip(units, output.inputs[units], output.weights[units], output.terms[units])
    words = [f"unit {unit:,}<br>{a:.2f} · {signed(w)}<br>adds <b>{signed(term)}</b>" for unit, a, w, term in numbers]
    return weight_figures(W_h[:, units], [f"The weights of hidden unit {unit:,}" for unit in units], words, scale)


def output_figures(W_out, z_out, a_out, scale):
    """The outputs of a network without hidden units for figures_html: weights, z_out and a_out."""
    words = [
        f"digit <b>{digit}</b><br>z<sub>out</sub> {signed(z)}<br>a<sub>out</sub> <b>{a:.2f}</b>"
        for digit, (z, a) in enumerate(zip(z_out, a_out))
    ]
    names = [f"The weights of the output for {digit}" for digit in range(N_DIGITS)]
    return weight_figures(W_out, names, words, scale)
