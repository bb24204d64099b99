"""Step 7, through time: the network at earlier moments of its training, and when it first read the current image."""

import math
from functools import partial

import numpy as np
import streamlit as st

from ...analysis.contributions import output_sum, top_k_by_magnitude
from ...analysis.evaluation import measure, read
from ...engine.snapshots import first_read
from ...network import N_DIGITS
from ...recipe import MAX_HIDDEN
from ..charts.curves import moment_name, moments_data, moments_spec
from ..html import answer_html, figures_html, full_colour, scale_html, weight_figures
from ..numbers import signed
from ..session.layout import chart
from ..session.refresh import fragment, picture_seconds
from ..session.state import KEEP, LINEAR_AXIS, SWITCH, set_value, value_of
from .film import training_film
from .parts import is_playing, play_button, show_current_image, stop_playing
from .teaching import text

NOW = math.inf  # the last moment, whatever its epoch
MAX_UNITS = 12
CHART_HEIGHT = 190  # pixels
FILMS = {"gif": "GIF", "webp": "WebP"}


def section(view, recipe):
    """Draw the journey through the past of the visitor's own training, and its film to save."""
    fragment(_journey, view, every=picture_seconds, active=is_playing)
    if view.own_answers and view.training.snapshots and not view.active:
        training, state = view.training, view.training.state
        with st.container(horizontal=True, vertical_alignment="center", key="film"):
            for kind, name in FILMS.items():
                st.download_button(
                    f"Save the film as {name}",
                    partial(training_film, training.snapshots, state.history, state.n_images, kind),
                    f"training.{kind}",
                    key=f"save_{kind}",
                    on_click="ignore",  # a rerun would replace the file before the browser has asked for it
                    icon=":material/movie:",
                )
        st.caption(text("time", "film"))


def _journey(view):
    """Draw the answer, the accuracy and the weights at a chosen moment, and how the answer developed."""
    training = view.training
    snapshots = training.snapshots if training is not None else ()
    if not snapshots or not view.own_answers:
        stop_playing()
        is_too_large = training is not None and training.state.network.n_hidden > MAX_HIDDEN
        section = "not_own" if snapshots else "too_large" if is_too_large else "no_training"
        st.info(text("time", section, most=MAX_HIDDEN))
        return
    current, n_images = show_current_image(view), training.state.n_images
    if training.state.epoch > snapshots[-1].epoch:  # it is in the middle of an epoch
        snapshots = (*snapshots, training.state)
    epochs = [snapshot.epoch for snapshot in snapshots]
    beginning = "at first" if training.state.began_trained else "untrained"
    before = "Before this training" if training.state.began_trained else "Before any training"
    chosen = _choose(epochs, n_images, f"moment_{view.number}", beginning)

    readings = [read(snapshot.network, current.image) for snapshot in snapshots]
    outputs, answers = np.array([outputs for outputs, _ in readings]), [answer for _, answer in readings]
    digit = answers[-1] if current.label is None else current.label
    st.markdown(when(epochs, answers, digit, current.name, n_images, before))

    left, right = st.columns([0.5, 0.5], gap="medium")
    with left, st.container(key="then"):
        st.html(answer_html(current.image, outputs[chosen], answers[chosen]))
        st.markdown(accuracies(_point(view, snapshots[chosen]), n_images, before))
    with right:
        first, last = outputs[[0, -1], digit]
        st.caption(text("time", "curves", digit=digit, first=first, last=last, before=before.lower()))
        data = moments_data(epochs, outputs[:, digit], training.state.history, epochs[chosen], n_images)
        logarithmic = not value_of(LINEAR_AXIS, SWITCH, False)
        spec = moments_spec(n_images, training.recipe.epochs, logarithmic, CHART_HEIGHT)
        chart(data, spec, alt="The output and the accuracy over the images seen")
    X = view.network.inputs(current.image.reshape(1, -1))
    _weights(snapshots[chosen].network, view.network, X, digit)


