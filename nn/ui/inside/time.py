"""7 Through time: the network at earlier moments of its training, and when it first read this drawing."""

import numpy as np
import streamlit as st

from ...influence import output_sum, strongest
from ...network import N_DIGITS, read
from ...snapshots import Snapshot, first_read
from ...training import measure
from ..numbers import signed
from ..pictures import answer_html, figures_html, full_colour, scale_html, signed_picture, weights_words
from ..session import answering_network, bundled_network, own, remembered, slot
from .parts import show_subject
from .time_chart import moments_data, moments_spec

NOW = "now"
MOST_UNITS = 12


def section(controls):
    mine = own()
    if mine is None or not mine.snapshots:
        st.info("Train a network above. Its past is kept, and this is the place to travel through it.")
        return
    if answering_network() is bundled_network():
        st.info("This is about your own network: choose **My network** above, beside *Which network answers*.")
        return
    looked_at, network = show_subject()
    snapshots = mine.snapshots
    if mine.run.epoch > snapshots[-1].epoch:  # it is in the middle of an epoch
        snapshots = (*snapshots, Snapshot(mine.run.network, mine.run.epoch))
    epochs = [snapshot.epoch for snapshot in snapshots]
    names = [f"{epoch:.3g}" for epoch in epochs[:-1]] + [NOW]
    key = f"moment_{st.session_state.get('trainings')}"
    moment = st.session_state.get(key, NOW)
    if moment not in names:  # it was forgotten meanwhile
        st.session_state[key] = min(names[:-1], key=lambda name: abs(float(name) - float(moment)))
    chosen = names.index(st.select_slider("After how many epochs", names, NOW, key=key))

    readings = [read(snapshot.network, looked_at.image) for snapshot in snapshots]
    outputs, answers = np.array([outputs for outputs, _ in readings]), [answer for _, answer in readings]
    digit = answers[-1] if looked_at.label is None else looked_at.label
    st.markdown(when(epochs, answers, digit, looked_at.name, mine.run.n_images))

    left, right = st.columns([0.5, 0.5], gap="medium")
    with left, st.container(key="then"):
        st.html(answer_html(looked_at.image, outputs[chosen], answers[chosen]))
        st.markdown(accuracies(_point(mine, snapshots[chosen])))
    with right:
        st.caption(
            f"In blue the output for {digit}: {outputs[0, digit]:.2f} before any training, {outputs[-1, digit]:.2f} now. "
            "In grey the accuracy on held-out images. The dashed line marks the chosen moment."
        )
        data = moments_data(epochs, outputs[:, digit], mine.run.history, epochs[chosen])
        spec = moments_spec(mine.controls.settings.epochs, 190)
        st.vega_lite_chart(data, spec, alt="The output and the accuracy over the epochs")
    _weights(snapshots[chosen].network, network, network.inputs(looked_at.image.reshape(1, -1)), digit)


def when(epochs, answers, digit, name, n_images):
    """A sentence: when a digit was first read in the image called name.

    epochs, answers : the moments, as epochs of n_images each, and the digit that was read at each. The first moment, before
        any training, doesn't count: that was chance.
    """
    first, since = first_read(answers[1:], digit)
    chance = " Before any training it read that too, by chance." if answers[0] == digit else ""
    if first is None:
        return f"It has not read **{digit}** in {name} at any of the {len(answers) - 1} moments that were kept.{chance}"
    text = f"It first read **{digit}** in {name} **{_after(epochs[1 + first])}** ({epochs[1 + first] * n_images:,.0f} images)"
    if since is None:
        return f"{text}, and has changed its mind since.{chance}"
    return (
        f"{text}{'' if since == first else f', and has read nothing else since epoch {epochs[1 + since]:.3g}'}.{chance}"
    )


def _point(mine, snapshot):
    """The Point of the learning curves at the moment of a Snapshot: the measured one, or measured now and remembered.

    While the training goes on, the latest measured one has to do for the present moment, which is another at every tick.
    """
    for point in mine.run.history:
        if point.epoch == snapshot.epoch:
            return point
    if slot().active and snapshot.network is mine.run.network:
        return mine.run.history[-1]
    data = mine.images.mnist
    sets = data.X_train, data.y_train, data.X_test, data.y_test
    return remembered("then", snapshot.network, lambda: measure(snapshot.network, snapshot.epoch, *sets))


def accuracies(point):
    """What was measured at a Point, as a sentence."""
    return (
        f"{_after(point.epoch).capitalize()} it read {point.test_accuracy:.1%} of the held-out images and {point.accuracy:.1%} of "
        f"the training images; cost {point.test_cost:.3f} and {point.cost:.3f}."
    )


def _after(epoch):
    return "before any training" if epoch == 0 else f"after {epoch:.3g} epoch{'' if epoch == 1 else 's'}"


def _weights(then, now, X, digit):
    """The weight pictures of the units that matter most now, as they were then, all in the scale of now."""
    if now.n_hidden:
        units = strongest(output_sum(now, X, digit).terms, MOST_UNITS)
        names, today, pictures = [f"unit {unit}" for unit in units], now.W_h[:, units], then.W_h[:, units].T
        st.markdown(
            f"The weights of the {len(units)} hidden units which by now matter most for the {digit}, as they were:"
        )
    else:
        names, today, pictures = [f"output {k}" for k in range(N_DIGITS)], now.W_out, then.W_out.T
        st.markdown("The weights of the ten outputs, as they were:")
    scale = full_colour(today)
    st.html(scale_html(scale, "ink here lowers z", "ink here raises z"))
    st.html(figures_html(weight_figures(names, pictures, scale)))


def weight_figures(names, pictures, scale):
    """Weights, an array (784,) for each name, as pictures of one scale, each with its smallest and largest weight."""
    return [
        (
            signed_picture(weights.reshape(28, 28), scale, weights_words(name, weights)),
            f"{name}<br>{signed(weights.min())} to {signed(weights.max())}",
        )
        for name, weights in zip(names, pictures)
    ]
