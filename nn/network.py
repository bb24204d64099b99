"""The lecture's mathematics: a network of sigmoids as pure functions. Begin here: forward -> backward -> update -> sgd.

Glossary (n images, H hidden units, 10 digits)

    X        (n, 784)   the inputs: one image a row, its 28 x 28 pixels side by side
    W_h, b_h            weights (784, H) and biases (H,) of the hidden layer
    z_h, a_h (n, H)     its net inputs X W_h + b_h, and its activations sigmoid(z_h)
    W_out, b_out        weights (H, 10) and biases (10,) of the output layer
    z_out, a_out        net inputs and activations of the ten outputs, (n, 10)
    Y        (n, 10)    the labels, one-hot: 1 in the column of the right digit, 0 elsewhere; all 0 for a non-digit
    delta_h, delta_out  the error terms: how the cost of an image changes with z_h and z_out
    J, eta              the cost, which is cross-entropy, averaged over the images; and the learning rate

Without a hidden layer (H = 0) the outputs look at the image itself, a_h = X: ten logistic regressions side by side, the
single-layer network of the lecture's first half. W_h and b_h are then empty, and W_out is (784, 10).
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .images import NON_DIGIT, checked_images

N_PIXELS, N_DIGITS = 784, 10


class Forward(NamedTuple):
    """Everything that forward propagation computes; shapes as in the glossary."""

    z_h: np.ndarray
    a_h: np.ndarray
    z_out: np.ndarray
    a_out: np.ndarray


class Parameters(NamedTuple):
    """One value for each weight and bias; shapes as in the glossary. Gradients have this form too."""

    W_h: np.ndarray
    b_h: np.ndarray
    W_out: np.ndarray
    b_out: np.ndarray

    def astype(self, dtype):
        """A copy in another precision."""
        return Parameters(*(array.astype(dtype, order="C") for array in self))


@np.errstate(under="ignore")  # exp of a very negative number is 0, as it should be
def sigmoid(z):
    """1 / (1 + exp(-z)) of an array or a number, exact in both tails: exp is never given z > 0 and can't overflow."""
    e = np.exp(-np.abs(z))
    return np.where(np.greater_equal(z, 0), 1, e) / (1 + e)


def forward(network, X):
    """Forward propagation of inputs X (n, 784) through a Network or Parameters; returns Forward."""
    z_h = X @ network.W_h + network.b_h  # (n, 784) @ (784, H) + (H,) -> (n, H)
    a_h = sigmoid(z_h)  # (n, H)
    if network.b_h.size == 0:
        a_h = X  # no hidden layer: (n, 784)
    z_out = a_h @ network.W_out + network.b_out  # (n, H) @ (H, 10) + (10,) -> (n, 10)
    a_out = sigmoid(z_out)  # (n, 10)
    return Forward(z_h, a_h, z_out, a_out)


def backward(network, X, activations, Y):
    """Back propagation of the activations = forward(network, X): the gradient of cost(z_out, Y), as Parameters.

    In the output layer the derivatives of cross-entropy and sigmoid cancel, so delta_out is very short.
    """
    n, a_h, a_out = len(X), activations.a_h, activations.a_out
    delta_out = a_out - Y  # (n, 10)
    if network.b_h.size == 0:
        delta_h = np.zeros((n, 0), a_out.dtype)  # no hidden layer
    else:
        delta_h = delta_out @ network.W_out.T * a_h * (1 - a_h)  # (n, 10) @ (10, H) -> (n, H)
    grad_W_h = X.T @ delta_h / n  # (784, n) @ (n, H) -> (784, H)
    grad_b_h = delta_h.mean(axis=0)  # (H,)
    grad_W_out = a_h.T @ delta_out / n  # (H, n) @ (n, 10) -> (H, 10)
    grad_b_out = delta_out.mean(axis=0)  # (10,)
    return Parameters(grad_W_h, grad_b_h, grad_W_out, grad_b_out)


def update(parameters, gradients, eta):
    """One step of gradient descent: new Parameters, each weight and bias moved by -eta times its gradient."""
    W_h = parameters.W_h - eta * gradients.W_h
    b_h = parameters.b_h - eta * gradients.b_h
    W_out = parameters.W_out - eta * gradients.W_out
    b_out = parameters.b_out - eta * gradients.b_out
    return Parameters(W_h, b_h, W_out, b_out)


def sgd(parameters, X, Y, eta, epochs, seed):
    """The lecture's stochastic gradient descent, an update after every image; train() takes the same steps, faster."""
    for epoch in range(epochs):
        for i in np.random.default_rng([seed, epoch]).permutation(len(X)):
            x, y = X[i : i + 1], Y[i : i + 1]  # (1, 784), (1, 10)
            gradients = backward(parameters, x, forward(parameters, x), y)
            parameters = update(parameters, gradients, eta)
    return parameters


