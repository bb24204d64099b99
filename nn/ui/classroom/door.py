"""The way into a class: a link, a code, or "Start a class". The rest of a class is imported when somebody uses one."""

from importlib import import_module

import streamlit as st

from ..session.layout import BOARD, FOR_TEACHERS, view
from ..session.state import Key, set_value, this_visitor, value_of


def other_view():
    """What the address asks for in the page's place: a function of the Moment that draws it, or None.

    It is the board of a class, or the page for teachers. A teacher's secret is taken out of the address at once.
    """
    if "teacher" in st.query_params:
        this_visitor().offered_secret = st.query_params["teacher"][:100]
        del st.query_params["teacher"]
        st.query_params["view"] = BOARD
    if view() == FOR_TEACHERS:
        return _heavy("lesson").for_teachers
    return _heavy("wall").wall if class_code() and view() == BOARD else None


def class_code():
    """The code of a class in the address, "" without one. Anybody can have written it."""
    return st.query_params.get("class", "")


def class_strip(moment):
    """Draw what a student sees of the class, above everything else; nothing without a class."""
    with st.container(key="class"):
        if class_code():
            _heavy("strip").strip(moment)


def class_part():
    """Draw the part of the sidebar where a class is started, or joined by its code."""
    with st.expander("A class", key="class_part"):
        if class_code():
            member = this_visitor().membership
            if member is not None:
                st.markdown(f"You are in class **{member.code}**.")
            st.button("Leave the class", key="leave_class", on_click=leave_class)
            return
        st.text_input("Code of a class", key=Key.CLASS_CODE, max_chars=20, on_change=_enter, placeholder="six letters")
        if this_visitor().class_trouble:
            st.warning(this_visitor().class_trouble)
        st.button("Start a class", key="start_class", on_click=_start, help="For teachers: a board for the wall.")
        st.html('<a href="?view=teachers" target="_blank">For teachers: a lesson</a>')


def leave_class():
    """Go on alone. This is a callback."""
    visitor = this_visitor()
    if visitor.membership is not None:
        visitor.membership.leave()
        set_value(Key.SHARE_DRAWINGS, False)  # consent is for one class
    visitor.membership, visitor.refused_class, visitor.class_trouble = None, None, ""
    st.query_params.pop("class", None)
    if view() == BOARD:
        st.query_params.pop("view", None)


def _heavy(module):
    return import_module(f".{module}", __package__)


def _enter():
    """Join the class whose code was typed. This is a callback."""
    typed = value_of(Key.CLASS_CODE, "")
    if typed:
        st.query_params["class"] = typed[:20]
        set_value(Key.CLASS_CODE, "")


def _start():
    _heavy("here").start_class()
