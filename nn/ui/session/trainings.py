"""How a visitor's training is begun and continued."""

from ...engine.training import Training
from ...training import initial_state
from .refresh import watch_seconds
from .render_lock import release_render_lock
from .shared import training_set
from .state import Key, start, value_of

WATCH, FULL_SPEED, STEP = PACES = "Watch", "Full speed", "Step"
ENOUGH_DRAWINGS = 10  # labelled ones, to learn from
FIRST_PROGRESS = 1  # seconds: if it takes longer than that, the page doesn't wait for it


def pause_of(pace):
    """The pause of Scheduler.train at this pace."""
    return watch_seconds if pace == WATCH else None


def begin(training):
    """Start a Training at the chosen pace, and wait a little for something to show."""
    release_render_lock()
    start(training, pause=pause_of(value_of(Key.PACE, WATCH))).wait_for_progress(FIRST_PROGRESS)


def new_training(recipe):
    """A Training that begins by this Recipe."""
    images = training_set(recipe)
    return Training(recipe, initial_state(recipe, images.n_images), images)


def can_continue(training, recipe):
    """Whether a visitor's own Training (or None) can continue by this Recipe."""
    if training is None or training.state.diverged or training.state.n_images != recipe.n_images_in_all:
        return False
    goes_on = training.state.images_seen < training.state.n_images * recipe.epochs
    return goes_on and recipe.has_same_network_and_images(training.recipe)
