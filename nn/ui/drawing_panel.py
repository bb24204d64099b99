"""Where one draws: the canvas, what the network makes of the drawing, and whether that was right."""
import hashlib

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from .. import prepare_drawing
from ..labelling import Labelled, count, labelled_file, strokes_of
from .pictures import answer_html, no_answer_html
from .session import OWN_ANSWERS, answering_network, bundled_accuracy, bundled_network, own, slot, tick_seconds

CANVAS = 280  # pixels of a side: ten for each of MNIST's 28
PEN = 20
NAMES = {True: "My network", False: "The bundled network"}  # of: does the own one answer?


def drawing_panel():
    """Canvas and answer. A stroke reruns nothing else; while a training is under way the answer renews itself."""
    with st.container(key="invitation", vertical_alignment="center"):
        st.markdown("**Draw a digit**, any size, anywhere")
    st.fragment(_drawing_and_answer, run_every=tick_seconds() if slot().active else None)()


def _drawing_and_answer():
    with st.container(horizontal=True, key="draw"):
        with st.container(width=CANVAS, gap="small"):
            canvas = _canvas()
        objects = (canvas.json_data or {}).get("objects")
        network, drawn = answering_network(), objects and canvas.image_data is not None
        drawing = prepare_drawing(canvas.image_data, network.preparation) if drawn else None
        outputs = None
        with st.container(width="stretch", key="answer"):
            if drawing is None or drawing.is_blank:
                st.html(no_answer_html())
            else:
                outputs = network.predict_proba(drawing.image.reshape(1, -1))[0]
                st.html(answer_html(drawing.image, outputs))
    _choose_network()
    _what_was_it(drawing, outputs, objects)


def _canvas():
    """The canvas above its Clear button; the button is asked first, so that a click empties it at once."""
    above = st.container()
    cleared = st.session_state.get("cleared", 0)
    if st.button("Clear", key="clear", icon=":material/ink_eraser:", width="stretch"):
        cleared += 1  # a new key is a new, empty canvas
    st.session_state.cleared = cleared
    with above:
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
        "Which network answers", [False] if own() is None else [True, False], format_func=NAMES.get, key=OWN_ANSWERS,
        horizontal=True,
        help=f"The bundled one has {bundled_network().n_hidden} hidden units and reads {bundled_accuracy():.1%} of the "
        "2,000 held-out images.",
    )  # fmt: skip


def _what_was_it(drawing, outputs, objects):
    """Ask what the drawing was meant to be, and tell how many were read right so far."""
    labelled = st.session_state.setdefault("labelled", {})
    drawn = outputs is not None
    which = hashlib.sha1(drawing.image.tobytes()).hexdigest() if drawn else ""
    label = st.pills("What was it?", range(10), key=f"label_{which}", disabled=not drawn, help="Say it, and the page keeps count.")
    if drawn and label is not None and (which not in labelled or labelled[which].label != label):
        labelled[which] = Labelled(drawing.image, label, int(outputs.argmax()), strokes_of(objects))
    if labelled:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(count(labelled.values()))
            st.download_button(
                "Save drawings", lambda: labelled_file(list(labelled.values())), "drawings.npz", key="save_drawings",
                icon=":material/download:", help="28 × 28 images, what they were, what was read, and the strokes, as NumPy's .npz.",
            )  # fmt: skip
