"""What the network reads in the drawing: the network as a picture, and its answer in words."""

import numpy as np
import streamlit as st

from ... import is_rejected, rejection_threshold
from ...analysis.evaluation import MEASURED_IMAGES
from ...files.drawings import OWN, PRETRAINED
from ...network import N_DIGITS
from ..html import reading_html, stages_html
from ..inside import open_at_unit
from ..numbers import with_article
from ..session.current_image import drawing, selected_example
from ..session.shared import PRETRAINED_THRESHOLD, pretrained_network
from ..session.state import Answer, Key, this_visitor, value_of
from ..words import AT_THE_BEGINNING
from .network_picture import network_picture
from .network_picture.data import network_data

READERS = {True: OWN, False: PRETRAINED}  # does the visitor's own network answer?


def answer_places(moment):
    """Draw the choice of the network that answers; returns the containers of the answer and of the network."""
    with st.container(horizontal=True, vertical_alignment="center", key="reading"):
        answer = st.container(key="answer")
        _choose_network(moment)
    return answer, st.container(key="network")


def show_answer(moment, answer, stages):
    """Show the network here, in a container what it reads, and in another what it reads at each stage."""
    visitor, network = this_visitor(), moment.network
    shown = selected_example(moment) or drawing()
    data = network_data(network, None if shown is None else shown.image)
    digit = data["digit"]
    if shown is None:
        visitor.answer = None
        words, doubt = "Nothing is drawn yet.", ""
    else:
        visitor.answer = Answer(digit, moment.reader)
        rejected = is_rejected(network, shown.image, _threshold(moment))
        of = f" in {shown.name}, {with_article(shown.label)}" if visitor.selected_example else ""
        words = f"{AT_THE_BEGINNING[moment.reader]} reads <b>{digit}</b>{of}."
        doubt = guessing(moment) or ("This may not be a digit." if rejected else "")
    with answer:
        st.html(reading_html(digit, words, doubt, visitor.drawing_id))
    signal = f"{visitor.drawing_id} {visitor.selected_example} {moment.reader}"
    if network_picture(data, signal, "network_picture", _see_how) is not None:
        st.rerun()  # the step that explains it is open now
    with stages:
        st.html(_stages(network) if visitor.drawing and not visitor.selected_example else "<div></div>")


def guessing(moment):
    """A warning if the answering network is untrained, hardly trained or bad at reading; "" if it is none of them."""
    if not moment.own_answers:
        return ""
    state = moment.training.state
    if state.is_untrained:
        return "Untrained: guessing."
    accuracy = state.history[-1].test_accuracy if state.history else 0
    why = "Hardly trained: " if state.epoch < 1 and not state.began_trained else ""
    if accuracy < 0.2:
        return f"{why}guessing." if why else "It is guessing."
    return f"{why or 'It '}reads {accuracy:.0%} of held-out images." if accuracy < 0.5 else ""


def _see_how():
    """Open step 4 at the unit whose "See how" was clicked. This is a callback, and a browser can send anything."""
    clicked = value_of("network_picture").see
    unit, hidden = (clicked.get("unit"), clicked.get("hidden") is True) if isinstance(clicked, dict) else (None, False)
    if type(unit) is int and unit >= 0 and (hidden or unit < N_DIGITS):  # the step checks the number of hidden units
        open_at_unit(unit, hidden)


def _stages(network):
    """Each stage of the preparation as a picture, with what the network would read if it ended there; HTML."""
    visitor = this_visitor()
    images = visitor.stage_images
    answers = network.predict(np.array([image.ravel() for image in images.values()]))
    return stages_html(visitor.drawing.stages, dict(zip(images, answers)))


def _threshold(moment):
    """The confidence below which an answer is rejected; 0 while the network is still learning."""
    if not moment.own_answers:
        return PRETRAINED_THRESHOLD
    images = moment.training.images.mnist
    if moment.active or images is None:
        return 0.0
    return this_visitor().rejection_threshold.of(
        moment.network, lambda: rejection_threshold(moment.network, images.X_test[:MEASURED_IMAGES])
    )


def _choose_network(moment):
    """Draw the choice of the network that answers: always visible, so that nothing jumps, even with one option only."""
    st.radio(
        "Which network answers",
        [False] if moment.training is None else [True, False],
        format_func=READERS.get,
        key=f"{Key.OWN_ANSWERS}{moment.number}",
        horizontal=True,
        help=f"The pre-trained network has {pretrained_network().n_hidden:,} hidden units. It learnt from 58,000 MNIST "
        "images, distorted copies of them, digits that twenty people wrote with a pen, and non-digits (letters and "
        "scribbles).",
    )
