"""Where one draws: the canvas, what the network makes of the drawing, and whether that was right."""

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
from .pace import fragment
from .resources import PRETRAINED_ACCURACY, PRETRAINED_THRESHOLD, mnist, pretrained_network
from .state import Answer, Key, this_visitor, value_of

CANVAS = 280  # pixels of a side: ten for each of MNIST's 28
PEN = 20
READERS = {True: OWN, False: PRETRAINED}  # does the visitor's own network answer?


def drawing_panel(moment):
    """Canvas and answer; while a training is under way the answer renews itself.

    A stroke reruns nothing else, unless a step of "Look inside" is open: then the whole page follows, after the answer.
    """
    example = selected_example(moment)
    with st.container(key="invitation", vertical_alignment="center"):
        st.markdown(
            "**Draw a digit** here" if example is None else f"**{example.name.capitalize()}**, a {example.label}"
        )
    fragment(_drawing_and_answer, moment)


def _drawing_and_answer(moment):
    visitor, example = this_visitor(), selected_example(moment)
    with st.container(horizontal=True, key="draw"):
        with st.container(width=CANVAS, gap="small"):
            canvas = _canvas(example)
        answer = st.container(width="stretch", key="answer")
    objects = _take_drawing(canvas, moment.network.preparation)
    choice, question, stages = st.container(), st.container(), st.container()
    # Only the answer and the stages tick, and only if something is drawn: ticking is work for the visitor's browser too.
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
    """Keep what is on the canvas, prepared in this way, and return its strokes as the canvas gives them."""
    visitor, drawn = this_visitor(), None
    objects = (canvas.json_data or {}).get("objects")
    if objects and canvas.image_data is not None:
        drawn = prepare_drawing(canvas.image_data, preparation)
    visitor.drawing = None if drawn is None or drawn.is_blank else drawn
    visitor.drawing_id = hashlib.sha1(drawn.stages["drawing"].tobytes()).hexdigest() if visitor.drawing else ""
    return objects


def _answer(moment, stages):
    """The answer of the Moment's network, and in their own place the stages of the drawing with what it reads there."""
    visitor, network = this_visitor(), moment.network
    shown = selected_example(moment) or drawing()
    if shown is None:
        visitor.answer = None
        st.html(no_answer_html())
    else:
        outputs, digit = read(network, shown.image)
        visitor.answer = Answer(digit, READERS[moment.own_answers])
        rejected = is_rejected(network, shown.image, _threshold(moment))
        st.html(answer_html(shown.image, outputs, digit, rejected))
    with stages:
        st.html(_stages(network) if visitor.drawing and not visitor.selected_example else "<div></div>")


def _stages(network):
    """Every stage of the preparation as a picture, with what the network would read if it ended there; HTML."""
    prepared = this_visitor().drawing
    images = stage_images(prepared)
    answers = network.predict(np.array([image.ravel() for image in images.values()]))
    return stages_html(prepared.stages, dict(zip(images, answers)))


def _threshold(moment):
    """The confidence below which the answer is rejected; a network that is still learning is not judged."""
    if not moment.own_answers:
        return PRETRAINED_THRESHOLD
    images = moment.training.images.mnist
    if moment.active or images is None:
        return 0.0
    return this_visitor().rejection_threshold.of(
        moment.network, lambda: rejection_threshold(moment.network, images.X_test[:MEASURED_IMAGES])
    )


def _canvas(example):
    """The canvas above its Clear button; the button is asked first, so that a click empties the canvas at once.

    An example (a CurrentImage) covers the canvas until it is taken away: without the canvas the drawing would be lost.
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
                st.html(picture(example.image, f"{example.name}: a {example.label}, in the place of the drawing"))
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
    """Which network answers: always visible, so that nothing jumps, and a choice as soon as there is one."""
    st.radio(
        "Which network answers",
        [False] if moment.training is None else [True, False],
        format_func=READERS.get,
        key=f"{Key.OWN_ANSWERS}{moment.number}",
        horizontal=True,
        help=f"The pre-trained one has {pretrained_network().n_hidden:,} hidden units. It learnt from 58,000 images of MNIST, "
        "from distorted copies of them, from digits drawn from templates, and, as examples of what is not a digit, from "
        "letters and scribbles.",
    )


def _which_digit(prepared, objects):
    """Ask what a drawing was meant to be; without one (None) the question stays, so that nothing jumps."""
    visitor = this_visitor()
    said = visitor.labelled.get(visitor.drawing_id)
    st.pills(
        "What was it?",
        range(10),
        default=None if said is None else said.label,
        key=f"{Key.LABEL_OF}{visitor.drawing_id}",
        disabled=prepared is None,
        help="Say it, and the page keeps count.",
        on_change=_label,
        args=(visitor.drawing_id, prepared, objects),
    )


def _label(drawing_id, prepared, objects):
    """Remember what a drawing was, and what the visitor has just seen read in it; a second click takes it back.

    A callback: it runs before the page is drawn anew, when a training may have gone on and the answer may be another.
    """
    visitor = this_visitor()
    label = value_of(f"{Key.LABEL_OF}{drawing_id}")
    if label is None:
        visitor.labelled.pop(drawing_id, None)
    elif visitor.answer is not None:
        visitor.labelled[drawing_id] = Labelled(prepared.image, label, *visitor.answer, strokes_of(objects))


def _count(moment):
    """How many of the drawings were read right so far, and a file of them."""
    labelled = list(this_visitor().labelled.values())
    if labelled:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(count(labelled, READERS[moment.own_answers]) + _on_held_out_images(moment))
            st.download_button(
                "Save drawings",
                lambda: labelled_file(labelled),
                "drawings.npz",
                key="save_drawings",
                icon=":material/download:",
                help="28 × 28 images, what they were, what was read, and the strokes, as NumPy's .npz.",
            )


def _on_held_out_images(moment):
    """How well the answering network reads held-out images, for comparison; nothing if that isn't known yet."""
    if not moment.own_answers:
        accuracy, n = PRETRAINED_ACCURACY, len(mnist("bundled").X_test)
    else:
        history = moment.training.run.history
        accuracy = history[-1].test_accuracy if history else None
        n = min(len(mnist(moment.training.controls.source).X_test), MEASURED_IMAGES)
    return "" if accuracy is None else f" On {n:,} held-out images of MNIST: {accuracy:.1%}."
