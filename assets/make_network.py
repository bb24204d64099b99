"""Makes network.npz, the pre-trained network: the lecture's gradients, but steps that learn more in less time.

    python assets/make_network.py --data openml --out assets/network.npz

It learns from MNIST's training images (without the 2,000 that the bundled data hold out), distorted copies of them,
digits that twenty people wrote with a pen, and non-digits: letters, scribbles and the like, for which all ten outputs
should be 0.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from nn import DataError, load_mnist, load_network, prepare_images, save_network
from nn.analysis.evaluation import evaluate
from nn.cli import augmented, report
from nn.disk import check_writable
from nn.files.networks import LARGEST
from nn.images.augmentation import SIDE as FINE_SIDE
from nn.images.augmentation import random_bend
from nn.images.mnist import without_bundled_test
from nn.network import Network, Parameters, backward, forward, initial_network, onehot

SIDE = 28  # pixels of MNIST's images
BATCH = 100
MOMENTUM = 0.9
WARM_UP = 0.1  # the share of the training in which eta grows to its full size
AVERAGED = 20  # steps from one update of the averages to the next
SHARES = {"written": 0.5, "non_digits": 0.15}  # how many of each there are for a distorted copy
STRONG, WEAK = 1.2, 0.4  # the bend of a mini-batch at the beginning and at the end, compared with a distorted copy's


class Epoch(NamedTuple):
    """The network with averaged weights after an epoch, and the epoch's number."""

    number: int
    network: Network


def pretrain(X, Y, *, n_hidden, epochs, seed=0, eta=0.6, preparation="mnist"):
    """Train a network on many images; yields an Epoch after each pass over them.

    As in the lecture, the weights go down the slope of the cross-entropy, but with six changes:

    - each step uses a mini-batch of 100 images, in single precision;
    - three mini-batches in four are bent, all images of one in the same random way, so that hardly any image comes
      twice and none is learnt by heart; at first much, for a rough idea of all digits, at the end little, for details;
    - the steps have momentum: each continues in the direction of the previous ones;
    - eta first grows, because large steps from random weights would saturate the sigmoids for good;
    - then it falls to 0 along a cosine;
    - the network that is kept has the averages of the latest weights, which are closer to the middle of the valley than
      the weights themselves.

    Parameters
    ----------
    X : uint8 (n, 784)
        Prepared images.
    Y : floats (n, 10)
        What the outputs should be: the labels, one-hot.
    n_hidden, epochs, seed : int
    eta : float
        The learning rate that the steps grow to and fall from.
    preparation : str
        How the images were prepared; the network keeps it.
    """
    weights = initial_network(n_hidden, seed).parameters.astype(np.float32)
    steps = Parameters(*(np.zeros_like(p) for p in weights))
    averages = Parameters(*(p.copy() for p in weights))
    Y = np.asarray(Y, np.float32)
    batches = -(-len(X) // BATCH)
    for epoch in range(epochs):
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(len(X))
        for number in range(batches):
            progress = (epoch * batches + number) / (epochs * batches)
            rows = order[number * BATCH : (number + 1) * BATCH]
            images = X[rows] * np.float32(1 / 255)
            if number % 4:
                images = _bent(images, *_random_bend(rng, STRONG + (WEAK - STRONG) * progress))
            gradients = backward(weights, images, forward(weights, images), Y[rows])
            rate = np.float32(eta * min(1, progress / WARM_UP) * (1 + np.cos(np.pi * progress)) / 2)
            for weight, step, gradient in zip(weights, steps, gradients):
                step *= np.float32(MOMENTUM)
                step -= rate * gradient
                weight += step
            if number % AVERAGED == 0:
                # The averages reach back over a tenth of the whole training, or at its start over all steps so far.
                done, tenth = epoch * batches + number, epochs * batches / 10
                newest = np.float32(min(1, AVERAGED / min(done + AVERAGED, tenth)))
                for average, weight in zip(averages, weights):
                    average += newest * (weight - average)
        yield Epoch(epoch + 1, Network(*(p.copy() for p in averages), preparation=preparation))


def _random_bend(rng, strength):
    """For each pixel of a bent image, the four pixels of the original around it, (4, 784), and their weights."""
    middles = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2) + 0.5
    pixel = FINE_SIDE / SIDE
    points = middles * pixel
    sources = middles - 0.5 + strength * (random_bend(rng)(points) - points) / pixel
    x, y = np.clip(sources, 0, SIDE - 1.001).T
    left, top = x.astype(int), y.astype(int)
    right_share, low_share = x - left, y - top
    first = top * SIDE + left
    shares = [(1 - low_share) * (1 - right_share), (1 - low_share) * right_share, low_share * (1 - right_share)]
    shares.append(low_share * right_share)
    return np.stack([first, first + 1, first + SIDE, first + SIDE + 1]), np.array(shares, np.float32)


