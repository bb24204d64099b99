"""The question which digit was meant, the score, and the challenge: ten digits in a row."""

import time
from dataclasses import dataclass, field

import streamlit as st

from ...analysis.evaluation import MEASURED_IMAGES
from ...files.drawings import LabelledDrawing, labelled_file, with_labelled
from ..session.current_image import DrawingPart, answers_to_labelled, redraw_canvas
from ..session.shared import PRETRAINED_ACCURACY, mnist
from ..session.state import Latest, part, this_session, value_of
from ..words import score, share
from .challenge import Challenge, new_challenge, result_alt, result_picture, task_words

# On a low screen, the button that saves the picture would be out of view, all the more once the picture has loaded.
SHOW_THE_RESULT = """<script>
{
  const task = document.querySelector(".st-key-task");
  const grown = new ResizeObserver(() => {
    task.querySelector(".st-key-save_challenge")?.scrollIntoView({ block: "nearest" });
    if (task.querySelector("img")?.complete) grown.disconnect();
  });
  grown.observe(task);
}
</script>"""


@dataclass(eq=False)
class ChallengePart:
    """The challenge under way or just over, or None; and picture, Latest, that of its result."""

    challenge: Challenge | None = None
    picture: Latest = field(default_factory=Latest)


def question_places():
    """The containers of the question: for its words, the reply, and two for details, those of a drawing first.

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


def question_panel(view, prepared, sketch, words, reply, drawings):
    """Ask which digit was meant, or show the challenge: about a PreparedDrawing and its Sketch (None without one)."""
    challenge, answers = part(ChallengePart).challenge, _read_again(view)
    if challenge is None:
        labelled = this_session().labelled.get(part(DrawingPart).identifier) if prepared else None
        question, said = "Which digit did you mean? ", _score(answers, view.reader)
    else:
        right = len(challenge.drawings) - len(challenge.misread)
        said = f"{right} of {len(challenge.drawings)} right." if challenge.drawings else "ten digits."
        question, said = "", f"Challenge: {said}"
    words.html(f'<p class="nn-question">{question}<span role="status">{said}</span></p>')
    with reply:
        if challenge is None:
            identifier = part(DrawingPart).identifier
            st.pills(
                "Which digit did you mean?",
                range(10),
                default=None if labelled is None else labelled.label,
                key=f"label_{identifier}",
                disabled=prepared is None,  # it stays, so that nothing jumps
                label_visibility="collapsed",
                on_change=_label,
                args=(identifier, prepared, sketch),
            )
            help = "Draw ten digits: how many can it read?"
            st.button("Challenge", key="challenge", on_click=_begin_challenge, help=help)
        elif not challenge.over:
            _end_button()
    with drawings:
        _drawings(view, answers)


def _read_again(view):
    """The present network's answer to each labelled drawing: a dict of its identifier -> digit.

    It is empty while that network learns: the answers would be others a moment later.
    """
    if view.active and view.own_answers:
        return {}
    return dict(zip(this_session().labelled, answers_to_labelled(view.network).tolist()))


def _right(answers):
    return sum(answers[identifier] == one.label for identifier, one in this_session().labelled.items())


def _score(answers, reader):
    return score(_right(answers), len(answers), reader) if answers else ""


def _label(identifier, prepared, sketch):
    """Keep the label of a drawing, with the answer that the visitor saw; a second click takes it back.

    This is a callback. It uses the kept answer, because by now a training may have changed the network's answer.
    """
    session, answer, label = this_session(), part(DrawingPart).answer, value_of(f"label_{identifier}", range(10))
    if label is None:
        session.labelled = {key: one for key, one in session.labelled.items() if key != identifier}
    elif answer is not None:
        labelled = LabelledDrawing(prepared.image, label, *answer, sketch)
        session.labelled = with_labelled(session.labelled, {identifier: labelled})


def _begin_challenge():
    part(ChallengePart).challenge = new_challenge(time.time_ns())
    redraw_canvas()


def challenge_panel():
    """Draw what a challenge asks for, how the digit before was read, and at the end the result: below the canvas."""
    challenge = part(ChallengePart).challenge
    if challenge is None:
        return
    st.html(f'<p class="nn-task" role="status">{task_words(challenge)}</p>')
    if challenge.over:
        picture = part(ChallengePart).picture.of(challenge, lambda: result_picture(challenge))
        st.image(picture, alt=result_alt(challenge))
        with st.container(horizontal=True):
            how = {"key": "save_challenge", "on_click": "ignore", "icon": ":material/download:"}
            st.download_button("Save this picture", picture, "challenge.png", type="primary", **how)
            st.button("Again", key="challenge", on_click=_begin_challenge)
            _end_button()
        st.html(SHOW_THE_RESULT, unsafe_allow_javascript=True)


def _end_button():
    st.button("End", key="end_challenge", on_click=setattr, args=(part(ChallengePart), "challenge", None))


def next_button(prepared, sketch):
    """In a challenge, draw the button that submits a drawing; it is near the canvas, for a phone."""
    challenge = part(ChallengePart).challenge
    if challenge is not None and not challenge.over:
        arguments = part(DrawingPart).identifier, challenge.digit, prepared, sketch
        st.button("Next", key="next", type="primary", on_click=_next, args=arguments, disabled=prepared is None)


def _next(identifier, digit, prepared, sketch):
    """Submit a drawing of the digit asked for, with the answer that the visitor saw, and clear the canvas."""
    session, own, answer = this_session(), part(ChallengePart), part(DrawingPart).answer
    if answer is None or own.challenge is None or own.challenge.digit != digit:  # a double click
        return
    labelled = LabelledDrawing(prepared.image, digit, *answer, sketch)
    own.challenge = own.challenge.with_drawing(labelled)
    session.labelled = with_labelled(session.labelled, {identifier: labelled})
    redraw_canvas()


def _drawings(view, answers):
    """Show how many of the labelled drawings the network gets right, and offer them as a file."""
    labelled = list(this_session().labelled.values())
    if labelled:
        accuracy = view.training.accuracy if view.own_answers else PRETRAINED_ACCURACY
        n = min(len(mnist(view.source).X_test), MEASURED_IMAGES)
        on_mnist = f" On {n:,} unseen MNIST images: {accuracy:.1%}." if accuracy >= 0 else ""  # not measured yet
        drawn = f"{_score(answers, view.reader)} {share(_right(answers), len(answers))}" if answers else ""
        st.caption(drawn + on_mnist)
        st.download_button(
            "Save drawings",
            lambda: labelled_file(labelled),
            "drawings.npz",
            key="save_drawings",
            on_click="ignore",  # a rerun would replace the file before the browser has asked for it
            icon=":material/download:",
            help="A NumPy file (.npz): the 28 × 28 images, your labels, the network's answers, and the strokes.",
        )
