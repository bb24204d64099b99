"""What the sidebar sets, as one value that everything else is given, and what it can be."""

from dataclasses import dataclass

from ..training import MAX_BATCH, Settings
from .resources import training_set

ETAS = [round(m * 10.0**e, 6) for e in range(-3, 1) for m in (1, 2, 3, 5, 7)] + [10.0]
BATCHES = {"1": 1, "8": 8, "32": 32, "128": 128, "512": 512, "all": MAX_BATCH}
IMAGES = {"bundled": [100, 500, 1_000, 2_000, 4_000, 8_000], "openml": [1_000, 8_000, 30_000, 60_000]}
MAX_EPOCHS, MAX_HIDDEN = 100, 300


@dataclass(frozen=True)
class Controls:
    """The sidebar's values: Settings, an available data source, how many of its images, distorted ones too, sorted."""

    settings: Settings
    source: str
    n_images: int
    distorted: bool
    is_sorted: bool = False

    def training_set(self):
        """The TrainingSet to train on."""
        return training_set(self.source, self.n_images, self.settings.preparation, self.distorted, self.is_sorted)

    @property
    def is_settable(self):
        """Whether the sidebar can be set to these."""
        settings = self.settings
        known = settings.eta in ETAS and settings.epochs <= MAX_EPOCHS and settings.n_hidden <= MAX_HIDDEN
        return known and settings.batch_size in BATCHES.values() and self.n_images in IMAGES.get(self.source, ())


DEFAULTS = Controls(Settings(epochs=30), "bundled", 8_000, distorted=False)
