"""The recipe of a training: everything that decides how it comes out.

Each field says once all that is known of it: its default, how it is checked, its words, which values the page offers,
and how it is set in the page's address. The rest is derived from that. A new setting takes three places: its field
here, its widget in the sidebar, and where it has its effect.
"""

from dataclasses import dataclass, field, fields, replace
from functools import partial

from .checks import check_fields, flag, one_of, positive, whole
from .images.augmented_set import augmented_set_size
from .images.preparations import PREPARATIONS

MAX_BATCH = 1_000_000  # more images than there are: one batch of all of them, which is gradient descent
MAX_EPOCHS, MAX_HIDDEN = 100, 300  # that the page offers
ETAS = (*(round(m * 10.0**e, 6) for e in range(-3, 1) for m in (1, 2, 3, 5, 7)), 10.0)
BATCH_SIZES = {1: "1", 8: "8", 32: "32", 128: "128", 512: "512", MAX_BATCH: "all"}
SOURCES = {"bundled": "bundled images", "openml": "images from OpenML"}
N_IMAGES = {"bundled": (100, 500, 1_000, 2_000, 4_000, 8_000), "openml": (1_000, 8_000, 30_000, 60_000)}


def counted(number, thing):
    """A number of things: "1 epoch", "2 epochs"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _setting(default, check, words, key, offered=None, widget=lambda value: value, address=str):
    """A field of Recipe.

    check : function of the field's name and a value, as in checks.py
    words : function of the value that says it in words
    key : str, of the widget that sets it, and in the address
    offered : container of the values that the page offers, None if it offers all
    widget : function of the value that returns the widget's value
    address : function of the widget's value that returns how the address has it
    """
    known = {"check": check, "words": words, "key": key, "offered": offered, "widget": widget, "address": address}
    return field(default=default, metadata=known)


def _switch(default, on, off, key):
    return _setting(default, flag, {True: on, False: off}.get, key, address=lambda value: str(value).lower())


@dataclass(frozen=True)
class Recipe:
    """Everything that a person can set before a training.

    Parameters
    ----------
    n_hidden : int
        Hidden units, 0 to 5000; 0 is the single-layer network.
    eta : float
        Learning rate, above 0 and finite.
    epochs : int
        How many times every training image is used, 1 to 10,000.
    batch_size : int
        Images for one update of the weights: 1 is the lecture's stochastic gradient descent, the number of training
        images (or more) is gradient descent. The gradient is the mean over the batch, so eta means the same for every
        size.
    seed : int
        At least 0; the same seed gives the same initial weights and the same shuffles.
    scale : bool
        Whether pixels are scaled to 0..1; otherwise they stay 0..255, as in the lecture's notebook.
    shuffle : bool
        Whether every epoch takes the images in a new order; otherwise always in the given order, as in the notebook.
    preparation : str
        How the images are prepared, "mnist" or "normalized" (see images/preprocessing.py). The network keeps it:
        drawings for it have to be prepared in the same way.
    source : str
        Where the images come from, "bundled" or "openml".
    n_images : int
        How many of its training images are used: the first ones.
    distorted : bool
        Whether distorted copies, digits from pen strokes and non-digits are added (images/augmented_set.py).
    is_sorted : bool
        Whether the images are sorted by digit.

    train() is given its images: it uses the fields up to preparation, and the others say how these images were made.

    Raises
    ------
    ValueError
        If a value has the wrong type or is out of range; the message names it.
    """

    n_hidden: int = _setting(
        30, partial(whole, low=0, high=5_000), lambda n: counted(n, "hidden unit"), "hidden", range(MAX_HIDDEN + 1)
    )
    eta: float = _setting(0.1, positive, "η = {:g}".format, "eta", ETAS, address="{:g}".format)
    epochs: int = _setting(
        10, partial(whole, low=1, high=10_000), lambda n: counted(n, "epoch"), "epochs", range(1, MAX_EPOCHS + 1)
    )
    batch_size: int = _setting(
        1,
        partial(whole, low=1, high=MAX_BATCH),
        lambda n: {1: "one image a step", MAX_BATCH: "all images in one batch"}.get(n, f"batches of {n:,}"),
        "batch",
        BATCH_SIZES,
        address=lambda n: BATCH_SIZES.get(n, str(n)),
    )
    seed: int = _setting(
        42, partial(whole, low=0, high=2**32 - 1), "seed {}".format, "seed", widget=float, address="{:.0f}".format
    )
    scale: bool = _switch(True, "scaled pixels", "raw pixels", "scale")
    shuffle: bool = _switch(True, "shuffled", "no shuffle", "shuffle")
    preparation: str = _setting(
        "mnist",
        partial(one_of, values=PREPARATIONS),
        {"mnist": "not straightened", "normalized": "straightened"}.get,
        "prepare",
        widget=lambda name: name == "normalized",
        address=lambda value: str(value).lower(),
    )
    source: str = _setting("bundled", partial(one_of, values=SOURCES), SOURCES.get, "data")
    n_images: int = _setting(
        8_000,
        partial(whole, low=1, high=60_000),
        lambda n: counted(n, "training image"),
        "images_",
        address="{:,}".format,
    )
    distorted: bool = _switch(False, "distorted copies too", "no distorted copies", "distort")
    is_sorted: bool = _switch(False, "sorted by digit", "not sorted", "sort")

    def __post_init__(self):
        check_fields(self)

    @property
    def pixel_max(self):
        """The value of a white pixel in the inputs: 1 if they are scaled, otherwise 255."""
        return 1.0 if self.scale else 255.0

    @property
    def n_images_in_all(self):
        """The number of images of an epoch, the distorted ones included."""
        return augmented_set_size(self.n_images) if self.distorted else self.n_images

    @property
    def is_offered(self):
        """Whether the page offers all these values."""
        known = all(value in one["offered"] for one, value in self._settings() if one["offered"] is not None)
        return known and self.n_images in N_IMAGES[self.source]

    def words(self):
        """All settings in words, a list of str in the order of the fields: "30 hidden units", "η = 0.1", ..."""
        return [one["words"](value) for one, value in self._settings()]

    def changes(self, other):
        """What sets this Recipe apart from another, in words: "η = 0.1, raw pixels"; "" if nothing does."""
        return ", ".join(ours for ours, theirs in zip(self.words(), other.words()) if ours != theirs)

    def has_same_network_and_images(self, other):
        """Whether a training by the other recipe can be continued by this one."""
        same = "n_hidden", "scale", "preparation", "source", "n_images", "distorted", "is_sorted"
        return all(getattr(self, name) == getattr(other, name) for name in same)

    def widget_values(self):
        """The value of each widget that sets this Recipe, by its key."""
        return {self._key(one): one["widget"](value) for one, value in self._settings()}

    def query(self, usual):
        """The settings that differ from the usual Recipe's, as the page's address has them: a dict of str."""
        changed = [
            (one, value) for (one, value), (_, other) in zip(self._settings(), usual._settings()) if value != other
        ]
        return {self._key(one): one["address"](one["widget"](value)) for one, value in changed}

    def _settings(self):
        return [(one.metadata, getattr(self, one.name)) for one in fields(self)]

    def _key(self, setting):
        return setting["key"] + self.source if setting["key"].endswith("_") else setting["key"]


def told_apart(recipes):
    """For each of several Recipes what tells them apart, in words: the settings that are not the same in all."""
    words = [recipe.words() for recipe in recipes]
    telling = [len(set(setting)) > 1 for setting in zip(*words)]
    return [", ".join(setting for setting, tells in zip(one, telling) if tells) for one in words]


DEFAULT = Recipe(epochs=30)  # what the page begins with
ADDRESS_KEYS = {key for source in SOURCES for key in replace(DEFAULT, source=source).widget_values()}
