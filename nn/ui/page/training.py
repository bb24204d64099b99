"""The training: its buttons, its pace, its progress, and the next thing to do."""

import math
from dataclasses import dataclass, field, replace

import streamlit as st

from ...analysis.evaluation import MEASURED_IMAGES
from ...recipe import DEFAULT, Recipe, counted
from ...training import TrainingState
from ..html import message_html, result_html
from ..numbers import duration
from ..session import trainings
from ..session.current_image import DrawingPart
from ..session.measurements import seconds_per_image, seconds_to_prepare
from ..session.render_lock import release_render_lock
from ..session.shared import mnist, scheduler, training_set
from ..session.state import Latest, part, take_view, this_session
from ..session.trainings import ENOUGH_DRAWINGS, PACES, STEP, WATCH, can_continue, chosen_pace, new_training
from .question import ChallengePart

STEPS = 1, 10, 100  # images
DOUBLE_CLICK = 0.5  # seconds


@dataclass(eq=False)
class TrainingPart:
    """The buttons of the training, and its latest step.

    clicked : str, the label of the button Train or Stop when it was clicked
    before : the TrainingState before the latest step and the Recipe of that step; None if it went on otherwise
    report : Latest, the report of that step
    """

    clicked: str = ""
    before: tuple[TrainingState, Recipe] | None = None
    report: Latest = field(default_factory=Latest)

    def training_started(self, ended):
        """Forget the step before."""
        self.before = None


def training_buttons(view, recipe, pace_place, place):
    """Draw the choice of the pace, and the buttons: Train and Continue, or steps, or Stop; in a container each.

    The buttons have no fragment of their own: when a refresh and a click come together, Streamlit runs the fragment
    around first, and a refresh that reruns the page would lose the click.
    """
    pace = pace_place.segmented_control(
        "Pace",
        PACES,
        default=WATCH,
        key="pace",
        required=True,
        label_visibility="collapsed",
        bind="query-params",
        on_change=_pace_changed,
        help="Watch: about two updates a second during the first epoch, then full speed. The weights are the same.",
    )
    with place:
        if pace == STEP and not view.active:
            _step_buttons(view, recipe)
        else:
            _train_or_stop(view, recipe)


def _pace_changed():
    """Continue a training under way at another pace. This is a callback."""
    view = take_view()
    if view.active:
        trainings.begin(view.training)


def _train_or_stop(view, recipe):
    """Draw Train, and Continue where there is something to continue, or Stop.

    Train and Stop are one button for the browser, so it keeps the focus. A click on one of them may arrive when the
    button has already become the other: the callback notes its label in the latest run, and the second half of a double
    click is ignored. The settings are those of this run, as one may have been changed just before the click.
    """
    label, icon = ("Stop", ":material/stop:") if view.active else ("Train", ":material/play_arrow:")
    note = {"on_click": setattr, "args": (part(TrainingPart), "clicked", label)}
    clicked = st.button(label, key="train", icon=icon, type="primary", **note)
    subscription = this_session().subscription
    is_double_click = subscription is not None and subscription.seconds_since_click <= DOUBLE_CLICK
    if clicked and not is_double_click:
        if part(TrainingPart).clicked == "Stop":
            subscription.stop()
        else:
            trainings.begin(new_training(recipe))
    if not view.active and view.training is not None:
        help = "More epochs for the same network, on the same images. If all of them are over, set more epochs first."
        if st.button("Continue", key="continue", disabled=not can_continue(view.training, recipe), help=help):
            trainings.begin(replace(view.training, recipe=recipe))
            clicked = True
    if clicked:
        st.rerun()


def _step_buttons(view, recipe):
    """Draw a button for each number of images to learn from; a training that can't continue is not lost by mistake."""
    training = view.training
    if training is not None and not can_continue(training, recipe):
        if st.button("New network", key="new_network", type="primary", help="An untrained network, to train in steps."):
            _learn_from(0, new_training(recipe))
        return
    for n in step_sizes(recipe.batch_size, recipe.n_images_in_all):
        help = f"Learn from {counted(n, 'image')}, and stop."
        if st.button("1 image" if n == 1 else f"{n:,}", key=f"step_{n}", type="primary", help=help):
            training = new_training(recipe) if training is None else replace(training, recipe=recipe)
            _learn_from(n, training)


def _learn_from(n, training):
    """Let a Training learn from n more images, keep the state before, and rerun the page."""
    release_render_lock()
    trainings.start(training, until=training.state.images_seen + n).wait(1)
    part(TrainingPart).before = (training.state, training.recipe) if n else None
    st.rerun()


def step_sizes(batch_size, n_images):
    """The possible numbers of images in a step, in order: those of STEPS in whole batches."""
    batch = min(batch_size, n_images)
    return sorted({batch * math.ceil(n / batch) for n in STEPS})


def measurements_for(recipe):
    """The measuring Tasks from which the duration of a training by this Recipe follows."""
    measurements = [seconds_per_image(recipe.n_hidden, recipe.batch_size)]
    if training_set(recipe).share < 1:
        measurements.append(seconds_to_prepare(recipe.images_only))
    return measurements


def show_progress(view, recipe, measurements):
    """Show the progress of the training, the next thing to do, and the duration of the next training."""
    training, share, text = view.training, 0.0, "Nothing is trained yet."
    if view.active and training.images.share < 1:
        share = training.images.share
        text = f"Preparing {training.state.n_images:,} training images: {share:.0%}"
    elif training is not None:
        state, epochs = training.state, training.recipe.epochs
        under_way = view.subscription
        speed, estimate = (under_way.images_per_second, under_way.estimate) if view.active else (0.0, None)
        of = 1 if state.epoch < 1 else epochs  # in the first epoch, the bar counts its images, as the words do
        share, text = min(state.epoch / of, 1.0), progress_words(state, epochs, view.active, speed, estimate)
    st.progress(share, text)
    st.container(key="result").html(_result(view))
    continues = chosen_pace() != STEP and can_continue(training, recipe)
    now = next_step(view, part(DrawingPart).prepared is not None, continues)
    st.html(message_html(now, _beside_train(view, recipe, measurements, continues)))


