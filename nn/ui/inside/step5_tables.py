"""The numbers and words of step 5 as pieces of HTML: pure functions of ImageGradients, without Streamlit."""

import numpy as np

from ...analysis.contributions import top_k_by_magnitude
from ...analysis.diagnostics import FLAT, is_flat
from ...analysis.image_gradients import backpropagated_share, first_order_decrease
from ...recipe import counted
from ..html import cells_picture, figures_html, numbers_html, picture, scale_html, signed_picture
from ..numbers import short
from .teaching import text

VANISHING = 0.01  # the gradient vanishes if the slopes let through less than this share of the error
STRONGEST = 8  # hidden units in the table of the largest error terms
NEARLY_RIGHT = 0.01  # if all ten outputs are this close to their label, there is hardly any error
SHOWN = 7  # hidden units whose gradient is shown as a picture: with the input they fill one row, on a phone two
PALE = 0.02  # below this share of the largest error term, a unit's picture would look empty
COLUMNS = 30  # hidden units in the picture of W_out's gradient
SHORT = 0.8  # a step counts as short if the cost falls by at least this share of the prediction
SIDES = "more weight lowers J", "more weight raises J"
NAMES = {"W_h": "W<sub>h</sub>", "b_h": "b<sub>h</sub>", "W_out": "W<sub>out</sub>", "b_out": "b<sub>out</sub>"}


def squares_html(values, scale, alt, columns=50):
    """Signed numbers (n,) as small squares, at most `columns` in a row, in signed_picture's colours."""
    columns = min(columns, len(values))
    return f'<div class="nn-squares" style="--columns:{columns}">{cells_picture(values, columns, scale, alt)}</div>'


def outputs_table(one):
    """a_out, y, delta_out and the part of the cost, for each of the ten outputs; the label's row is bold."""
    values = zip(one.activations.a_out[0], one.Y[0], one.delta_out, one.costs)
    rows = [
        [digit, f"{a:.4f}", f"{y:.0f}", short(delta), short(part)] for digit, (a, y, delta, part) in enumerate(values)
    ]
    rows.append(["sum", "", "", "", f"<b>{short(one.cost)}</b>"])
    heads = ["digit", "a<sub>out</sub>", "y", "δ<sub>out</sub>", "part of J"]
    return numbers_html("The ten outputs, and the part of each in J", heads, rows, bold=one.Y[0].argmax())


def strip_of_units(one):
    """The error terms of all hidden units as one strip, with a scale of its colours."""
    scale = np.abs(one.delta_h).max()
    strip = squares_html(one.delta_h, scale, "The error terms of all hidden units; the largest are in the table below")
    return strip + scale_html(scale, "more net input lowers J", "more net input raises J")


def strongest_table(one):
    """The hidden units with the largest error terms: the sum that arrives, the slope, and the product."""
    columns = one.backpropagated_error, one.activations.a_h[0], one.slopes, one.delta_h
    rows = [[j, *(short(column[j]) for column in columns)] for j in top_k_by_magnitude(one.delta_h, STRONGEST)]
    heads = ["unit", "arriving sum", "a<sub>h</sub>", "slope", "δ<sub>h</sub>"]
    return numbers_html(f"The largest error terms, of at most {STRONGEST} hidden units (counted from 0)", heads, rows)


def unit_table(one, j):
    """The sum over the ten outputs that arrives at hidden unit j, term by term, and its product with the slope."""
    weights = one.parameters.W_out[j]
    rows = [[k, short(delta), short(w), short(delta * w)] for k, (delta, w) in enumerate(zip(one.delta_out, weights))]
    a = one.activations.a_h[0, j]
    rows.append(["sum", "", "", f"<b>{short(one.backpropagated_error[j])}</b>"])
    rows.append(["slope", "", f"{short(a)} · {short(1 - a)}", short(one.slopes[j])])
    rows.append(["δ<sub>h</sub>", "", "sum · slope", f"<b>{short(one.delta_h[j])}</b>"])
    return numbers_html(f"Hidden unit {j}, in full", ["digit", "δ<sub>out</sub>", "W<sub>out</sub>", "product"], rows)


def words_on_slopes(one):
    """How much of the error the hidden units' slopes let through, and why."""
    H, flat, passed = len(one.delta_h), int(is_flat(one.activations.a_h).sum()), backpropagated_share(one)
    many = flat > H / 2 and one.X.max() <= 1  # with raw pixels, units are saturated from the beginning
    often = "often_saturated" if many else ""
    little = "nearly_right" if _nearly_right(one) else "vanishing" if passed < VANISHING else ""
    return text("backward", "saturated", often, "passed", little, H=H, flat=flat, limit=FLAT, passed=passed)


