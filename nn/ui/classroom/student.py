"""A student's view of the class: their name, the attendance, the teacher's question, and the board if they like."""

import math
from dataclasses import replace
from functools import partial

import streamlit as st

from ...classroom.names import colour_of, name_of
from ...classroom.rooms import ClassError, Unreachable
from ...classroom.submissions import Guess, Submission
from ...questions.predictions import QUESTIONS
from ..session.refresh import fragment
from ..session.render_lock import release_render_lock
from ..session.state import KEEP, SWITCH, part, set_value, this_session, value_of
from ..session.trainings import begin, new_training
from .join import ClassPart, class_code, leave_class
from .membership import SECRET, STYLE, membership, refuse, remember_html, sync
from .results import answers_to, attendance, results

STORED = (
    "This training was loaded from your browser's storage: what it learns from now on doesn't count in the class. "
    "A new one, with **Train**, does."
)
SEEDS = 10  # of the trainings of a question: they spread as seeds do, and many students share one training


def class_seconds():
    """Seconds between two refreshes: 3 for few visitors, 10 for 250."""
    return max(3, 0.04 * len(sync().participants))


def student(view):
    """Draw it. It refreshes itself, but during a training only with an open board: see ClassPart.has_news."""
    st.html(STYLE)
    fragment(_student, view, every=class_seconds, active=lambda view: not view.active or value_of("board", SWITCH))


def _student(view):
    if not class_code():  # the visitor has left: the whole page changes
        st.rerun()
    try:
        participant = membership()
        release_render_lock()
        board = sync().board(participant.code)
        if board is None:
            refuse(ClassError("This class has ended."))
    except Unreachable as error:
        st.warning(f"{error} You can go on without it. Work that you do after it is back will be sent to the class.")
        return
    except ClassError as error:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(f"{error} You can go on alone.")
            st.button("Go on alone", key="go_on_alone", on_click=leave_class)
        return
    participant.shown = participant.news(board)
    with st.container(horizontal=True, vertical_alignment="center", key="class_line"):
        number = participant.person.number
        words = f"You are the <b>{name_of(number)}</b> in class <b>{board.code}</b>. <span>{attendance(board)}</span>"
        if trouble := sync().trouble:
            saved = "Your work is saved and will be sent when the class is back."
            words += f' <span class="nn-doubt">{trouble} {saved}</span>'
        name = f'<p class="nn-class"><i style="background:{colour_of(number)}"></i>{words}</p>'
        remember = remember_html(f"{SECRET}{participant.code}", participant.person.secret)
        st.html(name + remember, unsafe_allow_javascript=True)
        _consent(participant, sum(drawing.number == number for drawing in board.drawings))
        redraw = partial(setattr, this_session(), "redraws", True)  # this part has to refresh itself now, or no longer
        is_open = st.toggle("Board", key="board", on_change=redraw, **KEEP)
    if view.training is not None and math.isinf(view.training.taken_over):
        st.caption(STORED)
    if refusal := participant.refusal():
        st.warning(refusal)
    if board.question in QUESTIONS:
        _question(view, participant, board)
    if is_open:
        with st.container(key="class_board", border=True):
            results(board, number)


def _consent(participant, n_shared):
    """Draw the switch for the labelled drawings; it is on if the class has some from before a reload."""
    if participant.shares is None and n_shared:
        set_value("share_drawings", True)
    chosen = st.toggle(
        "Share my labelled drawings" + (f" ({n_shared} in the class)" if n_shared else ""),
        key="share_drawings",
        help="The drawings that you label after loading this page are added to the class's digits, without your name "
        "on them, until the class ends. Switch it off to take all of yours back, also those from before a reload.",
        **KEEP,
    )
    if chosen or participant.shares:
        participant.shares = chosen


def _question(view, participant, board):
    """Draw the teacher's question: first the guess, then the training, then both."""
    question, number = QUESTIONS[board.question], participant.person.number
    own = part(ClassPart).guesses.get((participant.code, board.question))
    guess = board.guesses.get(board.question, {}).get(number) if own is None else own
    with st.container(border=True, key="class_question"):
        st.markdown(f"**Guess first.** {question.words}")
        if guess is None:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.slider("Your guess", 0, 100, 50, key=f"guess_{board.question}", format="%d of 100")
                guess = {"on_click": _guess, "args": (participant, board.question)}
                st.button("Guess", key="guess", type="primary", **guess)
            return
        answers = [one.content.accuracy for one in answers_to(board, board.question) if one.number == number]
        with st.container(horizontal=True, vertical_alignment="center"):
            words = f"Your guess: **{100 * guess:.0f}** of 100."
            if answers:
                st.markdown(f"{words} Your network got **{100 * answers[-1]:.0f}** right.")
                return
            st.markdown(words)
            recipe = replace(question.recipe, seed=number % SEEDS)
            is_training = view.active and view.training.recipe == recipe
            more = {"on_click": _train, "args": (recipe,), "disabled": is_training}
            st.button("Training …" if is_training else "Train it", key="train_question", type="primary", **more)


def _guess(participant, question):
    """Submit the guess. This is a callback."""
    share = value_of(f"guess_{question}", range(101), 50) / 100
    sync().submit(Submission(participant.person, f"guess-{question}", Guess(question, share)))
    part(ClassPart).guesses[participant.code, question] = share


def _train(recipe):
    """Train the question's recipe, and set the sidebar to it. This is a callback."""
    this_session().to_set = recipe
    begin(new_training(recipe))
