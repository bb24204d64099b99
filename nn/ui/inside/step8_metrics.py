"""Step 8: how good the network is on images that it never learnt from, and what its mistakes look like."""

import numpy as np
import streamlit as st

from ...analysis.metrics import filled_cells, in_cell, interval, mistakes, score
from ...network import N_DIGITS
from ..charts.confusion import confusion_data, confusion_spec
from ..current_image import select_example
from ..html import figures_html, numbers_html, picture
from ..pace import fragment
from ..state import Key, set_value, this_visitor, value_of
from .parts import code_line, in_words
from .step8_evaluation import own_evaluation, pretrained_evaluation
from .steps import SHOW_THE_CURRENT_IMAGE, STEPS

MAX_PICTURES = 24
PICTURES_HEIGHT = 360  # pixels; with the choice above it as high as the matrix with its caption
ALL_MISTAKES = "mistakes"  # what the list offers beside the cells


def section(moment, controls):
    """The accuracy and how certain it is, digit by digit, and the confusion matrix, whose cells can be opened."""
    evaluation = _own(moment) if moment.own_answers else _pretrained(moment)
    if evaluation is None:
        return
    scores = evaluation.scores
    _how_good(in_words(moment), evaluation)
    st.markdown(
        "**The confusion matrix**. A row holds all images of one digit; each column counts those that were read as that "
        "digit. Click a cell to see them."
    )
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        _matrix(scores.confusion)
    with right:
        shown = _images(evaluation, moment.active)
    _look_inside(evaluation, shown)
    _digit_by_digit(scores)
    with st.expander("The mathematics", key="scores_mathematics"):
        _mathematics(scores)


def _pretrained(moment):
    """The pre-trained network's Evaluation; None until it is made, and the page says so."""
    made = pretrained_evaluation()
    evaluation, error = made.evaluation, made.error
    if error is not None:
        st.error(f"The pre-trained network could not be evaluated: {type(error).__name__}: {error}")
        pretrained_evaluation.clear()  # the next look tries again
    elif evaluation is None:
        fragment(_wait, moment, ticks=2, active=lambda moment: made.evaluation is None and made.error is None)
    return evaluation


def _wait(moment):
    st.info(
        "The 2,000 held-out images are being prepared as the pre-trained network expects them. This takes a few seconds, "
        "once. Its score will then be here."
    )


def _own(moment):
    """The Evaluation of the visitor's own network; None as long as its images aren't prepared, and the page says so."""
    evaluation = own_evaluation(moment)
    if evaluation is None and moment.active:
        st.info(
            "The held-out images are being prepared as your network expects them. Its score will be here in a moment."
        )
    elif evaluation is None:
        st.info("Stopped before it learnt anything: press **Train**.")
    return evaluation


def _how_good(reader, evaluation):
    scores = evaluation.scores
    n, right = len(scores.labels), int(np.trace(scores.confusion))
    low, high = interval(right, n)
    st.markdown(
        f"{reader} is evaluated on {evaluation.which}. **Held out** means that it never learns from them: what it "
        "learnt by heart doesn't help here, only what it understood about digits."
    )
    with st.container(horizontal=True, key="scores_figures"):
        st.metric("Accuracy", f"{scores.accuracy:.1%}", width=130)
        st.metric("Mistakes", f"{n - right:,} of {n:,}", width=190)
        st.metric(
            "95 % interval",
            f"{100 * low:.1f}–{high:.1%}",
            width=250,
            help="Other images of the same kind would give a slightly different accuracy. Of 100 intervals computed in this "
            "way, each from other images, about 95 contain the accuracy on all images of this kind.",
        )


def _matrix(confusion):
    visitor = this_visitor()
    with st.container(key="chart_scores"):
        state = st.vega_lite_chart(
            confusion_data(confusion, visitor.cell),
            confusion_spec(),
            width="content",
            key=Key.MATRIX,
            on_select=_click_cell,
            alt="The confusion matrix; the list after it has all its cells and their numbers as well",
        )
    st.caption("Blue was read right, orange are mistakes. The stronger the colour, the larger the share of the row.")
    visitor.selected_cells = _selected_cells(state)


