"""How long it takes to learn from an image, compared with other ways to train the same network:

    python tests/benchmarks/training_speed.py

One process and one thread; the contenders take turns, so that other load on the machine affects all alike. Prints
microseconds of processor time per image, the median of many turns, and in brackets the multiple of this project's.
"""

import platform
import time
from statistics import median

# Imported first, because it sets one thread.
from contenders import Notebook, ProductsAlone, PyTorch, ScikitLearn, ScikitLearnAdam, ThisProject, available, np

from nn import load_mnist

ROUNDS = 11
TURN = 0.15  # about how long a turn takes, in seconds of processor time
HIDDEN, BATCH_SIZES = (30, 300), (1, 32, 128)


def main():
    mnist = load_mnist()
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, one thread.")
    print("Microseconds of processor time to learn from an image, and as multiples of this project's.")
    every = [Notebook, ThisProject, ScikitLearn, ScikitLearnAdam, PyTorch, ProductsAlone]
    for absent in [c for c in every if not available(c)]:
        print(f"{absent.name} is not installed.")
        every.remove(absent)
    for n_hidden in HIDDEN:
        columns = {size: compared(every, mnist.X_train, mnist.y_train, n_hidden, size) for size in BATCH_SIZES}
        titles = ("online" if size == 1 else f"batches of {size}" for size in columns)
        print(f"\n| 784-{n_hidden}-10 | " + " | ".join(titles) + " |")
        print("|---|" + "---:|" * len(columns))
        for contender in every:
            cells = (cell(column, contender) for column in columns.values())
            print(f"| {contender.name} | " + " | ".join(cells) + " |", flush=True)


def compared(every, X, y, n_hidden, batch_size):
    """A dict of contender -> microseconds per image."""
    if batch_size == 1:  # ProductsAlone would multiply a row by a matrix, which is hardly a matrix product
        every = [c for c in every if c is not ProductsAlone]
    running = {contender: contender(X, y, n_hidden, 0.1, batch_size) for contender in every}
    order = np.random.default_rng(0).permutation(len(X))
    n, times = {}, {contender: [] for contender in every}
    for contender, training in running.items():  # a first turn, not counted, shows how many images fill one
        first = order[: max(200, 4 * batch_size)]
        seconds = processor_seconds(training, first) / len(first)
        n[contender] = int(np.clip(TURN / seconds, batch_size, len(X))) // batch_size * batch_size
    for _ in range(ROUNDS):
        for contender, training in running.items():
            times[contender].append(processor_seconds(training, order[: n[contender]]) / n[contender] * 1e6)
    return {contender: median(turns) for contender, turns in times.items()}


def processor_seconds(training, order):
    began = time.process_time()
    training.learn(order)
    return time.process_time() - began


def cell(column, contender):
    if contender not in column:
        return "–"
    ours = column[ThisProject]
    return f"{column[contender]:.1f}" + ("" if contender is ThisProject else f" ({column[contender] / ours:.1f})")


if __name__ == "__main__":
    main()
