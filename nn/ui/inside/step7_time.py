"""Step 7, through time: the network at earlier moments of its training, and when it first read the current image."""

import math

import numpy as np
import streamlit as st

from ...analysis.contributions import output_sum, top_k_by_magnitude
from ...analysis.evaluation import measure, read
from ...engine.snapshots import Snapshot, first_read
from ...network import N_DIGITS
from ...recipe import MAX_HIDDEN
from ..charts.moments import moment_name, moments_data, moments_spec
from ..html import answer_html, figures_html, full_colour, scale_html, weights_picture
from ..numbers import signed
from ..session.layout import chart
from ..session.refresh import fragment, picture_seconds
from ..session.state import KEPT, Key, set_value, this_visitor, value_of
from .film import training_film
from .parts import is_playing, play_button, show_current_image, stop_playing

NOW = math.inf  # the last moment, whatever its epoch
MAX_UNITS = 12
CHART_HEIGHT = 190  # pixels


def section(moment, recipe):
    """Draw the journey through the past of the visitor's own training, and its film to save."""
    fragment(_journey, moment, every=picture_seconds, active=is_playing)
    if moment.own_answers and moment.training.snapshots and not moment.active:
        training, state = moment.training, moment.training.state
        st.download_button(
            "Save the film of this training",
            lambda: training_film(training.snapshots, state.history, state.n_images),
            "training.webp",
            key="save_film",
            on_click="ignore",  # a rerun would replace the file before the browser has asked for it
            icon=":material/movie:",
            help="An animated picture (WebP) of the weights and the accuracy at the moments above. Browsers and most "
            "messengers play it.",
        )


def _journey(moment):
    """Draw the answer, the accuracy and the weights at a chosen moment, and how the answer developed."""
    training = moment.training
    if training is None or not training.snapshots or not moment.own_answers:
        stop_playing()
        st.info(
            "This step shows your own network: choose **My network** above, under *Which network should read it?*."
            if training is not None and training.snapshots
            else "Train a network above. Its past is kept, so that you can travel through it here."
            if training is None or training.state.network.n_hidden <= MAX_HIDDEN
            else f"The past of a network of more than {MAX_HIDDEN} hidden units is too large to be kept."
        )
        return
    current, snapshots, n_images = show_current_image(moment), training.snapshots, training.state.n_images
    if training.state.epoch > snapshots[-1].epoch:  # it is in the middle of an epoch
        snapshots = (*snapshots, Snapshot(training.state.network, training.state.epoch))
    epochs = [snapshot.epoch for snapshot in snapshots]
    beginning = "at first" if training.state.began_trained else "untrained"
    before = "Before this training" if training.state.began_trained else "Before any training"
    chosen = _choose(epochs, n_images, f"{Key.MOMENT}{moment.number}", beginning)

    readings = [read(snapshot.network, current.image) for snapshot in snapshots]
    outputs, answers = np.array([outputs for outputs, _ in readings]), [answer for _, answer in readings]
    digit = answers[-1] if current.label is None else current.label
    st.markdown(when(epochs, answers, digit, current.name, n_images, before))

    left, right = st.columns([0.5, 0.5], gap="medium")
    with left, st.container(key="then"):
        st.html(answer_html(current.image, outputs[chosen], answers[chosen]))
        st.markdown(accuracies(_point(moment, snapshots[chosen]), n_images, before))
    with right:
        st.caption(
            f"Blue: the output for {digit}, {outputs[0, digit]:.2f} {before.lower()} and {outputs[-1, digit]:.2f} "
            "now. Grey: the accuracy on held-out images. The dashed line marks the chosen moment."
        )
        data = moments_data(epochs, outputs[:, digit], training.state.history, epochs[chosen], n_images)
        logarithmic = not value_of(Key.LINEAR_AXIS, False)
        spec = moments_spec(n_images, training.recipe.epochs, logarithmic, CHART_HEIGHT)
        chart(data, spec, alt="The output and the accuracy over the images seen")
    X = moment.network.inputs(current.image.reshape(1, -1))
    _weights(snapshots[chosen].network, moment.network, X, digit)


