"""Trainings that are over and stay: to be compared, to be brought back, and to be there after a reload."""

import io
import json
import math
import zipfile
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from .. import Network, Settings, load_network
from ..images.augmented_set import MAX_IMAGES, augmented_set_size
from ..npz import Refused, check_members
from ..store import network_bytes
from ..training import Point, Run
from .controls import IMAGES, Controls
from .feedback import MAX_LABELLED, Labelled, labelled_file, read_labelled

N_KEPT = 7  # with the present one, that is eight
MAX_BYTES = 4_000_000  # of all that a visitor's browser keeps
ROUNDED_ABOVE = MAX_BYTES // 2  # bytes of one network, so that something else has room beside it
MAX_TRAININGS_BYTES, MAX_DRAWINGS_BYTES = 3_500_000, 500_000  # of these, each in a file of its own
MAX_TOLD = 2_000_000  # bytes of what is told of trainings
MAX_UNPACKED = 16_000_000  # bytes of all that is in such a file
MAX_POINTS = 2_000  # of a history: 100 epochs have 113
MAX_NUMBER = 1e9  # in a history: a cost is at most some thousands
MAX_ORIGIN = 200  # letters
OPENED = "opened from a file"
KIND = "a file of this page"
TRAININGS, DRAWINGS = "trainings.json", "drawings.npz"


@dataclass(frozen=True, eq=False)
class Kept:
    """A training as it stays: all but its images and its past.

    number : int, which of the visitor's trainings it is, from 1
    controls, origin, is_mixed : as in Training
    run : Run, but its network is None
    weights : bytes, its network's file: compact, so that eight fit in the memory that one takes otherwise
    """

    number: int
    controls: Controls
    origin: str
    is_mixed: bool
    run: Run
    weights: bytes

    @classmethod
    def of(cls, number, training, compact=True):
        """The Kept of a Training; if it isn't compact, with exactly its weights."""
        run, weights = replace(training.run, network=None), network_bytes(training.run.network, compact=compact)
        return cls(number, training.controls, training.origin, training.is_mixed, run, weights)

    @property
    def network(self):
        """Its Network; a compact file has rounded the weights to 8 bits."""
        return load_network(io.BytesIO(self.weights))

    def full_run(self):
        """Its Run, with its Network."""
        return replace(self.run, network=self.network)


def with_kept(kept, one):
    """A tuple of Kept, with one more: at most N_KEPT, the latest last."""
    return (*kept, one)[-N_KEPT:]


class Yours(NamedTuple):
    """What a visitor has: the present training (a Kept, or None), those before it, and labelled drawings."""

    training: Kept | None
    kept: tuple[Kept, ...]
    drawings: tuple[Labelled, ...]

    @property
    def trainings(self):
        """All trainings, a tuple of Kept: the present one is the last."""
        return (*self.kept, *(() if self.training is None else (self.training,)))


NOTHING = Yours(None, (), ())


