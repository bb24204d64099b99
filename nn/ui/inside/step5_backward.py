"""Backward: error terms, gradient, a step down it, and its check, in numbers for the image that is looked at."""

import hashlib

import numpy as np
import streamlit as st

from ... import prepare_images
from ...analysis.contributions import top_k_by_magnitude
from ...analysis.image_gradients import finite_differences, gradient_descent, inspect_image, largest, n_right
from ...network import Parameters, backward, read, update
from ..html import paragraph_html
from ..numbers import short
from ..resources import mnist
from ..state import KEPT, Key
from . import step5_tables as tables
from .parts import show_code, show_current_image, show_derivation
from .step5_mathematics import MATHEMATICS

OTHERS = 100  # held-out images on which the steps are tried as well
KINDS = {
    "W_h": "$W_h$: pixel to hidden unit",
    "b_h": "$b_h$: bias of a hidden unit",
    "b_out": "$b_{out}$: bias of a digit",
}


def section(moment, controls):
    """The whole section, from the label to the mathematics."""
    current, network = show_current_image(moment), moment.network
    label = _label(current, read(network, current.image)[1])
    one = inspect_image(network, current.image, label)
    _outputs(one)
    _hidden_units(one)
    _gradient(one)
    _steps(one, controls.settings.eta, network)
    _check(one)
    with st.expander("The mathematics: where all these formulas come from", key="backward_mathematics"):
        show_derivation(MATHEMATICS)


def _label(current, read):
    """Ask which digit it was meant to be; without an answer it is the one that was read."""
    which = hashlib.sha1(current.image.tobytes()).hexdigest()
    chosen = st.pills(
        "Which digit was it meant to be? Try a wrong one, too: everything below follows.",
        range(10),
        default=current.label,
        key=f"{Key.MEANT}{which}_{current.label}",
        **KEPT,
    )
    label = read if chosen is None else chosen
    why = f"Nobody has said it, so we take the digit that is read, {read}: " if chosen is None else ""
    st.markdown(f"{why}The label **y** is 1 for the {label}, and 0 for the other nine digits.")
    return label


def _outputs(one):
    st.markdown("##### 1. The error at the outputs")
    words, numbers = st.columns(2, gap="medium")
    with words:
        J = short(one.cost)
        st.markdown(f"The cost adds up how wrong each of the ten outputs is. For this image it is **J = {J}**:")
        st.latex(r"J = -\sum_k \big[ y_k \log a_k + (1 - y_k) \log (1 - a_k) \big]")
        st.markdown("How J changes with the net inputs of the outputs is their **error term**, as simple as can be:")
        st.latex(r"\delta_{out} = \frac{\partial J}{\partial z_{out}} = a_{out} - y")
        show_code(backward, "delta_out = ")
        st.markdown(
            "Above 0, the output is too large, and should come down; that holds for all nine wrong digits. Below 0, "
            "it is too small: that is only ever so for the label."
        )
    with numbers:
        st.html(tables.outputs_table(one))


def _hidden_units(one):
    st.markdown("##### 2. The error goes back to the hidden units")
    if not one.delta_h.size:
        st.markdown("This network has no hidden units: the error stays at the outputs, and so there is no $\\delta_h$.")
        return
    st.markdown(
        "A hidden unit has done wrong as far as it fed outputs that are wrong. So it gets the ten error terms back "
        "through the same weights, each times its weight, added up; and then times the slope of its own sigmoid, for "
        "where the sigmoid is flat, a small change of the net input would change next to nothing."
    )
    st.latex(r"\delta_h = \delta_{out} W_{out}^T \odot a_h \odot (1 - a_h)")
    show_code(backward, "delta_h = delta_out")
    H = len(one.delta_h)
    st.caption(f"$\\delta_h$ of all {H:,} hidden units, in their order: blue above 0, orange below.")
    st.html(tables.strip_of_units(one))
    st.html(_long(tables.words_on_slopes(one)))
    overview, detail = st.columns(2, gap="medium")
    with overview:
        st.html(tables.strongest_table(one))
    with detail:
        unit = st.number_input(
            "Look at hidden unit",
            0,
            H - 1,
            None,
            placeholder="the one with the largest error term",
            key=f"{Key.BACKWARD_UNIT}{H}",
            **KEPT,
        )
        st.html(tables.unit_table(one, top_k_by_magnitude(one.delta_h, 1)[0] if unit is None else unit))


def _long(words):
    return f'<div class="nn-long">{paragraph_html(words)}</div>'


