"""The recipe of a training: everything that decides how it comes out.

The table of fields declares each setting once: its default, how it is checked, its words, its key in the page's
address, and which values the page offers. A new setting takes three places: its field here, its widget in the sidebar,
and where it has its effect.
"""

from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import compress

from .checks import check_fields, flag, one_of, positive, whole
from .images import PREPARATIONS
from .images.augmented_set import augmented_set_size

MAX_BATCH = 1_000_000  # more images than there are: one batch of all of them, which is gradient descent
MAX_EPOCHS, MAX_HIDDEN = 100, 300  # that the page offers
ETAS = (*(round(m * 10.0**e, 6) for e in range(-3, 1) for m in (1, 2, 3, 5, 7)), 10.0)
BATCH_SIZES = {1: "1", 8: "8", 32: "32", 128: "128", 512: "512", MAX_BATCH: "all"}
SOURCES = {"bundled": "bundled images", "openml": "images from OpenML"}
N_IMAGES = {"bundled": (100, 500, 1_000, 2_000, 4_000, 8_000), "openml": (1_000, 8_000, 30_000, 60_000)}


def counted(number, thing, things=None):
    """A number of things: "1 epoch", "2 epochs"; things is the plural if it has no s."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def _batches(size):
    return {1: "one image per step", MAX_BATCH: "all images in one batch"}.get(size, f"batches of {size:,}")


def _setting(default, check, words, key, offered=None, address=str, widget=lambda value: value):
    """A field of Recipe.

    check(name, value) as in checks.py; words(value) in words; key of its widget, and in the address; offered, the
    values that the page offers (None: all); address(value) as the address has it; widget(value), the widget's value.
    """
    metadata = {"check": check, "words": words, "key": key, "offered": offered, "address": address, "widget": widget}
    return field(default=default, metadata=metadata)


def _whole(default, low, high, words, key, offered=None, **more):
    return _setting(default, partial(whole, low=low, high=high), words, key, offered, **more)


def _switch(default, on, off, key):
    return _setting(default, flag, {True: on, False: off}.get, key, address={True: "true", False: "false"}.get)


@dataclass(frozen=True)
class Recipe:
    """Everything that a person can set before a training.

    Parameters
    ----------
    n_hidden, eta, epochs : int, float, int
        Hidden units (0 is the single-layer network), learning rate, and how many times every training image is used.
    batch_size : int
        Images for one update of the weights: 1 is the lecture's stochastic gradient descent, the number of training
        images (or more) is gradient descent. The gradient is the mean over the batch, so eta means the same for every
        size.
    seed : int
        The same seed gives the same initial weights and the same shuffles.
    scale, shuffle : bool
        Whether pixels are scaled to 0..1, and whether every epoch takes the images in a new order. The lecture's
        notebook does neither.
    preparation : str
        "mnist" or "normalized" (images/preprocessing.py). Drawings for the network are prepared alike.
    source, n_images : str and int
        Where the images come from, "bundled" or "openml", and how many: the first ones.
    distorted, is_sorted : bool
        Whether distorted copies, digits from pen strokes and non-digits are added (images/augmented_set.py), and
        whether the images are sorted by digit.

    train() is given its images: it uses the fields up to preparation, and the others say how these images were made.

    Raises
    ------
    ValueError
        If a value has the wrong type or is out of range; the message names it.
    """

    n_hidden: int = _whole(30, 0, 5_000, partial(counted, thing="hidden unit"), "hidden", range(MAX_HIDDEN + 1))
    eta: float = _setting(0.1, positive, "η = {:g}".format, "eta", ETAS, address="{:g}".format)
    epochs: int = _whole(10, 1, 10_000, partial(counted, thing="epoch"), "epochs", range(1, MAX_EPOCHS + 1))
    batch_size: int = _whole(
        1, 1, MAX_BATCH, _batches, "batch", BATCH_SIZES, address=lambda size: BATCH_SIZES.get(size, str(size))
    )
    seed: int = _whole(42, 0, 2**32 - 1, "seed {}".format, "seed", widget=float)
    scale: bool = _switch(True, "scaled pixels", "raw pixels", "scale")
    shuffle: bool = _switch(True, "shuffled", "not shuffled", "shuffle")
    preparation: str = _setting(
        "mnist",
        partial(one_of, values=PREPARATIONS),
        {"mnist": "not straightened", "normalized": "straightened"}.get,
        "prepare",
        address={"mnist": "false", "normalized": "true"}.get,
        widget=lambda name: name == "normalized",
    )
    source: str = _setting("bundled", partial(one_of, values=SOURCES), SOURCES.get, "data")
    n_images: int = _whole(
        8_000, 1, 60_000, partial(counted, thing="training image"), "images_{0.source}", address="{:,}".format
    )
    distorted: bool = _switch(False, "distorted copies added", "no distorted copies", "distort")
    is_sorted: bool = _switch(False, "sorted by digit", "not sorted", "sort")

    __post_init__ = check_fields

    @property
    def pixel_max(self):
        """The value of a white pixel in the inputs: 1 if they are scaled, otherwise 255."""
        return 1.0 if self.scale else 255.0

    @property
    def n_images_in_all(self):
        """The number of images of an epoch, the distorted ones included."""
        return augmented_set_size(self.n_images, copies=int(self.distorted))

    @property
    def has_plain_images(self):
        """Whether it takes MNIST's images as they are, perhaps in another order."""
        return self.preparation == "mnist" and not self.distorted

    @property
    def images_only(self):
        """The same images, with the default of every other setting: equal for all Recipes with the same images."""
        names = "preparation", "source", "n_images", "distorted", "is_sorted"
        return Recipe(**{name: getattr(self, name) for name in names})

    def has_same_network_and_images(self, other):
        """Whether a training by the other recipe can be continued by this one."""
        same_network = (self.n_hidden, self.scale) == (other.n_hidden, other.scale)
        return same_network and self.images_only == other.images_only

    @property
    def is_offered(self):
        """Whether the page offers all these values."""
        settings = [(value, setting["offered"]) for setting, value in self._settings()]
        known = all(offered is None or value in offered for value, offered in settings)
        return known and self.n_images in N_IMAGES[self.source]

    def words(self):
        """All settings in words, a list of str in the order of the fields: "30 hidden units", "η = 0.1", ..."""
        return [setting["words"](value) for setting, value in self._settings()]

    def changes(self, other):
        """The settings that differ from another Recipe's, in words: "η = 0.1, raw pixels"; "" if none do."""
        return differences([self, other])[0]

    def widget_values(self):
        """The value of each widget that sets this Recipe, by its key."""
        return {setting["key"].format(self): setting["widget"](value) for setting, value in self._settings()}

    def query(self, usual):
        """The settings that differ from the usual Recipe's, as the page's address has them: a dict of str."""
        pairs = zip(self._settings(), usual._settings())
        changed = [(setting, value) for (setting, value), (_, default) in pairs if value != default]
        return {setting["key"].format(self): setting["address"](value) for setting, value in changed}

    def _settings(self):
        """The pairs of a field's metadata and its value."""
        return [(setting.metadata, getattr(self, setting.name)) for setting in fields(self)]


def differences(recipes):
    """For each of several Recipes the settings that are not the same in all of them, in words."""
    words = [recipe.words() for recipe in recipes]
    differs = [len(set(setting)) > 1 for setting in zip(*words)]
    return [", ".join(compress(settings, differs)) for settings in words]


DEFAULT = Recipe(epochs=30)  # the page's initial settings
LECTURE = Recipe(eta=0.001, epochs=10, scale=False, shuffle=False)  # those of the lecture's notebook
ADDRESS_KEYS = {key for source in SOURCES for key in replace(DEFAULT, source=source).widget_values()}
