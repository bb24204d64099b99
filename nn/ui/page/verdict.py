"""Which digit you meant, whether it was read right, and the challenge: ten digits in a row."""

import time

import streamlit as st

from ...analysis.evaluation import MEASURED_IMAGES
from ...files.drawings import Labelled, labelled_file
from ..numbers import with_article
from ..session.challenge import new_challenge, result_alt, result_picture, result_words
from ..session.current_image import back_to_the_drawing
from ..session.shared import PRETRAINED_ACCURACY, mnist
from ..session.state import Key, new_canvas, this_visitor, value_of
from ..words import count, verdict


def question_places():
    """The containers of the question: for its words, for the reply, and for details; those of a drawing come first.

    They are made before the question is asked, because the answer comes first, and shows the stages of the drawing in
    the details.
    """
    with st.container(key="question"):
        words = st.container()
        with st.container(horizontal=True, vertical_alignment="center", key="reply"):
            reply = st.container(horizontal=True, vertical_alignment="center", width="content")
            with st.popover("Details", help="How your drawing became 28 × 28 pixels, and how your drawings were read."):
                stages, drawings = st.container(), st.container()
    return words, reply, stages, drawings


def question_panel(moment, prepared, sketch, words, reply, drawings):
    """Ask which digit was meant, or show the challenge: about a PreparedDrawing and its Sketch (None without one)."""
    visitor = this_visitor()
    labelled = visitor.labelled.get(visitor.drawing_id) if prepared else None
    with words:
        if visitor.challenge is None:
            so_far = verdict(labelled, list(visitor.labelled.values()))
            st.html(f'<p class="nn-question">Which digit did you mean? <span role="status">{so_far}</span></p>')
        else:
            _challenge_words(visitor.challenge)
    with reply:
        if visitor.challenge is None:
            _which_digit(labelled, prepared, sketch)
            help = "Ten digits: how many are read?"
            st.button("Challenge", key="challenge", on_click=_begin_challenge, help=help)
        else:
            _challenge_buttons(visitor.challenge)
    with drawings:
        _drawings(moment)


def _which_digit(labelled, prepared, sketch):
    """Ask what the drawing was meant to be; without one the question stays, so that nothing jumps."""
    drawing_id = this_visitor().drawing_id
    st.pills(
        "Which digit did you mean?",
        range(10),
        default=None if labelled is None else labelled.label,
        key=f"{Key.LABEL_OF}{drawing_id}",
        disabled=prepared is None,
        label_visibility="collapsed",
        on_change=_label,
        args=(drawing_id, prepared, sketch),
    )


def _label(drawing_id, prepared, sketch):
    """Remember what a drawing was meant to be and which answer the visitor saw; a second click takes it back.

    This is a callback. It uses the kept answer, because by now a training may have changed the network's answer.
    """
    visitor = this_visitor()
    label = value_of(f"{Key.LABEL_OF}{drawing_id}")
    if label is None:
        visitor.labelled = {key: one for key, one in visitor.labelled.items() if key != drawing_id}
    elif visitor.answer is not None:
        labelled = Labelled(prepared.image, label, *visitor.answer, sketch)
        visitor.labelled = visitor.labelled | {drawing_id: labelled}


def _begin_challenge():
    back_to_the_drawing()
    this_visitor().challenge = new_challenge(time.time_ns())
    new_canvas()


def _end_challenge():
    this_visitor().challenge = None


def _challenge_words(challenge):
    if challenge.over:
        words = result_words(challenge)
    else:
        words = f"<b>Draw {with_article(challenge.digit)}.</b> {challenge.number} of {len(challenge.digits)}"
    st.html(f'<p class="nn-question"><span role="status">{words}</span></p>')


def _challenge_buttons(challenge):
    if challenge.over:
        with st.popover("See and save the result", type="primary", key="result"):
            picture = this_visitor().result_picture.of(challenge, lambda: result_picture(challenge))
            st.image(picture, width=480, alt=result_alt(challenge))
            st.download_button("Save this picture", picture, "challenge.png", key="save_challenge", on_click="ignore")
        st.button("Again", key="challenge", on_click=_begin_challenge)
    st.button("End", key="end_challenge", on_click=_end_challenge)


def next_button(prepared, sketch):
    """Draw the button that takes a drawing for the challenge, if there is one; it is near the canvas, for a phone."""
    challenge = this_visitor().challenge
    if challenge is not None and not challenge.over:
        arguments = this_visitor().drawing_id, challenge.digit, prepared, sketch
        st.button("Next", key="next", type="primary", on_click=_next, args=arguments, disabled=prepared is None)


def _next(drawing_id, digit, prepared, sketch):
    """Take a drawing of the digit that was asked for, with the answer that the visitor saw, and clear the canvas."""
    visitor = this_visitor()
    if visitor.answer is None or visitor.challenge is None or visitor.challenge.digit != digit:  # a double click
        return
    labelled = Labelled(prepared.image, digit, *visitor.answer, sketch)
    visitor.challenge = visitor.challenge.with_drawing(labelled)
    visitor.labelled = visitor.labelled | {drawing_id: labelled}
    new_canvas()


def _drawings(moment):
    """Show how many drawings were read right so far, and offer them as a file."""
    labelled = list(this_visitor().labelled.values())
    if labelled:
        st.caption(count(labelled, moment.reader) + _on_held_out_images(moment))
        st.download_button(
            "Save drawings",
            lambda: labelled_file(labelled),
            "drawings.npz",
            key="save_drawings",
            on_click="ignore",  # a rerun would replace the file before the browser has asked for it
            icon=":material/download:",
            help="A NumPy file (.npz): the 28 × 28 images, what you meant, what was read, and the strokes.",
        )


def _on_held_out_images(moment):
    """How well the answering network reads held-out images, as a sentence; empty if that isn't known yet."""
    if not moment.own_answers:
        accuracy, n = PRETRAINED_ACCURACY, len(mnist("bundled").X_test)
    else:
        history = moment.training.state.history
        accuracy = history[-1].test_accuracy if history else None
        n = min(len(mnist(moment.training.recipe.source).X_test), MEASURED_IMAGES)
    return "" if accuracy is None else f" On {n:,} held-out MNIST images: {accuracy:.1%}."