def _gradient(one):
    st.markdown("##### 3. The gradient: how J changes with every weight")
    if one.delta_h.size:
        st.markdown(
            "A weight's slope is what came in through it, times the error term where it leads to. Into the hidden "
            "layer come the pixels. So each picture below is the input itself, times the error term of one unit: "
            "where the image is black, nothing came in, and the weight does not change."
        )
        st.latex(r"\frac{\partial J}{\partial W_h} = X^T \delta_h \qquad \frac{\partial J}{\partial b_h} = \delta_h")
        show_code(backward, "W_h=X.T", "a single image, so n is 1")
        st.caption(
            f"The hidden units with the largest error terms, {tables.SHOWN} at most, all on one scale. Those below "
            f"{tables.PALE:.0%} of the largest are left out: too pale to see."
        )
        st.html(tables.gradient_pictures(one))
        st.markdown(
            "Into the outputs come the activations of the hidden units. Each row is the activations, times the error "
            "term of one digit. A unit that is off ($a_h$ near 0) hardly changes its outgoing weights."
        )
    else:
        st.markdown(
            "A weight's slope is what came in through it, times the error term where it leads to. Into the outputs "
            "come the pixels themselves ($a_h = X$). So each picture is the input, times the error term of one digit: "
            "where the image is black, nothing came in, and the weight does not change."
        )
    st.latex(
        r"\frac{\partial J}{\partial W_{out}} = a_h^T \delta_{out} \qquad \frac{\partial J}{\partial b_{out}} = \delta_{out}"
    )
    show_code(backward, "W_out=a_h.T", "a single image, so n is 1")
    st.html(tables.w_out_table(one) if one.delta_h.size else tables.gradient_pictures(one))
    st.markdown(
        "The gradient of a bias is the error term itself, for a bias is the weight of something that is always 1."
    )
    st.html(tables.shapes_table(one))


@st.cache_resource(show_spinner=False)
def _others(preparation):
    """The first held-out images, prepared in a way, and their labels."""
    images = mnist("bundled")
    return prepare_images(images.X_test[:OTHERS], preparation), images.y_test[:OTHERS]


def _steps(one, eta, network):
    st.markdown("##### 4. A step of gradient descent")
    words, numbers = st.columns(2, gap="medium")
    with words:
        st.markdown(
            f"Every weight and bias goes a little way against its slope, with η = **{eta:g}**, the learning rate of "
            "the sidebar. It is a try with a copy, and with this one image only: the network itself stays as it is."
        )
        st.latex(
            r"W \leftarrow W - \eta \frac{\partial J}{\partial W} \qquad b \leftarrow b - \eta \frac{\partial J}{\partial b}"
        )
        show_code(update, "W_h=parameters.W_h - eta")
        steps = st.slider("Steps with this image, one after the other", 1, 100, 1, key=Key.BACKWARD_STEPS, **KEPT)
    outputs, read, costs, after = gradient_descent(one, eta, steps)
    with numbers:
        st.html(tables.step_table(outputs, int(one.Y[0].argmax())))
    images, y = _others(network.preparation)
    right = [n_right(parameters, network.inputs(images), y) for parameters in (one.parameters, after)]
    st.html(_long(tables.words_on_step(one, eta, read, costs)))
    st.html(paragraph_html(tables.words_on_others(*right, len(y))))


def _check(one):
    st.markdown("##### 5. Is that really the slope? Measure it")
    st.markdown(
        "A slope can be measured without any back propagation: make one weight w larger by h, then smaller by h, and "
        "see how the cost of the image changes. That takes two forward propagations for a single weight; back "
        f"propagation gets the slopes of all {sum(gradient.size for gradient in one.gradients):,} weights and biases "
        "from one way forward and one way back."
    )
    st.latex(r"\frac{\partial J}{\partial w} \approx \frac{J(w + h) - J(w - h)}{2h}")
    name, at = _one_weight(one)
    gradient, found = getattr(one.gradients, name)[at], finite_differences(one, name, at, tables.WIDTHS)
    st.html(tables.differences_table(gradient, found))
    st.html(f"<p>{tables.words_on_differences(gradient, found)}</p>")
    st.caption(
        "Why not the smallest h? The slope between two points differs from that in the middle by something like h², "
        "so a large h is wrong. But the computer keeps 16 digits of each cost, and the smaller h, the more of them "
        "the two have in common: these cancel, and what is left is rounding, divided by a tiny 2h. Between the two, "
        "about the cube root of 10⁻¹⁶, it is best."
    )


def _one_weight(one):
    """Ask for a weight or bias, the largest slope deciding what is left open; returns its array's name, and its index there."""
    has_hidden = one.delta_h.size > 0
    kinds = KINDS | {"W_out": f"$W_{{out}}$: {'hidden unit' if has_hidden else 'pixel'} to digit"}
    names = [name for name in Parameters._fields if getattr(one.gradients, name).size]
    key = f"{Key.BACKWARD_KIND}{has_hidden}"
    name = st.radio("Which kind of weight", names, format_func=kinds.get, horizontal=True, key=key, **KEPT)
    pixel, unit, digit = [("row", 28), ("column", 28)], [("hidden unit", len(one.delta_h))], [("digit", 10)]
    axes = {"W_h": pixel + unit, "b_h": unit, "W_out": (unit if has_hidden else pixel) + digit, "b_out": digit}[name]
    chosen = [
        place.number_input(
            f"{axis.capitalize()}, 0 to {size - 1}",
            0,
            size - 1,
            None,
            placeholder="largest slope",
            key=f"{Key.BACKWARD_WEIGHT}{name}_{axis}_{size}",
            **KEPT,
        )
        for place, (axis, size) in zip(st.columns(3), axes)
    ]
    gradient, sizes = getattr(one.gradients, name), [size for _, size in axes]
    found = largest(gradient.reshape(sizes), chosen)
    at = np.unravel_index(np.ravel_multi_index(found, sizes), gradient.shape)
    where = ", ".join(f"{axis} <b>{i}</b>" for (axis, _), i in zip(axes, found))
    value = short(getattr(one.parameters, name)[at])
    st.html(f"w in {tables.NAMES[name]}: {where}; its value is {value}. A field left empty takes the largest slope.")
    return name, at
