"""Where you train: the buttons, the progress of the training, and the learning curves."""

import io
from dataclasses import replace

import streamlit as st

from .. import save_network
from ..training import MEASURED_IMAGES, initial_run
from .charts import BLUE, GREY, curves
from .html import empty_html, legend_html
from .pace import fragment, seconds_per_image, seconds_to_prepare
from .resources import gate, mnist
from .state import Training, start

ACCURACY_HEIGHT, COST_HEIGHT = 160, 190  # of the charts, in pixels; the lower one also has the axis of the epochs


def training_buttons(controls, moment):
    """Draw Train and Continue, or Stop; return the place for the estimate, or None during a training."""
    training = moment.training
    with st.container(horizontal=True, vertical_alignment="center", key="buttons"):
        if moment.active:
            if st.button("Stop", key="stop", icon=":material/stop:", type="primary"):
                moment.job.stop()
                st.rerun()
            if training.controls != controls:
                st.caption("New settings apply to the next training.")
            return None
        if st.button("Train", key="train", icon=":material/play_arrow:", type="primary"):
            start(new_training(controls))
            st.rerun()
        help = "Trains the same network for more epochs, on the same images and with the same hidden units."
        possible = can_continue(training, controls)
        if training is not None and st.button(
            "Continue", key="continue", icon=":material/resume:", disabled=not possible, help=help
        ):
            start(replace(training, controls=controls))
            st.rerun()
        return st.empty()


def new_training(controls):
    """A Training that begins with these Controls."""
    images = controls.training_set()
    return Training(controls, images, initial_run(controls.settings, images.n_images))


def can_continue(training, controls):
    """Whether a visitor's own Training (or None) can continue with these Controls."""
    if training is None or training.run.diverged:
        return False
    before, now = training.controls.settings, controls.settings
    same_images = replace(controls, settings=before) == training.controls and before.preparation == now.preparation
    same_network = (before.n_hidden, before.scale) == (now.n_hidden, now.scale)
    return same_images and same_network and training.run.images_seen < training.run.n_images * now.epochs


def training_panel(controls, moment):
    """Draw progress and curves of the visitor's own training; during the training they refresh themselves."""
    fragment(_progress_and_curves, moment, controls, ticks=1)


def estimate(controls, moment, place):
    """Say, in its place, how long a training will take. Call it last: the first time, it waits for a measurement."""
    settings = controls.settings
    measurements = [seconds_per_image(settings.n_hidden, settings.batch_size)]
    if controls.training_set().share < 1:
        measurements.append(seconds_to_prepare(settings.preparation, controls.distorted))

    def measuring(moment):
        return any(measurement.active for measurement in measurements)

    with place:
        fragment(_estimate, moment, controls, measurements, ticks=2, active=measuring)


def _estimate(moment, controls, measurements):
    costs = [measurement.wait(len(measurements)) for measurement in measurements]
    if None in costs:
        measuring = any(measurement.active for measurement in measurements)
        st.caption("measuring how long it takes …" if measuring else "")
        return
    images = controls.training_set()
    seconds = costs[0] * images.n_images * controls.settings.epochs
    if len(costs) > 1:
        seconds += costs[1] * (1 - images.share) * (images.n_images + len(mnist(controls.source).X_test))
    st.caption(f"about {duration(seconds * (1 + gate().waiting))} on this machine")


def duration(seconds):
    """Seconds in words, no more precise than an estimate."""
    if seconds < 1:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _progress_and_curves(moment, controls):
    training, job = moment.training, moment.job
    controls = training.controls if training else controls
    settings, run = controls.settings, training.run if training else None
    if job is not None and job.error is not None:
        st.error(f"The training ended with an error: {type(job.error).__name__}: {job.error}")
    images = training.images if training else controls.training_set()
    if moment.active and images.share < 1:
        st.progress(images.share, text=f"Preparing {run.n_images:,} training images: {images.share:.0%}")
    else:
        speed = job.images_per_second if moment.active else 0.0
        text = progress_words(run, settings.epochs, moment.active, speed)
        st.progress(min(run.epoch / settings.epochs, 1.0) if run else 0.0, text=text)
    _curves(run.history if run else (), settings.epochs)
    st.caption(_measured_on(len(mnist(controls.source).X_test), images.n_images))
    if run is not None and run.diverged:
        st.warning(
            f"With η = {settings.eta:g} the cost rises instead of falling: the steps are too long. Choose a smaller η."
        )
    if training is not None and not moment.active:
        st.download_button(
            "Save this network",
            lambda: network_file(run.network),
            "network.npz",
            key="save",
            icon=":material/download:",
        )


def _curves(history, epochs):
    last = history[-1] if history else None
    accuracy = curves.accuracy_spec(epochs, ACCURACY_HEIGHT)
    cost = curves.cost_spec(epochs, COST_HEIGHT, *curves.log_limits(history))
    for quantity, title, form, spec in [("accuracy", "Accuracy", ".1%", accuracy), ("cost", "Cost J", ".3f", cost)]:
        st.html(_legend(title, last, quantity, form))
        with st.container(key=f"chart_{quantity}"):  # as high as the chart from the start, see style.css
            if last is None:  # an empty chart would make every first visit wait for the chart library
                st.html(empty_html("Your learning curve", spec["height"]))
            else:  # constant alt: a new one would rebuild the chart at every tick; the values are above it
                st.vega_lite_chart(curves.curves_data(history, quantity), spec, alt=f"{title} over the epochs")


def progress_words(run, epochs, active, images_per_second):
    """How far a Run (or None) is, and how long it still takes at this speed (0 if it isn't known yet)."""
    if run is None:
        return "Press Train to watch it learn, and its answer change."
    at = f"Epoch {run.epoch:.1f} of {epochs}"
    if active:
        left = "…"
        if images_per_second:
            left = duration((epochs * run.n_images - run.images_seen) / images_per_second)
        return f"{at} · {images_per_second:,.0f} images/s · {left} left"
    return f"{at}: {'diverged' if run.diverged else 'finished' if run.finished else 'stopped'}"


def _legend(title, point, quantity, form):
    """The title of a chart and the present values of its curves, in their colours; HTML."""
    names = [("held-out", BLUE, f"test_{quantity}"), ("training", GREY, quantity)]
    values = [
        (name, colour, f"{getattr(point, attribute):{form}}" if point else "") for name, colour, attribute in names
    ]
    return legend_html(f"<b>{title}</b>", [(colour, f"{name} <b>{value}</b>") for name, colour, value in values])


def _measured_on(n_held_out, n_training):
    """Which images the curves are measured on, as sentences."""
    return (
        f"Held-out: {min(n_held_out, MEASURED_IMAGES):,} images that it never learns from. "
        f"Training: {min(n_training, MEASURED_IMAGES):,} of the images that it learns from. "
        "J: the mean per image, on a logarithmic axis."
    )


def network_file(network):
    """A network as the bytes of its .npz file."""
    file = io.BytesIO()
    save_network(network, file)
    return file.getvalue()
