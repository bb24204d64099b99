"""Section 8: how good the network is on images that it never learnt from, and what its mistakes look like."""

import re

import numpy as np
import streamlit as st

from ...labelling import interval
from ...network import N_DIGITS
from ...scores import filled_cells, in_cell, mistakes, score
from ..pictures import figures_html, numbers_html, picture
from ..session import answering_network, bundled_network, slot
from ..subject import put_in_place
from .held_out import examination, own_held_out
from .parts import code_line, in_words
from .scores_chart import confusion_data, confusion_spec

MOST_PICTURES = 24
PICTURES_HEIGHT = 360  # pixels; with the choice above it as high as the matrix with its caption
CHOICE, MATRIX, IMAGE = "scores_choice", "scores_matrix", "scores_image"  # keys of the widgets
SEEN_THERE = "3 Hidden units", "4 Forward", "5 Backward", "7 Through time"  # they show what is in the drawing's place


def section(controls):
    """The accuracy and how sure it is, digit by digit, and the confusion matrix, whose cells can be opened."""
    network = answering_network()
    held_out = _bundled() if network is bundled_network() else _own(network)
    if held_out is None:
        return
    scores = held_out.scores
    _how_good(in_words(network), held_out)
    chosen = cell_of(st.session_state.get(CHOICE, ""))
    st.markdown(
        "**The confusion matrix**. A row holds all images of one digit; each column counts those that were read as that "
        "digit. Click a cell to see them."
    )
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        _matrix(scores.confusion, chosen)
    with right:
        shown = _images(held_out, chosen)
    _look_inside(held_out, shown)
    _digit_by_digit(scores)
    with st.expander("The mathematics", key="scores_mathematics"):
        _mathematics(scores)


def _bundled():
    """The bundled network's HeldOut; None until it is made, which is said."""
    examined = examination()
    held_out, error = examined.held_out, examined.error
    if error is not None:
        st.error(f"The bundled network's examination ended with a fault: {type(error).__name__}: {error}")
        examination.clear()  # so that whoever looks next tries it again
    elif held_out is None:
        st.fragment(_wait, run_every=1)(examined)
    return held_out


def _wait(examined):
    if examined.held_out is not None or examined.error is not None:
        st.rerun()
    st.info(
        "The 2,000 held-out images are being prepared as the bundled network expects them: a few seconds, once. "
        "Its score will be here then."
    )


def _own(network):
    """The HeldOut of the visitor's own network; None without prepared images, and it is said why."""
    training = slot().active  # asked first: what is not there when it is over never comes
    held_out = own_held_out(network)
    if held_out is None and training:
        st.info(
            "The held-out images are being prepared as your network expects them. Its score will be here in a moment."
        )
    elif held_out is None:
        st.info("Stopped before it learnt anything: press **Train**.")
    return held_out


