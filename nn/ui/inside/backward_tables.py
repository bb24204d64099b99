"""The numbers and words of the section Backward as pieces of HTML: pure functions of a OneImage, no Streamlit."""
import numpy as np

from ...gradient import agreeing_digits, passed_on, promised
from ...influence import strongest
from ...network import FLAT, is_flat
from ..numbers import short
from ..pictures import cells_picture, figures_html, numbers_html, picture, signed_picture

VANISHING = 0.01  # the share of the error below which so little goes through the slopes that the gradient vanishes
STRONGEST = 8  # hidden units in the table of the largest error terms
SHOWN = 12  # hidden units whose gradient is shown as a picture
COLUMNS = 30  # hidden units in the picture of W_out's gradient
WIDTHS = [10.0**-e for e in (1, 3, 5, 7, 9, 11, 13)]  # h of the finite differences
BEST = 1e-5  # the one of WIDTHS near the cube root of float64's 2.2e-16, where the two errors are about as large
KEPT = 0.8  # of what the slope promised: with more, a step counts as short
NAMES = {"W_h": "W<sub>h</sub>", "b_h": "b<sub>h</sub>", "W_out": "W<sub>out</sub>", "b_out": "b<sub>out</sub>"}


def squares_html(values, scale, alt, columns=50):
    """Numbers (n,) of both signs as small squares side by side, so many in a row, in signed_picture's colours."""
    columns = min(columns, len(values))
    return f'<div class="nn-squares" style="--columns:{columns}">{cells_picture(values, columns, scale, alt)}</div>'


def outputs_table(one):
    """a_out, y, delta_out and what it adds to the cost, for each of the ten outputs; the label's row is bold."""
    values = zip(one.activations.a_out[0], one.Y[0], one.delta_out, one.costs)
    rows = [[digit, f"{a:.4f}", f"{y:.0f}", short(delta), short(part)] for digit, (a, y, delta, part) in enumerate(values)]
    label = int(one.Y[0].argmax())
    rows[label] = [f"<b>{cell}</b>" for cell in rows[label]]
    rows.append(["sum", "", "", "", f"<b>{short(one.cost)}</b>"])
    heads = ["digit", "a<sub>out</sub>", "y", "δ<sub>out</sub>", "part of J"]
    return numbers_html("The ten outputs, and what each adds to J", heads, rows)


def strip_of_units(one):
    """The error terms of all hidden units as one strip."""
    scale = np.abs(one.delta_h).max()
    return squares_html(one.delta_h, scale, "The error terms of all hidden units; the largest are in the table below")


def strongest_table(one):
    """Of the hidden units with the largest error terms: what arrives, the slope, and the product."""
    columns = one.arriving, one.activations.a_h[0], one.slopes, one.delta_h
    rows = [[j, *(short(column[j]) for column in columns)] for j in strongest(one.delta_h, STRONGEST)]
    heads = ["unit", "arriving sum", "a<sub>h</sub>", "slope", "δ<sub>h</sub>"]
    return numbers_html(f"The {len(rows)} hidden units with the largest error terms (units are counted from 0)", heads, rows)


def unit_table(one, j):
    """The sum over the ten outputs that arrives at hidden unit j, term by term, and what its slope makes of it."""
    weights = one.parameters.W_out[j]
    rows = [[k, short(delta), short(w), short(delta * w)] for k, (delta, w) in enumerate(zip(one.delta_out, weights))]
    a = one.activations.a_h[0, j]
    rows.append(["sum", "", "", f"<b>{short(one.arriving[j])}</b>"])
    rows.append(["slope", "", f"{short(a)} · {short(1 - a)}", short(one.slopes[j])])
    rows.append(["δ<sub>h</sub>", "", "sum · slope", f"<b>{short(one.delta_h[j])}</b>"])
    return numbers_html(f"Hidden unit {j}, in full", ["digit", "δ<sub>out</sub>", "W<sub>out</sub>", "product"], rows)


def words_on_slopes(one):
    """How much of the error the hidden units' slopes let through, and why it is as little as it is."""
    H, flat, passed = len(one.delta_h), int(is_flat(one.activations.a_h).sum()), passed_on(one)
    words = (
        f"{flat:,} of the {H:,} hidden units are saturated: a<sub>h</sub> is so near 0 or 1 that the slope is below {FLAT}. "
        f"Of all the error that arrives, the slopes let {passed:.1%} through; 25% would be the most. "
    )
    if np.abs(one.delta_out).max() < 0.01:
        return words + "All ten outputs are nearly right, so there is hardly any error to send back: try a wrong label."
    if passed < VANISHING:
        return words + "The gradient vanishes: the outputs are wrong, but the hidden layer hears next to nothing of it."
    return words


