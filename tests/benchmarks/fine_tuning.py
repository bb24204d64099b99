"""Does "Teach it your handwriting" help: how many of a writer's digits does a network read before and after?

    python tests/benchmarks/fine_tuning.py                                # the bundled strokes in other hands
    python tests/benchmarks/fine_tuning.py strokes.npz --writers 10       # the ten writers with the highest numbers
    python tests/benchmarks/fine_tuning.py strokes.npz --writers -20      # the twenty with the lowest: for tuning
    python tests/benchmarks/fine_tuning.py strokes.npz --drawn odd        # an odd 7, three times among twelve drawings

drawing.py says what a strokes file holds. The pre-trained network learnt from the writers with the lowest numbers, so
on their digits it shows nothing.

A network learns from 12, 20 and 40 drawings of a writer ("hand"), and is tried on 50 others. In "odd" three of twelve
drawings are a 7 in an invented style: mirrored, or with the shape of a 2. Networks: one with 30 units after 1 and after
10 epochs of 8,000 images, and the pre-trained one. The columns are percentages, each before -> after, and means over
the writers:

    held out   the drawings that it learnt from, each read by a copy that did not learn from it
    new        other drawings of the same writer; in "odd" without any 7
    odd 7      other drawings of the odd 7
    MNIST      the bundled held-out images; and the worst of all writers afterwards
    seconds    for the set of images, the training, and the cross-validation; MNIST's images were prepared before
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported
sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]
import numpy as np
from drawing import arrays_of, from_bundled, from_file, rgba
from examples import completed, cross_validated, fine_tuned

import nn
from nn.images.drawing_set import MNIST_IMAGES, DrawingSet, folds
from nn.images.preprocessing import as_pixels, find_ink, prepare_ink
from nn.images.training_set import TrainingSet

N_NEW, N_ODD = 50, 3
SHAPES = {"mirrored 7": 7, "7 like a 2": 2}  # of the odd 7: from which digit it is made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strokes", nargs="?", help="a file of strokes; without it, the bundled ones in other hands")
    parser.add_argument("--writers", type=int, default=10, help="how many: with the highest numbers; below 0, lowest")
    parser.add_argument("--drawn", choices=["hand", "odd", "both"], default="both")
    parser.add_argument("--network", choices=["1 epoch", "10 epochs", "pre-trained"], help="by default all three")
    arguments = parser.parse_args()
    writers = list(writers_of(arguments))
    kinds = [(f"{n} drawings", n, None) for n in (12, 20, 40)] if arguments.drawn != "odd" else []
    kinds += [(name, 12, name) for name in SHAPES] if arguments.drawn != "hand" else []
    print(f"{'':42}{'held out':>16}{'new':>16}{'odd 7':>16}{'MNIST':>16} (worst)  seconds")
    for name, network in networks(arguments.network):
        beside = completed(TrainingSet(nn.load_mnist().first(MNIST_IMAGES), nn.Recipe(preparation=network.preparation)))
        for kind, n, odd in kinds:
            for with_mnist in (False, True):
                figures = np.array([measure(network, beside, with_mnist, *split(writer, n, odd)) for writer in writers])
                *shares, set_made, taught, validated = figures.mean(axis=0)
                columns = [f"{before:6.1%} ->{after:6.1%}" for before, after in zip(shares[::2], shares[1::2])]
                title = f"{name}, {kind}, {'with' if with_mnist else 'without'} MNIST"
                columns = [("-" if "nan" in one else one).rjust(16) for one in columns]
                print(f"{title:42}{''.join(columns)} ({figures[:, 7].min():.1%})", end="")
                print(f"{set_made:6.2f}{taught:6.2f}{validated:6.2f}", flush=True)


def writers_of(arguments):
    """The digits of each writer: lists of pairs of ink and label."""
    if arguments.strokes is None:
        yield [(ink_of(grey), label) for grey, label in from_bundled(300)]
        return
    strokes = arrays_of(arguments.strokes)
    numbers = np.unique(strokes["writer"])
    for writer in numbers[: -arguments.writers] if arguments.writers < 0 else numbers[-arguments.writers :]:
        chosen = np.flatnonzero(strokes["writer"] == writer)
        yield [(ink_of(grey), label) for grey, label in from_file(strokes, "", chosen)]


def ink_of(grey):
    """The ink of a canvas, uint8 (280, 280), white on black; in half precision, because there are thousands."""
    return find_ink(rgba(grey)).astype(np.float16)


def split(writer, n, odd=None, seed=0):
    """The drawings to learn from, other drawings of the writer, and others of the odd 7: lists of (ink, label)."""
    rng = np.random.default_rng(seed)
    writer = [writer[i] for i in rng.permutation(len(writer))]
    if odd is None:
        return writer[:n], writer[n : n + N_NEW], []
    shape = SHAPES[odd]
    sevens = [(ink[:, ::-1] if odd == "mirrored 7" else ink, 7) for ink, label in writer if label == shape]
    others = [(ink, label) for ink, label in writer if label not in (7, shape)]
    n_others = n - N_ODD
    return sevens[:N_ODD] + others[:n_others], others[n_others : n_others + N_NEW], sevens[N_ODD:]


def networks(only):
    """Pairs of a name and a Network."""
    mnist = nn.load_mnist()
    for epochs, name in ((1, "1 epoch"), (10, "10 epochs")):
        if only in (None, name):
            *_, state = nn.train(nn.Recipe(epochs=epochs), mnist.X_train, mnist.y_train)
            yield name, state.network
    if only in (None, "pre-trained"):
        yield "pre-trained", nn.load_pretrained()


def measure(network, beside, with_mnist, drawn, new, odd):
    """Four shares before and after, each in its turn, and three times in seconds."""
    began = time.perf_counter()
    inks, labels = zip(*drawn)
    inks = [ink.astype(np.float64) for ink in inks]
    images = completed(DrawingSet(inks, np.array(labels), beside, with_mnist))
    set_made = time.perf_counter()
    state = fine_tuned(network, images)
    taught = time.perf_counter()
    answers = cross_validated(network, images, folds(images.labels))
    validated = time.perf_counter()

    def reads(network, drawings):
        if not drawings:
            return np.nan
        inks, labels = zip(*drawings)
        X = [as_pixels(prepare_ink(ink.astype(np.float64), network.preparation)["centred"]) for ink in inks]
        return (network.predict(np.array(X)) == labels).mean()

    return (
        (network.predict(images.drawings) == images.labels).mean(),
        (answers == images.labels).mean(),
        *(reads(one, drawings) for drawings in (new, odd) for one in (network, state.network)),
        state.history[0].test_accuracy,
        state.history[-1].test_accuracy,
        set_made - began,
        taught - set_made,
        validated - taught,
    )


if __name__ == "__main__":
    main()
