"""Where one trains: the buttons, how far it is, and the learning curves."""

import io
from dataclasses import replace

import streamlit as st

from .. import save_network
from ..job import Job
from ..training import MEASURED_IMAGES, initial_run
from . import charts
from .pictures import empty_html, legend_html
from .session import Own, gate, keep_pace, mnist, own, seconds_per_image, seconds_to_prepare, slot, tick_seconds

ACCURACY_HEIGHT, COST_HEIGHT = 160, 190  # pixels of the charts; the lower one also names its epochs


def training_panel(controls, training):
    """Progress and curves of the visitor's own training; while it is under way (training) they renew themselves."""
    run_every = tick_seconds() if training else None
    st.fragment(_progress_and_curves, run_every=run_every)(controls, run_every)


def estimate(controls, place):
    """Say in its place how long a training will take. To be called last: the first time on a machine it has to measure."""
    settings, images = controls.settings, controls.learning_set()
    seconds = seconds_per_image(settings.n_hidden, settings.batch_size) * images.n_images * settings.epochs
    if images.share < 1:
        held_out = len(mnist(controls.source).X_test)
        to_prepare = (1 - images.share) * (images.n_images + held_out)
        seconds += to_prepare * seconds_to_prepare(controls.preparation, controls.distorted)
    place.caption(f"about {duration(seconds * (1 + gate().waiting))} on this machine")


def training_buttons(controls):
    """Train and Continue, or Stop; returns the place for the estimate, None while it trains.

    Whoever sets st.session_state.train_now to "train" or "continue" has clicked on that as well, see inside/hints.py.
    """
    mine, clicked = own(), st.session_state.pop("train_now", None)
    if clicked:
        slot().stop()  # the settings are new, and what they are to replace may still be under way
    with st.container(horizontal=True, vertical_alignment="center", key="buttons"):
        if slot().active:
            if st.button("Stop", key="stop", icon=":material/stop:", type="primary"):
                slot().stop()
                st.rerun()
            if mine.controls != controls:
                st.caption("New settings count from the next training.")
            return None
        if st.button("Train", key="train", icon=":material/play_arrow:", type="primary") or clicked == "train":
            images = controls.learning_set()
            _start(Own(controls, images, initial_run(controls.settings, images.n_images, controls.preparation)))
        help = "Trains the same network further: with the same images and hidden units, to more epochs than it has had."
        possible = can_continue(mine, controls)
        if (
            mine
            and st.button("Continue", key="continue", icon=":material/resume:", disabled=not possible, help=help)
            or (possible and clicked == "continue")
        ):
            _start(replace(mine, controls=controls))
        return st.empty()


def can_continue(mine, controls):
    """Whether the visitor's own network (an Own or None) can be trained further under these Controls."""
    if mine is None or mine.run.diverged:
        return False
    same = (
        replace(controls, settings=mine.controls.settings) == mine.controls
    )  # the same images, prepared in the same way
    before, now = mine.controls.settings, controls.settings
    unlearnt = mine.run.images_seen < mine.run.n_images * now.epochs
    return same and unlearnt and (before.n_hidden, before.scale) == (now.n_hidden, now.scale)


def _start(mine):
    """Train an Own from where it is."""
    slot().job = Job(gate(), mine.controls.settings, mine.images, mine.run, mine.snapshots)
    st.session_state.own = mine
    st.session_state.trainings = st.session_state.get("trainings", 0) + 1
    st.rerun()


def duration(seconds):
    """Seconds as words, no more exact than an estimate is."""
    if seconds < 1:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _progress_and_curves(controls, run_every):
    mine, job = own(), slot().job
    ticking = run_every is not None
    keep_pace(run_every, slot().active)
    controls = mine.controls if mine else controls
    settings, run = controls.settings, mine.run if mine else None
    if job is not None and job.error is not None:
        st.error(f"The training ended with a fault: {type(job.error).__name__}: {job.error}")
    images = mine.images if mine else controls.learning_set()
    if ticking and images.share < 1:
        st.progress(images.share, text=f"Preparing {run.n_images:,} images to learn from: {images.share:.0%}")
    else:
        st.progress(min(run.epoch / settings.epochs, 1.0) if run else 0.0, text=_how_far(run, settings, job, ticking))

    history = run.history if run else ()
    last = history[-1] if history else None
    accuracy = charts.accuracy_spec(settings.epochs, ACCURACY_HEIGHT)
    cost = charts.cost_spec(settings.epochs, COST_HEIGHT, *charts.decades(history))
    for quantity, title, form, spec in [("accuracy", "Accuracy", ".1%", accuracy), ("cost", "Cost J", ".3f", cost)]:
        st.html(_legend(title, last, quantity, form))
        with st.container(key=f"chart_{quantity}"):  # as high as the chart from the start, see style.py
            if (
                last is None
            ):  # an empty chart would cost the first visitor a third of a second, to load what draws charts
                st.html(empty_html("Your learning curve", spec["height"]))
            else:  # an alternative text that changed would build the chart anew at every tick; the values stand above
                st.vega_lite_chart(charts.curves_data(history, quantity), spec, alt=f"{title} over the epochs")
    st.caption(_measured_on(len(mnist(controls.source).X_test), images.n_images))
    if run is not None and run.diverged:
        st.warning(
            f"With η = {settings.eta:g} the cost rises instead of falling: the steps are too long. Choose a smaller η."
        )
    if mine is not None and not ticking:
        st.download_button(
            "Save this network",
            lambda: network_file(mine.run.network),
            "network.npz",
            key="save",
            icon=":material/download:",
        )


def _how_far(run, settings, job, ticking):
    if run is None:
        return "Press Train and watch it learn, and its answer change."
    at = f"Epoch {run.epoch:.1f} of {settings.epochs}"
    if ticking:
        speed = job.images_per_second
        left = duration((settings.epochs * run.n_images - run.images_seen) / speed) if speed else "…"
        return f"{at} · {speed:,.0f} images/s · {left} left"
    return f"{at}: {'diverged' if run.diverged else 'finished' if run.finished else 'stopped'}"


def _legend(title, point, quantity, form):
    """The title of a chart and the present values of its curves, in their colours, as HTML."""
    names = [("held-out", charts.BLUE, f"test_{quantity}"), ("training", charts.GREY, quantity)]
    values = [
        (name, colour, f"{getattr(point, attribute):{form}}" if point else "") for name, colour, attribute in names
    ]
    return legend_html(f"<b>{title}</b>", [(colour, f"{name} <b>{value}</b>") for name, colour, value in values])


def _measured_on(held_out, trained):
    """On which images the curves are measured, of so many that there are."""
    return (
        f"Held-out: {min(held_out, MEASURED_IMAGES):,} images which it never learns from. "
        f"Training: {min(trained, MEASURED_IMAGES):,} of those that it learns from. J: the mean for an image, on a logarithmic axis."
    )


def network_file(network):
    """A network as the bytes of its .npz file."""
    file = io.BytesIO()
    save_network(network, file)
    return file.getvalue()
