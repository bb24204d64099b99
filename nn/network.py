"""The lecture's mathematics: a network of sigmoids as pure functions over an immutable set of weights.

Glossary (n images, H hidden units, 10 digits)

    X        (n, 784)   the inputs: one image a row, its 28 x 28 pixels side by side
    W_h, b_h            weights (784, H) and biases (H,) of the hidden layer
    z_h, a_h (n, H)     its net inputs X W_h + b_h, and its activations sigmoid(z_h)
    W_out, b_out        weights (H, 10) and biases (10,) of the output layer
    z_out, a_out        net inputs and activations of the ten outputs, (n, 10)
    Y        (n, 10)    the labels, one-hot: 1 in the column of the right digit, 0 elsewhere
    delta_h, delta_out  the error terms: how the cost of an image changes with z_h and with z_out
    J                   the cost: cross-entropy, the mean for an image
    eta                 the learning rate

Without a hidden layer (H = 0) the outputs look at the image itself, a_h = X: ten logistic regressions side by side,
the single-layer network of the lecture's first half. W_h and b_h are then empty, and W_out is (784, 10).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

N_PIXELS = 784
N_DIGITS = 10
FLAT = 0.01  # a sigmoid is called flat, and its unit saturated, where its slope a (1 - a) is below it; 0.25 is the steepest
ABSURD = 1e30  # no weight that was learnt is nearly as large; below it no net input overflows, not even in float32


class Forward(NamedTuple):
    """All that forward propagation computes on its way; shapes in the glossary."""

    z_h: np.ndarray
    a_h: np.ndarray
    z_out: np.ndarray
    a_out: np.ndarray


class Parameters(NamedTuple):
    """A value for every weight and bias, shapes in the glossary: gradients are given as this."""

    W_h: np.ndarray
    b_h: np.ndarray
    W_out: np.ndarray
    b_out: np.ndarray

    def astype(self, dtype):
        """A copy in another precision."""
        return Parameters(*(array.astype(dtype, order="C") for array in self))


@dataclass(frozen=True, eq=False)
class Network:
    """Weights and biases that nobody can change: training makes new networks instead.

    Parameters
    ----------
    W_h, b_h, W_out, b_out : arrays of floats
        Shapes as in the glossary above.
    pixel_max : float
        What a white pixel was when the network learnt: 1 for scaled inputs, 255 for raw pixels. Everybody outside gives
        images in 0..1, and the network brings them to what it knows.
    preparation : str
        How the images were prepared that the network learnt from, and how drawings have to be for it: "mnist" for MNIST's
        images as they are, "evened" where slant and pen width were evened out (see drawing.py).

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """

    W_h: np.ndarray
    b_h: np.ndarray
    W_out: np.ndarray
    b_out: np.ndarray
    pixel_max: float = 1.0
    preparation: str = "mnist"

    def __post_init__(self):
        for name, shape in shapes(np.size(self.b_h)).items():
            array = np.asarray(getattr(self, name)).view()
            if array.shape != shape:
                raise ValueError(f"{name} has the shape {array.shape}, but {shape} was expected.")
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def parameters(self):
        """The weights and biases as Parameters."""
        return Parameters(self.W_h, self.b_h, self.W_out, self.b_out)

    @property
    def n_hidden(self):
        """The number of hidden units, 0 for the single-layer network."""
        return len(self.b_h)

    def inputs(self, images):
        """Images (n, 784), uint8 in 0..255 or floats in 0..1, as the X that this network learnt from."""
        images = np.asarray(images)
        if images.ndim != 2 or images.shape[1] != N_PIXELS:
            raise ValueError(f"Images must have the shape (n, {N_PIXELS}), not {images.shape}.")
        if images.dtype != np.uint8 and images.dtype.kind != "f":
            raise ValueError(f"Images must be uint8 in 0..255 or floats in 0..1, not {images.dtype}.")
        return as_inputs(images, self.pixel_max, self.W_out.dtype)

    def predict_proba(self, images):
        """The ten outputs a_out (n, 10), each in 0..1, for images (n, 784), floats in 0..1.

        Each is the network's own estimate that the image is that digit. Ten sigmoids need not sum to one.
        """
        return forward(self, self.inputs(images)).a_out

    def predict(self, images):
        """The digit (n,) whose output is largest, for images (n, 784), floats in 0..1."""
        return forward(self, self.inputs(images)).z_out.argmax(axis=1)


def shapes(n_hidden):
    """The shapes of the weights and biases of a network with so many hidden units, by name."""
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


def initial_network(n_hidden, seed, pixel_max=1.0):
    """A network that has learnt nothing: weights from N(0, 0.1) (standard deviation 0.1), biases 0.

    The same seed (an integer of at least 0) gives the same weights.
    """
    normal = np.random.default_rng(seed).normal
    return Network(
        W_h=normal(0, 0.1, (N_PIXELS, n_hidden)),
        b_h=np.zeros(n_hidden),
        W_out=normal(0, 0.1, (n_hidden or N_PIXELS, N_DIGITS)),
        b_out=np.zeros(N_DIGITS),
        pixel_max=pixel_max,
    )


def is_sound(parameters):
    """Whether all weights and biases of a Network or Parameters are numbers that can be calculated with: below ABSURD."""
    arrays = parameters.W_h, parameters.b_h, parameters.W_out, parameters.b_out
    return all(bool((np.abs(array) < ABSURD).all()) for array in arrays)  # NaN is not below anything


@np.errstate(under="ignore")  # exp of a very negative number is 0, as it should be
def sigmoid(z):
    """1 / (1 + exp(-z)) of an array or a number, exact in both tails; exp only ever sees z <= 0, so it can't overflow."""
    e = np.exp(-np.abs(z))
    return np.where(np.greater_equal(z, 0), 1, e) / (1 + e)


