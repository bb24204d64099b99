"""Makes network.npz, the pre-trained network: the lecture's gradients, but steps that learn more in less time.

    python assets/make_network.py --data openml --hidden 1000 --epochs 20 --copies 4 --seed 1 --out assets/network.npz

It learns from MNIST's training images (without the 2,000 that the bundled data hold out), distorted copies of them,
digits from templates, and non-digits: letters and scribbles, for which all ten outputs should be 0.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from nn import DataError, load_mnist, load_network, prepare_images, save_network
from nn.__main__ import augmented, check_out, report
from nn.images.augmentation import bent_grid
from nn.images.augmented_set import non_digits
from nn.images.mnist import without_bundled_test
from nn.network import N_DIGITS, Network, Parameters, as_inputs, backward, forward, initial_network
from nn.store import MAX_HIDDEN
from nn.training import evaluate

SIDE = 28  # pixels of MNIST's images
BATCH = 100
MOMENTUM = 0.9
AVERAGED = 20  # steps from one update of the averages to the next
BENDS, STRENGTH = 1000, 0.6  # the number of ways to bend a batch, and their strength compared with a distorted copy's
NON_DIGIT = -1  # the label of an image for which all ten outputs should be 0


class Epoch(NamedTuple):
    """The network with averaged weights after an epoch, and the epoch's number."""

    number: int
    network: Network


def pretrain(X, y, *, n_hidden, epochs, seed=0, eta=0.15, preparation="mnist"):
    """Train a network on many images; yields an Epoch after each pass over them.

    As in the lecture, the weights go down the slope of the cross-entropy, but with five changes:

    - each step uses a mini-batch of 100 images, in single precision;
    - three mini-batches in four are bent a little, all images of one in the same random way, so that hardly any image
      comes twice and none is learnt by heart;
    - the steps have momentum: each continues in the direction of the previous ones;
    - eta falls to 0 along half a cosine;
    - the network that is kept has the averages of the latest weights, which are closer to the middle of the valley than
      the weights themselves.

    Parameters
    ----------
    X, y : uint8 (n, 784) and integers (n,)
        Prepared images and their digits; NON_DIGIT for a non-digit.
    n_hidden, epochs, seed : int
    eta : float
        The learning rate of the first step.
    preparation : str
        How the images were prepared; the network keeps it.
    """
    weights = Parameters(*(p.astype(np.float32) for p in initial_network(n_hidden, seed).parameters))
    steps = Parameters(*(np.zeros_like(p) for p in weights))
    averages = Parameters(*(p.copy() for p in weights))
    Y_of = np.eye(N_DIGITS + 1, N_DIGITS, dtype=np.float32)  # one-hot; the last row, of zeros, is that of NON_DIGIT
    batches = -(-len(X) // BATCH)
    bends = [_random_bend(np.random.default_rng([seed, 0, number])) for number in range(BENDS)]
    for epoch in range(epochs):
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(len(X))
        for number in range(batches):
            progress = (epoch * batches + number) / (epochs * batches)
            rows = order[number * BATCH : (number + 1) * BATCH]
            images = as_inputs(X[rows], dtype=np.float32)
            if number % 4:
                images = _bent(images, *bends[rng.integers(BENDS)])
            gradients = backward(weights, images, forward(weights, images), Y_of[y[rows]])
            rate = np.float32(eta * (1 + np.cos(np.pi * progress)) / 2)
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


def _random_bend(rng):
    """For each pixel of a bent image, the four pixels of the original around it, (4, 784), and their weights."""
    x, y = np.clip(bent_grid(rng, SIDE, STRENGTH), 0, SIDE - 1.001).T
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


def main(argv=None):
    """Train and save the network; returns the exit status: 0, or 2 after a sentence on what was wrong."""
    parser = argparse.ArgumentParser(prog="python assets/make_network.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="file to write, such as net.npz")
    parser.add_argument("--data", choices=["bundled", "openml"], default="bundled")
    parser.add_argument("--hidden", type=int, default=1000, help="hidden units")
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
    """Make the images, train on them, and save the network after every epoch."""
    check_out(arguments.out)
    if arguments.hidden > MAX_HIDDEN:
        raise ValueError(f"--hidden must be at most {MAX_HIDDEN:,}: a larger network could not be loaded again.")
    if min(arguments.hidden, arguments.epochs) < 1 or min(arguments.copies, arguments.seed) < 0:
        raise ValueError("--hidden and --epochs must be at least 1, --copies and --seed at least 0.")
    mnist = load_mnist(arguments.data)
    if arguments.data == "openml":
        mnist = without_bundled_test(mnist)
    X, y = augmented(mnist.X_train, mnist.y_train, "normalized", arguments.seed, arguments.copies)
    others = non_digits(len(X) // 15, preparation="normalized", seed=arguments.seed)
    X, y = np.concatenate([X, others]), np.concatenate([y, np.full(len(others), NON_DIGIT)])
    X_test = prepare_images(mnist.X_test, "normalized")
    for epoch in pretrain(
        X, y, n_hidden=arguments.hidden, epochs=arguments.epochs, seed=arguments.seed, preparation="normalized"
    ):
        cost, accuracy = evaluate(epoch.network, X_test, mnist.y_test)
        progress = f"{epoch.number}/{arguments.epochs}"
        print(f"{progress} | Test cost: {cost:.4f} | Test Acc.: {100 * accuracy:.2f}%", flush=True)
        # Weights rounded to half precision compress to half the size, and the network reads as well with them.
        rounded = (parameter.astype(np.float16).astype(np.float32) for parameter in epoch.network.parameters)
        save_network(Network(*rounded, preparation=epoch.network.preparation), arguments.out)
    report(load_network(arguments.out), mnist)


if __name__ == "__main__":
    sys.exit(main())
