"""Gradient descent near the speed of the matrix products: forward, backward and update, made quick.

network.py has the plain formulas, as in the lecture, and the tests compare this file with them. Here, for speed,

- every array that is needed repeatedly is allocated once, and NumPy writes into it (out=);
- a bias is the weight of an input that is always 1: a 785th pixel, and one more hidden unit with a bias so large that
  it is always on. A layer is then one matrix, X (n, 785), W_h (785, H + 1), W_out (H + 1, 10), and one product;
- the sigmoid's complement is computed first, complement = 1 - a = 1 / (1 + exp(z)), because the slope is
  a' = a * complement. If exp overflows to infinity, the complement is 0, as it should be, so overflow is not an error
  here. The unit that is always on has the complement 0, so it never learns anything;
- instead of the error terms, the steps that they cause are kept: step_h = -eta delta_h and step_out = -eta delta_out.
"""

import numpy as np

from .images import NON_DIGIT
from .network import N_DIGITS, N_PIXELS, Parameters, onehot

BLOCK = 24  # images in a block of Online: the fastest size that was measured, but 16 and 32 are nearly as good
PART = 250  # images propagated at once: few enough for the processor's cache, and to interrupt large batches
ALWAYS_ON = 1_000.0  # a bias: exp(1000) is infinite, so the complement is exactly 0
N_INPUTS = N_PIXELS + 1
ABSENT = 1 - onehot(np.array([*range(N_DIGITS), NON_DIGIT]))  # the targets of 1 - a_out; the last row is for -1


class Online:
    """The lecture's stochastic gradient descent, an update after every single image, computed in blocks.

    Nearly all weights are in the first layer, and in plain code every image reads and writes all of them. But image j
    changes W_h only by adding a column times a row, its inputs x_j^T times step_j. So the net inputs of a later image k
    in the same block are those with the W_h from before the block, plus the changes by the images in between:

        z_k = x_k (W_h + sum_{j<k} x_j^T step_j) = x_k W_h + sum_{j<k} (x_k . x_j) step_j

    One product for the whole block gives all x_k W_h, and another, G = X X^T, all the numbers x_k . x_j, which don't
    depend on the weights. Then the images come one after the other, as always, each with the updates of earlier images;
    but an image only handles vectors as long as the hidden layer. At the end of the block a third product brings W_h up
    to date. No step is averaged, delayed or left out; only the terms of a sum are grouped differently. (The output
    layer is small, so it is updated after each image in the plain way.)

    Row k of S is x_k W_h until image k has its turn, and its step from then on. With a 1 on the diagonal of G, z_k is
    a single product, G[k, :k+1] @ S[:k+1].

    Computed in float64: the weights are those of the plain way to about 14 digits.
    """

    def __init__(self, network, images, labels, eta):
        self.W_h, self.W_out, self.parameters = _matrices(network, np.float64)
        self._read = _reader(images, network.pixel_max, BLOCK, np.float64)
        self._labels, eta = labels, float(eta)
        self._goals = eta * ABSENT
        self._first = self.W_h if network.n_hidden else self.W_out  # the weights of the first layer
        self._learn = self._two_layers if network.n_hidden else self._one_layer
        self._change = np.empty_like(self._first)
        self._G, self._S = np.empty((BLOCK, BLOCK)), np.empty((BLOCK, self._first.shape[1]))
        self._turns = [(self._G[k, : k + 1].dot, self._S[: k + 1], self._S[k]) for k in range(BLOCK)]
        self._eta = np.full(N_DIGITS, eta)  # an array, because NumPy needs longer for a number

    def learn(self, order, start, stop):
        """Learn from the images at positions start to stop of this order; yields the position after every block."""
        for i in range(start, stop, BLOCK):
            end = min(i + BLOCK, stop)
            self._block(order[i:end])
            yield end

    @np.errstate(over="ignore", under="ignore", invalid="ignore")  # train() checks whether the weights are finite
    def _block(self, chosen):
        n = len(chosen)
        X, S = self._read(chosen), self._S[:n]
        np.dot(X, self._first, out=S)  # (n, 785) @ (785, H + 1) -> (n, H + 1)
        self._G[1:n, : n - 1] = X[1:] @ X[:-1].T  # (n - 1, 785) @ (785, n - 1) -> (n - 1, n - 1); only j < k is needed
        self._G.flat[:: BLOCK + 1] = 1
        self._learn(self._goals[self._labels[chosen]])
        np.dot(X.T, S, out=self._change)  # (785, n) @ (n, H + 1) -> (785, H + 1)
        self._first += self._change

    def _two_layers(self, goals):
        """Turn the x_k W_h in S into the steps of the hidden layer, and update W_out after every image."""
        exp, add, subtract, multiply, divide = np.exp, np.add, np.subtract, np.multiply, np.divide  # local: quicker
        W_out, eta = self.W_out, self._eta
        change, complement, back = np.empty_like(W_out), np.empty(len(W_out)), np.empty(len(W_out))
        a_column, step_row = np.empty((len(W_out), 1)), np.empty((1, N_DIGITS))
        a_h, step_out = a_column[:, 0], step_row[0]
        one_h, one_out = np.ones(len(W_out)), np.ones(N_DIGITS)
        to_outputs, backwards, outer = a_h.dot, W_out.dot, a_column.dot
        for (net_input, S_k, step_h), goal in zip(self._turns, goals):
            net_input(S_k, complement)  # z_h: (k + 1,) @ (k + 1, H + 1) -> (H + 1,)
            exp(complement, complement)  # in the same array: exp(z_h), 1 + exp(z_h), and then 1 - a_h
            add(complement, one_h, complement)
            divide(one_h, complement, complement)
            subtract(one_h, complement, a_h)
            to_outputs(W_out, step_out)  # (H + 1,) @ (H + 1, 10) -> (10,)
            exp(step_out, step_out)
            add(step_out, one_out, step_out)
            divide(eta, step_out, step_out)  # eta (1 - a_out)
            subtract(step_out, goal, step_out)  # eta (1 - a_out) - eta (1 - y) = -eta delta_out
            backwards(step_out, back)  # (H + 1, 10) @ (10,) -> (H + 1,)
            multiply(complement, a_h, complement)
            multiply(complement, back, step_h)
            outer(step_row, change)  # (H + 1, 1) @ (1, 10) -> (H + 1, 10)
            add(W_out, change, W_out)

    def _one_layer(self, goals):
        """The same without a hidden layer: turn the x_k W_out in S into the steps of the outputs."""
        one, complement = np.ones(N_DIGITS), np.empty(N_DIGITS)
        for (net_input, S_k, step_out), goal in zip(self._turns, goals):
            net_input(S_k, complement)  # (k + 1,) @ (k + 1, 10) -> (10,)
            np.exp(complement, complement)
            np.add(complement, one, complement)
            np.divide(self._eta, complement, complement)
            np.subtract(complement, goal, step_out)


