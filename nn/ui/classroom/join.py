"""The way into a class: a link, a code, or "Start a class". The rest is imported when somebody uses a class."""

import threading
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from ..session.layout import BOARD, FOR_TEACHERS, KIOSK, requested_view
from ..session.state import part, set_value, value_of

START_SECONDS = 5


@dataclass(eq=False)
class ClassPart:
    """The state of a visitor's classes."""

    code: str = ""  # of the class in which the visitor takes part
    participants: dict = field(default_factory=dict)  # code -> Participant: all of this visit
    guesses: dict = field(default_factory=dict)  # (code, question) -> share
    refused: tuple | None = None  # (the code in the address, the reason for the refusal)
    retry_at: float = 0.0  # when to try again to join, by time.monotonic()
    n_wrong_codes: int = 0
    n_started: int = 0  # classes
    trouble: str = ""  # error of the last action
    offered: dict = field(default_factory=dict)  # code -> a teacher's secret, from the address or a class just started
    is_teacher: dict = field(default_factory=dict)  # (code, secret) -> whether it is the teacher's
    forgotten: str = ""  # the code of a class whose teacher this browser is no longer

    def training_started(self, ended):
        """Hand over the Training that ends when this one starts; called with the visitor's lock."""
        if ended is not None and self.code:
            self.participants[self.code].note(ended)

    def leaves(self):
        """Take part no more; earlier submissions stay."""
        if self.code:
            self.participants[self.code].leave()
        self.code = ""

    def has_news(self):
        """Whether the page has to run again to show the class."""
        return bool(self.code) and self.participants[self.code].has_news()


@cache
def look_after_classes():
    """Delete classes whose day is over, from the start of the process on; once, and after the first visitor's page.

    The thread that does so is started when somebody uses a class; but earlier processes may have left some.
    """

    def start():
        if configured_url() or import_module("nn.classroom").default_file().exists():
            _imported("membership").sync()

    timer = threading.Timer(START_SECONDS, start)
    timer.daemon = True
    timer.start()


def configured_url():
    """The URL of the classes' database in Streamlit's secrets, or None: then it is a file."""
    try:
        return st.secrets["connections"]["classroom"]["url"]
    except (StreamlitSecretNotFoundError, KeyError):
        return None


def other_view():
    """The function that draws a class's board or the page for teachers, if the address asks for one, or None.

    A teacher's secret is taken out of the address at once; links of today have it where the browser doesn't send it.
    """
    if "teacher" in st.query_params:
        part(ClassPart).offered[class_code()] = st.query_params["teacher"][:100]
        del st.query_params["teacher"]
        st.query_params["view"] = BOARD
    if requested_view() == FOR_TEACHERS:
        return _imported("lesson").for_teachers
    return _imported("board").board if class_code() and requested_view() == BOARD else None


def class_code():
    """The code of a class in the address, "" without one. Anybody can have written it."""
    return st.query_params.get("class", "")[:40]


def student_part(view):
    """Draw a student's view of the class, above everything else; nothing without a class."""
    with st.container(key="class"):
        if class_code():
            _imported("student").student(view)


def join_part():
    """Draw the part of the sidebar where a class is started, or joined by its code."""
    with st.expander("Join a class", key="class_part"):
        mine = part(ClassPart)
        if class_code():
            if mine.code:
                st.markdown(f"You are in class **{mine.code}**.")
            st.button("Leave the class", key="leave_class", on_click=leave_class)
            return
        st.text_input("Class code", key="class_code", max_chars=20, on_change=_enter, placeholder="six letters")
        if mine.trouble:
            st.warning(mine.trouble)
        if requested_view() == KIOSK:  # the board would stay, and the next visitor would be the teacher
            return
        help = "For teachers: opens a board for the projector."
        st.button("Start a class", key="start_class", on_click=lambda: _imported("board").start_class(), help=help)
        st.html('<a href="?view=teachers" target="_blank">For teachers: a lesson plan</a>')


def leave_class():
    """Leave the class in the address, and go on alone. This is a callback."""
    part(ClassPart).leaves()
    part(ClassPart).refused, part(ClassPart).trouble = None, ""
    st.query_params.pop("class", None)
    if requested_view() == BOARD:
        st.query_params.pop("view", None)


def _imported(module):
    return import_module(f".{module}", __package__)


def _enter():
    """Join the class whose code was typed. This is a callback."""
    if typed := value_of("class_code", str):
        st.query_params["class"] = typed[:20]
        set_value("class_code", "")