def _result(view):
    """The accuracy before and after a finished training, shown beside the progress; HTML."""
    training = view.training
    if training is None or view.active or training.state.diverged or len(training.state.history) < 2:
        return "<div></div>"
    state, n = training.state, min(len(mnist(training.recipe.source).X_test), MEASURED_IMAGES)
    before = f"right ({'before' if state.began_trained else 'untrained'}: {state.history[0].test_accuracy:.1%})"
    return result_html(training.accuracy, f"of {n:,} unseen images", before)


def progress_words(state, epochs, active, images_per_second, estimate=None):
    """The progress of a TrainingState, and the time left by a Subscription's estimate, or else at this speed.

    In the first epoch the time is shown only if others are ahead: without them the accuracy is measured so often that
    the training visibly moves.
    """
    seconds, n_ahead = estimate or (None, 0)
    line = f", {counted(n_ahead, 'training')} ahead of you" if n_ahead else ""
    if state.images_seen == 0 and state.began_trained and not active:
        return "Already trained; not trained further yet."
    is_first = state.epoch < 1
    at = f"{state.images_seen:,} of {state.n_images:,} images" if is_first else f"Epoch {state.epoch:.1f} of {epochs}"
    if active and is_first:
        return f"After {at}" + (f" · about {duration(seconds)}{line}" if n_ahead else "")
    if active:
        if seconds is None and images_per_second:
            seconds = (epochs * state.n_images - state.images_seen) / images_per_second
        left = "…" if seconds is None else duration(seconds)
        return f"{at} · {images_per_second:,.0f} images/s · {left} left{line}"
    if state.images_seen == 0 and not state.diverged:
        return f"After {at}"
    return f"{at}: {'diverged' if state.diverged else 'finished' if state.finished else 'stopped'}"


def next_step(view, is_drawn, continues):
    """The next thing to do, in a sentence or two; HTML. continues: whether there is a Continue that can be clicked."""
    training, session = view.training, this_session()
    if training is None:
        if is_drawn:
            return "It reads well: it learnt from 58,000 images. Now train your own: press <b>Train</b>."
        return "Draw a digit, or try one of those beside the canvas."
    state = training.state
    is_preparing, challenge = training.images.share < 1, part(ChallengePart).challenge
    can_teach = len(session.labelled) >= ENOUGH_DRAWINGS and not training.origin
    is_cut_off = session.is_cut_off and not view.active
    cases = [  # the first that applies
        (is_cut_off and continues, "Connection lost; training paused. Press <b>Continue</b>."),
        (is_cut_off, "Connection lost; training stopped."),
        (view.active and is_preparing, "The images are prepared first, once for everybody with the same settings."),
        (view.active and state.epoch < 1, "Watch its weights take shape."),
        (view.active, "Keep drawing: it uses what it has learnt so far."),
        (state.diverged, diverged_words(training.recipe.eta)),
        (state.is_untrained, "It knows nothing yet. Take the first step."),
        (state.images_seen == 0 and continues, "It reads what you draw. <b>Continue</b> trains it further."),
        (state.images_seen == 0, "It reads what you draw."),
        (not state.finished and continues, "Stopped. See what it can read now, or press <b>Continue</b>."),
        (not state.finished, "Stopped. See what it can read now."),
        (challenge is not None and not challenge.over, ""),  # it says what to draw
        (not is_drawn, "Draw a digit: now your own network reads it."),
        (can_teach, "Now <b>teach it your handwriting</b>, below: it learns from your drawings."),
        (len(session.kept) == 1, "Which of your networks reads better? <b>Compare</b> them, below."),
        (True, "Does it read your handwriting? Take the <b>Challenge</b>, or <b>look inside</b>, below."),
    ]
    return next(words for applies, words in cases if applies)


def diverged_words(eta):
    """What to do when a training with this learning rate has diverged; HTML."""
    rises = f"With η = {eta:g} the cost rises instead of falling."
    return f'<b class="nn-doubt" role="alert">{rises}</b> Choose a smaller η, and train again.'


def _beside_train(view, recipe, measurements, continues):
    """How long the next training takes, and which settings differ: from now if it continues, or else the defaults."""
    if view.active:
        return "" if view.training.recipe == recipe else "New settings apply to the next training."
    costs, unusual = [measurement.result for measurement in measurements], recipe.changes(DEFAULT)
    if None in costs:
        duration_words = "Measuring how long it takes …" if any(one.active for one in measurements) else ""
    else:
        duration_words = f"Training takes about {duration(_estimate(recipe, *costs))} at full speed."
    before = replace(view.training.recipe, epochs=recipe.epochs) if continues else recipe
    if before != recipe:
        return f"{duration_words} <b>Continue</b> will use {recipe.changes(before)}, not {before.changes(recipe)}."
    return f"{duration_words} Not the defaults: {unusual}." if unusual else duration_words


def _estimate(recipe, per_image, per_preparation=0.0):
    """Seconds of a training, from those of learning from an image and of preparing one."""
    images = training_set(recipe)
    unprepared = (1 - images.share) * (images.n_images + len(mnist(recipe.source).X_test))
    seconds = per_image * images.n_images * recipe.epochs + per_preparation * unprepared
    return seconds * max(1, (1 + scheduler().n_shares) / scheduler().n_workers)
