"""The lecture's mathematics: a network of sigmoids as pure functions. Begin here: forward -> backward -> update -> sgd.

Glossary (n images, H hidden units, 10 digits)

    X        (n, 784)   the inputs: one image a row, its 28 x 28 pixels side by side
    W_h, b_h            weights (784, H) and biases (H,) of the hidden layer
    z_h, a_h (n, H)     its net inputs X W_h + b_h, and its activations sigmoid(z_h)
    W_out, b_out        weights (H, 10) and biases (10,) of the output layer
    z_out, a_out        net inputs and activations of the ten outputs, (n, 10)
    Y        (n, 10)    the labels, one-hot: 1 in the column of the right digit, 0 elsewhere; all 0 for a non-digit
    delta_h, delta_out  the error terms: how the cost of an image changes with z_h and z_out
    J                   the cost: cross-entropy, averaged over the images
    eta                 the learning rate

Without a hidden layer (H = 0) the outputs look at the image itself, a_h = X. That makes ten logistic regressions side
by side, the single-layer network of the lecture's first half. W_h and b_h are then empty, and W_out is (784, 10).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .images import NON_DIGIT
from .images.preparations import check_preparation

N_PIXELS = 784
N_DIGITS = 10
FLAT = 0.01  # a sigmoid is flat, and its unit saturated, if a is within this of 0 or 1: its slope is then below 0.01
MAX_WEIGHT = 1e30  # far beyond any learnt weight; below it no net input overflows, not even in float32


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


def onehot(y):
    """Labels y (n,), digits or NON_DIGIT, as rows (n, 10) with a single 1 in the digit's column, or none.

    Raises ValueError for other labels.
    """
    y = np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "iu" or (y.size and not NON_DIGIT <= y.min() <= y.max() < N_DIGITS):
        raise ValueError(f"Labels must be a row of whole numbers from 0 to 9, or {NON_DIGIT} for a non-digit.")
    return (y[:, None] == np.arange(N_DIGITS)).astype(float)  # (n, 1) == (10,) -> (n, 10)


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
    """Back propagation: the gradient of cost(z_out, Y) with respect to every weight and bias.

    X (n, 784) are the inputs, activations is what forward returned for them, Y (n, 10) are the one-hot labels; returns
    Parameters. In the output layer the derivatives of cross-entropy and sigmoid cancel, so delta_out is very short.
    """
    n = len(X)
    a_h, a_out = activations.a_h, activations.a_out
    delta_out = a_out - Y  # (n, 10)
    if network.b_h.size == 0:
        delta_h = np.zeros((n, 0), a_out.dtype)  # no hidden layer
    else:
        delta_h = delta_out @ network.W_out.T * a_h * (1 - a_h)  # (n, 10) @ (10, H) -> (n, H)
    return Parameters(
        W_h=X.T @ delta_h / n,  # (784, n) @ (n, H) -> (784, H)
        b_h=delta_h.mean(axis=0),  # (H,)
        W_out=a_h.T @ delta_out / n,  # (H, n) @ (n, 10) -> (H, 10)
        b_out=delta_out.mean(axis=0),  # (10,)
    )


def update(parameters, gradients, eta):
    """One step of gradient descent: new Parameters, each weight and bias moved by -eta times its gradient."""
    return Parameters(
        W_h=parameters.W_h - eta * gradients.W_h,
        b_h=parameters.b_h - eta * gradients.b_h,
        W_out=parameters.W_out - eta * gradients.W_out,
        b_out=parameters.b_out - eta * gradients.b_out,
    )


def sgd(parameters, X, Y, eta, epochs, seed):
    """The lecture's stochastic gradient descent: an update after every single image; returns the last Parameters.

    X (n, 784) are the inputs, Y (n, 10) the one-hot labels. Every epoch takes the images in a new order, and the same
    seed gives the same orders. train() takes the same steps, only faster, and a test compares the two.
    """
    for epoch in range(epochs):
        for i in np.random.default_rng([seed, epoch]).permutation(len(X)):
            x, y = X[i : i + 1], Y[i : i + 1]  # (1, 784), (1, 10)
            gradients = backward(parameters, x, forward(parameters, x), y)
            parameters = update(parameters, gradients, eta)
    return parameters


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

    Parameters
    ----------
    W_h, b_h, W_out, b_out : arrays of floats
        Shapes as in the glossary above.
    pixel_max : float
        The value of a white pixel in the inputs: 1 if they are scaled, 255 for raw pixels. Callers always pass images
        in 0..1 (or uint8), and the network scales them.
    preparation : str
        How the training images were prepared, and so how a drawing has to be: "mnist" for MNIST's images as they are,
        "normalized" for images without slant and with one stroke width (see images/preprocessing.py).

    Raises
    ------
    ValueError
        If the shapes don't fit together, pixel_max isn't a finite number above 0, or the preparation is unknown.
    """

    W_h: np.ndarray
    b_h: np.ndarray
    W_out: np.ndarray
    b_out: np.ndarray
    pixel_max: float = 1.0
    preparation: str = "mnist"

    def __post_init__(self):
        for name, shape in shapes(np.size(self.b_h)).items():
            array = frozen(getattr(self, name))
            if array.shape != shape:
                raise ValueError(f"{name} has the shape {array.shape}, but {shape} was expected.")
            object.__setattr__(self, name, array)
        if not 0 < self.pixel_max < np.inf:
            raise ValueError(f"pixel_max must be a finite number above 0, not {self.pixel_max!r}.")
        check_preparation(self.preparation)

    def __reduce__(self):
        return Network, (*self.parameters, self.pixel_max, self.preparation)  # a copy's arrays are frozen too

    @property
    def parameters(self):
        """The weights and biases as Parameters."""
        return Parameters(self.W_h, self.b_h, self.W_out, self.b_out)

    @property
    def n_hidden(self):
        """The number of hidden units, 0 for the single-layer network."""
        return len(self.b_h)

    def inputs(self, images):
        """Images (n, 784), uint8 in 0..255 or floats in 0..1, as the inputs X of this network."""
        images = np.asarray(images)
        if images.ndim != 2 or images.shape[1] != N_PIXELS:
            raise ValueError(f"Images must have the shape (n, {N_PIXELS}), not {images.shape}.")
        if images.dtype != np.uint8 and images.dtype.kind != "f":
            raise ValueError(f"Images must be uint8 in 0..255 or floats in 0..1, not {images.dtype}.")
        if images.dtype.kind == "f" and np.isnan(images).any():
            raise ValueError("Images must be numbers, but some of their pixels are NaN.")
        return as_inputs(images, self.pixel_max, self.W_out.dtype)

    def predict_proba(self, images):
        """The ten outputs a_out (n, 10), each in 0..1, for images (n, 784), uint8 or floats in 0..1.

        Each is the network's own estimate that the image is that digit. Ten sigmoids need not add up to 1.
        """
        return forward(self, self.inputs(images)).a_out

    def predict(self, images):
        """The digit (n,) whose output is largest, for images (n, 784), uint8 or floats in 0..1."""
        return forward(self, self.inputs(images)).z_out.argmax(axis=1)