def _bent(images, sources, shares):
    """Images (n, 784), each pixel a weighted average of its four sources."""
    pixels = images.T  # a row for each pixel: (784, n)
    return sum(pixels[source] * share[:, None] for source, share in zip(sources, shares)).T


def side_by_side(networks):
    """One Network that holds the hidden units of several: its net inputs z_out are the averages of theirs.

    Several networks that learnt from different orders and bends make different mistakes, which partly cancel.
    """
    return Network(
        np.concatenate([network.W_h for network in networks], axis=1),
        np.concatenate([network.b_h for network in networks]),
        np.concatenate([network.W_out for network in networks]) / len(networks),
        np.mean([network.b_out for network in networks], axis=0),
        preparation=networks[0].preparation,
    )


def main(argv=None):
    """Train and save the network; returns the exit status: 0, or 2 after a sentence on what was wrong."""
    parser = argparse.ArgumentParser(prog="python assets/make_network.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="file to write, such as net.npz")
    parser.add_argument("--data", choices=["bundled", "openml"], default="bundled")
    parser.add_argument("--hidden", type=int, default=600, help="hidden units of each network")
    parser.add_argument("--networks", type=int, default=4, help="networks that are put side by side")
    parser.add_argument("--epochs", type=int, default=20, help="passes over all these images")
    parser.add_argument("--copies", type=int, default=4, help="distorted copies of each image")
    parser.add_argument("--seed", type=int, default=1)
    try:
        make_network(parser.parse_args(argv))
    except (ValueError, OSError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def make_network(arguments):
    """Make the images, train several networks on them, put them side by side, and save that."""
    check_writable(arguments.out, "The network")
    if min(arguments.hidden, arguments.networks, arguments.epochs) < 1 or min(arguments.copies, arguments.seed) < 0:
        raise ValueError("--hidden, --networks and --epochs must be at least 1, --copies and --seed at least 0.")
    if arguments.hidden * arguments.networks > LARGEST:
        raise ValueError(f"More than {LARGEST:,} hidden units in all could not be loaded again.")
    mnist = load_mnist(arguments.data)
    if arguments.data == "openml":
        mnist = without_bundled_test(mnist)
    how = {"preparation": "normalized", "seed": arguments.seed, "copies": arguments.copies, **SHARES}
    X, y = augmented(mnist.X_train, mnist.y_train, **how)
    Y = onehot(y)
    held_out = load_mnist("bundled")  # the last 2,000 of them; MNIST's own test images are for the very end
    X_test = prepare_images(held_out.X_test, "normalized")
    networks = []
    for number in range(arguments.networks):
        seed = 100 * arguments.seed + number
        for epoch in pretrain(
            X, Y, n_hidden=arguments.hidden, epochs=arguments.epochs, seed=seed, preparation="normalized"
        ):
            cost, accuracy = evaluate(epoch.network, X_test, held_out.y_test)
            print(
                f"Network {number + 1} of {arguments.networks}, {epoch.number}/{arguments.epochs} | "
                f"Held-out cost: {cost:.4f} | Held-out Acc.: {100 * accuracy:.2f}%",
                flush=True,
            )
        networks.append(epoch.network)
        save_network(side_by_side(networks), arguments.out, compact=True)
    report(load_network(arguments.out), mnist)


if __name__ == "__main__":
    sys.exit(main())
