"""Step 6's riddle: the notebook's code, the two bugs in it, and what is said about a guess, without Streamlit."""

from typing import NamedTuple

CODE = """\
images, y = load_mnist()  # 28 x 28 bytes
X = images.reshape(-1, 784)
indices = np.arange(len(X))
for epoch in range(epochs):
    np.random.shuffle(indices)
    for x, label in zip(X, y):
        a_h = sigmoid(x @ W_h + b_h)
        a_out = sigmoid(a_h @ W_out + b_out)
        delta_out = a_out - onehot(label)
        delta_h = delta_out @ W_out.T * a_h * (1 - a_h)
        W_out -= eta * np.outer(a_h, delta_out)
        b_out -= eta * delta_out
        W_h -= eta * np.outer(x, delta_h)
        b_h -= eta * delta_h
"""
LINES = range(1, len(CODE.splitlines()) + 1)


class Bug(NamedTuple):
    """A bug in CODE: the lines that count as found, what is wrong, and one line that is to be replaced by the fix."""

    lines: set
    words: str
    line: int
    fix: str


BUGS = [
    Bug(
        {1, 2},
        "**The inputs are not scaled.** With pixels up to 255, a net input z_h is in the hundreds before anything is "
        "learnt, and the sigmoid is flat there: its slope a(1 − a) is nearly 0, and so is δ_h.",
        2,
        "X = images.reshape(-1, 784) / 255",
    ),
    Bug(
        {5, 6},
        "**`indices` is shuffled but never used.** Every epoch takes the images in the same order.",
        6,
        "for x, label in zip(X[indices], y[indices]):",
    ),
]


def verdict(guess):
    """How good a guess is, a set of line numbers, in a sentence."""
    if not guess:
        return "You didn't guess. Here are the two bugs:"
    n_found = sum(not guess.isdisjoint(bug.lines) for bug in BUGS)
    n_fine = len(guess.difference(*(bug.lines for bug in BUGS)))
    words = ["You found neither bug this time", "You found one of the two bugs", "Well spotted! You found both bugs"]
    fine = "1 line that is" if n_fine == 1 else f"{n_fine} lines that are"
    return words[n_found] + (f", and suspected {fine} fine." if n_fine else ".")
