"""A training becomes the visitor's own: it is begun, continued, brought back, or opened from a file."""

from dataclasses import replace
from functools import partial

from ... import DataError
from ...engine.training import Training
from ...files.drawings import read_labelled, with_labelled
from ...files.networks import LARGEST_ON_PAGE, load_network
from ...files.saved_work import N_KEPT, OPENED, network_of, stored, with_kept
from ...recipe import MAX_HIDDEN
from ...training import TrainingState, initial_state
from .refresh import watch_seconds
from .render_lock import release_render_lock
from .shared import scheduler, training_set
from .state import connect, this_session, value_of

WATCH, FULL_SPEED, STEP = PACES = "Watch", "Full speed", "Step"
ENOUGH_DRAWINGS = 10  # labelled ones, to learn from
FIRST_PROGRESS = 1  # seconds: the page waits no longer for the first progress
NO_IMAGES = "This network learnt from OpenML's images, which are not here: choose them under **More** first."


def new_training(recipe):
    """A Training that begins by this Recipe."""
    images = training_set(recipe)
    return Training(recipe, initial_state(recipe, images.n_images), images)


def can_continue(training, recipe):
    """Whether a visitor's own Training (or None) can continue by this Recipe."""
    if training is None or training.state.diverged or training.state.n_images != recipe.n_images_in_all:
        return False
    is_over = training.state.epoch >= recipe.epochs
    return not is_over and recipe.has_same_network_and_images(training.recipe)


def chosen_pace():
    """The chosen one of PACES."""
    return value_of("pace", PACES, WATCH)


def begin(training):
    """Start a Training at the chosen pace, and wait a little for its first progress."""
    release_render_lock()
    start(training, pause=watch_seconds if chosen_pace() == WATCH else None).wait_for_progress(FIRST_PROGRESS)


def start(training, until=None, pause=None):
    """Make a Training the visitor's own and compute it in the background, in place of the one before.

    until and pause are those of Scheduler.train; the Subscription is returned. If it doesn't continue the visitor's
    training, the one before is stored among those that can be brought back.
    """
    connect()  # outside the lock: see Session
    session = this_session()
    with session.lock:
        before, subscription, recipe, state = session.training, session.subscription, training.recipe, training.state
        if subscription is not None:
            subscription.stop()
            before = before and replace(before, state=subscription.state)
        snapshots = training.snapshots if state.network.n_hidden <= MAX_HIDDEN else None  # those would fill the memory
        more = {"until": until, "pause": pause, "owner": session}
        session.subscription = scheduler().train(recipe, training.images, state, snapshots, **more)
        is_new = training.number == 0 or before is None or training.number != before.number
        changes = not is_new and replace(recipe, epochs=before.recipe.epochs) != before.recipe
        session.notify("training_started", before if (is_new or changes) and subscription is not None else None)
        if changes and state.images_seen:
            training = replace(training, is_mixed=True)
        if is_new:
            if before is not None and (before.state.images_seen or before.origin == OPENED):  # not a lesson cut off
                session.kept = with_kept(session.kept, stored(before))
            session.n_trainings += 1
            training = replace(training, number=session.n_trainings)
        session.training = replace(training, store=session.subscription.snapshot_store)
        session.is_cut_off = False
        session.n_starts += 1
    return session.subscription


def bring_back(number):
    """Make a stored training the visitor's own once more: settings, curves and network. This is a callback."""
    session = this_session()
    for kept in session.kept:  # none of them has the number after a second click
        if kept.number == number and take_over(kept):
            session.kept = tuple(one for one in session.kept if one is not kept)


def take_over(kept, sets_sidebar=True):
    """Make a stored Training the visitor's own; returns whether that was possible. Call it in a callback."""
    session, recipe = this_session(), kept.recipe
    session.trouble = ""
    try:
        images = training_set(recipe)
    except DataError:
        session.trouble = NO_IMAGES
        return False
    state = replace(kept.state, network=network_of(kept))
    was_taught = state.n_images != images.n_images  # from drawings, too: these can't be set in the sidebar
    taken_over = max(kept.taken_over, state.images_seen)
    training = replace(kept, state=state, images=images, number=0, weights=b"", taken_over=taken_over)
    if sets_sidebar and recipe.is_offered and not was_taught:
        session.to_set = recipe
    start(training, until=state.images_seen)
    return True


def take_over_earlier(found, sets_sidebar):
    """Take over the trainings of a SavedWork from an earlier visit; those of this visit, if any, come after them."""
    session, last = this_session(), max((training.number for training in found.trainings), default=0)
    if session.n_trainings:
        kept = [replace(training, number=training.number + last) for training in session.kept]
        session.kept, session.n_trainings = (*found.trainings, *kept)[-N_KEPT:], session.n_trainings + last
        with session.lock:
            session.training = replace(session.training, number=session.training.number + last)
        return
    session.kept, session.n_trainings = found.kept, last - (found.training is not None)  # start() counts that one
    if found.training is not None and not take_over(found.training, sets_sidebar):
        session.kept, session.n_trainings = found.trainings[-N_KEPT:], last


def open_network(file, recipe):
    """Make the network in an open file the visitor's own, to continue by a Recipe. Call it in a callback."""
    network = _read(partial(load_network, largest=LARGEST_ON_PAGE), file)
    if network is None:
        return
    recipe = replace(recipe, n_hidden=network.n_hidden, scale=network.pixel_max == 1, preparation=network.preparation)
    images = training_set(recipe)
    if recipe.is_offered:
        this_session().to_set = recipe
    start(Training(recipe, TrainingState(network, images.n_images, began_trained=True), images, origin=OPENED), until=0)


def open_drawings(file):
    """Add the labelled drawings in an open file to the visitor's. Call it in a callback."""
    add_drawings(_read(read_labelled, file) or ())


def _read(read, file):
    """The contents of an open file, which may be anything; None if it is refused, and the session says why."""
    session = this_session()
    session.trouble = ""
    try:
        return read(file)
    except ValueError as error:
        session.trouble = str(error)


def add_drawings(drawings):
    """Add stored LabelledDrawings, which may be somebody else's, to the visitor's; the oldest go if it is too many."""
    session = this_session()
    added = {one.sketch.identifier: replace(one, is_own=False) for one in drawings}
    session.labelled = with_labelled(added, session.labelled)
