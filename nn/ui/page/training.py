"""The training: its buttons, its pace, its progress, and the next thing to do."""

import math
from dataclasses import dataclass, field, replace

import streamlit as st

from ...recipe import DEFAULT, Recipe
from ...training import TrainingState
from ..html import message_html
from ..numbers import counted, duration
from ..session.current_image import DrawingPart
from ..session.measurements import seconds_per_image, seconds_to_prepare
from ..session.render_lock import release_render_lock
from ..session.shared import mnist, scheduler, training_set
from ..session.state import Latest, part, take_moment, this_visitor
from ..session.trainings import ENOUGH_DRAWINGS, PACES, STEP, WATCH, begin, can_continue, new_training, start

STEPS = 1, 10, 100  # images
DOUBLE_CLICK = 0.5  # seconds


@dataclass(eq=False)
class TrainingPart:
    """The buttons of the training, and its latest step.

    clicked : str, the label of the button Train or Stop when it was clicked
    before, recipe : the TrainingState before the latest step, and its Recipe; None if the training went on otherwise
    report : Latest, the report of that step
    """

    clicked: str = ""
    before: TrainingState | None = None
    recipe: Recipe | None = None
    report: Latest = field(default_factory=Latest)

    def training_started(self, ended):
        """Forget the step before."""
        self.before = self.recipe = None


def training_buttons(moment, recipe, pace_place, place):
    """Draw the choice of the pace, and the buttons: Train and Continue, or steps, or Stop; in a container each.

    The buttons are in the fragment around everything that ticks here, not in one of their own: when a tick and a click
    come together, Streamlit runs the fragment around first, and a tick that reruns the page would lose the click.
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
        if pace == STEP and not moment.active:
            _step_buttons(moment, recipe)
        else:
            _train_or_stop(moment, recipe)


def _pace_changed():
    """Continue a training under way at another pace. This is a callback."""
    moment = take_moment()
    if moment.active:
        begin(moment.training)


def _train_or_stop(moment, recipe):
    """Draw Train, and Continue where there is something to continue, or Stop.

    Train and Stop are one button for the browser, so it keeps the focus. A click on one of them may arrive when the
    button has already become the other: the callback notes its label in the latest run, and the second half of a double
    click is ignored. The settings are those of this run, as one may have been changed just before the click.
    """
    label, icon = ("Stop", ":material/stop:") if moment.active else ("Train", ":material/play_arrow:")
    clicked = st.button(label, key="train", icon=icon, type="primary", on_click=_note_click, args=(label,))
    if clicked and not _is_double_click():
        if part(TrainingPart).clicked == "Stop":
            this_visitor().job.stop()
        else:
            begin(new_training(recipe))
    if (
        not moment.active
        and moment.training is not None
        and st.button(
            "Continue",
            key="continue",
            disabled=not can_continue(moment.training, recipe),
            help="Trains the same network for more epochs, on the same images and with the same hidden units.",
        )
    ):
        begin(replace(moment.training, recipe=recipe))
        clicked = True
    if clicked:
        st.rerun()


def _note_click(label):
    part(TrainingPart).clicked = label


def _is_double_click():
    job = this_visitor().job
    return job is not None and job.seconds_since_click <= DOUBLE_CLICK


def _step_buttons(moment, recipe):
    """Draw a button for each number of images to learn from; a training that can't continue is not lost by mistake."""
    training = moment.training
    if training is not None and not can_continue(training, recipe):
        if st.button("New network", key="new_network", type="primary", help="An untrained network, to train in steps."):
            release_render_lock()
            start(new_training(recipe), until=0).wait(1)
            st.rerun()
        return
    for n in step_sizes(recipe.batch_size, recipe.n_images_in_all):
        help = f"Learn from {counted(n, 'image')}, and stop."
        if st.button("1 image" if n == 1 else f"{n:,}", key=f"step_{n}", type="primary", help=help):
            training = new_training(recipe) if training is None else replace(training, recipe=recipe)
            release_render_lock()
            start(training, until=training.state.images_seen + n).wait(1)
            step = part(TrainingPart)
            step.before, step.recipe = training.state, recipe
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


