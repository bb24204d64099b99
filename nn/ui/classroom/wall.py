"""The wall: a class's board with its code and QR code, and the teacher's tools for those who have the secret."""

import math
from html import escape
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from ...classroom.limits import ROOM_SECONDS
from ...classroom.names import read_code
from ...classroom.rooms import NO_SUCH_CLASS, ClassError, NoSuchClass, Unreachable
from ...engine.turn_queue import Priority
from ...questions.predictions import QUESTIONS
from ..session.refresh import fragment
from ..session.render_lock import release_render_lock
from ..session.state import Key, this_visitor
from .board import class_board
from .door import class_code, leave_class
from .file import class_file
from .here import (
    STYLE,
    TEACHER,
    asked_code,
    exchange,
    forget_teacher,
    refuse,
    remember_html,
    teachers_secret,
    wall_seconds,
)
from .strip import pace_in_words

ONLY_HERE = (
    "This address only works on this computer. Open the page by its address in the network, as the terminal shows it."
)
LOCAL = "localhost", "127.0.0.1", "::1", "0.0.0.0"


def wall(moment):
    """Draw it, and let it refresh itself."""
    st.html(STYLE)
    with st.container(key="wall"):
        fragment(
            _wall, moment, every=wall_seconds, active=lambda moment: True, priority=Priority.FIRST
        )  # all look at it


def _wall(moment):
    if not class_code():  # the visitor has left: the whole page changes
        st.rerun()
    release_render_lock()
    visitor, secret = this_visitor(), ""
    try:
        code = asked_code()
        board = exchange().board(code)
        if board is None:
            ended = visitor.taught is not None and visitor.taught[0] == code
            refuse(ClassError("This class has ended.") if ended else NoSuchClass(NO_SUCH_CLASS))
        secret = teachers_secret(code)
    except Unreachable as error:
        board = exchange().latest(code)
        if board is None:
            st.warning(str(error))
            return
    except ClassError as error:
        st.warning(str(error))
        st.button("Go to the page", key="go_on_alone", on_click=leave_class)
        return
    _remember(code, secret)
    with st.container(horizontal=True, vertical_alignment="center", key="wall_line"):
        st.html(_heading_html(board, exchange().trouble))
        if secret:
            with st.popover("Teacher", key="teacher"):
                _tools(board, secret)
        joins = st.toggle("How to join", value=not board.n_people, key=Key.HOW_TO_JOIN)
    if joins:
        st.html(join_html(students_link(code), code))
        return

    def take_out(drawing):
        _try(lambda: exchange().classroom.take_out(code, secret, drawing))

    class_board(board, teacher=take_out if secret else None)


def _remember(code, secret):
    """Make the browser remember that it is the teacher's, or forget it; and say so if a link is not the teacher's."""
    visitor = this_visitor()
    if secret or visitor.forgotten == code:
        st.html(remember_html(f"{TEACHER}{code}", secret), unsafe_allow_javascript=True)
    if not secret and visitor.not_taught is not None and visitor.not_taught == (code, visitor.offered_secret):
        st.warning("This is not the link of this class's teacher. You see the board as everybody does.")


def _heading_html(board, trouble):
    """The code, where to type it, and who is there; HTML. The time is for those who measure how old the board is."""
    trouble = f'<span class="nn-doubt">{trouble}</span>' if trouble else ""
    return (
        f'<h1 class="nn-class" data-read="{board.time:.1f}" data-trainings="{len(board.trainings)}">'
        f"Class <b>{board.code}</b> "
        f"<span>{pace_in_words(board)}</span>{trouble}</h1>"
    )


def students_link(code, **more):
    """The address that students open."""
    return f"{(st.context.url or '').split('?')[0]}?{urlencode({'class': code} | more)}"


def join_html(link, code):
    """The code, the link and its QR code, large enough for a wall; HTML."""
    picture = segno.make(link, error="m").svg_data_uri(border=2, dark="#000000", light="#ffffff")
    local = f'<p class="nn-doubt">{ONLY_HERE}</p>' if urlsplit(link).hostname in LOCAL else ""
    return (
        f'<div class="nn-join"><img src="{picture}" alt="QR code of the link">'
        f'<div><p class="nn-code-large">{code}</p><p>{escape(link)}</p>{local}'
        "<p>Nobody gives a name: everyone is an animal for the day.</p></div></div>"
    )


def _tools(board, secret):
    """What only the teacher can do."""
    code = board.code
    st.markdown("**Ask before everybody trains**; click again to end the question")
    with st.container(horizontal=True, key="questions"):
        for name, question in QUESTIONS.items():
            asked = board.question == name
            st.button(
                question.name,
                key=f"ask_{name}",
                type="primary" if asked else "secondary",
                on_click=_ask,
                args=(code, secret, None if asked else name),
                help=question.words,
            )
    st.markdown("**The class**")
    st.html(f'<a href="?view=teachers&class={code}" target="_blank">A lesson of 45 minutes, and links for it</a>')
    with st.expander("Your own link: not for the wall"):
        st.caption("Keep it: who has it is the teacher, on any computer.")
        st.code(students_link(code, view="board", teacher=secret), language=None, wrap_lines=True)
    st.download_button(
        "Save as a file",
        lambda: class_file(board),
        f"class-{code}.zip",
        key="save_class",
        on_click="ignore",  # a rerun would replace the file before the browser has asked for it
        help="Trainings and guesses as .csv, drawings as .npz, without the networks.",
    )
    hours = math.ceil((board.opened + ROOM_SECONDS - board.time) / 3600)
    st.caption(f"The class ends in {hours} hour{'' if hours == 1 else 's'}, with everything in it.")
    sure = st.checkbox("End the class now, and delete everything", key="sure_to_end")
    st.button("End the class", key="end_class", disabled=not sure, on_click=_end, args=(code, secret))
    st.button("Forget me on this computer", key="forget_teacher", on_click=forget_teacher, help="Others use it, too.")
    if this_visitor().class_trouble:
        st.warning(this_visitor().class_trouble)


def _ask(code, secret, question):
    _try(lambda: exchange().classroom.ask(code, secret, question))


def _end(code, secret):
    _try(lambda: exchange().classroom.end_room(code, secret))


def _try(action):
    """Do what the teacher asks for, and show it at once; or keep the reason why it can't be done. For callbacks."""
    visitor = this_visitor()
    try:
        action()
        exchange().board(read_code(class_code()), fresh=True)
        visitor.class_trouble = ""
    except ClassError as error:
        visitor.class_trouble = str(error)
