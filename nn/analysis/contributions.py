"""Where a net input comes from: weighted sums taken apart, term by term. Symbols as in the glossary of network.py.

    z_h[j]   = sum over the pixels i of x[i] W_h[i, j]            + b_h[j]
    z_out[k] = sum over the hidden units j of a_h[j] W_out[j, k]  + b_out[k]

A term is exactly what the net input would lose if its input were 0, for example if hidden unit j were switched off.
"""

from typing import NamedTuple

import numpy as np

from ..network import forward


class WeightedSum(NamedTuple):
    """One unit's weighted sum of n inputs, for one image.

    inputs, weights : arrays (n,)
    bias, z, a : float, the unit's bias, its net input as forward computed it, and its activation sigmoid(z)
    """

    inputs: np.ndarray
    weights: np.ndarray
    bias: float
    z: float
    a: float

    @property
    def terms(self):
        """The term that each input adds to z (n,), in float64."""
        return np.multiply(self.inputs, self.weights, dtype=np.float64)

    @property
    def running(self):
        """The sum before the first term and after each term, (n + 1,): from 0 to z - bias, up to rounding."""
        return np.concatenate([[0.0], self.terms.cumsum()])


def hidden_sum(network, X, unit):
    """The WeightedSum of a hidden unit, 0..H-1, for one image X (1, 784)."""
    z_h, a_h, _, _ = forward(network, X)
    return WeightedSum(X[0], network.W_h[:, unit], *map(float, (network.b_h[unit], z_h[0, unit], a_h[0, unit])))


def output_sum(network, X, digit):
    """The WeightedSum of an output, 0..9, for one image X (1, 784); its inputs are a_h (X without a hidden layer)."""
    _, a_h, z_out, a_out = forward(network, X)
    numbers = map(float, (network.b_out[digit], z_out[0, digit], a_out[0, digit]))
    return WeightedSum(a_h[0], network.W_out[:, digit], *numbers)


def top_k_by_magnitude(values, k):
    """The indices of the k values that are farthest from 0 (or of all, if there are fewer), the farthest first."""
    return np.argsort(-np.abs(values), kind="stable")[:k]


def top_k_of_each_sign(values, k):
    """The indices of the k largest values above 0, and of the k smallest below 0 (or of fewer), the farthest first."""
    order = np.argsort(values, kind="stable")
    up, down = order[::-1][:k], order[:k]
    return up[values[up] > 0], down[values[down] < 0]