def is_flat(a):
    """Where activations a (any shape) of a sigmoid lie where it is flat: within FLAT of 0 or 1, so its slope is below FLAT."""
    return (a < FLAT) | (a > 1 - FLAT)


def onehot(y, n_classes=N_DIGITS):
    """Labels y (n,), integers in 0..n_classes-1, as rows (n, n_classes) with a single 1 in the label's column.

    Raises ValueError for any other label.
    """
    y = np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "iu" or (y.size and not 0 <= y.min() <= y.max() < n_classes):
        raise ValueError(f"Labels must be a row of whole numbers from 0 to {n_classes - 1}.")
    return np.eye(n_classes)[y]


def forward(network, X):
    """Forward propagation of inputs X (n, 784) through a Network or Parameters: a Forward with z_h, a_h, z_out, a_out."""
    z_h = X @ network.W_h + network.b_h  # (n, 784) @ (784, H) -> (n, H)
    a_h = sigmoid(z_h) if network.b_h.size else X
    z_out = a_h @ network.W_out + network.b_out  # (n, H) @ (H, 10) -> (n, 10)
    return Forward(z_h, a_h, z_out, sigmoid(z_out))


def read(network, image):
    """What a Network makes of one image, 784 floats in 0..1 of any shape: its outputs a_out (10,), and the digit that it reads.

    The digit is that of the largest net input, for outputs that were rounded to 1 don't tell which of them is the largest.
    """
    activations = forward(network, network.inputs(np.reshape(image, (1, -1))))
    return activations.a_out[0], int(activations.z_out[0].argmax())


def backward(network, X, activations, Y):
    """Back propagation: the slope of cost(z_out, Y), the mean over the n images, along every weight and bias.

    X (n, 784) are the inputs, activations what forward made of them, Y (n, 10) the one-hot labels; returns Parameters.
    The derivative of cross-entropy and that of the sigmoid cancel in the last layer, which is why delta_out is as short as it is.
    """
    n = len(X)
    _, a_h, _, a_out = activations
    delta_out = a_out - Y  # (n, 10)
    if network.b_h.size:
        delta_h = delta_out @ network.W_out.T * a_h * (1 - a_h)  # (n, 10) @ (10, H) -> (n, H)
    else:
        delta_h = np.zeros((n, 0), a_out.dtype)
    return Parameters(
        W_h=X.T @ delta_h / n,  # (784, n) @ (n, H) -> (784, H)
        b_h=delta_h.mean(axis=0),
        W_out=a_h.T @ delta_out / n,  # (H, n) @ (n, 10) -> (H, 10)
        b_out=delta_out.mean(axis=0),
    )


@np.errstate(under="ignore")
def cost(z_out, Y):
    """The cost J of the net inputs z_out (n, 10), Y (n, 10) being the labels: summed over the ten outputs, mean for an image."""
    return float(cost_terms(z_out, Y).sum(axis=1).mean())


@np.errstate(under="ignore")
def cost_terms(z_out, Y):
    """Cross-entropy -(y log a + (1 - y) log(1 - a)), a = sigmoid(z): what each output of each image adds to J, (n, 10).

    Computed from the net inputs z_out (n, 10), because an a that was rounded to 0 or 1 has no logarithm:
    -log(1 - a) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), where exp can't overflow, and -log a is less by z.
    """
    largest = np.finfo(np.float64).max / (2 * np.size(z_out) or 1)  # so that even the sum of absurd values is finite
    z = np.clip(z_out, -largest, largest, dtype=np.float64)
    return np.maximum(z, 0) - Y * z + np.log1p(np.exp(-np.abs(z)))
