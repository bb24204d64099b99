"""How long a network needs to read 90, 95, 97 and 98 % of MNIST's 10,000 test images:

    python tests/benchmarks/time_to_accuracy.py mnist_784.npz

The file holds X (70000, 784), bytes, and y (70000,); the first 60,000 images are learnt. (nn.load_mnist("openml")
leaves such a file at nn.images.mnist.cache_path().) All train 784-300-10 with sigmoids, with each of the settings in
GRID, for at most EPOCHS epochs and about SECONDS. For each contender and accuracy, the quickest of its settings counts.
Seconds are processor time of one thread, without the measuring, which happens ten times per epoch. It takes ten to
twenty minutes.
"""

import sys
import time

# Imported first, because it sets one thread.
from contenders import Notebook, PyTorch, ScikitLearn, ThisProject, available, np

HIDDEN = 300
GOALS = 0.90, 0.95, 0.97, 0.98
EPOCHS, SECONDS = 20, 40
LIBRARY = [(32, 0.5, "sgd"), (32, 1.5, "sgd"), (32, 0.001, "adam"), (128, 0.003, "adam")]
GRID = {  # batch size, eta and, for the libraries, the optimizer
    ThisProject: [(1, 0.1), (32, 0.5), (32, 1.5)],
    PyTorch: LIBRARY,
    ScikitLearn: LIBRARY,
    Notebook: [(1, 0.1), (32, 1.5)],
}


def main(path):
    with np.load(path, allow_pickle=False) as file:
        X, y = file["X"], file["y"].astype(np.int64)
    assert X.shape == (70_000, 784) and X.dtype == np.uint8, "X must be 70,000 images of 784 bytes"
    print(f"784-{HIDDEN}-10: seconds (epochs; settings) until this share of the test images is read correctly.\n")
    print("| | " + " | ".join(f"{goal:.0%}" for goal in GOALS) + " |\n|---|" + "---:|" * len(GOALS))
    for contender, grid in GRID.items():
        if not available(contender):
            print(f"| {contender.name}: not installed |" + " |" * len(GOALS))
            continue
        tries = [(recipe, reached(contender, recipe, X, y)) for recipe in grid]
        print(f"{contender.name}: {tries}", file=sys.stderr, flush=True)
        cells = [best([(*times[goal], recipe) for recipe, times in tries if goal in times]) for goal in GOALS]
        print(f"| {contender.name} | " + " | ".join(cells) + " |", flush=True)


def reached(contender, recipe, X, y):
    """The seconds and epochs after which each goal was reached, a dict of goal -> (seconds, epochs)."""
    batch_size, eta, *solver = recipe
    training = contender(X[:60_000], y[:60_000], HIDDEN, eta, batch_size, *solver)
    rng, seconds, reached = np.random.default_rng(0), 0.0, {}
    for epoch in range(EPOCHS):
        for tenth, order in enumerate(np.split(rng.permutation(60_000), 10), start=1):
            began = time.process_time()
            training.learn(order)
            seconds += time.process_time() - began
            accuracy = training.accuracy(X[60_000:], y[60_000:])
            for goal in GOALS:
                if accuracy >= goal:
                    reached.setdefault(goal, (seconds, epoch + tenth / 10))
            if len(reached) == len(GOALS) or seconds > SECONDS:
                return reached
    return reached


def best(tries):
    if not tries:
        return "not reached"
    seconds, epochs, recipe = min(tries)
    return f"{seconds:.1f} s ({epochs:.1f}; {', '.join(map(str, recipe))})"


if __name__ == "__main__":
    main(sys.argv[1])
