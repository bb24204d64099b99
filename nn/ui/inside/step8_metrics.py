"""Step 8: how good the network is on unseen images, and its mistakes."""

import numpy as np
import streamlit as st

from ...analysis.metrics import interval, score
from ..html import numbers_html
from ..session.refresh import fragment, picture_seconds
from .parts import code_line, in_words
from .step8_confusion import confusion_matrix
from .step8_evaluation import own_evaluation, pretrained_evaluation
from .teaching import text


def section(view, recipe):
    """Draw the accuracy and how certain it is, the confusion matrix with its images, and the scores digit by digit."""
    evaluation = own_evaluation(view) if view.own_answers else _pretrained(view)
    if evaluation is None:
        if view.own_answers:
            st.info(text("metrics", "preparing" if view.active else "stopped"))
        return
    _how_good(in_words(view), evaluation)
    confusion_matrix(evaluation, view.active)
    _digit_by_digit(evaluation.scores)
    with st.expander("The mathematics", key="scores_mathematics"):
        n, p = len(evaluation.scores.labels), evaluation.scores.accuracy
        share, half = (f"{number:.1%}".replace("%", r"\,\%") for number in (p, 1.96 * np.sqrt(p * (1 - p) / n)))
        place, line = code_line(score, "confusion = ")
        st.markdown(text("metrics", "mathematics", p=share, half=half, place=place, line=line))


def _pretrained(view):
    """The pre-trained network's Evaluation, or None and a message until it is made."""
    made = pretrained_evaluation()
    if made.error is not None:
        st.error(f"The pre-trained network could not be evaluated: {type(made.error).__name__}: {made.error}")
        pretrained_evaluation.clear()  # the next look tries again
    elif made.result is None:
        fragment(_wait, view, made, every=picture_seconds, active=lambda view: made.active)
    return made.result


def _wait(view, made):
    if not made.active:
        st.rerun()
    st.info(text("metrics", "preparing_pretrained"))


def _how_good(reader, evaluation):
    scores = evaluation.scores
    n, right = len(scores.labels), int(np.trace(scores.confusion))
    low, high = interval(right, n)
    st.markdown(text("metrics", "held_out", reader=reader, images=evaluation.which))
    with st.container(horizontal=True, key="scores_figures"):
        st.metric("Accuracy", f"{scores.accuracy:.1%}", width=130)
        st.metric("Mistakes", f"{n - right:,} of {n:,}", width=190)
        st.metric("95% interval", f"{100 * low:.1f}–{high:.1%}", width=250, help=text("metrics", "interval"))


def _digit_by_digit(scores):
    left, right = st.columns([0.4, 0.6], gap="medium", vertical_alignment="center")
    left.html(digits_html(scores))
    right.markdown(text("metrics", "recall_and_precision"))


def digits_html(scores):
    """Recall and precision of each digit (Scores) as a table; the lowest are bold, an undefined one is a dash."""
    heads = ["digit", "images", "correct", "recall", "precision"]
    images, right = scores.confusion.sum(axis=1), scores.confusion.diagonal()
    columns = range(10), images, right, _shares(scores.recall), _shares(scores.precision)
    return numbers_html("Digit by digit, the lowest in bold", heads, zip(*columns))


def _shares(shares):
    lowest = np.nanmin(shares)
    return [
        "–" if np.isnan(share) else f"<b>{share:.1%}</b>" if share == lowest else f"{share:.1%}" for share in shares
    ]
