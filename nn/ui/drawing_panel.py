"""Where one draws: the canvas, and beside it what the network makes of the drawing."""
import base64
import io

import numpy as np
import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from .. import prepare_drawing
from .session import OWN_ANSWERS, answering_network, bundled_accuracy, bundled_network, own, slot, tick_seconds

CANVAS = 280  # pixels of a side: ten for each of MNIST's 28
PEN = 20
NAMES = {True: "My network", False: "The bundled network"}  # of: does the own one answer?


def drawing_panel():
    """Canvas and answer. A stroke reruns nothing else; while a training is under way the answer renews itself."""
    with st.container(key="invitation", vertical_alignment="center"):
        st.markdown("**Draw a digit**, any size, anywhere")
    st.fragment(_canvas_and_answer)(tick_seconds() if slot().active else None)
    _choose_network()


def _choose_network():
    """Which network answers: always visible, so that nothing jumps, and a choice as soon as there is one."""
    mine = own()
    st.radio(
        "Which network answers", [False] if mine is None else [True, False], format_func=NAMES.get, key=OWN_ANSWERS,
        horizontal=True,
        help=f"The bundled one has {bundled_network().n_hidden} hidden units and reads {bundled_accuracy():.1%} of the 2,000 held-out images.",
    )  # fmt: skip


def _canvas_and_answer(run_every):
    with st.container(horizontal=True, key="draw"):
        with st.container(width=CANVAS, gap="small"):
            above = st.container()
            cleared = st.session_state.get("cleared", 0)
            if st.button("Clear", key="clear", icon=":material/ink_eraser:", width="stretch"):
                cleared += 1  # a new key is a new, empty canvas
            st.session_state.cleared = cleared
            with above:
                canvas = st_canvas(
                    stroke_width=PEN,
                    stroke_color="#ffffff",
                    background_color="#000000",
                    width=CANVAS,
                    height=CANVAS,
                    return_image_data=True,
                    key=f"canvas_{cleared}",
                )
        drawn = canvas.json_data and canvas.json_data.get("objects") and canvas.image_data is not None
        st.session_state.drawing = canvas.image_data if drawn else None
        with st.container(width="stretch", key="answer"):
            st.fragment(_answer, run_every=run_every)()


def _answer():
    network, canvas = answering_network(), st.session_state.drawing
    drawing = None if canvas is None else prepare_drawing(canvas, network.preparation)
    if drawing is None or drawing.is_blank:
        st.html(answer_html("?", np.zeros((28, 28)), np.zeros(10)))
    else:
        outputs = network.predict_proba(drawing.image.reshape(1, -1))[0]
        st.html(answer_html(outputs.argmax(), drawing.image, outputs))


def answer_html(answer, image, outputs):
    """The answer large, the image (28, 28) that the network sees, and the ten outputs (10,) as bars: one piece of HTML."""
    file = io.BytesIO()
    Image.fromarray((255 * image).round().astype(np.uint8)).save(file, "png")
    picture = base64.b64encode(file.getvalue()).decode()
    known = answer != "?"
    bars = "".join(
        f'<li class="{"largest" if known and digit == answer else ""}"><b>{digit}</b>'
        f'<span><i style="width:{100 * output:.1f}%"></i></span><small>{output:.2f}</small></li>'
        for digit, output in enumerate(outputs)
    )
    return (
        f'<div class="nn-answer"><div class="{"nn-digit" if known else "nn-digit nn-none"}" role="status"'
        f' aria-label="{f"The network reads {answer}" if known else "Nothing is drawn yet"}">{answer}</div>'
        f'<figure><img src="data:image/png;base64,{picture}" alt="The drawing as 28 by 28 pixels, as the network sees it">'
        f'<figcaption>{"what it sees: 28 × 28" if known else "draw a digit"}</figcaption></figure>'
        f'<ol aria-label="The ten outputs, from 0 to 1">{bars}</ol></div>'
    )
