"""The gradient of a single image up close: its parts, the path down it, and the slope measured instead of derived.

network.py has the formulas. Here they are only used, always in float64, because the last digits matter too.
"""

from dataclasses import dataclass

import numpy as np

from ..network import Forward, Parameters, backward, cost, cost_terms, forward, onehot, update


@dataclass(frozen=True, eq=False)
class ImageGradients:
    """One labelled image, propagated through a network and back, in float64; names and shapes as in network.py, n = 1.

    gradients : Parameters, the slope of the cost along every weight and bias
    """

    parameters: Parameters
    X: np.ndarray
    Y: np.ndarray
    activations: Forward
    gradients: Parameters

    @property
    def cost(self):
        """The cost J of the image."""
        return cost(self.activations.z_out, self.Y)

    @property
    def costs(self):
        """The share of each output in the cost, (10,)."""
        return cost_terms(self.activations.z_out, self.Y)[0]

    @property
    def delta_out(self):
        """The error terms (10,) of the outputs: for a single image they are the gradient of b_out."""
        return self.gradients.b_out

    @property
    def delta_h(self):
        """The error terms (H,) of the hidden units: for a single image they are the gradient of b_h."""
        return self.gradients.b_h

    @property
    def slopes(self):
        """The slopes a_h (1 - a_h) of the hidden units' sigmoids, (H,)."""
        a_h = self.activations.a_h[0] if self.delta_h.size else np.zeros(0)
        return a_h * (1 - a_h)

    @property
    def backpropagated_error(self):
        """The error that arrives at each hidden unit, before the slope lets a part of it through, (H,)."""
        return self.parameters.W_out @ self.delta_out if self.delta_h.size else np.zeros(0)


def inspect_image(network, image, label):
    """The ImageGradients of an image, 784 floats in 0..1 of any shape, with a label 0..9."""
    network = network.astype(np.float64)
    X, Y = network.inputs(np.reshape(image, (1, -1))), onehot([label])
    activations = forward(network, X)
    return ImageGradients(network.parameters, X, Y, activations, backward(network, X, activations, Y))


def gradient_descent(one, eta, steps):
    """Steps of gradient descent that learn from this image only.

    Returns the outputs (steps + 1, 10), the digits read (steps + 1,) and the costs (steps + 1,), before the first step
    and after each, and the Parameters after the last. The weights of black pixels have no slope and are left out, which
    takes a fifth of the time.
    """
    first, lit = "W_h" if one.delta_h.size else "W_out", one.X[0] != 0
    X, whole = one.X[:, lit], getattr(one.parameters, first).copy()  # the weights that see the pixels
    parameters = one.parameters._replace(W_h=one.parameters.W_h[lit])._replace(**{first: whole[lit]})
    path = [forward(parameters, X)]
    for _ in range(steps):
        parameters = update(parameters, backward(parameters, X, path[-1], one.Y), eta)
        path.append(forward(parameters, X))
    whole[lit] = getattr(parameters, first)
    outputs, z_out = np.array([at.a_out[0] for at in path]), np.array([at.z_out[0] for at in path])
    after = parameters._replace(W_h=one.parameters.W_h)._replace(**{first: whole})
    return outputs, z_out.argmax(axis=1), cost_terms(z_out, one.Y).sum(axis=1), after


def n_right(parameters, X, y):
    """How many of the inputs X (n, 784) are read as their labels y (n,)."""
    return int((forward(parameters, X).z_out.argmax(axis=1) == y).sum())


def first_order_decrease(one, eta):
    """How much the cost would fall in one step if no slope changed: eta times the sum of the slopes' squares."""
    return float(eta * sum(np.vdot(gradient, gradient) for gradient in one.gradients))


def backpropagated_share(one):
    """The share of the error at the hidden units that their slopes let through, 0 to 0.25; 0 if none arrives."""
    arriving = np.abs(one.backpropagated_error).sum()
    return float(np.abs(one.delta_h).sum() / arriving) if arriving else 0.0


def largest(values, chosen):
    """The index of the largest absolute value among those that match chosen; the first one if several are equal.

    chosen : tuple, an index or None (any) for each axis of values
    """
    part = np.abs(values[tuple(slice(None) if i is None else slice(i, i + 1) for i in chosen)])
    return tuple(int(at) if i is None else i for at, i in zip(np.unravel_index(part.argmax(), part.shape), chosen))


def finite_differences(one, name, index, widths):
    """The slope along one weight by central finite differences, without back propagation.

    name is one of Parameters' fields, and index that of the weight in it. Returns for each width h a tuple of J(w + h),
    J(w - h) and their difference / 2h.
    """
    changed = getattr(one.parameters, name).copy()
    parameters, w, found = one.parameters._replace(**{name: changed}), changed[index], []

    def cost_with(weight):
        changed[index] = weight
        return cost(forward(parameters, one.X).z_out, one.Y)

    for h in widths:
        above, below = cost_with(w + h), cost_with(w - h)
        found.append((above, below, (above - below) / (2 * h)))
    return found


def agreeing_digits(a, b):
    """How many leading digits two numbers have in common, 0 to 15."""
    return 15 if a == b else int(np.clip(-np.log10(abs(a - b) / max(abs(a), abs(b))), 0, 15))
