"""The mathematics of step 8: accuracy, recall, precision, and an interval for the accuracy."""

import numpy as np
import streamlit as st

from ...analysis.metrics import score
from .parts import code_line


def mathematics(scores):
    """Draw the formulas of step 8, with the numbers of these Scores."""
    n, p = len(scores.labels), scores.accuracy
    st.markdown("Let $C_{ij}$ be the cell of the matrix in row $i$ and column $j$, and $n$ the number of images. Then")
    st.latex(r"\text{accuracy} = \frac{1}{n} \sum_k C_{kk}")
    st.latex(r"\text{recall}_k = \frac{C_{kk}}{\sum_j C_{kj}}")
    st.latex(r"\text{precision}_k = \frac{C_{kk}}{\sum_i C_{ik}}")
    st.markdown(
        "Each held-out image is like a toss of a coin that shows *right* with an unknown probability $\\pi$. The "
        "share $p$ of $n$ tosses has the standard deviation $\\sqrt{\\pi(1-\\pi)/n}$, and in 95 of 100 cases it is "
        "within 1.96 standard deviations of $\\pi$. With $p$ in place of the unknown $\\pi$:"
    )
    numbers = f"{p:.1%} \\pm {1.96 * np.sqrt(p * (1 - p) / n):.1%}".replace("%", r"\,\%")
    st.latex(rf"p \pm 1.96 \sqrt{{\frac{{p(1-p)}}{{n}}}} = {numbers}")
    st.markdown(
        "Four times as many images make the interval half as wide. For shares near 0 or 1 it is too optimistic. Wilson "
        "(1927; not in the lecture) instead asks for which values of $\\pi$ the observed $p$ would be no surprise, and "
        "solves for $\\pi$. That is the interval above, with $q = 1.96$:"
    )
    st.latex(r"\frac{p + \frac{q^2}{2n} \pm q \sqrt{\frac{p(1-p)}{n} + \frac{q^2}{4n^2}}}{1 + q^2/n}")
    place, line = code_line(score, "confusion = ")
    st.markdown(f"scikit-learn computes everything but the interval; the matrix, for example, in {place}: `{line}`")