def _nearly_right(one):
    return np.abs(one.delta_out).max() < NEARLY_RIGHT


def gradient_pictures(one):
    """The gradient of the first layer's weights as pictures on one scale: the strongest hidden units, or the digits."""
    if one.delta_h.size:
        gradient, deltas, name = one.gradients.W_h, one.delta_h, "unit"
        strengths = np.abs(deltas)
        units = [j for j in top_k_by_magnitude(deltas, SHOWN) if strengths[j] > PALE * strengths.max()]
    else:
        gradient, deltas, units, name = one.gradients.W_out, one.delta_out, range(10), "digit"
    scale = np.abs(gradient).max()
    pictures = []
    for j in units:
        values = gradient[:, j]
        alt = f"The gradient of the 784 weights of {name} {j}, from {short(values.min())} to {short(values.max())}"
        pictures.append((signed_picture(values.reshape(28, 28), scale, alt), f"{name} {j}<br>δ {short(deltas[j])}"))
    image = picture(one.X.reshape(28, 28) / (one.X.max() or 1), "The input, 28 by 28 pixels")
    figures = figures_html([(image, "the input x<br>white: " + short(one.X.max())), *pictures])
    return f'<div class="nn-gradients">{figures}</div>' + scale_html(scale, *SIDES)


def w_out_table(one):
    """The gradients of W_out and b_out, a row for each digit; of many hidden units, only the first.

    The units with the largest activations would make ten bars of a single colour, because these are all about 1.
    """
    part, H = one.gradients.W_out[:COLUMNS], len(one.delta_h)
    scale = np.abs(part).max()
    squares = [squares_html(w, scale, f"Digit {k}: largest {short(np.abs(w).max())}") for k, w in enumerate(part.T)]
    rows = [[k, short(delta), picture] for k, (delta, picture) in enumerate(zip(one.delta_out, squares))]
    source = f"the first {COLUMNS} of the {H:,} hidden units" if H > COLUMNS else "each of the hidden units"
    heads = ["digit", "∂J/∂b<sub>out</sub> = δ<sub>out</sub>", '<span style="float: left">∂J/∂W<sub>out</sub></span>']
    return numbers_html(f"One square for each weight, from {source}", heads, rows) + scale_html(scale, *SIDES)


def shapes_table(one):
    """The four gradients: shape, how many of the numbers are exactly 0, and the largest one."""
    rows = [
        [f"∂J/∂{NAMES[name]}", " × ".join(f"{n:,}" for n in g.shape), f"{(g == 0).sum():,}", short(np.abs(g).max())]
        for name, g in one.gradients._asdict().items()
        if g.size
    ]
    heads = ["", "shape", "exactly 0", "largest, without sign"]
    return numbers_html("The gradient has a number for every weight and bias", heads, rows)


def step_table(outputs, label):
    """a_out before and after, from outputs (steps + 1, 10); the label's row is bold."""
    before, after = outputs[0], outputs[-1]
    rows = [[k, f"{a:.4f}", f"{b:.4f}", short(b - a)] for k, (a, b) in enumerate(zip(before, after))]
    heads = ["digit", "a<sub>out</sub> before", "after", "change"]
    return numbers_html("The ten outputs for this image", heads, rows, bold=label)


def words_on_step(one, eta, read, costs):
    """The effect of the steps on the cost and on the answer, and the slope's prediction for the first step."""
    before, after = costs[0], costs[-1]
    verb = "falls" if after < before else "rises" if after > before else "stays"
    words = f"After {counted(len(costs) - 1, 'step')} J {verb}"
    if short(before) != short(after):
        words += f": {short(before)} before, <b>{short(after)}</b> now."
    else:
        words += f" by {short(abs(after - before))}, from" if after != before else " at"
        words += f" {short(before)}" + (text("backward", "little_left") if _nearly_right(one) else ".")
    predicted, fall = first_order_decrease(one, eta), costs[0] - costs[1]
    length = "too_long" if fall < 0 else "long_step" if fall < SHORT * predicted else "short_step"
    values = {"predicted": short(predicted), "change": short(abs(fall)), "first": read[0], "last": read[-1]}
    return f"{words} {text('backward', 'readings', 'predicted', length, **values)}"


def words_on_others(before, after, n):
    """The effect of the steps on n other images, of which the network got `before` and `after` right."""
    section = "fewer_right" if after < before else "more_right" if after > before else "as_many_right"
    return text("backward", "others", section, before=before, after=after, n=n)
