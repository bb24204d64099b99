"""A visitor's training, the one type of which page, Compare, class and files show views."""

from dataclasses import dataclass

from ..images.training_set import TrainingSet
from ..recipe import Recipe
from ..training import TrainingState
from .snapshots import SnapshotStore


@dataclass(frozen=True, eq=False)
class Training:
    """A training of a visitor's: under way, over, or stored."""

    recipe: Recipe
    state: TrainingState  # the latest; without its network if the training is stored
    images: TrainingSet | None = None  # or a DrawingSet; None if it is stored
    number: int = 0  # counts the visitor's trainings from 1; 0 until it has begun
    origin: str = ""  # of its first weights, in words; "" if they were random
    is_mixed: bool = False  # whether it was continued by another recipe, apart from the number of epochs
    store: SnapshotStore | None = None  # None if it has no snapshots
    weights: bytes = b""  # the file of its network if it is stored
    taken_over: float = 0  # how many images it had learnt from when brought back; infinite if a browser stored it

    @property
    def snapshots(self):
        """The snapshots up to its state. Take them once: the next time, there may be fewer."""
        snapshots = self.store.snapshots if self.store else ()
        return tuple(snapshot for snapshot in snapshots if snapshot.epoch <= self.state.epoch)

    @property
    def accuracy(self):
        """The held-out accuracy where it was measured last, -1 before."""
        return self.state.history[-1].test_accuracy if self.state.history else -1.0
