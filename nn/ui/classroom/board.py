"""The board for the projector: a class's results with its code and QR code, and the teacher's tools."""

import math
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import segno
import streamlit as st

from ...classroom.limits import ROOM_SECONDS
from ...classroom.rooms import NO_SUCH_CLASS, ClassError, NoSuchClass, Unreachable
from ...engine.turn_queue import Priority
from ...questions.predictions import QUESTIONS
from ...recipe import counted
from ..session.layout import BOARD, component, page_address
from ..session.refresh import fragment
from ..session.render_lock import release_render_lock
from ..session.state import part, this_session, value_of
from .file import class_file
from .join import ClassPart, class_code, leave_class
from .membership import STYLE, asked_code, refuse, remember_html, sync
from .results import attendance, results

BOARD_SECONDS = 2  # between two refreshes
MAX_STARTED = 3  # classes by one visit
TEACHER = "class_teacher_"  # a teacher's cookie, with the room's code at its end
ONLY_HERE = "This address works only on this computer. Open the page at the network address that the terminal shows."
LOCAL = "localhost", "127.0.0.1", "::1", "0.0.0.0"


def start_class():
    """Open a room, and become its teacher. This is a callback."""
    mine = part(ClassPart)
    try:
        if mine.n_started == MAX_STARTED:
            raise ClassError(f"You have started {MAX_STARTED} classes. Reload the page to start another one.")
        code, secret = sync().classroom.open_room()
        mine.n_started += 1
    except ClassError as error:
        mine.trouble = str(error)
        return
    mine.trouble, mine.offered[code] = "", secret
    st.query_params["class"], st.query_params["view"] = code, BOARD


def board(view):
    """Draw it, and let it refresh itself, before other pages, because everyone looks at it."""
    st.html(STYLE)
    _take_secret_from_fragment()
    with st.container(key="projected"):
        fragment(_board, view, every=lambda: BOARD_SECONDS, active=lambda view: True, priority=Priority.FIRST)


def _board(view):
    if not class_code():  # the visitor has left: the whole page changes
        st.rerun()
    release_render_lock()
    secret, mine = "", part(ClassPart)
    try:
        code = asked_code()
        shown = sync().board(code)
        if shown is None:
            was_teacher = any(is_own for (known, _), is_own in mine.is_teacher.items() if known == code)
            refuse(ClassError("This class has ended.") if was_teacher else NoSuchClass(NO_SUCH_CLASS))
        sync().viewers[this_session()] = code
        secret = _teachers_secret(code)
    except Unreachable as error:
        shown = sync().known_board(code)
        if shown is None:
            st.warning(str(error))
            return
    except ClassError as error:
        st.warning(str(error))
        st.button("Go to the page", key="go_on_alone", on_click=leave_class)
        return
    changes = secret or mine.forgotten == code  # the browser remembers it, or forgets it
    remember = remember_html(f"{TEACHER}{code}", secret) if changes else "<style></style>"  # always in the same place
    st.html(remember, unsafe_allow_javascript=True)
    if not changes and mine.is_teacher.get((code, mine.offered.get(class_code()))) is False:
        st.warning("This is not the link of this class's teacher, so you see the board as everyone does.")
    with st.container(horizontal=True, vertical_alignment="center", key="board_line"):
        trouble = f'<span class="nn-doubt">{sync().trouble}</span>' if sync().trouble else ""
        st.html(f'<h1 class="nn-class">Class <b>{code}</b> <span>{attendance(shown)}</span>{trouble}</h1>')
        if secret:
            with st.popover("Teacher", key="teacher"):
                _tools(shown, secret, f"{students_link(code, view='board')}#teacher={secret}")
        joins = st.toggle("How to join", value=not shown.n_people, key="how_to_join")
    if joins:
        st.html(join_html(students_link(code), code))
    else:
        results(shown, remove=partial(_attempt, sync().classroom.remove_drawing, code, secret) if secret else None)


def students_link(code, **more):
    """The address that students open."""
    return page_address({"class": code} | more)


def join_html(link, code):
    """The code, the link and its QR code, large enough for a projector; HTML."""
    picture = segno.make(link, error="m").svg_data_uri(border=2, dark="#000000", light="#ffffff")
    local = f'<p class="nn-doubt">{ONLY_HERE}</p>' if urlsplit(link).hostname in LOCAL else ""
    return (
        f'<div class="nn-join"><img src="{picture}" alt="QR code of the link">'
        f'<div><p class="nn-code-large">{code}</p><p>{escape(link)}</p>{local}'
        "<p>No names needed: you'll be an animal today.</p></div></div>"
    )


def _take_secret_from_fragment():
    """Draw the invisible component that takes a teacher's secret from the end of the address: see board.js."""

    def offered():
        secret = value_of("teacher_link", lambda state: state.secret[:100])
        if isinstance(secret, str):
            part(ClassPart).offered[class_code()] = secret

    component("teacher_link", Path(__file__))(key="teacher_link", on_secret_change=offered)


def _teachers_secret(code):
    """The secret of a class's teacher if this visitor has it, from the address or an earlier visit, or else ""."""
    mine = part(ClassPart)
    for secret in (mine.offered.get(class_code()), st.context.cookies.get(f"{TEACHER}{code}")):
        if secret and code != mine.forgotten:
            if (code, secret) not in mine.is_teacher:
                mine.is_teacher[code, secret] = sync().classroom.is_teacher(code, secret)
            if mine.is_teacher[code, secret]:
                return secret
    return ""


def _tools(board, secret, link):
    """Draw the teacher's tools; link is the teacher's own."""
    code, classroom = board.code, sync().classroom
    st.markdown("**Ask a question before everyone trains.** Click it again to end it.")
    with st.container(horizontal=True, key="questions"):
        for name, question in QUESTIONS.items():
            is_asked = board.question == name
            ask = {"on_click": _attempt, "args": (classroom.ask, code, secret, None if is_asked else name)}
            kind = "primary" if is_asked else "secondary"
            st.button(question.name, key=f"ask_{name}", type=kind, help=question.words, **ask)
    st.markdown("**The class**")
    st.html(f'<a href="?view=teachers&class={code}" target="_blank">A lesson of 45 minutes, with links</a>')
    with st.expander("Your teacher link (keep private)"):
        st.caption("Anyone with it can act as the teacher, on any computer.")
        st.code(link, language=None, wrap_lines=True)
    st.download_button(
        "Save as a file",
        lambda: class_file(board),
        f"class-{code}.zip",
        key="save_class",
        on_click="ignore",  # a rerun would replace the file before the browser has asked for it
        help="Trainings and guesses as .csv, drawings as .npz, without the networks.",
    )
    hours = math.ceil((board.opened + ROOM_SECONDS - board.time) / 3600)
    st.caption(f"The class ends in {counted(hours, 'hour')}, and everything in it is deleted.")
    sure = st.checkbox("End the class now, and delete everything", key="sure_to_end")
    end = classroom.end_room, code, secret
    st.button("End the class", key="end_class", disabled=not sure, on_click=_attempt, args=end)
    mine, help = part(ClassPart), "For a computer that others use, too."
    forget = partial(setattr, mine, "forgotten", code)
    st.button("Forget me on this computer", key="forget_teacher", on_click=forget, help=help)
    if mine.trouble:
        st.warning(mine.trouble)


def _attempt(action, code, *arguments):
    """Do something in the class and show it at once, or keep the error. For callbacks."""
    mine = part(ClassPart)
    try:
        action(code, *arguments)
        sync().board(code, fresh=True)
        mine.trouble = ""
    except ClassError as error:
        mine.trouble = str(error)
