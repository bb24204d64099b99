"""Networks and drawings that were there before: kept trainings that are brought back, and files that are opened."""

from dataclasses import replace

from ... import DataError, load_network
from ...engine.training import Training
from ...files.arrays import Refused
from ...files.drawings import MAX_LABELLED, read_labelled
from ...files.saved_work import OPENED, network_of
from ...training import TrainingState
from .shared import training_set
from .state import start, this_visitor

NO_IMAGES = "This network learnt from OpenML's images, which are not here: choose them under **More** first."


def bring_back(number):
    """Make a kept training the visitor's own once more: settings, curves and network. This is a callback."""
    visitor = this_visitor()
    kept = next((one for one in visitor.kept if one.number == number), None)
    if kept is not None and take_over(kept):  # None: a second click
        visitor.kept = tuple(one for one in visitor.kept if one is not kept)


def take_over(kept, sets_sidebar=True):
    """Make a stored Training the visitor's own; returns whether that could be done. Call it in a callback."""
    visitor, recipe = this_visitor(), kept.recipe
    visitor.trouble = ""
    try:
        images = training_set(recipe)
    except DataError:
        visitor.trouble = NO_IMAGES
        return False
    state = replace(kept.state, network=network_of(kept))
    was_taught = state.n_images != images.n_images  # from drawings, too: these can't be set in the sidebar
    training = replace(kept, state=state, images=images, number=0, weights=b"", taken_over=state.images_seen)
    if sets_sidebar and recipe.is_offered and not was_taught:
        visitor.to_set = recipe
    start(training, until=state.images_seen)
    return True


def open_network(file, recipe):
    """Make the network in an open file the visitor's own; a Recipe says how it can go on. Call it in a callback."""
    this_visitor().trouble = ""
    try:
        network = load_network(file)
    except ValueError as error:
        this_visitor().trouble = str(error)
        return
    recipe = replace(recipe, n_hidden=network.n_hidden, scale=network.pixel_max == 1, preparation=network.preparation)
    images = training_set(recipe)
    if recipe.is_offered:
        this_visitor().to_set = recipe
    start(Training(recipe, TrainingState(network, images.n_images, began_trained=True), images, origin=OPENED), until=0)


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
    """Add LabelledDrawings to the visitor's, except those that are there already; the oldest go if there are many."""
    visitor = this_visitor()
    labelled = {drawing.sketch.identifier: drawing for drawing in drawings} | visitor.labelled
    visitor.labelled = dict([*labelled.items()][-MAX_LABELLED:])