def show_progress(moment, recipe, measurements):
    """Show the progress of the training, the next thing to do, and the duration of the next training."""
    training = moment.training
    if training is None:
        st.progress(0.0, text="Nothing is trained yet.")
    elif moment.active and training.images.share < 1:
        share = training.images.share
        st.progress(share, text=f"Preparing {training.state.n_images:,} training images: {share:.0%}")
    else:
        state, epochs = training.state, training.recipe.epochs
        speed, estimate = (moment.job.images_per_second, moment.job.estimate) if moment.active else (0.0, None)
        text = progress_words(state, epochs, moment.active, speed, estimate)
        st.progress(min(state.epoch / epochs, 1.0), text=text)
    now, later = next_step(moment, part(DrawingPart).prepared is not None), _beside_train(moment, recipe, measurements)
    if this_visitor().is_cut_off and not moment.active:
        now = "Connection lost; training paused. Press <b>Continue</b>."
    st.html(message_html(now, later))


def progress_words(state, epochs, active, images_per_second, estimate=None):
    """The progress of a TrainingState, and the time left by a Subscription's estimate, or else at this speed.

    In the first epoch the time is shown only if others are ahead: without them the accuracy is measured so often that
    the training visibly moves.
    """
    seconds, n_ahead = estimate or (None, 0)
    line = f", {counted(n_ahead, 'training')} ahead of you" if n_ahead else ""
    if state.images_seen == 0 and state.began_trained and not active:
        return "Trained before; it has learnt nothing more here yet."
    if state.epoch < 1:
        at = f"{state.images_seen:,} of {state.n_images:,} images"
        if active and n_ahead:
            return f"After {at} · about {duration(seconds)}{line}"
        if active or (state.images_seen == 0 and not state.diverged):
            return f"After {at}"
        return f"{at}: {'diverged' if state.diverged else 'stopped'}"
    at = f"Epoch {state.epoch:.1f} of {epochs}"
    if active:
        if seconds is None and images_per_second:
            seconds = (epochs * state.n_images - state.images_seen) / images_per_second
        left = "…" if seconds is None else duration(seconds)
        return f"{at} · {images_per_second:,.0f} images/s · {left} left{line}"
    return f"{at}: {'diverged' if state.diverged else 'finished' if state.finished else 'stopped'}"


def next_step(moment, is_drawn):
    """The next thing to do, in a sentence or two; HTML."""
    training = moment.training
    if moment.active:
        if training.images.share < 1:
            return "The images are prepared first, once for everybody with the same settings."
        first = training.state.epoch < 1
        return "Watch its weights take shape." if first else "Keep drawing: it uses what it has learnt so far."
    if training is None:
        if is_drawn:
            return "It reads well: it learnt from 58,000 images. Now train your own: press <b>Train</b>."
        return "Draw a digit, or try one of those beside the canvas."
    if training.state.diverged:
        return "The steps were too large. Choose a smaller η, and train again."
    if training.state.is_untrained:
        return "It knows nothing yet. Take the first step."
    if training.state.images_seen == 0:
        return "It reads what you draw. <b>Continue</b> trains it further."
    if not training.state.finished:
        return "Stopped. See what it can read now, or press <b>Continue</b>."
    if not is_drawn:
        return "Draw a digit: now your own network reads it."
    if len(this_visitor().labelled) >= ENOUGH_DRAWINGS and not training.origin:
        return "Now <b>teach it your handwriting</b>, below: it learns from your drawings."
    if len(this_visitor().kept) == 1:
        return "Which of your networks reads better? <b>Compare</b> them, below."
    return "Can it read your handwriting? To see why, <b>look inside</b>, below."


def _beside_train(moment, recipe, measurements):
    """The duration of the next training, and the settings that differ from the defaults."""
    if moment.active:
        return "" if moment.training.recipe == recipe else "New settings apply to the next training."
    costs, unusual = [measurement.result for measurement in measurements], recipe.changes(DEFAULT)
    if None in costs:
        duration_words = "Measuring how long it takes …" if any(one.active for one in measurements) else ""
    else:
        duration_words = f"Training takes about {duration(_estimate(recipe, *costs))} at full speed."
    return f"{duration_words} Changed: {unusual}." if unusual else duration_words


def _estimate(recipe, per_image, per_preparation=0.0):
    """Seconds of a training, from those of learning from an image and of preparing one."""
    images = training_set(recipe)
    unprepared = (1 - images.share) * (images.n_images + len(mnist(recipe.source).X_test))
    seconds = per_image * images.n_images * recipe.epochs + per_preparation * unprepared
    return seconds * max(1, (1 + scheduler().n_trainings) / scheduler().n_workers)
