"""7 Through time: the network at earlier moments of its training, and when it first read this drawing."""
import numpy as np
import streamlit as st

from ...network import forward
from ...snapshots import first_read
from ..charts import moments_data, moments_spec
from ..pictures import answer_html, figures_html, signed_picture
from ..session import answering_network, bundled_network, own
from .parts import show_subject

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
    names = [_name(snapshot.point.epoch) for snapshot in snapshots[:-1]] + [NOW]
    if st.session_state.get("moment") not in names:  # it was forgotten meanwhile, or belongs to another training
        st.session_state.moment = NOW
    moment = st.select_slider("After how many epochs", names, key="moment")
    chosen = snapshots[names.index(moment)]

    X = looked_at.image.reshape(1, -1)
    outputs = np.array([snapshot.network.predict_proba(X)[0] for snapshot in snapshots])
    answers = [int(answer) for answer in outputs.argmax(axis=1)]
    digit = answers[-1] if looked_at.label is None else looked_at.label
    epochs = [snapshot.point.epoch for snapshot in snapshots]
    st.markdown(when(epochs, answers, digit, looked_at.name))

    left, right = st.columns([0.5, 0.5], gap="medium")
    with left, st.container(key="then"):
        st.html(answer_html(looked_at.image, outputs[names.index(moment)]))
        st.markdown(accuracies(chosen.point))
    with right:
        st.caption(f"The output for {digit}, in blue, and the accuracy on held-out images, in grey, over the epochs; the moment is marked.")
        data = moments_data([s.point for s in snapshots], outputs[:, digit], names.index(moment))
        st.vega_lite_chart(data, moments_spec(mine.controls.settings.epochs, 190), alt="The output and the accuracy over the epochs")
    _weights(chosen.network, network, X, digit)


def when(epochs, answers, digit, name):
    """A sentence: when a digit was first read in the image called name, of answers, one for each of the epochs."""
    first, since = first_read(answers, digit)
    if first is None:
        return f"It has never read **{digit}** in {name} at any of the {len(answers)} moments that were kept."
    text = f"It first read **{digit}** in {name} **{_after(epochs[first])}**"
    if since is None:
        return f"{text}, and has changed its mind since."
    return f"{text}." if since == first else f"{text}, and has read nothing else since {_name(epochs[since])} epochs."


def accuracies(point):
    """What was measured at a Point, as a sentence."""
    held_out = "" if point.test_accuracy is None else f"{point.test_accuracy:.1%} of the held-out images, "
    return f"{_after(point.epoch).capitalize()} it read {held_out}{point.accuracy:.1%} of the training images; cost {point.cost:.3f}."


def _after(epoch):
    return "before any training" if epoch == 0 else f"after {_name(epoch)} epoch{'' if epoch == 1 else 's'}"


def _name(epoch):
    return f"{epoch:.3g}"


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
