"""Section 8: how good the network is on images that it never learnt from, and what its mistakes look like."""
import re
from typing import NamedTuple

import numpy as np
import streamlit as st

from ... import prepare_images
from ...labelling import interval
from ...scores import Scores, filled_cells, in_cell, mistakes, score
from ...training import MEASURED_IMAGES
from ..pictures import figures_html, numbers_html, picture
from ..session import answering_network, bundled_network, mnist, own
from ..subject import put_in_place
from .parts import code_line, in_words
from .scores_chart import confusion_data, confusion_spec

MOST_PICTURES = 24
PICTURES_HEIGHT = 360  # pixels; with the choice above it as high as the matrix with its caption
CHOICE, MATRIX, IMAGE = "scores_choice", "scores_matrix", "scores_image"  # keys of the widgets
SEEN_THERE = "3 Hidden units", "4 Forward", "5 Backward", "7 Through time"  # they show what is in the drawing's place


class HeldOut(NamedTuple):
    """A network's Scores, and on which images: X (n, 784), the data source's first n held-out ones, prepared for it."""

    scores: Scores
    X: np.ndarray
    source: str
    which: str


def section(controls):
    """The accuracy and how sure it is, digit by digit, and the confusion matrix, whose cells can be opened."""
    network = answering_network()
    held_out = _bundled() if network is bundled_network() else _own(network)
    if held_out is None:
        st.info("The held-out images are being prepared as your network expects them. Its score will be here in a moment.")
        return
    scores = held_out.scores
    _how_good(in_words(network), held_out)
    chosen = cell_of(st.session_state.get(CHOICE, ""))
    st.markdown(
        "**The confusion matrix** has a row for every digit, and counts as what its images were read. "
        "Click a cell to see them."
    )
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        _matrix(scores.confusion, chosen)
    with right:
        shown = _images(held_out, chosen)
    _look_inside(held_out.source, shown)
    _digit_by_digit(scores)
    with st.expander("The mathematics", key="scores_mathematics"):
        _mathematics(scores)


@st.cache_resource(show_spinner="Preparing 2,000 held-out images for the bundled network …")
def _bundled():
    """The bundled network's HeldOut: it never changes, so it is computed once for all visitors."""
    images, network = mnist("bundled"), bundled_network()
    X = prepare_images(images.X_test, network.preparation)
    which = f"the {len(X):,} bundled images that are held out, with slant and pen width evened out, as it expects them"
    return HeldOut(score(network, X, images.y_test), X, "bundled", which)


def _own(network):
    """The HeldOut of the visitor's own network, computed once for each state of it; None while its images are prepared."""
    known, held_out = st.session_state.get("scores", (None, None))
    if known is not network:
        mine = own()
        images, source = mine.images.mnist, mine.controls.source
        if images is None:
            return None
        X, y = images.X_test[:MEASURED_IMAGES], images.y_test[:MEASURED_IMAGES]
        which = f"the {len(X):,} bundled images that are held out"
        if source == "openml":
            which = f"the first {len(X):,} of the {len(images.X_test):,} images that OpenML's MNIST holds out"
        if network.preparation == "evened":
            which += ", prepared as its training images are"
        held_out = HeldOut(score(network, X, y), X, source, which)
        st.session_state.scores = network, held_out
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
            "95 % interval", f"{100 * low:.1f}–{high:.1%}", width=250,
            help="Other images of the same kind would give a slightly different accuracy. Of 100 intervals computed in this "
            "way, each from other images, about 95 contain the accuracy on all images of this kind.",
        )  # fmt: skip


def _matrix(confusion, chosen):
    with st.container(key="chart_scores"):
        state = st.vega_lite_chart(
            confusion_data(confusion, chosen), confusion_spec(), width="content", key=MATRIX,
            on_select=_clicked, alt="The confusion matrix; the list after it has all its cells and their numbers as well",
        )  # fmt: skip
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
    return ["–" if np.isnan(share) else f"<b>{share:.1%}</b>" if share == lowest else f"{share:.1%}" for share in shares]


def name(cell):
    """A cell (label, answer) of the matrix in words; None are all mistakes."""
    return "All mistakes" if cell is None else f"{cell[0]} read as {cell[1]}"


def cell_of(words):
    """The cell that such words begin with, None for any other words."""
    found = re.match(r"(\d) read as (\d)", words)
    return found and (int(found[1]), int(found[2]))


def choices(scores, chosen):
    """What can be chosen, a dict of cell -> words with the number of images: all mistakes (None), then cells with any.

    The chosen cell stays among them when the network, while it learns, comes to have no image in it.
    """
    counts = {None: len(mistakes(scores))} | {cell: int(scores.confusion[cell]) for cell in filled_cells(scores.confusion)}
    counts.setdefault(chosen, 0)
    return {cell: f"{name(cell)}: {n:,} image{'' if n == 1 else 's'}" for cell, n in counts.items()}


def _images(held_out, chosen):
    """The choice of images, which the matrix can make as well, and their pictures; returns the indices of those shown."""
    scores, words = held_out.scores, choices(held_out.scores, chosen)
    st.session_state[CHOICE] = words[chosen]  # the same cell as before, with the number of now
    st.selectbox("See the images of", list(words.values()), key=CHOICE, persist_state="session")
    indices = mistakes(scores) if chosen is None else in_cell(scores, *chosen)
    shown = indices[:MOST_PICTURES].tolist()
    with st.container(height=PICTURES_HEIGHT, border=False, key="scores_pictures"):  # so that nothing jumps while it trains
        st.caption(_which_shown(len(indices), right=chosen is not None and chosen[0] == chosen[1]))
        st.html(figures_html([_figure(held_out, index) for index in shown]))
    return shown


def _look_inside(source, shown):
    with st.container(horizontal=True, vertical_alignment="bottom", key="scores_look"):
        if shown and st.session_state.get(IMAGE) not in shown:
            st.session_state[IMAGE] = shown[0]  # after an empty list it would stay None
        index = st.selectbox(
            "Look from inside at image", shown, key=IMAGE, format_func="{:,}".format, disabled=not shown, width=200
        )
        for title in SEEN_THERE:
            # The arguments are those that the visitor saw when clicking, even if the training has gone on since.
            if st.button(title, key=f"scores_{title[0]}", on_click=_open, args=(source, index, title), disabled=not shown):
                st.rerun()
    st.caption(
        "Choose one of these images, and a step to see it in: that step opens, and the image takes the drawing's place "
        "there, at the top of the page and in the other three, until you go back to the drawing."
    )


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
    st.latex(rf"p \pm 1.96 \sqrt{{\frac{{p(1-p)}}{{n}}}} = {p:.3f} \pm {1.96 * np.sqrt(p * (1 - p) / n):.3f}")
    st.markdown(
        "Four times as many images make it half as wide. For shares near 0 or 1 it is too optimistic. Wilson (1927) "
        "instead asks which $\\pi$ would make the observed $p$ no surprise, and solves for it. This is the interval above, "
        "$z = 1.96$:"
    )
    st.latex(r"\frac{p + \frac{z^2}{2n} \pm z \sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + z^2/n}")
    place, line = code_line(score, "confusion = ")
    st.markdown(f"All but the interval is computed by scikit-learn; the matrix, for example, in {place}: `{line}`")
