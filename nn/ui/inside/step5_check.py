"""Step 5, part 5: the slope of a weight that the visitor chooses, measured by finite differences."""

import numpy as np
import streamlit as st

from ...analysis.image_gradients import agreeing_digits, finite_differences, largest
from ...network import Parameters
from ..html import beside_html, numbers_html
from ..numbers import power_of_ten, short
from ..session.state import KEEP
from .step5_tables import NAMES
from .teaching import text

WIDTHS = [10.0**-e for e in (1, 3, 5, 7, 9, 11, 13)]  # h of the finite differences
BEST = 1e-5  # the width near the cube root of float64's 2.2e-16, where the two errors are about equal
KINDS = {
    "W_h": "$W_h$: pixel to hidden unit",
    "b_h": "$b_h$: bias of a hidden unit",
    "b_out": "$b_{out}$: bias of a digit",
}


def check(one):
    """Draw the measured slope of one weight, and compare it with the one that back propagation computed."""
    st.markdown("#### 5. Is that really the slope? Measure it")
    n = sum(gradient.size for gradient in one.gradients)
    st.markdown(text("backward", "check", n=n))
    name, at = _one_weight(one)
    gradient, found = getattr(one.gradients, name)[at], finite_differences(one, name, at, WIDTHS)
    st.html(differences_table(gradient, found))
    st.html(f"<p>{words_on_differences(gradient, found)}</p>")
    st.caption(text("backward", "best_h"))


def _one_weight(one):
    """Ask for a weight or bias, empty fields meaning the largest slope; return its array's name and its index in it."""
    has_hidden = one.delta_h.size > 0
    kinds = KINDS | {"W_out": f"$W_{{out}}$: {'hidden unit' if has_hidden else 'pixel'} to digit"}
    names = [name for name in Parameters._fields if getattr(one.gradients, name).size]
    key = f"backward_kind_{has_hidden}"
    name = st.radio("Which kind of weight", names, format_func=kinds.get, horizontal=True, key=key, **KEEP)
    pixel, unit, digit = [("row", 28), ("column", 28)], [("hidden unit", len(one.delta_h))], [("digit", 10)]
    axes = {"W_h": pixel + unit, "b_h": unit, "W_out": (unit if has_hidden else pixel) + digit, "b_out": digit}[name]
    chosen = [
        place.number_input(
            f"{axis.capitalize()}, 0 to {size - 1}",
            0,
            size - 1,
            None,
            placeholder="largest slope",
            key=f"backward_{name}_{axis}_{size}",
            **KEEP,
        )
        for place, (axis, size) in zip(st.columns(3), axes)
    ]
    gradient, sizes = getattr(one.gradients, name), [size for _, size in axes]
    found = largest(gradient.reshape(sizes), chosen)
    at = np.unravel_index(np.ravel_multi_index(found, sizes), gradient.shape)
    where = ", ".join(f"{axis} <b>{i}</b>" for (axis, _), i in zip(axes, found))
    value = short(getattr(one.parameters, name)[at])
    st.html(f"w in {NAMES[name]}: {where}; its value is {value}. An empty field takes the largest slope.")
    return name, at


def differences_table(gradient, found):
    """The quotient for each of WIDTHS against the gradient, and its two costs, as finite_differences() found them.

    Two tables, because a single one would be too wide for a phone.
    """
    quotients, costs, best = [], [], WIDTHS.index(BEST)
    for h, (above, below, quotient) in zip(WIDTHS, found):
        width = power_of_ten(round(np.log10(h)))
        quotients.append((width, short(quotient, 9), agreeing_digits(quotient, gradient)))
        costs.append((width, short(above, 15), short(below, 15)))
    says = f'<span style="white-space: nowrap">Back propagation says: ∂J/∂w = <b>{short(gradient, 9)}</b></span>'
    return beside_html(
        numbers_html(says, ["h", "quotient", "digits that agree"], quotients, best),
        numbers_html("The two costs of each quotient", ["h", "J(w + h)", "J(w − h)"], costs, best),
    )


def words_on_differences(gradient, found):
    """How well the measured slope, at BEST, and the derived one agree."""
    quotient = found[WIDTHS.index(BEST)][-1]
    if gradient == 0 and quotient == 0:
        return text("backward", "both_0")
    digits = agreeing_digits(quotient, gradient)
    h = power_of_ten(round(np.log10(BEST)))
    return text("backward", "agreeing" if digits >= 3 else "too_small", h=h, digits=digits)
