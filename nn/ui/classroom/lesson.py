"""The page for teachers: a lesson of 45 minutes, each question with its link, and links of one's own."""

from urllib.parse import urlencode

import streamlit as st

from ...classroom.names import read_code
from ...questions.predictions import QUESTIONS
from ...recipe import DEFAULT
from ..inside.steps import STEPS
from ..page.sidebar import sidebar
from ..session.layout import HIDEABLE
from ..session.state import Key
from .door import class_code
from .here import STYLE

PRIVATE = "view", "teacher", "hide", "inside"  # of this page's address, what the link doesn't take over
INTRODUCTION = """
Everybody opens the link of the class, on a laptop or a phone; you show the board on the wall. Before the lesson, start
a class in the sidebar (**A class**, **Start a class**) and keep your own link, from **Teacher**.
The times are a suggestion. Solutions are folded, so that this page can be on a wall, too.
"""
# Minutes, a title, what to do, the words and the query of a link, a question, and its solution
LESSON = [
    (
        5,
        "Draw",
        "Everybody draws a few digits and says which they meant. The pre-trained network reads them.",
        ("Open the page", {}),
        "It was never shown your handwriting. Why can it read it?",
        "It does not compare with stored images. 58,000 images, distorted copies and twenty people's strokes have left "
        "weights that respond to what digits have in common.",
    ),
    (
        10,
        "Watch it learn",
        "Everybody presses **Train** with the usual settings, and watches the first epoch at the pace *Watch*.",
        ("The usual settings, 10 epochs", {"epochs": 10, "pace": "Watch"}),
        "After how many images does it read half of the held-out ones? Why does the picture of a hidden unit change so "
        "little later on?",
        "After a few hundred of the 8,000: the curve over a logarithmic axis shows it. Later, most outputs are nearly "
        "right, so delta_out = a_out − y is small, and with it every gradient.",
    ),
    (
        8,
        "Guess first",
        "On the wall, under **Teacher**, ask one or two of the six questions. All guess, then all train with one "
        "click, and the board shows guesses and results on one axis. Discuss before you show the solution.",
        None,
        "Who was furthest off, and which idea of learning was behind that guess?",
        "The six solutions are below.",
    ),
    (
        10,
        "Everybody's trainings",
        "Each student looks for the best network that 10 epochs can give. Every training becomes a dot on the board. A "
        "click on a dot takes over its settings.",
        ("Only η and hidden units can be changed", {"epochs": 10, "hide": "epochs,prepare,distort,more"}),
        "Where are the good values of η? Do more hidden units need another one?",
        "The dots rise with η, stay on a plateau, and fall where steps become too long. The fall comes earlier with "
        "more hidden units, because each step then changes more weights that act on the same outputs.",
    ),
    (
        7,
        "Our digits",
        "All switch on **Share my labelled drawings**, and draw ten digits, best with **Challenge**.",
        ("Draw ten digits", {}),
        "A network reads so much of MNIST, and less of us. Is it a worse network than we thought?",
        "No: it is measured on other images. It learnt from one distribution (American students and clerks, with pens, "
        "scanned) and is asked about another (us, with a mouse or a finger). *Straighten* and *Learn from distorted "
        "images too* in the sidebar bring the two closer.",
    ),
    (
        5,
        "Look inside",
        "Each chooses a drawing that was misread, and opens step 5 to see which weights take the blame.",
        ("5 Backward", {"inside": STEPS["backward"].title}),
        "Which of the factors in delta_h = delta_out W_out^T · a_h (1 − a_h) makes a hidden unit learn nothing?",
        "a_h (1 − a_h): it is nearly 0 for a unit that is flat, near 0 or 1, however large the error is.",
    ),
]


def for_teachers(moment):
    """Draw the page for teachers."""
    st.html(STYLE)
    with st.container(key="for_teachers"):
        st.title("For teachers", anchor=False)
        _lesson(read_code(class_code()) or "")
        _own_link(moment)


def _lesson(code):
    st.markdown(INTRODUCTION)
    if code:
        st.markdown(f"The links on this page lead into class **{code}**.")
    minutes = 0
    for took, title, words, link, question, solution in LESSON:
        with st.container(border=True):
            st.markdown(f"**{minutes} to {minutes + took} min: {title}.** {words}")
            if link is not None:
                st.html(f'<a href="{_address(code, link[1])}" target="_blank">{link[0]}</a>')
            st.markdown(f"*{question}*")
            with st.expander("Solution"):
                st.markdown(solution)
        minutes += took
    st.header("The six questions to guess", anchor=False)
    st.caption("Each was trained with ten seeds on four kinds of processor: `python tests/benchmarks/questions.py`.")
    for question in QUESTIONS.values():
        with st.expander(question.name):
            st.markdown(f"{question.words}\n\n{question.solution}")
            st.html(f'<a href="{_address(code, question.recipe.query(DEFAULT))}" target="_blank">Its settings</a>')


def _address(code, query):
    """An address of the page, in the class if there is one."""
    return "?" + urlencode(({"class": code} if code else {}) | query)


def _own_link(moment):
    """Make a link: any settings, a step, and what is hidden."""
    st.header("A link of your own", anchor=False)
    st.markdown("Set the sidebar of this page as your students should find it, and choose what else the link does.")
    sidebar(moment, st.container(key="notice"))
    left, right = st.columns(2)
    titles = [step.title for step in STEPS.values()]
    step = left.selectbox(
        "Open a step of Look inside", [None, *titles], format_func=lambda title: title or "none", key=Key.LINK_STEP
    )
    hidden = right.multiselect("Hide", list(HIDEABLE), format_func=lambda name: HIDEABLE[name][0], key=Key.LINK_HIDE)
    query = {name: value for name, value in st.query_params.items() if name not in PRIVATE}
    query |= {"inside": step} if step else {}
    query |= {"hide": ",".join(hidden)} if hidden else {}
    st.code(f"{(st.context.url or '').split('?')[0]}?{urlencode(query)}", language=None, wrap_lines=True)
    st.caption("The sidebar's settings are part of the address where they differ from the usual ones.")