def _selected_cells(state):
    """The cells that the chart takes for selected, as pairs (label, answer)."""
    return tuple((int(cell["label"]), int(cell["answer"])) for cell in state["selection"].get("cell") or [])


def _click_cell():
    """Choose the cell that was clicked.

    A click selects a cell for the chart, and the next click on it takes that back, whatever the list says by then. So a
    cell that has changed is one that was clicked.
    """
    visitor = this_visitor()
    before, now = visitor.selected_cells, _selected_cells(value_of(Key.MATRIX))
    changed = [cell for cell in now if cell not in before] or [cell for cell in before if cell not in now]
    if changed:
        visitor.cell = changed[-1]


def _digit_by_digit(scores):
    left, right = st.columns([0.4, 0.6], gap="medium", vertical_alignment="center")
    with left:
        st.html(digits_html(scores))
    with right:
        st.markdown(
            "**Recall** looks along a row of the matrix: of the images that are a 4, the share that is read as 4.\n\n"
            "**Precision** looks down a column: of the images that are read as 4, the share that is one.\n\n"
            "A network that says 4 too often has a good recall for it and a poor precision; too rarely, the other way round."
        )


def digits_html(scores):
    """Recall and precision of each digit (Scores) as a table; the lowest of each is bold, an undefined one is a dash."""
    heads = ["digit", "images", "read right", "recall", "precision"]
    images, right = scores.confusion.sum(axis=1), scores.confusion.diagonal()
    columns = range(10), images, right, _shares(scores.recall), _shares(scores.precision)
    return numbers_html("Digit by digit; the lowest in bold", heads, zip(*columns))


def _shares(shares):
    lowest = np.nanmin(shares)
    return [
        "–" if np.isnan(share) else f"<b>{share:.1%}</b>" if share == lowest else f"{share:.1%}" for share in shares
    ]


def name(cell):
    """A cell (label, answer) of the matrix in words; ALL_MISTAKES too."""
    return "All mistakes" if cell == ALL_MISTAKES else f"{cell[0]} read as {cell[1]}"


def choices(scores, cell, training):
    """What can be chosen, a dict of cell -> words: ALL_MISTAKES, then the cells that hold images, and how many they hold.

    While it trains: all cells, by digit, without numbers, because a list that changes closes while somebody is choosing.
    The chosen cell is always among them, even when no image is in it any more.
    """
    if training:
        return {cell: name(cell) for cell in [ALL_MISTAKES, *np.ndindex(N_DIGITS, N_DIGITS)]}
    counts = {ALL_MISTAKES: len(mistakes(scores))} | {
        cell: int(scores.confusion[cell]) for cell in filled_cells(scores.confusion)
    }
    counts.setdefault(cell, 0)
    return {cell: f"{name(cell)}: {n:,} image{'' if n == 1 else 's'}" for cell, n in counts.items()}


def _images(evaluation, training):
    """The choice of images, which the matrix can make as well, and their pictures; returns the indices of those shown."""
    scores, cell = evaluation.scores, this_visitor().cell
    words = choices(scores, cell or ALL_MISTAKES, training)
    set_value(Key.CELL, cell or ALL_MISTAKES)
    st.selectbox("See the images of", list(words), key=Key.CELL, format_func=words.get, on_change=_choose_cell)
    indices = mistakes(scores) if cell is None else in_cell(scores, *cell)
    shown = indices[:MAX_PICTURES].tolist()
    with st.container(height=PICTURES_HEIGHT, border=False, key="scores_pictures"):  # nothing jumps while it trains
        st.caption(_which_shown(len(indices), right=cell is not None and cell[0] == cell[1]))
        st.html(figures_html([_figure(evaluation, index) for index in shown]))
    return shown


def _choose_cell():
    cell = value_of(Key.CELL)
    this_visitor().cell = None if cell == ALL_MISTAKES else tuple(cell)