def _choose(epochs, n_images, key, beginning):
    """Let the visitor choose one of these moments; return its index. The last one is called now, and is the default."""
    moments = [*epochs[:-1], NOW]

    def name(epoch):  # of any epoch: Streamlit also asks for that of a chosen moment that has been dropped
        return "now" if epoch == NOW else moment_name(epoch, n_images, beginning)

    with st.container(horizontal=True, vertical_alignment="center"):
        moved = play_button("time", key, moments)
        chosen = value_of(key, NOW)
        if chosen not in moments:  # its snapshot has been dropped since
            chosen = min(epochs[:-1], key=lambda epoch: abs(epoch - chosen))
            set_value(key, chosen)
        # A browser that shows the slider anew begins with its default, if it wasn't told another value in time.
        slider = "The network as it was", moments, chosen
        return moments.index(st.select_slider(*slider, key=key, format_func=name, on_change=moved, **KEPT))


def when(epochs, answers, digit, name, n_images, before="Before any training"):
    """When a digit was first read in the image called name, as a sentence.

    epochs, answers : the moments, in epochs of n_images each, and the digit read at each; the first moment, before any
        training, doesn't count, because its answer is chance
    before : str, that first moment in words
    """

    def after(position):
        return f"after {moment_name(epochs[1 + position], n_images)}"

    first, since = first_read(answers[1:], digit)
    chance = f" {before} it also read that" if answers[0] == digit else ""
    chance += (", by chance." if before == "Before any training" else ".") if chance else ""
    if first is None:
        return f"It has not read **{digit}** in {name} at any of the {len(answers) - 1} moments that were kept.{chance}"
    text = f"It first read **{digit}** in {name} **{after(first)}**"
    if since is None:
        return f"{text}, and has changed its mind since.{chance}"
    if since == first:
        return f"{text}.{chance}"
    return f"{text}, and settled on it {after(since)}.{chance}"


def _point(moment, snapshot):
    """The Point of the learning curves at a Snapshot: from the history, or else measured now and kept.

    During a training, the latest Point of the history stands in for the present, which changes with every tick.
    """
    training = moment.training
    for point in training.state.history:
        if point.epoch == snapshot.epoch:
            return point
    if moment.active and snapshot.network is moment.network:
        return training.state.history[-1]
    data = training.images.mnist
    sets = data.X_train, data.y_train, data.X_test, data.y_test
    return this_visitor().earlier_point.of(snapshot.network, lambda: measure(snapshot.network, snapshot.epoch, *sets))


def accuracies(point, n_images, before="Before any training"):
    """What was measured at a Point, as a sentence."""
    when = f"After {moment_name(point.epoch, n_images)}" if point.epoch else before
    return (
        f"{when} it read {point.test_accuracy:.1%} of the held-out images and {point.accuracy:.1%} of "
        f"the training images; cost {point.test_cost:.3f} and {point.cost:.3f}."
    )


def _weights(then, now, X, digit):
    """Draw the weights of the units that matter most now as they were then, all on the scale of now."""
    if now.n_hidden:
        units = top_k_by_magnitude(output_sum(now, X, digit).terms, MAX_UNITS)
        names, today, pictures = [f"unit {unit}" for unit in units], now.W_h[:, units], then.W_h[:, units].T
        st.markdown(
            f"The hidden units that matter most for the {digit} now, at most {MAX_UNITS}: their weights as they were."
        )
    else:
        names, today, pictures = [f"output {k}" for k in range(N_DIGITS)], now.W_out, then.W_out.T
        st.markdown("The weights of the ten outputs as they were then.")
    scale = full_colour(today)
    st.html(scale_html(scale, "ink here lowers z", "ink here raises z"))
    st.html(figures_html(weight_figures(names, pictures, scale)))


def weight_figures(names, pictures, scale):
    """Weights, an array (784,) for each name, as pictures on one scale, each with its smallest and largest weight."""
    return [
        (weights_picture(name, weights, scale), f"{name}<br>{signed(weights.min())} to {signed(weights.max())}")
        for name, weights in zip(names, pictures)
    ]