def gradient_pictures(one):
    """The gradient of the first layer's weights as pictures of one scale: for the strongest hidden units, or for the digits."""
    if one.delta_h.size:
        gradient, deltas, units, name = one.gradients.W_h, one.delta_h, strongest(one.delta_h, SHOWN), "unit"
    else:
        gradient, deltas, units, name = one.gradients.W_out, one.delta_out, range(10), "digit"
    scale = np.abs(gradient).max()
    pictures = [
        (
            signed_picture(gradient[:, j].reshape(28, 28), scale, f"The gradient of the 784 weights of {name} {j}"),
            f"{name} {j}<br>δ {short(deltas[j])}",
        )
        for j in units
    ]
    image = picture(one.X.reshape(28, 28) / (one.X.max() or 1), "The input, 28 by 28 pixels")
    return figures_html([(image, "the input x<br>white: " + short(one.X.max())), *pictures])


def w_out_table(one):
    """The gradients of W_out and b_out, a row for each digit; of many hidden units the first ones.

    Not those with the largest activations: these are all about 1, and would make ten bars of a single colour each.
    """
    part, H = one.gradients.W_out[:COLUMNS], len(one.delta_h)
    scale = np.abs(part).max()
    rows = [
        [k, short(one.delta_out[k]), squares_html(part[:, k], scale, f"Digit {k}: largest {short(np.abs(part[:, k]).max())}")]
        for k in range(10)
    ]
    whose = f"the first {COLUMNS} of the {H:,} hidden units" if H > COLUMNS else "each of the hidden units"
    heads = ["digit", "∂J/∂b<sub>out</sub> = δ<sub>out</sub>", "∂J/∂W<sub>out</sub>"]
    return numbers_html(f"One square for each weight, from {whose}", heads, rows)


def shapes_table(one):
    """The four gradients: shape, how many of their numbers are exactly 0, and the largest."""
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
    rows[label] = [f"<b>{cell}</b>" for cell in rows[label]]
    return numbers_html("The ten outputs for this image", ["digit", "a<sub>out</sub> before", "after", "change"], rows)


def words_on_step(one, eta, outputs, costs):
    """What the steps did to cost and answer, honestly, and what the slope had promised of the first."""
    steps, before, after = len(costs) - 1, costs[0], costs[-1]
    verb = "falls" if after < before else "rises" if after > before else "stays"
    words = f"After {steps} step{'s' if steps > 1 else ''} J {verb}: {short(before)} before, <b>{short(after)}</b> now. "
    words += f"It read {outputs[0].argmax()}, and now reads <b>{outputs[-1].argmax()}</b>. "
    promise, fall = promised(one, eta), costs[0] - costs[1]
    words += f"Had the slope stayed the same, the first step would have taken {short(promise)} off J; "
    if fall < 0:
        words += f"it added {short(-fall)}: a step too long, beyond the valley. Here η is too large."
    elif fall < KEPT * promise:
        words += f"it took off {short(fall)}: the step is so long that the slope was another before its end."
    else:
        words += f"it took off {short(fall)}: the step is short enough for the slope to hold."
    return words


def words_on_others(before, after, n):
    """What the steps did to n other images, of which so many were read right before and after."""
    words = f"And the others? Of the first {n} held-out images, it reads <b>{before}</b> right before, and <b>{after}</b> after. "
    if after < before:
        return words + "What suits this one spoils others: hence the small η, and all images in turn, again and again."
    return words + "So this one was not learnt at their expense."


def differences_table(gradient, found):
    """The quotient for each of WIDTHS against the gradient, and the costs that it is made of, as differences() found them."""
    rows = []
    for h, (above, below, quotient) in zip(WIDTHS, found):
        row = [f"{h:.0e}", short(quotient, 9), str(agreeing_digits(quotient, gradient)), f"{above:.15g}", f"{below:.15g}"]
        rows.append([f"<b>{cell}</b>" for cell in row] if h == BEST else row)
    heads = ["h", "quotient", "digits that agree", "J(w + h)", "J(w − h)"]
    return numbers_html(f"Back propagation says: ∂J/∂w = <b>{short(gradient, 9)}</b>", heads, rows)


def words_on_differences(gradient, found):
    """How far the measured slope and the derived one agree, at BEST."""
    quotient = found[WIDTHS.index(BEST)][-1]
    if gradient == 0 and quotient == 0:
        return (
            "Both are exactly 0: the cost does not depend on this weight. Either nothing comes in through it (a black "
            "pixel, a unit that is off), or the unit that it leads to is saturated."
        )
    digits = agreeing_digits(quotient, gradient)
    if digits < 3:
        return "The slope is so small beside J that the difference of the two costs drowns in the rounding: no use measuring here."
    return f"With h = {BEST:.0e} the first {digits} digits agree."