def pack(yours, max_bytes=MAX_BYTES):
    """A Yours as one file of at most max_bytes: the oldest trainings, and then the oldest drawings, are left out.

    A network larger than ROUNDED_ABOVE is rounded first, because all else would have to go for it, and left out if that
    doesn't help.
    """
    trainings = [_rounded(kept) if len(kept.weights) > ROUNDED_ABOVE else kept for kept in yours.trainings]
    drawings, has_present = list(yours.drawings)[-MAX_LABELLED:], yours.training is not None
    while True:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(TRAININGS, json.dumps({"present": has_present, "trainings": list(map(_told, trainings))}))
            for i, kept in enumerate(trainings):
                archive.writestr(f"{i}.npz", kept.weights, zipfile.ZIP_STORED)
            if drawings:
                archive.writestr(DRAWINGS, labelled_file(drawings), zipfile.ZIP_STORED)
        if len(file.getvalue()) <= max_bytes:
            return file.getvalue()
        if len(trainings) > 1:
            del trainings[0]
        elif drawings:
            drawings = drawings[len(drawings) // 2 + 1 :]
        else:
            trainings, has_present = [], False


def _rounded(kept):
    """A Kept with a compact file."""
    return replace(kept, weights=network_bytes(kept.network, compact=True))


def _told(kept):
    told = asdict(replace(kept, weights=b""))
    return {key: told[key] for key in ("number", "controls", "origin", "is_mixed", "run")}


def unpack(file):
    """The Yours in the bytes of such a file. Raises Refused if it isn't one: a visitor can change it."""
    if len(file) > MAX_BYTES:
        raise Refused(f"This is not {KIND}: it is too large.")
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            check_members(archive, KIND, MAX_UNPACKED)
            if archive.getinfo(TRAININGS).file_size > MAX_TOLD:  # read as objects, it takes a hundred times that
                raise Refused(f"This is not {KIND}: it is too large.")
            told = json.loads(archive.read(TRAININGS))
            kept = [_kept(one, archive.read(f"{i}.npz")) for i, one in enumerate(told["trainings"][: N_KEPT + 1])]
            drawings = archive.read(DRAWINGS) if DRAWINGS in archive.namelist() else None
        if len({one.number for one in kept}) < len(kept):
            raise ValueError("two trainings have the same number")
        present = kept.pop() if told["present"] is True else None
        return Yours(present, tuple(kept), () if drawings is None else read_labelled(io.BytesIO(drawings)))
    except Refused:
        raise
    except Exception as error:  # of a dozen kinds: zipfile, zlib, json and whatever a value of a wrong type raises
        raise Refused(f"This is not {KIND}, or it is damaged.") from error


def _kept(told, weights):
    """The Kept that _told was made of. Raises an error of any kind if it can't have been."""
    controls = dict(told["controls"])
    controls = Controls(Settings(**controls.pop("settings")), **controls)
    network = load_network(io.BytesIO(weights))
    run = dict(told["run"])
    history = tuple(Point(**point) for point in run.pop("history"))
    kept = Kept(told["number"], controls, told["origin"], told["is_mixed"], Run(**run | {"history": history}), weights)
    if not _is_sound(kept, network):
        raise ValueError("a value is impossible")
    return kept


def _is_sound(kept, network: Network):
    controls, run, settings = kept.controls, kept.run, kept.controls.settings
    numbers = [number for point in run.history for number in vars(point).values() if number is not None]
    epochs = [point.epoch for point in run.history]
    expected = augmented_set_size(controls.n_images) if controls.distorted else controls.n_images
    return (
        (network.n_hidden, network.pixel_max, network.preparation)
        == (settings.n_hidden, settings.pixel_max, settings.preparation)
        and controls.source in IMAGES
        and type(controls.n_images) is int
        and controls.n_images in IMAGES[controls.source]
        and all(type(flag) is bool for flag in (controls.distorted, controls.is_sorted, kept.is_mixed))
        and all(type(flag) is bool for flag in (run.finished, run.diverged, run.began_trained))
        and all(type(number) is int for number in (kept.number, run.n_images, run.images_seen))
        and 1 <= kept.number <= 1e6
        and 1 <= run.n_images <= MAX_IMAGES
        and (run.began_trained or run.n_images == expected)  # a lesson has drawings beside these images
        and 0 <= run.images_seen <= 1e4 * run.n_images
        and run.network is None
        and isinstance(kept.origin, str)
        and len(kept.origin) <= MAX_ORIGIN
        and len(run.history) <= MAX_POINTS
        and all(type(number) in (int, float) and math.isfinite(number) and number >= 0 for number in numbers)
        and all(point.cost is not None and point.test_cost is not None for point in run.history)
        and all(0 <= share <= 1 for point in run.history for share in (point.accuracy, point.test_accuracy))
        and max(numbers, default=0) <= MAX_NUMBER
        and epochs == sorted(epochs)
        and max(epochs, default=0) <= run.epoch
    )