def _look_inside(evaluation, shown):
    scores, visitor = evaluation.scores, this_visitor()
    with st.container(horizontal=True, vertical_alignment="bottom", key="scores_look"):
        index = visitor.mistake if visitor.mistake in shown else next(iter(shown), None)
        set_value(Key.MISTAKE, index)
        st.selectbox(
            "Look from inside at image",
            shown,
            key=Key.MISTAKE,
            disabled=not shown,
            width=200,
            on_change=_choose_mistake,
            format_func=lambda index: f"{index:,}: {name((scores.labels[index], scores.answers[index]))}",
        )
        for identifier in SHOW_THE_CURRENT_IMAGE:
            step = STEPS[identifier]
            # The arguments are what the visitor saw when clicking, even if the training has gone on since.
            arguments = evaluation.source, index, step
            if st.button(step.title, key=f"scores_{step.number}", on_click=_open, args=arguments, disabled=not shown):
                st.rerun()
    st.caption(
        "Choose one of these images, and a step to see it in. That step opens, and the image takes the drawing's place "
        "there, at the top of the page and in the other three, until you go back to the drawing."
    )


def _choose_mistake():
    """Keep the image that was chosen; until one is, the first is shown."""
    this_visitor().mistake = value_of(Key.MISTAKE)


def _open(source, index, step):
    select_example(source, "test", index)
    set_value(Key.STEP, step.title)


def _which_shown(n, right):
    if n < 2:
        return "The only one." if n else "No image is in here."
    many = f"The first {MAX_PICTURES} of {n:,}" if n > MAX_PICTURES else f"All {n}"
    if right:
        return f"{many}, the least sure first: sorted by the output of the digit."
    by = "the output of the wrong digit, the network's own estimate that it is right"
    return f"{many}, the most confident first: sorted by {by}."


def _figure(evaluation, index):
    scores = evaluation.scores
    label, answer = scores.labels[index], scores.answers[index]
    image = picture(evaluation.X[index].reshape(28, 28) / 255, f"Held-out image {index:,}: a {label}")
    return image, f"<b>{label}</b> read as <b>{answer}</b><br>output {scores.outputs[index]:.2f}<br>image {index:,}"


def _mathematics(scores):
    n, p = len(scores.labels), scores.accuracy
    st.markdown("Let $C_{ij}$ be the cell of the matrix in row $i$ and column $j$, and $n$ the number of images. Then")
    st.latex(r"\text{accuracy} = \frac{1}{n} \sum_k C_{kk}")
    st.latex(r"\text{recall}_k = \frac{C_{kk}}{\sum_j C_{kj}}")
    st.latex(r"\text{precision}_k = \frac{C_{kk}}{\sum_i C_{ik}}")
    st.markdown(
        "Each held-out image is like a toss of a coin that shows *right* with the unknown probability $\\pi$. The share $p$ "
        "of $n$ tosses has the standard deviation $\\sqrt{\\pi(1-\\pi)/n}$, and is in 95 of 100 cases within 1.96 of them "
        "of $\\pi$. With $p$ in the place of the unknown $\\pi$:"
    )
    numbers = f"{p:.1%} \\pm {1.96 * np.sqrt(p * (1 - p) / n):.1%}".replace("%", r"\,\%")
    st.latex(rf"p \pm 1.96 \sqrt{{\frac{{p(1-p)}}{{n}}}} = {numbers}")
    st.markdown(
        "Four times as many images make it half as wide. For shares near 0 or 1 it is too optimistic. Wilson (1927; "
        "not in the lecture) instead asks which $\\pi$ would make the observed $p$ no surprise, and solves for it. This is "
        "the interval above, with $q = 1.96$:"
    )
    st.latex(r"\frac{p + \frac{q^2}{2n} \pm q \sqrt{\frac{p(1-p)}{n} + \frac{q^2}{4n^2}}}{1 + q^2/n}")
    place, line = code_line(score, "confusion = ")
    st.markdown(f"All but the interval is computed by scikit-learn; the matrix, for example, in {place}: `{line}`")
