"""The lecture's formulas, written down again as they are on the board: one image at a time, without tricks.

What nn computes is compared with this. A set of weights is a list [W_h, b_h, W_out, b_out]; without a hidden layer the
first two are empty, and the outputs look at the image itself.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def onehot(digit):
    return np.array([1.0 if k == digit else 0.0 for k in range(10)])


def forward(weights, x):
    """z_h, a_h, z_out and a_out of one image x (784,)."""
    W_h, b_h, W_out, b_out = weights
    z_h = np.dot(x, W_h) + b_h
    a_h = sigmoid(z_h) if len(b_h) else x
    z_out = np.dot(a_h, W_out) + b_out
    return z_h, a_h, z_out, sigmoid(z_out)


def gradients(weights, x, digit):
    """The slope of one image's cost along every weight and bias."""
    W_h, b_h, W_out, b_out = weights
    _, a_h, _, a_out = forward(weights, x)
    delta_out = a_out - onehot(digit)
    delta_h = np.dot(W_out, delta_out) * a_h * (1 - a_h) if len(b_h) else np.zeros(0)
    return [np.outer(x, delta_h), delta_h, np.outer(a_h, delta_out), delta_out]


def cost(weights, X, y):
    """Cross-entropy, the mean for an image."""
    total = 0.0
    for x, digit in zip(X, y):
        a_out, target = forward(weights, x)[-1], onehot(digit)
        total += -np.sum(target * np.log(a_out) + (1 - target) * np.log(1 - a_out))
    return total / len(X)


def accuracy(weights, X, y):
    """The share of images whose largest output is that of the right digit."""
    return np.mean([np.argmax(forward(weights, x)[-1]) == digit for x, digit in zip(X, y)])


def epoch(weights, X, y, eta, order, batch_size=1):
    """The weights after one epoch: for every batch, one step down the mean of its images' slopes."""
    weights = [np.array(w, dtype=float) for w in weights]
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        total = [np.zeros_like(w) for w in weights]
        for i in batch:
            total = [t + g for t, g in zip(total, gradients(weights, X[i], y[i]))]
        weights = [w - eta * t / len(batch) for w, t in zip(weights, total)]
    return weights


def relative_difference(ours, lectures):
    """The largest difference between two lists of arrays, as a share of the largest value in the array."""
    assert [np.shape(a) for a in ours] == [np.shape(b) for b in lectures]
    return max(np.abs(a - b).max() / (np.abs(b).max() or 1) for a, b in zip(ours, lectures) if np.size(b))
