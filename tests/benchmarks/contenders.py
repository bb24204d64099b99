"""Ways to train the same network, 784-H-10 with sigmoids, by stochastic gradient descent: for the benchmarks.

A contender is a class with name, library (what it is imported from), and

    contender(X, y, n_hidden, eta, batch_size)   X uint8 (n, 784) and y (n,); this preparation is not measured
    .learn(order)                                one pass over these images
    .accuracy(X, y)                              the share of images that it reads correctly

Each gets its images in the form that is quickest for it. All use one thread.
"""

import os
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # before NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from nn.analysis.evaluation import evaluate
from nn.descent import Batches, Online
from nn.network import Network, forward, initial_network, onehot


def available(contender):
    """Whether the library of a contender is installed."""
    return find_spec(contender.library) is not None


class Notebook:
    """The lecture's formulas with NumPy, with an update after every image (or batch), as in the notebook."""

    name, library = "the notebook's way", "numpy"

    def __init__(self, X, y, n_hidden, eta, batch_size):
        self.X, self.Y, self.eta, self.size = X / 255, onehot(y), eta, batch_size
        self.weights = [p.copy() for p in initial_network(n_hidden, 0).parameters]

    @staticmethod
    def sigmoid(z):
        return 1 / (1 + np.exp(-np.clip(z, -250, 250)))

    def learn(self, order):
        W_h, b_h, W_out, b_out = self.weights
        for i in range(0, len(order), self.size):
            batch = order[i : i + self.size]
            X, Y = self.X[batch], self.Y[batch]
            a_h = self.sigmoid(X @ W_h + b_h)
            a_out = self.sigmoid(a_h @ W_out + b_out)
            delta_out = (a_out - Y) / len(batch)
            delta_h = (delta_out @ W_out.T) * a_h * (1 - a_h)
            W_h -= self.eta * (X.T @ delta_h)
            b_h -= self.eta * delta_h.sum(axis=0)
            W_out -= self.eta * (a_h.T @ delta_out)
            b_out -= self.eta * delta_out.sum(axis=0)

    def accuracy(self, X, y):
        return evaluate(Network(*self.weights), X, y)[1]


class ThisProject:
    """nn.descent, which train() uses from one measurement to the next."""

    name, library = "this project", "numpy"

    def __init__(self, X, y, n_hidden, eta, batch_size):
        network = initial_network(n_hidden, 0)
        self.descent = Online(network, X, y, eta) if batch_size == 1 else Batches(network, X, y, eta, batch_size)

    def learn(self, order):
        for _ in self.descent.learn(order, 0, len(order)):
            pass

    def accuracy(self, X, y):
        return evaluate(Network(*(p.astype(float) for p in self.descent.parameters)), X, y)[1]


class ScikitLearn:
    """MLPClassifier. (Its ten outputs are a softmax; the cost of computing them is the same.)"""

    name, library = "scikit-learn", "sklearn"
    solver = "sgd"

    def __init__(self, X, y, n_hidden, eta, batch_size, solver=None):
        from sklearn.neural_network import MLPClassifier

        self.X, self.y = X.astype(np.float32) / 255, y
        plain = {"alpha": 0, "momentum": 0, "nesterovs_momentum": False, "shuffle": False, "random_state": 0}
        how = {"solver": solver or self.solver, "batch_size": batch_size, "learning_rate_init": eta}
        self.network = MLPClassifier((n_hidden,), activation="logistic", **how, **plain)
        warnings.simplefilter("ignore")  # about batches larger than the rest of the images
        self.network.partial_fit(self.X[:batch_size], y[:batch_size], classes=np.arange(10))

    def learn(self, order):
        self.network.partial_fit(self.X[order], self.y[order])

    def accuracy(self, X, y):
        return float((self.network.predict(X.astype(np.float32) / 255) == y).mean())


class ScikitLearnAdam(ScikitLearn):
    """MLPClassifier with its default steps."""

    name = "scikit-learn with its default steps (Adam)"
    solver = "adam"


class PyTorch:
    """PyTorch on the processor, in float32."""

    name, library = "PyTorch", "torch"

    def __init__(self, X, y, n_hidden, eta, batch_size, solver="sgd"):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(0)
        self.torch, self.size = torch, batch_size
        self.X = torch.from_numpy(X.astype(np.float32) / 255)
        self.Y = torch.from_numpy(onehot(y).astype(np.float32))
        layers = torch.nn.Linear(784, n_hidden), torch.nn.Sigmoid(), torch.nn.Linear(n_hidden, 10)
        self.network = torch.nn.Sequential(*layers)
        self.cost = torch.nn.BCEWithLogitsLoss(reduction="sum")
        step = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[solver]
        self.step = step(self.network.parameters(), lr=eta)

    def learn(self, order):
        order = self.torch.from_numpy(order)
        for i in range(0, len(order), self.size):
            batch = order[i : i + self.size]
            self.step.zero_grad()
            cost = self.cost(self.network(self.X[batch]), self.Y[batch]) / len(batch)
            cost.backward()
            self.step.step()

    def accuracy(self, X, y):
        with self.torch.no_grad():
            z_out = self.network(self.torch.from_numpy(X.astype(np.float32) / 255))
        return float((z_out.numpy().argmax(axis=1) == y).mean())


class ProductsAlone:
    """Only the five matrix products of a batch, in float32, repeated with the same numbers: it learns nothing."""

    name, library = "the matrix products alone", "numpy"

    def __init__(self, X, y, n_hidden, eta, batch_size):
        self.size = batch_size
        self.X = X[:batch_size].astype(np.float32) / 255
        self.W_h, _, self.W_out, _ = (p.astype(np.float32) for p in initial_network(n_hidden, 0).parameters)
        self.z_h, self.a_h, _, self.delta_out = (
            a.astype(np.float32) for a in forward(initial_network(n_hidden, 0), self.X)
        )
        self.z_out = np.empty_like(self.delta_out)
        self.gradient_h, self.gradient_out = np.empty_like(self.W_h), np.empty_like(self.W_out)

    def learn(self, order):
        for _ in range(0, len(order), self.size):
            np.dot(self.X, self.W_h, out=self.z_h)  # (n, 784) @ (784, H) -> (n, H)
            np.dot(self.a_h, self.W_out, out=self.z_out)  # (n, H) @ (H, 10) -> (n, 10)
            np.dot(self.a_h.T, self.delta_out, out=self.gradient_out)  # (H, n) @ (n, 10) -> (H, 10)
            np.dot(self.delta_out, self.W_out.T, out=self.z_h)  # (n, 10) @ (10, H) -> (n, H)
            np.dot(self.X.T, self.a_h, out=self.gradient_h)  # (784, n) @ (n, H) -> (784, H)
