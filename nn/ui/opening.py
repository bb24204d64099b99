"""Networks and drawings that were there before: kept trainings that are brought back, and files that are opened."""

from dataclasses import replace

from .. import DataError, load_network
from ..npz import Refused
from ..training import Run
from .feedback import MAX_LABELLED, read_labelled
from .kept import OPENED
from .state import Training, start, this_visitor

NO_IMAGES = "This network learnt from OpenML's images, which are not here: choose them under **More** first."


def bring_back(number):
    """Make a kept training the visitor's own once more: settings, curves and network. This is a callback."""
    visitor = this_visitor()
    kept = next((one for one in visitor.kept if one.number == number), None)
    if kept is not None and take_over(kept):  # None: a second click
        visitor.kept = tuple(one for one in visitor.kept if one is not kept)


def take_over(kept, sets_sidebar=True):
    """Make a Kept training the visitor's own; returns whether that could be done. Call it in a callback."""
    visitor, controls = this_visitor(), kept.controls
    visitor.trouble = ""
    try:
        images = controls.training_set()
    except DataError:
        visitor.trouble = NO_IMAGES
        return False
    run = kept.full_run()
    was_taught = run.n_images != images.n_images  # from drawings, too: these can't be set in the sidebar
    training = Training(controls, images, run, None, kept.is_mixed, kept.origin, taken_over=run.images_seen)
    if sets_sidebar and controls.is_settable and not was_taught:
        visitor.to_set = controls
    start(training, until=run.images_seen)
    return True


def open_network(file, controls):
    """Make the network in an open file the visitor's own; Controls say on which images it can go on. In a callback."""
    this_visitor().trouble = ""
    try:
        network = load_network(file)
    except ValueError as error:
        this_visitor().trouble = str(error)
        return
    settings = replace(
        controls.settings, n_hidden=network.n_hidden, scale=network.pixel_max == 1, preparation=network.preparation
    )
    controls = replace(controls, settings=settings)
    images = controls.training_set()
    if controls.is_settable:
        this_visitor().to_set = controls
    start(Training(controls, images, Run(network, images.n_images, began_trained=True), origin=OPENED), until=0)


def open_drawings(file):
    """Add the labelled drawings in an open file to the visitor's. Call it in a callback."""
    this_visitor().trouble = ""
    try:
        drawings = read_labelled(file)
    except Refused as error:
        this_visitor().trouble = str(error)
        return
    add_drawings(replace(drawing, is_own=False) for drawing in drawings)


def add_drawings(drawings):
    """Add Labelled drawings to the visitor's, except those that are there already; the oldest go if there are many."""
    visitor = this_visitor()
    labelled = {drawing.sketch.identifier: drawing for drawing in drawings} | visitor.labelled
    visitor.labelled = dict([*labelled.items()][-MAX_LABELLED:])
