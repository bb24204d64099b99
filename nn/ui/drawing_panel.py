"""Where you draw: the canvas, what the network reads in the drawing, and whether that was right."""

import hashlib

import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from .. import is_rejected, prepare_drawing, rejection_threshold, stage_images
from ..network import read
from ..training import MEASURED_IMAGES
from .current_image import back_to_the_drawing, drawing, selected_example
from .feedback import OWN, PRETRAINED, Labelled, count, labelled_file, strokes_of
from .html import answer_html, no_answer_html, picture, stages_html
from .numbers import with_article
from .pace import fragment
from .resources import PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD, mnist, pretrained_network
from .state import Answer, Key, this_visitor, value_of

CANVAS = 280  # side in pixels: ten for each of MNIST's 28
PEN = 20
READERS = {True: OWN, False: PRETRAINED}  # does the visitor's own network answer?


def drawing_panel(moment):
    """Draw the canvas and the answer; during a training the answer refreshes itself.

    A stroke reruns nothing else, unless a step of "Look inside" is open: then the whole page reruns after the answer.
    """
    example = selected_example(moment)
    with st.container(key="invitation", vertical_alignment="center"):
        shown = None if example is None else f"**{example.name.capitalize()}**, {with_article(example.label)}"
        st.markdown(shown or "**Draw a digit** here")
    fragment(_drawing_and_answer, moment)


def _drawing_and_answer(moment):
    visitor, example = this_visitor(), selected_example(moment)
    with st.container(horizontal=True, key="draw"):
        with st.container(width=CANVAS, gap="small"):
            canvas = _canvas(example)
        answer = st.container(width="stretch", key="answer")
    objects = _take_drawing(canvas, moment.network.preparation)
    choice, question, stages = st.container(), st.container(), st.container()
    # Only the answer and the stages tick, and only if something is drawn: each tick is work for the visitor's browser.
    with answer:
        fragment(_answer, moment, stages, ticks=1 if example or visitor.drawing else 0)
    with choice:
        _choose_network(moment)
    with question:
        _which_digit(visitor.drawing if example is None else None, objects)
    _count(moment)
    if not moment.whole_page and value_of(Key.STEP):
        st.rerun()


def _take_drawing(canvas, preparation):
    """Prepare and keep what is on the canvas; return its strokes as the canvas reports them."""
    visitor, drawn = this_visitor(), None
    objects = (canvas.json_data or {}).get("objects")
    if objects and canvas.image_data is not None:
        drawn = prepare_drawing(canvas.image_data, preparation)
    visitor.drawing = None if drawn is None or drawn.is_blank else drawn
    visitor.drawing_id = hashlib.sha1(drawn.stages["drawing"].tobytes()).hexdigest() if visitor.drawing else ""
    return objects


def _answer(moment, stages):
    """Show what the Moment's network reads, and in the container stages what it reads at each stage of the drawing."""
    visitor, network = this_visitor(), moment.network
    shown = selected_example(moment) or drawing()
    if shown is None:
        visitor.answer = None
        st.html(no_answer_html())
    else:
        outputs, digit = read(network, shown.image)
        visitor.answer = Answer(digit, moment.reader)
        rejected = is_rejected(network, shown.image, _threshold(moment))
        st.html(answer_html(shown.image, outputs, digit, rejected))
    with stages:
        st.html(_stages(network) if visitor.drawing and not visitor.selected_example else "<div></div>")


def _stages(network):
    """Each stage of the preparation as a picture, with what the network would read if it ended there; HTML."""
    prepared = this_visitor().drawing
    images = stage_images(prepared)
    answers = network.predict(np.array([image.ravel() for image in images.values()]))
    return stages_html(prepared.stages, dict(zip(images, answers)))


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


def _canvas(example):
    """Draw the canvas above its Clear button; the button is read first, so that a click empties the canvas at once.

    An example (a CurrentImage) covers the canvas and does not replace it: without the canvas the drawing would be lost.
    """
    visitor, above = this_visitor(), st.container(key="paper")
    if example and st.button("Back to the drawing", key="back", icon=":material/undo:", width="stretch"):
        back_to_the_drawing()
        st.rerun()
    if not example and st.button("Clear", key="clear", icon=":material/ink_eraser:", width="stretch"):
        visitor.canvas += 1  # a new key is a new, empty canvas
    with above:
        if example:
            with st.container(key="example"):
                alt = f"{example.name}: {with_article(example.label)}, in place of the drawing"
                st.html(picture(example.image, alt))
        return st_canvas(
            stroke_width=PEN,
            stroke_color="#ffffff",
            background_color="#000000",
            width=CANVAS,
            height=CANVAS,
            return_image_data=True,
            key=f"{Key.CANVAS}{visitor.canvas}",
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
        "images, distorted copies of them, digits drawn from templates, and non-digits (letters and scribbles).",
    )


def _which_digit(prepared, objects):
    """Ask what the drawing was meant to be; without one (None) the question stays, so that nothing jumps."""
    visitor = this_visitor()
    labelled = visitor.labelled.get(visitor.drawing_id)
    st.pills(
        "What was it?",
        range(10),
        default=None if labelled is None else labelled.label,
        key=f"{Key.LABEL_OF}{visitor.drawing_id}",
        disabled=prepared is None,
        help="Choose the digit that you meant: the page counts how many were read right.",
        on_change=_label,
        args=(visitor.drawing_id, prepared, objects),
    )


def _label(drawing_id, prepared, objects):
    """Remember what a drawing was meant to be and which answer the visitor saw; a second click takes it back.

    This is a callback. It uses the kept answer, because by now a training may have changed the network's answer.
    """
    visitor = this_visitor()
    label = value_of(f"{Key.LABEL_OF}{drawing_id}")
    if label is None:
        visitor.labelled.pop(drawing_id, None)
    elif visitor.answer is not None:
        visitor.labelled[drawing_id] = Labelled(prepared.image, label, *visitor.answer, strokes_of(objects))


def _count(moment):
    """Show how many drawings were read right so far, and offer them as a file."""
    labelled = list(this_visitor().labelled.values())
    if labelled:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(count(labelled, moment.reader) + _on_held_out_images(moment))
            st.download_button(
                "Save drawings",
                lambda: labelled_file(labelled),
                "drawings.npz",
                key="save_drawings",
                icon=":material/download:",
                help="A NumPy file (.npz): the 28 × 28 images, what you meant, what was read, and the strokes.",
            )


def _on_held_out_images(moment):
    """How well the answering network reads held-out images, as a sentence; empty if that isn't known yet."""
    if not moment.own_answers:
        accuracy, n = PRETRAINED_ACCURACY, len(mnist("bundled").X_test)
    else:
        history = moment.training.run.history
        accuracy = history[-1].test_accuracy if history else None
        n = min(len(mnist(moment.training.controls.source).X_test), MEASURED_IMAGES)
    return "" if accuracy is None else f" On {n:,} held-out MNIST images: {accuracy:.1%}."
