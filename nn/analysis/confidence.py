"""Whether a drawing is a digit at all. Ten sigmoids can tell: each judges its own digit, so all of them may say no."""

import numpy as np

from ..network import forward

AT_A_TIME = 200  # images
FALSE_REJECTION_RATE = 0.0125  # the share of held-out digits that may be rejected


def confidence(network, images):
    """A network's confidence that an image shows one digit and no other: (n,) in 0..1, for images (n, 784) in 0..1.

    If the ten outputs were independent estimates, this would be the probability that the largest is right and the other
    nine are not: a_k times (1 - a_j) for every other j. It is small for a letter, where no output is large, and for two
    digits in one image, where two are.
    """
    z_out = forward(network, network.inputs(images)).z_out.astype(np.float64)
    # log a = -log(1 + exp(-z)) and log(1 - a) = log a - z, as in the cost, so no output is rounded to 0 or 1.
    log_none = -np.logaddexp(0, z_out).sum(axis=1)
    return np.exp(log_none + z_out.max(axis=1))


def rejection_threshold(network, images, false_rejection_rate=FALSE_REJECTION_RATE):
    """The confidence that all but a share of these held-out images reach; they are prepared as the network expects."""
    # Some images at a time: all in float64 would need 12 MB for each of many visitors.
    parts = [confidence(network, images[i : i + AT_A_TIME]) for i in range(0, len(images), AT_A_TIME)]
    return float(np.quantile(np.concatenate(parts), false_rejection_rate))


def is_rejected(network, image, threshold):
    """Whether the answer to an image, floats (28, 28) or (784,), is rejected: its confidence is below the threshold."""
    return bool(confidence(network, np.reshape(image, (1, -1)))[0] < threshold)