def _how_good(reader, held_out):
    scores = held_out.scores
    n, right = len(scores.labels), int(np.trace(scores.confusion))
    low, high = interval(right, n)
    st.markdown(
        f"{reader} is examined on {held_out.which}. **Held out** means that it learns from none of them: "
        "what it learnt by heart doesn't help here, only what it understood of digits."
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


def _matrix(confusion, chosen):
    with st.container(key="chart_scores"):
        state = st.vega_lite_chart(
            confusion_data(confusion, chosen),
            confusion_spec(),
            width="content",
            key=MATRIX,
            on_select=_clicked,
            alt="The confusion matrix; the list after it has all its cells and their numbers as well",
        )
    st.caption("Blue was read right, orange are mistakes; the stronger the colour, the larger the share of the row.")
    st.session_state.scores_clicked = _cells(state)


def _cells(state):
    """The cells that the chart takes for selected, as pairs (label, answer)."""
    return [(int(cell["label"]), int(cell["answer"])) for cell in state["selection"].get("cell") or []]


def _clicked():
    """Choose the cell that was clicked.

    A click selects a cell for the chart, and the next one on it takes that back, whatever the list says by then. So a cell
    that changed is one that was clicked.
    """
    before, now = st.session_state.scores_clicked, _cells(st.session_state[MATRIX])
    changed = [cell for cell in now if cell not in before] or [cell for cell in before if cell not in now]
    if changed:
        st.session_state[CHOICE] = name(changed[-1])


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
    """A cell (label, answer) of the matrix in words; None are all mistakes."""
    return "All mistakes" if cell is None else f"{cell[0]} read as {cell[1]}"


def cell_of(words):
    """The cell that such words begin with, None for any other words."""
    found = re.match(r"(\d) read as (\d)", words)
    return found and (int(found[1]), int(found[2]))


def choices(scores, chosen, training):
    """What can be chosen, a dict of cell -> words: all mistakes (None), then cells with any image, and their number.

    While it trains: all cells, by digit, without numbers. A list that changes closes under the hand of who has opened it.
    The chosen cell stays among them when the network comes to have no image in it.
    """
    if training:
        return {cell: name(cell) for cell in [None, *np.ndindex(N_DIGITS, N_DIGITS)]}
    counts = {None: len(mistakes(scores))} | {
        cell: int(scores.confusion[cell]) for cell in filled_cells(scores.confusion)
    }
    counts.setdefault(chosen, 0)
    return {cell: f"{name(cell)}: {n:,} image{'' if n == 1 else 's'}" for cell, n in counts.items()}


def _images(held_out, chosen):
    """The choice of images, which the matrix can make as well, and their pictures; returns the indices of those shown."""
    scores, words = held_out.scores, choices(held_out.scores, chosen, slot().active)
    if st.session_state.get(CHOICE) != words[chosen]:
        st.session_state[CHOICE] = words[chosen]  # the same cell as before, in the words of now
    st.selectbox("See the images of", list(words.values()), key=CHOICE, persist_state="session")
    indices = mistakes(scores) if chosen is None else in_cell(scores, *chosen)
    shown = indices[:MOST_PICTURES].tolist()
    with st.container(
        height=PICTURES_HEIGHT, border=False, key="scores_pictures"
    ):  # so that nothing jumps while it trains
        st.caption(_which_shown(len(indices), right=chosen is not None and chosen[0] == chosen[1]))
        st.html(figures_html([_figure(held_out, index) for index in shown]))
    return shown


def _look_inside(held_out, shown):
    scores, source = held_out.scores, held_out.source
    with st.container(horizontal=True, vertical_alignment="bottom", key="scores_look"):
        wanted = st.session_state.get("scores_wanted")
        st.session_state[IMAGE] = wanted if wanted in shown else next(iter(shown), None)
        index = st.selectbox(
            "Look from inside at image",
            shown,
            key=IMAGE,
            disabled=not shown,
            width=200,
            on_change=_want_image,
            format_func=lambda index: f"{index:,}: {name((scores.labels[index], scores.answers[index]))}",
        )
        for title in SEEN_THERE:
            # The arguments are those that the visitor saw when clicking, even if the training has gone on since.
            if st.button(
                title, key=f"scores_{title[0]}", on_click=_open, args=(source, index, title), disabled=not shown
            ):
                st.rerun()
    st.caption(
        "Choose one of these images, and a step to see it in: that step opens, and the image takes the drawing's place "
        "there, at the top of the page and in the other three, until you go back to the drawing."
    )


def _want_image():
    """Keep the image that was chosen; the first is shown to whoever has chosen none."""
    st.session_state.scores_wanted = st.session_state[IMAGE]


def _open(source, index, title):
    put_in_place(source, "test", index)
    st.session_state.inside = title


def _which_shown(n, right):
    if n < 2:
        return "The only one." if n else "No image is in here."
    many = f"The first {MOST_PICTURES} of {n:,}" if n > MOST_PICTURES else f"All {n}"
    if right:
        return f"{many}, the least sure first: sorted by the output of the digit."
    by = "the output of the wrong digit, the network's own estimate that it is right"
    return f"{many}, the most confident first: sorted by {by}."


def _figure(held_out, index):
    scores = held_out.scores
    label, answer = scores.labels[index], scores.answers[index]
    image = picture(held_out.X[index].reshape(28, 28) / 255, f"Held-out image {index:,}: a {label}")
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
