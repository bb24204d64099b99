"""Step 8's confusion matrix, the images in its cells, and the way to look inside with one of them."""

import numpy as np
import streamlit as st

from ...analysis.metrics import filled_cells, in_cell, mistakes
from ...network import N_DIGITS
from ...recipe import counted
from ..charts.matrices import confusion_data, confusion_spec
from ..picture_choice import choice, picture_choice
from ..session.current_image import select_example
from ..session.layout import chart
from ..session.state import OPEN_STEP, part, pick, set_value, value_of
from .step8_evaluation import ALL_MISTAKES, MetricsPart
from .steps import NUMBERS, SHOW_THE_CURRENT_IMAGE, TITLES
from .teaching import text

MAX_PICTURES = 24
MATRIX, CELL, IMAGE = "scores_matrix", "scores_choice", "scores_image"  # the widgets' keys
CELLS = [*np.ndindex(N_DIGITS, N_DIGITS)]  # (label, answer) of each


def confusion_matrix(evaluation, training):
    """Draw the matrix of an Evaluation, whose cells can be clicked, and the images of the chosen cell.

    training : whether the network is still being trained
    """
    st.markdown(text("metrics", "matrix"))
    with st.container(key="matrix_and_images"):
        left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        _matrix(evaluation.scores.confusion)
    with right:
        chosen = _images(evaluation, training)
    _look_inside(evaluation, chosen)


def _matrix(confusion):
    chosen = part(MetricsPart)
    with st.container(key="chart_scores"):
        chart(
            confusion_data(confusion, None if chosen.cell == ALL_MISTAKES else chosen.cell),
            confusion_spec(),
            width="content",
            key=MATRIX,
            on_select=click_cell,
            alt="The confusion matrix; the list after it has the same cells and numbers",
        )
    st.caption("Blue: correct. Orange: mistakes. The stronger the colour, the larger the share of the row.")
    chosen.selected = _selected_cells()


def _selected_cells():
    """The cells that the chart counts as selected, as pairs (label, answer)."""

    def cells(state):
        selected = state["selection"]["cell"][: len(CELLS)]
        return tuple(pick(CELLS, (int(one["label"]), int(one["answer"]))) for one in selected)

    return value_of(MATRIX, cells, ())


def click_cell():
    """Choose the cell that was clicked.

    The chart selects a cell when it is clicked and deselects it at the next click, whatever the list says by then. So
    the clicked cell is the one whose selection changed.
    """
    chosen = part(MetricsPart)
    before, now = chosen.selected, _selected_cells()
    changed = [cell for cell in now if cell not in before] or [cell for cell in before if cell not in now]
    if changed:
        chosen.cell = changed[-1]


def name(cell):
    """A cell (label, answer) of the matrix in words; ALL_MISTAKES too."""
    return "All mistakes" if cell == ALL_MISTAKES else f"{cell[0]} read as {cell[1]}"


def choices(scores, cell, training):
    """The choices, a dict of cell -> words: ALL_MISTAKES, then the cells that hold images, and how many they hold.

    During a training: all cells, by digit, without numbers, because a list that changes closes while the visitor is
    choosing. The chosen cell is always among them, even when it no longer holds an image.
    """
    if training:
        return {cell: name(cell) for cell in [ALL_MISTAKES, *CELLS]}
    counts = {ALL_MISTAKES: len(mistakes(scores))}
    counts |= {filled: int(scores.confusion[filled]) for filled in filled_cells(scores.confusion)}
    counts.setdefault(cell, 0)
    return {cell: f"{name(cell)}: {counted(n, 'image')}" for cell, n in counts.items()}


def _images(evaluation, training):
    """Draw the choice of a cell, as an alternative to the matrix, and its images; return the chosen one's index."""
    scores, cell = evaluation.scores, part(MetricsPart).cell
    words = choices(scores, cell, training)
    set_value(CELL, cell)
    st.selectbox("See the images of", list(words), key=CELL, format_func=words.get, on_change=choose_cell)
    indices = mistakes(scores) if cell == ALL_MISTAKES else in_cell(scores, *cell)
    shown = indices[:MAX_PICTURES].tolist()
    with st.container(key="scores_pictures"):
        words = _which_shown(len(indices), right=cell != ALL_MISTAKES and cell[0] == cell[1])
        st.html(f'<p class="nn-caption">{words}</p>')
        chosen = part(MetricsPart).image if part(MetricsPart).image in shown else next(iter(shown), None)
        images = [_choice(evaluation, index) for index in shown]
        picture_choice(images, IMAGE, choose_mistake, "The images of the chosen cell", chosen)
    return chosen


def choose_cell():
    """Remember the chosen cell. When the list has just changed, Streamlit may pass on words of the one before."""
    part(MetricsPart).cell = value_of(CELL, [ALL_MISTAKES, *CELLS], part(MetricsPart).cell)


def _which_shown(n, right):
    if n < 2:
        return "The only one." if n else "There is no image here."
    many = f"The first {MAX_PICTURES} of {n:,}" if n > MAX_PICTURES else f"All {n}"
    if right:
        return f"{many}, the least confident first: sorted by the output of the digit."
    by = "the output of the wrong digit, the network's own estimate that it is right"
    return f"{many}, the most confident first: sorted by {by}."


def _choice(evaluation, index):
    scores = evaluation.scores
    lines = (
        name((scores.labels[index], scores.answers[index])),
        f"output {scores.outputs[index]:.2f}",
        f"image {index:,}",
    )
    return choice(index, evaluation.X[index].reshape(28, 28), lines=lines)


def _look_inside(evaluation, index):
    scores = evaluation.scores
    with st.container(horizontal=True, vertical_alignment="center", key="scores_look"):
        if index is None:
            st.markdown("There is no image to look inside with.")
        else:
            st.markdown(
                f"Look inside with **image {index:,}** ({name((scores.labels[index], scores.answers[index]))}):"
            )
        for step in SHOW_THE_CURRENT_IMAGE:
            # The image that the visitor saw when clicking, even if the training has gone on since.
            arguments, key = (evaluation.source, index, TITLES[step]), f"scores_{NUMBERS[step]}"
            if st.button(TITLES[step], key=key, on_click=_open, args=arguments, disabled=index is None):
                st.rerun()
    st.caption(text("metrics", "look_inside"))


def choose_mistake():
    """Remember the image that was clicked; until one is, the first is chosen."""
    part(MetricsPart).image = value_of(IMAGE, lambda state: int(state.value), part(MetricsPart).image)


def _open(source, index, title):
    select_example((source, "test", index))
    set_value(OPEN_STEP, title)
