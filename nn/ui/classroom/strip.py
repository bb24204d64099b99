"""What a student sees of the class: their name, who is there, the teacher's question, and the board if they like."""

from dataclasses import replace

import streamlit as st

from ...classroom.names import name_of
from ...classroom.posts import Guessed, Post
from ...classroom.rooms import ClassError, Unreachable
from ...questions.predictions import QUESTIONS
from ..session.refresh import fragment
from ..session.render_lock import release_render_lock
from ..session.state import KEPT, Key, this_visitor, value_of
from ..session.trainings import begin, new_training
from .board import class_board, question_results
from .door import class_code, leave_class
from .here import SECRET, STYLE, class_seconds, exchange, membership, refuse, remember_html

SEEDS = 10  # of the trainings of a question: they spread as seeds do, and many students share one training


def strip(moment):
    """Draw it, and let it refresh itself.

    During a training it only does if the board is open; then the other parts that refresh themselves look for a
    question of the teacher's.
    """
    st.html(STYLE)
    fragment(_strip, moment, every=class_seconds, active=lambda moment: not moment.active or value_of(Key.BOARD, False))


def _strip(moment):
    if not class_code():  # the visitor has left: the whole page changes
        st.rerun()
    try:
        member = membership()
        release_render_lock()
        board = exchange().board(member.code)
        if board is None:
            refuse(ClassError("This class has ended."))
    except Unreachable as error:
        st.warning(f"{error} Your page goes on without it; what you do once it is back joins the class.")
        return
    except ClassError as error:
        _no_class(str(error))
        return
    member.question = board.question
    with st.container(horizontal=True, vertical_alignment="center", key="class_line"):
        words = _who_html(member.person, board, exchange().trouble)
        remember = remember_html(f"{SECRET}{member.code}", member.person.secret)
        st.html(words + remember, unsafe_allow_javascript=True)
        share = st.toggle(
            "Share my labelled drawings",
            key=Key.SHARE_DRAWINGS,
            help="The drawings that you label in this visit join the class's digits, without your name on them, until "
            "the class ends. Switch it off to take them back.",
            **KEPT,
        )
        is_open = st.toggle("Board", key=Key.BOARD, **KEPT)
    member.shares = share
    if is_open != member.shows_board:  # it refreshes itself now, or doesn't any more
        member.shows_board = is_open
        st.rerun()
    if board.question in QUESTIONS:
        _question(moment, member, board)
    if is_open:
        with st.container(key="class_board", border=True):
            class_board(board, member.person.number)


def _no_class(why):
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"{why} You can go on alone.")
        st.button("Go on alone", key="go_on_alone", on_click=leave_class)


def _who_html(person, board, trouble):
    """Who somebody is, and how many are there; HTML."""
    name = name_of(person.number)
    trouble = (
        f' <span class="nn-doubt">{trouble} What you do is kept, and joins the class later.</span>' if trouble else ""
    )
    return (
        f'<p class="nn-class"><i style="background:{name.colour}"></i>You are the <b>{name.words}</b> in class '
        f"<b>{board.code}</b>. <span>{pace_in_words(board)}</span>{trouble}</p>"
    )


def pace_in_words(board):
    """How many are in the room, train, and have finished a training."""
    return f"{len(board.here)} here, {len(board.in_training)} training, {len(board.finished)} have trained"


def _question(moment, member, board):
    """Draw the teacher's question: first the guess, then the training, then both."""
    question, number = QUESTIONS[board.question], member.person.number
    visitor = this_visitor()
    guess = visitor.guesses.get((member.code, board.question), board.guesses.get(board.question, {}).get(number))
    with st.container(border=True, key="class_question"):
        st.markdown(f"**Guess first.** {question.words}")
        if guess is None:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.slider("Your guess", 0, 100, 50, key=f"{Key.GUESS}{board.question}", format="%d of 100")
                arguments = member, board.question
                st.button("Guess", key="guess", type="primary", on_click=_guess, args=arguments)
            return
        results = [one.accuracy for one in question_results(board, board.question) if one.number == number]
        with st.container(horizontal=True, vertical_alignment="center"):
            words = f"Your guess: **{100 * guess:.0f}** of 100."
            st.markdown(f"{words} Your network reads **{100 * results[-1]:.0f}**." if results else words)
            if not results:
                recipe = replace(question.recipe, seed=number % SEEDS)
                training = moment.active and moment.training.recipe == recipe
                label = "It is being trained …" if training else "Train it"
                st.button(
                    label, key="train_question", type="primary", on_click=_train, args=(recipe,), disabled=training
                )


def _guess(member, question):
    """Hand in the guess. This is a callback."""
    share = value_of(f"{Key.GUESS}{question}", 50) / 100
    exchange().hand_in(Post(member.person, f"guess-{question}", Guessed(question, share)))
    this_visitor().guesses[member.code, question] = share


def _train(recipe):
    """Train what the question asks about, with the sidebar set to it. This is a callback."""
    this_visitor().to_set = recipe
    begin(new_training(recipe))
