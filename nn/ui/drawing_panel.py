"""Where one draws: the canvas, what the network makes of the drawing, and whether that was right."""

import hashlib

import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from .. import doubt_threshold, is_doubtful, prepare_drawing, stage_images
from ..labelling import Labelled, count, labelled_file, strokes_of
from ..network import read
from ..training import MEASURED_IMAGES
from .pictures import answer_html, no_answer_html, picture, way_html
from .session import (
    BUNDLED_ACCURACY,
    BUNDLED_THRESHOLD,
    answering_network,
    bundled_network,
    mnist,
    own,
    own_answers_key,
    remembered,
    slot,
    tick_seconds,
)
from .subject import back_to_the_drawing, drawn, picked

CANVAS = 280  # pixels of a side: ten for each of MNIST's 28
PEN = 20
NAMES = {True: "My network", False: "The bundled network"}  # of: does the own one answer?


def drawing_panel():
    """Canvas and answer; while a training is under way the answer renews itself.

    A stroke reruns nothing else, unless somebody looks inside: then the whole page follows, after the answer.
    """
    with st.container(key="invitation", vertical_alignment="center"):
        covering = picked()
        st.markdown(
            "**Draw a digit** here" if covering is None else f"**{covering.name.capitalize()}**, a {covering.label}"
        )
    st.session_state.whole_page = True
    st.fragment(_drawing_and_answer)(tick_seconds() if slot().active else None)


def _drawing_and_answer(run_every):
    with st.container(horizontal=True, key="draw"):
        with st.container(width=CANVAS, gap="small"):
            canvas = _canvas()
        objects, drawing = (canvas.json_data or {}).get("objects"), None
        if objects and canvas.image_data is not None:
            drawing = prepare_drawing(canvas.image_data, answering_network().preparation)
        st.session_state.drawing = None if drawing is None or drawing.is_blank else drawing
        # Only the answers tick, and only if there is something to answer: what ticks is work for the visitor's browser.
        ticking = run_every if picked() or drawn() else None
        with st.container(width="stretch", key="answer"):
            st.fragment(_answer, run_every=ticking)()
    _choose_network()
    _what_was_it(st.session_state.drawing, objects)
    st.fragment(_the_way, run_every=ticking)()
    _count()
    if not st.session_state.pop("whole_page", False) and st.session_state.get("inside"):
        st.rerun()


def _answer():
    shown, network = picked() or drawn(), answering_network()
    if shown is None:
        st.html(no_answer_html())
    else:
        outputs, answer = read(network, shown.image)
        st.session_state.answered = answer
        st.html(answer_html(shown.image, outputs, answer, is_doubtful(network, shown.image, _threshold(network))))


def _the_way():
    """Every stage of the preparation as a picture, with what the network would read if it ended there."""
    drawing = st.session_state.drawing
    if drawing is not None and picked() is None:
        images = stage_images(drawing)
        answers = answering_network().predict(np.array([image.ravel() for image in images.values()]))
        st.caption(
            "How your drawing became 28 × 28 pixels. The network reads the last, which is like what it learnt from; "
            "of the others it would have made:"
        )
        st.html(way_html(drawing.stages, dict(zip(images, answers))))


def _threshold(network):
    """The sureness below which this network's answer is doubted; a network that still learns is not doubted."""
    if network is bundled_network():
        return BUNDLED_THRESHOLD
    images = own().images.mnist
    if slot().active or images is None:
        return 0.0
    return remembered("threshold", network, lambda: doubt_threshold(network, images.X_test[:MEASURED_IMAGES]))


def _canvas():
    """The canvas above its Clear button; the button is asked first, so that a click empties it at once.

    An image that was put in the drawing's place covers the canvas (without it the drawing would be lost), until it is taken away.
    """
    above = st.container(key="paper")
    cleared = st.session_state.get("cleared", 0)
    covering = picked()
    if covering and st.button("Back to the drawing", key="back", icon=":material/undo:", width="stretch"):
        back_to_the_drawing()
        st.rerun()
    if not covering and st.button("Clear", key="clear", icon=":material/ink_eraser:", width="stretch"):
        cleared += 1  # a new key is a new, empty canvas
    st.session_state.cleared = cleared
    with above:
        if covering:
            with st.container(key="picked"):
                st.html(picture(covering.image, f"{covering.name}: a {covering.label}, in the place of the drawing"))
        return st_canvas(
            stroke_width=PEN,
            stroke_color="#ffffff",
            background_color="#000000",
            width=CANVAS,
            height=CANVAS,
            return_image_data=True,
            key=f"canvas_{cleared}",
        )


def _choose_network():
    """Which network answers: always visible, so that nothing jumps, and a choice as soon as there is one."""
    st.radio(
        "Which network answers",
        [False] if own() is None else [True, False],
        format_func=NAMES.get,
        key=own_answers_key(),
        horizontal=True,
        help=f"The bundled one has {bundled_network().n_hidden} hidden units. It learnt from 58,000 images of MNIST, distorted "
        "copies of them, digits from templates, and letters and scribbles, which are none.",
    )


def _what_was_it(drawing, objects):
    """Ask what the drawing was meant to be, and remember what is said; a second click takes it back."""
    labelled = st.session_state.setdefault("labelled", {})
    which = hashlib.sha1(drawing.stages["drawing"].tobytes()).hexdigest() if drawing else ""
    asked = bool(drawing) and picked() is None
    label = st.pills(
        "What was it?", range(10), key=f"label_{which}", disabled=not asked, help="Say it, and the page keeps count."
    )
    before, st.session_state.said = st.session_state.get("said"), (which, label)
    if label is None:
        if before is not None and before[0] == which and before[1] is not None:
            labelled.pop(which, None)
    elif which not in labelled or labelled[which].label != label:
        labelled[which] = Labelled(drawing.image, label, st.session_state.answered, _reader(), strokes_of(objects))


def _reader():
    """The name of the network that answers."""
    return NAMES[answering_network() is not bundled_network()]


def _count():
    """How many of the drawings were read right so far, and a file of them."""
    labelled = list(st.session_state.labelled.values())
    if labelled:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(count(labelled, _reader()) + _on_held_out_images())
            st.download_button(
                "Save drawings",
                lambda: labelled_file(labelled),
                "drawings.npz",
                key="save_drawings",
                icon=":material/download:",
                help="28 × 28 images, what they were, what was read, and the strokes, as NumPy's .npz.",
            )


def _on_held_out_images():
    """How well the answering network reads held-out images, to be compared; nothing where that is not known yet."""
    mine = own()
    if answering_network() is bundled_network():
        accuracy, n = BUNDLED_ACCURACY, len(mnist("bundled").X_test)
    else:
        accuracy = mine.run.history[-1].test_accuracy if mine.run.history else None
        n = min(len(mnist(mine.controls.source).X_test), MEASURED_IMAGES)
    return "" if accuracy is None else f" Of {n:,} held-out images of MNIST: {accuracy:.1%}."