def read(network, image):
    """How a Network reads one image, 784 floats in 0..1 of any shape: its outputs a_out (10,) and the digit.

    The digit is that of the largest net input, because outputs that were rounded to 1 don't show which one is largest.
    """
    activations = forward(network, network.inputs(np.reshape(image, (1, -1))))
    return activations.a_out[0], int(activations.z_out[0].argmax())


def frozen(array):
    """The array if nobody can write to it, otherwise a copy to which nobody can."""
    array = np.asarray(array)
    owner = array if array.base is None else array.base
    if array.flags.writeable or not isinstance(owner, np.ndarray) or owner.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


def shapes(n_hidden):
    """The shapes of the weights and biases of a network with n_hidden hidden units, by name."""
    return {
        "W_h": (N_PIXELS, n_hidden),
        "b_h": (n_hidden,),
        "W_out": (n_hidden or N_PIXELS, N_DIGITS),
        "b_out": (N_DIGITS,),
    }


def as_inputs(images, pixel_max=1.0, dtype=np.float64):
    """Images of any shape, uint8 in 0..255 or floats in 0..1, as floats in 0..pixel_max."""
    white = 255 if images.dtype == np.uint8 else 1
    X = images.astype(dtype)
    return X if white == pixel_max else np.multiply(X, pixel_max / white, out=X)


def initial_network(n_hidden, seed, pixel_max=1.0, preparation="mnist"):
    """An untrained network: weights from N(0, 0.1), where 0.1 is the standard deviation, and biases 0.

    The same seed (an integer, at least 0) gives the same weights.
    """
    normal = np.random.default_rng(seed).normal
    return Network(
        W_h=normal(0, 0.1, (N_PIXELS, n_hidden)),
        b_h=np.zeros(n_hidden),
        W_out=normal(0, 0.1, (n_hidden or N_PIXELS, N_DIGITS)),
        b_out=np.zeros(N_DIGITS),
        pixel_max=pixel_max,
        preparation=preparation,
    )


def is_finite(parameters):
    """Whether every weight and bias of a Network or Parameters is a number smaller than MAX_WEIGHT."""
    arrays = parameters.W_h, parameters.b_h, parameters.W_out, parameters.b_out
    return all(bool((np.abs(array) < MAX_WEIGHT).all()) for array in arrays)  # NaN is not below anything


def is_flat(a):
    """Where the sigmoid is flat at activations a (any shape): within FLAT of 0 or 1. Booleans of the same shape."""
    return (a < FLAT) | (a > 1 - FLAT)
