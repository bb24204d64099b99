"""The network's answer to the drawing, in words and as a picture of the network, drawn by one component."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import streamlit as st

from ... import is_rejected, prepare_drawing, rejection_threshold, stage_images
from ...analysis.evaluation import MEASURED_IMAGES
from ...files.drawings import OWN, PRETRAINED
from ...network import N_DIGITS
from ..html import stage_picture, stages_html
from ..inside import open_at_unit
from ..numbers import with_article
from ..session.current_image import DrawingPart, drawing, selected_example
from ..session.shared import PRETRAINED_THRESHOLD, pretrained_network
from ..session.state import OWN_ANSWERS, SWITCH, Latest, part, pick, value_of
from ..words import AT_THE_BEGINNING, correct_or_wrong
from .network_picture import network_picture
from .network_picture.data import network_data


@dataclass(eq=False)
class AnswerPart:
    """threshold : Latest, the confidence below which the visitor's own network rejects an image."""

    threshold: Latest = field(default_factory=Latest)

    def training_started(self, ended):
        """Drop the threshold of the network before."""
        self.threshold = Latest()


def answer_place(view):
    """Draw the choice of the network that answers; returns the container of its answer."""
    place = st.container(key="network")
    with st.container(key="reader"):
        st.radio(  # always visible, so that nothing jumps, even with one option only
            "Which network should read it?",
            [False] if view.training is None else [True, False],
            format_func={True: OWN, False: PRETRAINED}.get,
            key=f"{OWN_ANSWERS}{view.number}",
            horizontal=True,
            help=f"The pre-trained network has {pretrained_network().n_hidden:,} hidden units. It learnt from 58,000 "
            "MNIST images, distorted copies of them, digits that twenty people wrote with a pen, and non-digits "
            "(letters and scribbles).",
        )
    return place


def show_answer(view, stages):
    """Show the answer and the network here, and the answer at each stage of the drawing in a container."""
    network, drawn = view.network, part(DrawingPart)
    shown = selected_example(view) or drawing()
    data = network_data(network, None if shown is None else shown.image)
    digit, reader = data["digit"], AT_THE_BEGINNING[view.reader]
    if shown is None:
        drawn.answer, words, doubt = None, "Nothing is drawn yet.", ""
    else:
        drawn.answer = digit, view.reader
        words = f"{reader} reads <b>{digit}</b>."
        if drawn.selected_example:
            words = f"{reader} reads {shown.name} as <b>{with_article(digit)}</b>."
        if shown.label is not None:
            words += f" {correct_or_wrong(digit, shown.label)}"
        rejected = is_rejected(network, shown.image, _threshold(view))
        doubt = guessing(view) or ("This may not be a digit." if rejected else "")
    reading = {"words": words, "doubt": doubt}
    signal = f"{drawn.identifier} {drawn.selected_example} {view.reader}"
    if network_picture(data, reading, signal, "network_picture", partial(_see_how, network.n_hidden)) is not None:
        st.rerun()  # the step that explains it is open now
    with stages:
        st.html(_stages(network) if drawn.prepared and not drawn.selected_example else "<div></div>")


def _stages(network):
    """The stages of the drawing, each with the digit that the network would read if the preparation ended there; HTML.

    They are prepared once more, because the answer must not wait for them.
    """
    drawn = part(DrawingPart)

    def pictures_and_images():
        prepared = prepare_drawing(drawn.sketches[-1].pixels, network.preparation)
        return {name: stage_picture(name, stage) for name, stage in prepared.stages.items()}, stage_images(prepared)

    pictures, images = drawn.stages.of(drawn.prepared, pictures_and_images)
    answers = network.predict(np.array([image.ravel() for image in images.values()]))
    return stages_html(pictures, dict(zip(images, answers)))


def guessing(view):
    """A warning if the answering network is untrained, barely trained or bad at reading; "" if it is none of them."""
    if not view.own_answers:
        return ""
    state = view.training.state
    if state.is_untrained:
        return "Untrained: guessing."
    accuracy = view.training.accuracy
    why = "Barely trained: " if state.epoch < 1 and not state.began_trained else ""
    if accuracy < 0.2:
        return f"{why}guessing." if why else "It is guessing."
    return f"{why or 'It '}gets {accuracy:.0%} of unseen images right." if accuracy < 0.5 else ""


def _see_how(n_hidden):
    """Open step 4 at the unit whose "See how" was clicked. This is a callback."""

    def clicked(state):
        hidden = pick(SWITCH, state.see["hidden"])
        return pick(range(n_hidden if hidden else N_DIGITS), state.see["unit"]), hidden

    if unit := value_of("network_picture", clicked):
        open_at_unit(*unit)


def _threshold(view):
    """The confidence below which an answer is rejected; 0 while the network is still learning."""
    if not view.own_answers:
        return PRETRAINED_THRESHOLD
    images = view.training.images.mnist
    if view.active or images is None:
        return 0.0
    return part(AnswerPart).threshold.of(
        view.network, lambda: rejection_threshold(view.network, images.X_test[:MEASURED_IMAGES])
    )