class Batches:
    """Gradient descent with batches, from two images to all of them: an update by the mean gradient of each batch.

    Computed in float32, which halves the time of the products, with the same learning curves: only steps below 1e-7 of
    a weight are lost. (Online stays in float64, because its time is spent on calls, not on digits.)
    """

    def __init__(self, network, images, labels, eta, size):
        rows = min(size, PART, len(images))
        self.W_h, self.W_out, self.parameters = _matrices(network, np.float32)
        self._read = _reader(images, network.pixel_max, rows, np.float32)
        self._labels, self._eta, self._size = labels, float(eta), size
        self._goals = ABSENT.astype(np.float32)
        self._has_hidden = network.n_hidden > 0
        self._change_h, self._change_out = np.zeros_like(self.W_h), np.zeros_like(self.W_out)
        self._complement, self._a_h = np.empty((2, rows, self.W_h.shape[1]), np.float32)

    def learn(self, order, start, stop):
        """Learn from the images at positions start to stop of this order; yields the position after every batch.

        The last batch may go beyond stop. After each part of a large batch it yields the batch's first position.
        """
        for i in range(start, stop, self._size):
            batch = order[i : i + self._size]
            for j in range(0, len(batch), PART):
                last = j + PART >= len(batch)
                self._learn(batch[j : j + PART], self._eta / len(batch), j == 0, last)
                yield i + len(batch) if last else i

    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def _learn(self, chosen, eta, first, last):
        """Propagate a part of a batch forward and back; the last part updates the weights."""
        n = len(chosen)
        a = X = self._read(chosen)
        if self._has_hidden:
            z_h = np.dot(X, self.W_h, out=self._complement[:n])  # (n, 785) @ (785, H + 1) -> (n, H + 1)
            complement = _complement(z_h)
            a = np.subtract(1, complement, out=self._a_h[:n])
        step_out = _complement(np.dot(a, self.W_out))  # (n, H + 1) @ (H + 1, 10) -> (n, 10)
        step_out -= self._goals.take(self._labels.take(chosen), axis=0)  # (1 - a_out) - (1 - y) = -delta_out
        step_out *= eta
        _product(a.T, step_out, self._change_out, first)  # (H + 1, n) @ (n, 10) -> (H + 1, 10)
        if self._has_hidden:
            step_h = np.dot(step_out, self.W_out.T)  # (n, 10) @ (10, H + 1) -> (n, H + 1)
            step_h *= np.multiply(a, complement, out=complement)
            _product(X.T, step_h, self._change_h, first)  # (785, n) @ (n, H + 1) -> (785, H + 1)
        if last:
            self.W_h += self._change_h
            self.W_out += self._change_out


def _matrices(network, dtype):
    """Copies of the weights and biases as matrices, W_h (785, H + 1) and W_out (H + 1, 10) or (785, 10).

    Third come the same as Parameters: views, not copies.
    """
    W_h = np.zeros((N_INPUTS, network.n_hidden + 1), dtype)
    W_h[:-1, :-1], W_h[-1, :-1], W_h[-1, -1] = network.W_h, network.b_h, ALWAYS_ON
    W_out = np.vstack([network.W_out, network.b_out]).astype(dtype)
    return W_h, W_out, Parameters(W_h[:-1, :-1], W_h[-1, :-1], W_out[:-1], W_out[-1])


def _reader(images, pixel_max, rows, dtype):
    """A function that returns up to `rows` chosen images as inputs (n, 785), copied and scaled into the same memory."""
    pixels = np.empty((rows, N_PIXELS), images.dtype)
    inputs = np.zeros((rows, N_INPUTS), dtype)
    scale = pixel_max / (255 if images.dtype == np.uint8 else 1)

    def read(chosen):
        n = len(chosen)
        X = inputs[:n]
        images.take(chosen, axis=0, out=pixels[:n], mode="clip")  # any other mode makes one more copy
        X[:, :-1] = pixels[:n]
        if scale != 1:
            X *= scale  # the last column too: whole rows are quicker
        X[:, -1] = 1
        return X

    return read


def _complement(z):
    """1 - sigmoid(z) = 1 / (1 + exp(z)), in place of z."""
    np.exp(z, out=z)
    z += 1
    return np.reciprocal(z, out=z)


def _product(A, B, result, first):
    """Set result to A @ B if it is the first, otherwise add A @ B to it."""
    if first:
        np.dot(A, B, out=result)
    else:
        result += A @ B
