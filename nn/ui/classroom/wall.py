"""The wall: a class's board with its code and QR code, and the teacher's tools for whoever has the secret."""

import time
from urllib.parse import urlencode

import segno
import streamlit as st

from ...classroom.questions import QUESTIONS
from ...classroom.rooms import ClassError, Unreachable
from ..pace import fragment
from ..state import Key, this_visitor
from ..turns import step_aside
from .board import class_board
from .door import class_code, leave_class
from .file import class_file
from .here import STYLE, TEACHER, exchange, read_code, remember_html, teachers_secret, wall_seconds
from .strip import pace_in_words

LOCAL = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")


def wall(moment):
    """Draw it, and let it refresh itself."""
    st.html(STYLE)
    code = read_code(class_code())
    try:
        secret = teachers_secret()
    except Unreachable as error:
        secret = ""
        st.warning(str(error))
    if "teacher" in st.query_params:
        if not secret:
            st.warning("This is not the link of this class's teacher. You see the board as everybody does.")
        del st.query_params["teacher"]
    if secret:
        st.html(remember_html(f"{TEACHER}{code}", secret), unsafe_allow_javascript=True)
    with st.container(key="wall"):
        fragment(_wall, moment, code, secret, every=wall_seconds, active=lambda moment: True)


def _wall(moment, code, secret):
    step_aside()
    try:
        board = None if code is None else exchange().board(code)
    except Unreachable as error:
        st.warning(str(error))
        return
    if board is None:
        st.warning("There is no class with this code. It may have ended.")
        st.button("Go to the page", key="go_on_alone", on_click=leave_class)
        return
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

    class_board(moment, board, teacher=take_out if secret else None)


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
    host = link.split("//")[-1].split("/")[0].rsplit(":", 1)[0]
    local = (
        '<p class="nn-doubt">This address only works on this computer. Open the page by its address in the network, '
    )
    local += "as the terminal shows it.</p>" if host in LOCAL else ""
    local = local if host in LOCAL else ""
    return (
        f'<div class="nn-join"><img src="{picture}" alt="QR code of the link">'
        f'<div><p class="nn-code-large">{code}</p><p>{link}</p>{local}'
        "<p>Nobody gives a name: everyone is an animal for the day, and nothing is kept after it.</p></div></div>"
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
        "Save everything",
        lambda: class_file(board),
        f"class-{code}.zip",
        key="save_class",
        help="Trainings and guesses as .csv, drawings as .npz, without the networks.",
    )
    ends = time.strftime("%H:%M", time.localtime(board.opened))
    st.caption(f"The class ends tomorrow at {ends}, with everything in it.")
    sure = st.checkbox("End the class now, and delete everything", key="sure_to_end")
    st.button("End the class", key="end_class", disabled=not sure, on_click=_end, args=(code, secret))
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