def onehot(y):
    """Labels y (n,), digits or NON_DIGIT, as rows (n, 10) with a 1 in the digit's column, or none; else ValueError."""
    y = np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "iu" or (y.size and not NON_DIGIT <= y.min() <= y.max() < N_DIGITS):
        raise ValueError(f"Labels must be a row of whole numbers from 0 to 9, or {NON_DIGIT} for a non-digit.")
    return (y[:, None] == np.arange(N_DIGITS)).astype(float)  # (n, 1) == (10,) -> (n, 10)


def cost(z_out, Y):
    """The cost J of net inputs z_out (n, 10) and labels Y (n, 10), summed over outputs and averaged over images."""
    return float(cost_terms(z_out, Y).sum(axis=1).mean())


@np.errstate(under="ignore")
def cost_terms(z_out, Y):
    """Cross-entropy -(y log a + (1 - y) log(1 - a)), a = sigmoid(z): each output's share of each image's cost, (n, 10).

    It is computed from the net inputs z_out (n, 10), because an a that was rounded to 0 or 1 has no finite cost:
    -log(1 - a) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), where exp can't overflow; -log a is that minus z.
    """
    largest = np.finfo(np.float64).max / (2 * np.size(z_out) or 1)  # so that even the sum of huge values is finite
    z = np.clip(z_out, -largest, largest, dtype=np.float64)
    return np.maximum(z, 0) - Y * z + np.log1p(np.exp(-np.abs(z)))


@dataclass(frozen=True, eq=False)
class Network:
    """Weights and biases, copied. They can't be changed: training makes new networks instead.

    Arrays have the glossary's shapes (otherwise ValueError). pixel_max is the value of a white pixel in the inputs: 1
    if they are scaled, 255 for raw pixels. preparation says how its training images were prepared, and so how a drawing
    has to be: "mnist" or "normalized" (images/preprocessing.py).
    """

    W_h: np.ndarray
    b_h: np.ndarray
    W_out: np.ndarray
    b_out: np.ndarray
    pixel_max: float = 1.0
    preparation: str = "mnist"

    def __post_init__(self):
        for name, shape in shapes(np.size(self.b_h)).items():
            array = np.asarray(getattr(self, name))
            if array.shape != shape:
                raise ValueError(f"{name} has the shape {array.shape}, but {shape} was expected.")
            if array.flags.writeable or array.base is not None:  # a view, whose base may change
                array = array.copy()
                array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not 0 < self.pixel_max < np.inf:
            raise ValueError(f"pixel_max must be a finite number above 0, not {self.pixel_max!r}.")

    def __reduce__(self):
        return Network, (*self.parameters, self.pixel_max, self.preparation)  # a copy can't be changed either

    @property
    def parameters(self):
        """The weights and biases as Parameters."""
        return Parameters(self.W_h, self.b_h, self.W_out, self.b_out)

    def astype(self, dtype):
        """The Network with its weights and biases in another precision."""
        return replace(self, **self.parameters.astype(dtype)._asdict())

    @property
    def n_hidden(self):
        """The number of hidden units, 0 for the single-layer network."""
        return len(self.b_h)

    def inputs(self, images):
        """Images (n, 784), uint8 in 0..255 or floats in 0..1, as inputs X of this network; ValueError for others."""
        images = checked_images(images)
        X, white = images.astype(self.W_out.dtype), 255 if images.dtype == np.uint8 else 1  # X is a copy
        return X if white == self.pixel_max else np.multiply(X, self.pixel_max / white, out=X)

    def predict_proba(self, images):
        """The ten outputs a_out (n, 10), each in 0..1, for images (n, 784). Ten sigmoids need not add up to 1."""
        return forward(self, self.inputs(images)).a_out

    def predict(self, images):
        """The digit (n,) whose output is largest, for images (n, 784), uint8 or floats in 0..1."""
        return forward(self, self.inputs(images)).z_out.argmax(axis=1)  # an a_out may be rounded to 1


def shapes(n_hidden):
    """The shapes of the weights and biases of a network with n_hidden hidden units, by name."""
    n_before = n_hidden or N_PIXELS  # the inputs of the output layer
    return {"W_h": (N_PIXELS, n_hidden), "b_h": (n_hidden,), "W_out": (n_before, N_DIGITS), "b_out": (N_DIGITS,)}


def initial_network(n_hidden, seed, pixel_max=1.0, preparation="mnist"):
    """An untrained Network: weights from N(0, 0.1), where 0.1 is the standard deviation, by this seed, and biases 0."""
    normal, shape = np.random.default_rng(seed).normal, shapes(n_hidden)
    W_h, W_out = normal(0, 0.1, shape["W_h"]), normal(0, 0.1, shape["W_out"])
    return Network(W_h, np.zeros(n_hidden), W_out, np.zeros(N_DIGITS), pixel_max, preparation)
