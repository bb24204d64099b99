"""A visitor's trainings and labelled drawings as a file, which the browser keeps: they are there after a reload."""

import io
import json
import math
import zipfile
from dataclasses import asdict, replace
from itertools import accumulate
from typing import NamedTuple

from ..analysis.evaluation import Point
from ..checks import flag, number, text, whole
from ..engine.training import Training
from ..images.augmented_set import MAX_IMAGES
from ..recipe import N_IMAGES, Recipe
from ..training import TrainingState
from .arrays import Refused, check_members
from .drawings import MAX_LABELLED, LabelledDrawing, labelled_file, read_labelled
from .networks import LARGEST_ON_PAGE, load_network, network_bytes

N_KEPT = 7  # with the present one, that is eight
# Bytes of trainings and of drawings, each in a file of its own. A browser sends both as text, a third longer, in one
# message of at most 3 MB. The pre-trained network fits in if it is rounded, and one of 300 units as it is.
MAX_TRAININGS_BYTES, MAX_DRAWINGS_BYTES = 1_850_000, 250_000
MAX_BYTES = MAX_TRAININGS_BYTES + MAX_DRAWINGS_BYTES
MAX_METADATA, MAX_UNPACKED = 500_000, 16_000_000  # bytes of TRAININGS, and of such a file, unpacked
MAX_POINTS = 2_000  # of a history: 100 epochs have 113
LARGEST = {"epoch": 1e4, "cost": 1e9, "accuracy": 1, "test_cost": 1e9, "test_accuracy": 1}  # of a Point: it is drawn
MAX_ORIGIN = 200  # letters
OPENED = "opened from a file"
KIND = "a file of this page"
TRAININGS, DRAWINGS = "trainings.json", "drawings.npz"


def stored(training, compact=True):
    """A Training without its images and snapshots; if it isn't compact, with exactly its weights."""
    weights = network_bytes(training.state.network, compact=compact)
    return replace(training, state=replace(training.state, network=None), images=None, store=None, weights=weights)


def network_of(training):
    """The Network of a Training, live or stored; a compact file has rounded the weights to 8 bits."""
    return training.state.network or load_network(io.BytesIO(training.weights))


def with_kept(kept, one):
    """A tuple of stored Trainings, with one more, the latest last: at most N_KEPT, of MAX_TRAININGS_BYTES in all."""
    sums = accumulate(len(training.weights) for training in (one, *reversed(kept[1 - N_KEPT :])))
    return (*kept, one)[-max(1, sum(size <= MAX_TRAININGS_BYTES for size in sums)) :]


class SavedWork(NamedTuple):
    """A visitor's present training (stored, or None), those before it, and labelled drawings."""

    training: Training | None
    kept: tuple[Training, ...]
    drawings: tuple[LabelledDrawing, ...]

    @property
    def trainings(self):
        """All trainings: the present one is the last."""
        return (*self.kept, *(() if self.training is None else (self.training,)))


NOTHING = SavedWork(None, (), ())


def pack(work, max_bytes=MAX_BYTES):
    """A SavedWork as one file of at most max_bytes: the oldest trainings, and then the oldest drawings, are left out.

    The present network is rounded first if that makes room, and left out if all that doesn't help.
    """
    trainings = list(work.trainings)
    drawings, has_present = list(work.drawings)[-MAX_LABELLED:], work.training is not None
    is_exact = has_present
    while True:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            metadata = {"present": has_present, "trainings": list(map(_metadata, trainings))}
            archive.writestr(TRAININGS, json.dumps(metadata))
            for i, kept in enumerate(trainings):
                archive.writestr(f"{i}.npz", kept.weights, zipfile.ZIP_STORED)
            if drawings:
                archive.writestr(DRAWINGS, labelled_file(drawings), zipfile.ZIP_STORED)
        if len(file.getvalue()) <= max_bytes:
            return file.getvalue()
        if is_exact:
            trainings[-1] = replace(trainings[-1], weights=network_bytes(network_of(trainings[-1]), compact=True))
            is_exact = False
        elif len(trainings) > 1:
            del trainings[0]
        elif drawings:
            drawings = drawings[len(drawings) // 2 + 1 :]
        else:
            trainings, has_present = [], False


def _metadata(kept):
    state = {name: value for name, value in asdict(kept.state).items() if name != "network"}
    others = {name: getattr(kept, name) for name in ("number", "origin", "is_mixed")}
    return others | {"recipe": asdict(kept.recipe), "state": state}


def unpack(file):
    """The SavedWork in the bytes of such a file. Raises Refused if it isn't one: a visitor can change it."""
    if len(file) > MAX_BYTES:
        raise Refused(f"This is not {KIND}: it is too large.")
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            check_members(archive, KIND, MAX_UNPACKED)
            if archive.getinfo(TRAININGS).file_size > MAX_METADATA:  # read as objects, it takes a hundred times that
                raise Refused(f"This is not {KIND}: it is too large.")
            metadata = json.loads(archive.read(TRAININGS))
            trainings = enumerate(metadata["trainings"][: N_KEPT + 1])
            kept = [_training(one, archive.read(f"{i}.npz")) for i, one in trainings]
            drawings = archive.read(DRAWINGS) if DRAWINGS in archive.namelist() else None
        if len({one.number for one in kept}) < len(kept):
            raise ValueError("two trainings have the same number")
        present = kept.pop() if metadata["present"] is True else None
        return SavedWork(present, tuple(kept), read_labelled(io.BytesIO(drawings)) if drawings is not None else ())
    except Refused:
        raise
    except Exception as error:  # of a dozen kinds: zipfile, zlib, json and whatever a value of a wrong type raises
        raise Refused(f"This is not {KIND}, or it is damaged.") from error


def _training(metadata, weights):
    """The stored Training of this metadata. Raises an error of any kind if no page can have written it."""
    if "controls" in metadata:  # as it was written before there were recipes
        controls = dict(metadata["controls"])
        metadata = metadata | {"recipe": controls.pop("settings") | controls, "state": metadata["run"]}
    recipe, state = Recipe(**metadata["recipe"]), dict(metadata["state"])
    points = ([number(name, point[name], 0, most) for name, most in LARGEST.items()] for point in state["history"])
    history = tuple(Point(*values) for values in points)
    n_images = whole("n_images", state["n_images"], 1, MAX_IMAGES)
    images_seen = whole("images_seen", state["images_seen"], 0, 10_000 * n_images)
    flags = {name: flag(name, state[name]) for name in ("finished", "diverged", "began_trained")}
    state = TrainingState(None, n_images, images_seen, history, **flags)
    network = load_network(io.BytesIO(weights), LARGEST_ON_PAGE)
    epochs = [point.epoch for point in history]
    is_possible = (
        (network.n_hidden, network.pixel_max, network.preparation)
        == (recipe.n_hidden, recipe.pixel_max, recipe.preparation)
        and recipe.n_images in N_IMAGES[recipe.source]
        and (state.began_trained or n_images == recipe.n_images_in_all)  # fine-tuning has drawings beside these images
        and len(history) <= MAX_POINTS
        and epochs == sorted(epochs)
        and max(epochs, default=0) <= state.epoch
    )
    if not is_possible:
        raise ValueError("a value is impossible")
    return Training(
        recipe,
        state,
        number=whole("number", metadata["number"], 1, 10**6),
        origin=text("origin", metadata["origin"], MAX_ORIGIN),
        is_mixed=flag("is_mixed", metadata["is_mixed"]),
        weights=weights,
        taken_over=math.inf,  # its past can be forged
    )
