"""How far the notebook to take home agrees with the page, which computes the same steps in another order:

    python tests/benchmarks/notebook.py [--seeds 3] [--epochs 10] [--hidden 0 30] [--batch 1 32] [--etas 0.05 0.1]

For scaled and raw pixels, 0 and 30 hidden units, single images and batches of 32, and several learning rates: the
largest difference of the weights after 1,000 images, as a share of the largest weight of its kind, and the largest
difference of an accuracy at the end of an epoch, in points (0.01 of the images), on the 2,000 held-out images and on
the 4,000 training images that are measured. Each is the worst of all seeds. It takes about ten minutes.
"""

import argparse
import io
import os
import sys
import tempfile
import zipfile
from contextlib import redirect_stdout
from itertools import product
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import nbformat
import numpy as np

from nn import Recipe, load_mnist, train
from nn.files.notebook import FOLDER, NOTEBOOK, notebook_zip

ETAS = {True: (0.05, 0.1, 0.2, 0.3, 0.5, 1.0), False: (0.0001, 0.001, 0.01, 0.1)}  # for scaled and for raw pixels


def training_of(folder, recipe, mnist):
    """Run the notebook's code up to the end of its training, without pictures; returns its names."""
    with zipfile.ZipFile(io.BytesIO(notebook_zip(recipe, mnist))) as archive:
        archive.extractall(folder)
    book = nbformat.read(Path(folder, FOLDER, NOTEBOOK), as_version=4)
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    last = next(i for i, source in enumerate(cells) if "Training is over" in source)
    code = "\n".join(source for source in cells[: last + 1] if "plt.show" not in source)
    code = code.replace("import matplotlib.pyplot as plt", "")
    names, before = {}, os.getcwd()
    os.chdir(Path(folder, FOLDER))
    try:
        with redirect_stdout(io.StringIO()):
            exec(code, names)
    finally:
        os.chdir(before)
    return names


def differences(recipe, mnist):
    """The differences of the weights after 1,000 images, and of the accuracies at the end of the epochs."""
    with tempfile.TemporaryDirectory() as folder:
        names = training_of(folder, recipe, mnist)
    *_, early = train(recipe, mnist.X_train, mnist.y_train, until=1_000)
    *_, state = train(recipe, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test)
    order = names["epoch_order"](0)[: early.images_seen]
    theirs = names["learn"](names["initial_parameters"](), order)
    ours = early.network.parameters[-len(theirs) :]
    weights = max(np.abs(a - b).max() / (np.abs(b).max() or 1) for a, b in zip(theirs, ours))
    page = {p.epoch * state.n_images: (p.accuracy, p.test_accuracy) for p in state.history if p.epoch.is_integer()}
    there = {seen: (accuracy, held_out) for seen, _, accuracy, _, held_out in names["history"]}
    if names["diverged"] != state.diverged:
        return weights, np.array([np.nan, np.nan])
    return weights, *(np.abs(np.subtract(page[seen], there[seen])) for seen in page if seen in there)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--hidden", type=int, nargs="+", default=[0, 30])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--etas", type=float, nargs="+", default=[], help="of scaled pixels; no raw ones")
    arguments = parser.parse_args()
    etas = {True: arguments.etas} if arguments.etas else ETAS
    mnist = load_mnist()
    print("pixels  hidden batch   eta  weights after 1,000  held out  training")
    for scale, n_hidden, batch_size in product(etas, arguments.hidden, arguments.batch):
        for eta in etas[scale]:
            weights, points = [], []
            for seed in range(arguments.seeds):
                recipe = Recipe(n_hidden, eta, arguments.epochs, batch_size, seed, scale)
                first, *more = differences(recipe, mnist)
                weights.append(first)
                points.append(100 * np.max(more, axis=0))
            on_training, held_out = np.max(points, axis=0)
            kind = "scaled" if scale else "raw"
            print(f"{kind:7} {n_hidden:6} {batch_size:5} {eta:5g} {max(weights):20.0e}", end=" ")
            print(f"{held_out:9.2f} {on_training:9.2f}", flush=True)


if __name__ == "__main__":
    main()
