"""A neural network in plain NumPy that learns MNIST's digits, and reads the ones that you draw."""

import os
from pathlib import Path

# Before NumPy is imported: on matrices as small as these a second thread only costs. Whoever set it otherwise keeps that.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from .data import DataError, load_mnist
from .doubt import doubt_threshold, is_doubtful, sureness
from .drawing import prepare_drawing, prepare_images, stage_images
from .network import Network
from .pool import make_pool
from .store import load_network, save_network
from .training import Run, Settings, train

__all__ = [
    "DataError",
    "Network",
    "Run",
    "Settings",
    "doubt_threshold",
    "is_doubtful",
    "load_mnist",
    "load_network",
    "load_pretrained",
    "make_pool",
    "prepare_drawing",
    "prepare_images",
    "save_network",
    "stage_images",
    "sureness",
    "train",
]


def load_pretrained():
    """The bundled Network, assets/network.npz; the README names the command that trained it."""
    return load_network(Path(__file__).resolve().parent.parent / "assets" / "network.npz")
