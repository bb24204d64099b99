"""The data of the picture of the network: a pure function of a network and an image."""

import base64

import numpy as np

from ....analysis.contributions import top_k_by_magnitude
from ....network import N_DIGITS, forward
from ....recipe import counted
from ...html import full_colour
from ...numbers import signed

MAX_UNITS = 30  # pictures of hidden units; of more units, those that contribute most to the digit read are shown


def network_data(network, image):
    """Everything in the picture of a Network that reads an image, floats (28, 28) in 0..1 or None: a dict for JSON.

    For a network without hidden layer, the "units" are the ten outputs themselves, and each adds only to its own.

    image : base64 of 784 bytes
    units, z, a : lists (n,) of the units shown, their net inputs and activations
    weights : list (n,) of base64 of 784 signed bytes, 127 in full colour
    terms, others : n lists (10,), the contribution of each unit to each output; list (10,), of all other units together
    n_hidden, outputs : int; list (10,), a_out
    digit : int, the digit read, or None without an image
    words : str, the picture in one sentence, for a screen reader
    """
    blank = image is None
    X = network.inputs(np.zeros((1, 784)) if blank else image.reshape(1, -1))
    z_h, a_h, z_out, a_out = (array[0] for array in forward(network, X))
    digit = int(z_out.argmax())
    if network.n_hidden:
        terms = a_h[:, None] * network.W_out  # (H, 10)
        units = np.sort(top_k_by_magnitude(terms[:, digit], MAX_UNITS))
        z, a, weights = z_h[units], a_h[units], network.W_h[:, units].T
    else:
        terms = np.diag(z_out - network.b_out)  # (10, 10)
        units, z, a, weights = np.arange(N_DIGITS), z_out, a_out, network.W_out.T
    shown = terms[units]
    others = terms.sum(axis=0) - shown.sum(axis=0)
    strength = np.clip(weights / (full_colour(weights) or 1), -1, 1)
    return {
        "image": _base64(np.zeros(784, np.uint8) if blank else (255 * image).round().astype(np.uint8)),
        "units": units.tolist(),
        "z": _rounded(z * (not blank), 2),
        "a": _rounded(a * (not blank), 3),
        "weights": [_base64(row) for row in (127 * strength).round().astype(np.int8)],
        "terms": _rounded(shown * (not blank), 2),
        "others": _rounded(others * (not blank), 2),
        "n_hidden": network.n_hidden,
        "outputs": _rounded(a_out * (not blank), 3),
        "digit": None if blank else digit,
        "words": _in_words(network.n_hidden, terms[:, digit], digit, None if blank else a_out[digit]),
    }


def _base64(array):
    return base64.b64encode(array.tobytes()).decode()


def _rounded(values, digits):
    return np.round(np.asarray(values, np.float64), digits).tolist()


def _in_words(n_hidden, terms, digit, output):
    """The picture in one sentence; output is that of the digit read, None without an image."""
    layer = counted(n_hidden, "hidden unit") if n_hidden else "no hidden layer"
    if output is None:
        return f"The network, with {layer}, waits for a drawing."
    words = f"With {layer}, the network reads {digit}: its output is {output:.2f}"
    if not n_hidden:
        return f"{words}."
    most = ", ".join(f"unit {unit} ({signed(terms[unit])})" for unit in top_k_by_magnitude(terms, 3))
    return f"{words}; most important: {most}."
