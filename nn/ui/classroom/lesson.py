"""The page for teachers: a lesson of 45 minutes (lesson.md), each question with its link, and links of one's own."""

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from ...classroom.names import read_code
from ...questions.predictions import QUESTIONS
from ...recipe import DEFAULT
from ..inside.steps import TITLES
from ..page.sidebar import sidebar
from ..session.layout import HIDEABLE, page_address
from .join import class_code
from .membership import STYLE

LESSON = Path(__file__).with_name("lesson.md")
PRIVATE = "view", "teacher", "hide", "inside"  # of this page's address: not taken over into the link


def for_teachers(view):
    """Draw the page for teachers."""
    st.html(STYLE)
    with st.container(key="for_teachers"):
        st.title("For teachers", anchor=False)
        _lesson(read_code(class_code()) or "")
        _own_link(view)


def _lesson(code):
    """Draw the lesson and the questions; their links lead into the class, if there is one."""
    query = f"?class={code}&" if code else "?"
    introduction, *parts = LESSON.read_text(encoding="utf-8").replace("](?", f"]({query}").split("\n## ")
    st.markdown(introduction)
    if code:
        st.markdown(f"The links on this page lead into class **{code}**.")
    for part in parts:
        task, solution = part.split("\n### Solution\n")
        title, _, words = task.partition("\n")
        with st.container(border=True):
            st.markdown(f"**{title}.** {words.strip()}")
            with st.expander("Solution"):
                st.markdown(solution)
    st.header("The six questions to guess", anchor=False)
    st.caption("Each was trained with ten seeds on four kinds of processor: `python tests/benchmarks/questions.py`.")
    for question in QUESTIONS.values():
        with st.expander(question.name):
            settings = query + urlencode(question.recipe.query(DEFAULT))
            st.markdown(f"{question.words}\n\n{question.solution}\n\n[Its settings]({settings})")


def _own_link(view):
    """Make a link: any settings, a step, and the parts to hide."""
    st.header("A link of your own", anchor=False)
    st.markdown("Set the sidebar of this page as your students should find it, and choose what else the link does.")
    sidebar(view, st.container(key="notice"))
    left, right = st.columns(2)
    titles = [None, *TITLES.values()]
    step = left.selectbox("Open a step of Look inside", titles, format_func=lambda it: it or "none", key="link_step")
    hidden = right.multiselect("Hide", list(HIDEABLE), format_func=lambda name: HIDEABLE[name][0], key="link_hide")
    query = {name: value for name, value in st.query_params.items() if name not in PRIVATE}
    query |= {"inside": step} if step else {}
    query |= {"hide": ",".join(hidden)} if hidden else {}
    st.code(page_address(query), language=None, wrap_lines=True)
    st.caption("The sidebar's settings are part of the address where they differ from the usual ones.")
