"""A neural network in plain NumPy that learns MNIST's digits and reads the ones that you draw."""

import os
from pathlib import Path

# Before NumPy is imported: with such small matrices, a second thread only costs time. The user's own value stays.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from .analysis.confidence import confidence, is_rejected, rejection_threshold
from .files.networks import load_network, save_network
from .images.augmented_set import make_augmented_set
from .images.mnist import DataError, load_mnist
from .images.preprocessing import prepare_drawing, prepare_images, stage_images
from .network import Network, sgd
from .recipe import Recipe
from .training import TrainingState, train

__all__ = ["DataError", "Network", "Recipe", "TrainingState", "confidence", "is_rejected", "load_mnist", "load_network"]
__all__ += ["load_pretrained", "make_augmented_set", "prepare_drawing", "prepare_images", "rejection_threshold"]
__all__ += ["save_network", "sgd", "stage_images", "train"]


def load_pretrained():
    """The pre-trained Network, assets/network.npz; assets/make_network.py made it."""
    return load_network(Path(__file__).resolve().parent.parent / "assets" / "network.npz")
