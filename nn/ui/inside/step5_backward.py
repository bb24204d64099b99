"""Step 5, backward: error terms, gradient, a step down it, and a check, in numbers for the current image."""

import hashlib

import numpy as np
import streamlit as st

from ... import prepare_images
from ...analysis.contributions import top_k_by_magnitude
from ...analysis.image_gradients import gradient_descent, inspect_image, n_right
from ...network import N_DIGITS, backward, forward, update
from ..html import paragraph_html
from ..numbers import short
from ..session.shared import mnist, once
from ..session.state import KEEP, set_value
from . import step5_tables as tables
from .parts import show_code, show_current_image
from .step5_check import check
from .teaching import text

OTHERS = 100  # held-out images on which the steps are tried too


def section(view, recipe):
    """Draw the whole step, from the label to the mathematics."""
    current, network = show_current_image(view), view.network
    z_out = forward(network, network.inputs(current.image.reshape(1, -1))).z_out[0]
    answer, runner_up = np.argsort(-z_out, kind="stable")[:2].tolist()
    label = _label(current, answer, runner_up)
    one = inspect_image(network, current.image, label)
    _outputs(one)
    _hidden_units(one)
    _gradient(one)
    _steps(one, recipe.eta, view)
    check(one)
    with st.expander("The mathematics: where all these formulas come from", key="backward_mathematics"):
        st.markdown(text("backward", "mathematics"))


def _label(current, answer, runner_up):
    """Ask which digit the image was meant to be; without a reply, it is the network's answer.

    With the answer as the label there may be hardly any error to look at, so a button tries the runner-up.
    """
    which = hashlib.sha1(current.image.tobytes()).hexdigest()
    key = f"meant_{which}_{current.label}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.pills(
            "Which digit was it meant to be?", range(N_DIGITS), default=current.label, key=key, wrap=True, **KEEP
        )
        label = answer if chosen is None else chosen
        st.button(
            "Try a wrong label",
            key="backward_wrong_label",
            type="primary" if label == answer else "secondary",
            disabled=label != answer,  # not left out, so that nothing jumps when a training changes the answer
            on_click=set_value,
            args=(key, runner_up),
        )
    sections = "no_label" if chosen is None else "", "label", "right_label" if label == answer else "wrong_label"
    st.html(paragraph_html(text("backward", *sections, label=label, answer=answer, runner_up=runner_up)))
    return label


def _outputs(one):
    st.markdown("#### 1. The error at the outputs")
    words, numbers = st.columns(2, gap="medium")
    with words:
        st.markdown(text("backward", "outputs", J=short(one.cost)))
        show_code(backward, "delta_out = ")
        st.markdown(text("backward", "sign"))
    numbers.html(tables.outputs_table(one))


def _hidden_units(one):
    st.markdown("#### 2. The error goes back to the hidden units")
    H = len(one.delta_h)
    if not H:
        st.markdown(text("backward", "no_hidden_units"))
        return
    st.markdown(text("backward", "hidden_units"))
    show_code(backward, "delta_h = delta_out")
    st.caption(f"$\\delta_h$ of all {H:,} hidden units, in order: blue above 0, orange below.")
    st.html(tables.strip_of_units(one))
    st.html(_long(tables.words_on_slopes(one)))
    overview, detail = st.columns(2, gap="medium")
    overview.html(tables.strongest_table(one))
    largest = "the one with the largest error term"
    unit = detail.number_input(
        "Show hidden unit", 0, H - 1, None, placeholder=largest, key=f"backward_unit_{H}", **KEEP
    )
    detail.html(tables.unit_table(one, top_k_by_magnitude(one.delta_h, 1)[0] if unit is None else unit))


def _long(words):
    return f'<div class="nn-long">{paragraph_html(words)}</div>'


def _gradient(one):
    st.markdown("#### 3. The gradient: how J changes with every weight")
    if one.delta_h.size:
        st.markdown(text("backward", "gradient_of_hidden"))
        show_code(backward, "grad_W_h = ", "a single image, so n is 1")
        st.caption(text("backward", "pictures", most=tables.SHOWN, share=tables.PALE))
        st.html(tables.gradient_pictures(one))
    st.markdown(text("backward", "gradient_of_outputs" if one.delta_h.size else "gradient_without_hidden"))
    st.markdown(text("backward", "gradient_formula"))
    show_code(backward, "grad_W_out = ", "a single image, so n is 1")
    st.html(tables.w_out_table(one) if one.delta_h.size else tables.gradient_pictures(one))
    st.markdown(text("backward", "biases"))
    st.html(tables.shapes_table(one))


@once
def _others(source, preparation):
    """The first OTHERS held-out images of a source, prepared in this way, and their labels."""
    images = mnist(source)
    return prepare_images(images.X_test[:OTHERS], preparation), images.y_test[:OTHERS]


def _steps(one, eta, view):
    st.markdown("#### 4. A step of gradient descent")
    words, numbers = st.columns(2, gap="medium")
    with words:
        st.markdown(text("backward", "step", eta=eta))
        show_code(update, "W_h = parameters.W_h - eta")
        steps = st.slider("Steps with this image", 1, 100, 1, key="backward_steps", **KEEP)
    outputs, answers, costs, after = gradient_descent(one, eta, steps)
    numbers.html(tables.step_table(outputs, int(one.Y[0].argmax())))
    images, y = _others(view.source, view.network.preparation)
    right = [n_right(parameters, view.network.inputs(images), y) for parameters in (one.parameters, after)]
    st.html(_long(tables.words_on_step(one, eta, answers, costs)))
    st.html(paragraph_html(tables.words_on_others(*right, len(y))))