def _choose(epochs, n_images, key, beginning):
    """Let the visitor choose one of these moments; return its index. The last one is called now, and is the default."""
    moments = [*epochs[:-1], NOW]

    def name(epoch):  # of any epoch: Streamlit also asks for that of a chosen moment that has been dropped
        return "now" if epoch == NOW else moment_name(epoch, n_images, beginning)

    with st.container(horizontal=True, vertical_alignment="center"):
        moved = play_button("time", key, moments, float)
        chosen = value_of(key, float, NOW)
        if chosen not in moments:  # its snapshot has been dropped since
            chosen = min(epochs[:-1], key=lambda epoch: abs(epoch - chosen))
            set_value(key, chosen)
        # A browser that shows the slider anew begins with its default, if no other value has arrived in time.
        slider = "The network as it was", moments, chosen
        return moments.index(st.select_slider(*slider, key=key, format_func=name, on_change=moved, **KEEP))


def when(epochs, answers, digit, name, n_images, before="Before any training"):
    """When the image called name was first read as a digit, as a sentence.

    epochs, answers : the moments, in epochs of n_images each, and the answer at each; the first moment, before any
        training, doesn't count, because its answer is chance
    before : str, that first moment in words
    """

    def after(position):
        return f"after {moment_name(epochs[1 + position], n_images)}"

    first, since = first_read(answers[1:], digit)
    chance = f" {before} it also did" if answers[0] == digit else ""
    chance += (", by chance." if before == "Before any training" else ".") if chance else ""
    if first is None:
        chance = chance.replace("also did", "did")
        return f"It read {name} as **{digit}** at none of the {len(answers) - 1} stored moments.{chance}"
    words = f"It first read {name} as **{digit}** **{after(first)}**"
    if since is None:
        words += ", and has changed its mind since"
    elif since != first:
        words += f", and settled on it {after(since)}"
    return f"{words}.{chance}"


def _point(view, snapshot):
    """The Point of the learning curves at a snapshot: from the history, or else measured once.

    During a training, the latest Point of the history stands in for the present, which changes with every tick.
    """
    training = view.training
    for point in training.state.history:
        if point.epoch == snapshot.epoch:
            return point
    if view.active and snapshot.network is view.network:
        return training.state.history[-1]
    return _measured(view.n_starts, snapshot.epoch, snapshot.network, training.images.mnist)


@st.cache_resource(scope="session", max_entries=1, show_spinner=False)
def _measured(n_starts, epoch, _network, _images):
    """The Point of a moment of this visitor's training, whose n_starts and epoch say which network it is."""
    return measure(_network, epoch, _images.X_train, _images.y_train, _images.X_test, _images.y_test)


def accuracies(point, n_images, before="Before any training"):
    """The accuracies and costs of a Point, as a sentence."""
    when = f"After {moment_name(point.epoch, n_images)}" if point.epoch else before
    return text("time", "accuracies", when=when, **vars(point))


def _weights(then, now, X, digit):
    """Draw the weights of the units that matter most now as they were then, all on the scale of now."""
    if now.n_hidden:
        units = top_k_by_magnitude(output_sum(now, X, digit).terms, MAX_UNITS)
        names, today, weights = [f"unit {unit}" for unit in units], now.W_h[:, units], then.W_h[:, units]
        st.markdown(text("time", "hidden_units", digit=digit, most=MAX_UNITS))
    else:
        names, today, weights = [f"output {k}" for k in range(N_DIGITS)], now.W_out, then.W_out
        st.markdown("The weights of the ten outputs as they were then.")
    scale = full_colour(today)
    words = [f"{name}<br>{signed(w.min())} to {signed(w.max())}" for name, w in zip(names, weights.T)]
    st.html(scale_html(scale, "ink here lowers z", "ink here raises z"))
    st.html(figures_html(weight_figures(weights, names, words, scale)))
