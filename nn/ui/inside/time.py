"""7 Through time: the network at earlier moments of its training, and when it first read this drawing."""
import numpy as np
import streamlit as st

from ...network import forward
from ...snapshots import first_read
from ...training import MEASURED_IMAGES, Point, evaluate
from ..pictures import answer_html, figures_html, signed_picture
from ..session import answering_network, bundled_network, own
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
    epochs = [snapshot.epoch for snapshot in snapshots]
    names = [f"{epoch:.3g}" for epoch in epochs[:-1]] + [NOW]
    # A moment that was forgotten meanwhile, or belongs to another training, becomes NOW.
    moment = st.select_slider("After how many epochs", names, NOW, key="moment")
    chosen = names.index(moment)

    X = looked_at.image.reshape(1, -1)
    outputs = np.array([snapshot.network.predict_proba(X)[0] for snapshot in snapshots])
    answers = [int(answer) for answer in outputs.argmax(axis=1)]
    digit = answers[-1] if looked_at.label is None else looked_at.label
    st.markdown(when(epochs, answers, digit, looked_at.name, mine.run.n_images))

    left, right = st.columns([0.5, 0.5], gap="medium")
    with left, st.container(key="then"):
        st.html(answer_html(looked_at.image, outputs[chosen]))
        st.markdown(accuracies(_point(mine, snapshots[chosen])))
    with right:
        st.caption(f"The output for {digit}, in blue, and the accuracy on held-out images, in grey, over the epochs; the moment is marked.")
        data = moments_data(epochs, outputs[:, digit], mine.run.history, epochs[chosen])
        st.vega_lite_chart(data, moments_spec(mine.controls.settings.epochs, 190), alt="The output and the accuracy over the epochs")
    _weights(snapshots[chosen].network, network, X, digit)


def when(epochs, answers, digit, name, n_images):
    """A sentence: when a digit was first read in the image called name, of answers, one for each of the epochs of n_images."""
    first, since = first_read(answers, digit)
    if first is None:
        return f"It has never read **{digit}** in {name} at any of the {len(answers)} moments that were kept."
    images = f" ({epochs[first] * n_images:,.0f} images)" if epochs[first] else ""
    text = f"It first read **{digit}** in {name} **{_after(epochs[first])}**{images}"
    if since is None:
        return f"{text}, and has changed its mind since."
    return f"{text}." if since == first else f"{text}, and has read nothing else since epoch {epochs[since]:.3g}."


def _point(mine, snapshot):
    """The Point of the learning curves at the moment of a Snapshot: the measured one, or measured now and remembered."""
    for point in mine.run.history:
        if point.epoch == snapshot.epoch:
            return point
    known, point = st.session_state.get("then", (None, None))
    if known is not snapshot.network:
        data = mine.images.mnist
        measured = [
            evaluate(snapshot.network, X[:MEASURED_IMAGES], y[:MEASURED_IMAGES])
            for X, y in [(data.X_train, data.y_train), (data.X_test, data.y_test)]
        ]
        point = Point(snapshot.epoch, *measured[0], *measured[1])
        st.session_state.then = snapshot.network, point
    return point


def accuracies(point):
    """What was measured at a Point, as a sentence."""
    return (
        f"{_after(point.epoch).capitalize()} it read {point.test_accuracy:.1%} of the held-out images and {point.accuracy:.1%} of "
        f"the training images; cost {point.test_cost:.3f} and {point.cost:.3f}."
    )


def _after(epoch):
    return "before any training" if epoch == 0 else f"after {epoch:.3g} epoch{'' if epoch == 1 else 's'}"


def _weights(then, now, X, digit):
    """The weight pictures of the units that matter most today, as they were, all in the scale of today."""
    if now.n_hidden:
        added = forward(now, now.inputs(X)).a_h[0] * now.W_out[:, digit]
        units = np.argsort(-np.abs(added))[:MOST_UNITS]
        names = [f"unit {unit}" for unit in units]
        scale, images = np.abs(now.W_h[:, units]).max(), then.W_h[:, units].T
        st.caption(f"The weights of the {len(units)} hidden units which today matter most for {digit}, as they were then: blue is above 0.")
    else:
        names = [f"output {k}" for k in range(10)]
        scale, images = np.abs(now.W_out).max(), then.W_out.T
        st.caption("The weights of the ten outputs, as they were then: blue is above 0, orange below.")
    figures = [
        (signed_picture(w.reshape(28, 28), scale, f"Weights of {name}"), f"{name}<br>{w.min():.2f} to {w.max():.2f}")
        for name, w in zip(names, images)
    ]
    st.html(figures_html(figures))
