"""Look inside: the lecture's steps, with the visitor's own network and drawing in them.

Each step of steps.py has a module in this folder, stepNUMBER_IDENTIFIER, with a function section(view, recipe) that
draws it. It is imported when a visitor chooses the step, and runs only while it is chosen: a closed step costs nothing.
"""

from dataclasses import dataclass
from importlib import import_module

import streamlit as st

from ..html import picture
from ..session.current_image import DrawingPart, drawing, selected_example
from ..session.layout import close_button
from ..session.refresh import fragment, step_seconds
from ..session.state import OPEN_STEP, part, set_value
from .parts import Player, stop_playing
from .steps import NUMBERS, TITLES

# Runs whenever another step is chosen, and at every "See how", because the script then differs.
BRING_INTO_VIEW = """<script>
{{ // {why}
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(".st-key-{place}")?.scrollIntoView({{ behavior: still ? "auto" : "smooth" }});
  const chosen = document.querySelector(".st-key-inside [aria-checked=true]"), bar = chosen?.parentElement;
  if (bar) bar.scrollLeft += chosen.getBoundingClientRect().x - bar.getBoundingClientRect().x - bar.clientWidth / 3;
}}
</script>"""


@dataclass(eq=False)
class Explained:
    """place: key of the widget that the latest "See how" opened in step 4, or ""; count: clicks on "See how"."""

    place: str = ""
    count: int = 0


def inside(view, recipe):
    """Draw the bar of steps, and the chosen step; during a training they refresh themselves every fourth tick."""
    fragment(_inside, view, recipe)


def _inside(view, recipe):
    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        st.html("<h2>Look inside</h2>", width="content")
        small = st.container(key="small_image")
        title = st.pills(
            "The lecture step by step, with your network and your drawing. Choose a step.",
            list(TITLES.values()),
            key=OPEN_STEP,
            required=True,
            bind="query-params",
            label_visibility="collapsed",
            on_change=_step_chosen,
        )
        if title is not None:
            close_button(OPEN_STEP, "close_step")
        step = next((identifier for identifier, known in TITLES.items() if known == title), None)
        if step != part(Player).playing:  # a step that is left stops playing
            stop_playing()
    if step is not None:
        with small:
            _small_image(view)
        module = import_module(f".step{NUMBERS[step]}_{step}", __package__)
        with st.container(key="section"):
            st.subheader(title, anchor=False)
            fragment(module.section, view, recipe, every=step_seconds)
            _neighbours(step)
            explained = part(Explained)
            place, why = (explained.place, explained.count) if explained.place else ("section", title)
            st.html(BRING_INTO_VIEW.format(place=place, why=why), unsafe_allow_javascript=True)


def _neighbours(step):
    """Draw the buttons to the previous and to the next step."""
    steps = [None, *NUMBERS, None]
    with st.container(horizontal=True, key="neighbours"):
        for name, move, arrow, side in [("previous", -1, "back", "left"), ("next", 1, "forward", "right")]:
            other = steps[NUMBERS[step] + move]
            if other is not None:
                looks = {"icon": f":material/arrow_{arrow}:", "icon_position": side}
                st.button(TITLES[other], key=f"{name}_step", on_click=_open, args=(other,), **looks)


def _small_image(view):
    """Draw the drawing, or the example in its place, and the answer to it, small, in the bar.

    During a training, the picture of the network keeps the answer up to date (network_picture/picture.js).
    """
    current, answer = selected_example(view) or drawing(), part(DrawingPart).answer
    if current is None or answer is None:
        st.html("<div></div>")
    else:
        st.html(f'<p class="nn-small">{picture(current.image, current.name)} → <b>{answer[0]}</b></p>')


def _open(step):
    set_value(OPEN_STEP, TITLES[step])
    _step_chosen()


def _step_chosen():
    part(Explained).place = ""


def open_at_unit(unit, hidden):
    """Open the step that takes a weighted sum apart at a hidden unit, or at an output. Call it in a callback."""
    from . import step4_weighted_sum as weighted_sum

    _open("forward")
    set_value(weighted_sum.LAYER, weighted_sum.HIDDEN if hidden else weighted_sum.OUTPUT)
    set_value(weighted_sum.UNIT if hidden else weighted_sum.DIGIT, unit if hidden else str(unit))
    part(Explained).place = weighted_sum.LAYER if hidden else weighted_sum.DIGIT
    part(Explained).count += 1
