"""What several steps have in common."""

import inspect
from pathlib import Path

import streamlit as st

from ...network import read
from ..current_image import current_image, drawing, selected_example
from ..feedback import IN_A_SENTENCE
from ..html import code_html, current_image_html, picture
from ..numbers import with_article


def in_words(moment):
    """Which network answers, and how large it is: the beginning of a sentence."""
    name = IN_A_SENTENCE[moment.reader]
    return f"{name[0].upper()}{name[1:]} ({moment.network.n_hidden:,} hidden units)"


def show_current_image(moment):
    """Show the current image and what the network reads in it; return the CurrentImage."""
    current = current_image(moment)
    outputs, answer = read(moment.network, current.image)
    label = f", which is {with_article(current.label)}" if current.label is not None else ""
    words = f"{in_words(moment)} looks at <b>{current.name}</b>{label}, "
    words += f"and reads <b>{answer}</b> (output {outputs[answer]:.2f})."
    if selected_example(moment):
        words += " To return, press <b>Back to the drawing</b> above."
    elif not drawing():
        words += " Draw a digit above to see it here."
    st.html(current_image_html(picture(current.image, f"{current.name}, as the network sees it"), words))
    return current


def code_line(function, text):
    """The line of a function that contains a text: its place, "file.py, line 12", and the stripped line.

    Raises LookupError if no line contains the text.
    """
    function = inspect.unwrap(function)  # np.errstate wraps some functions
    lines, start = inspect.getsourcelines(function)
    for number, line in enumerate(lines, start):
        if text in line:
            place = f"{Path(inspect.getsourcefile(function)).name}, line {number}"
            return place, line.split("#")[0].strip().rstrip(",")
    raise LookupError(f"{function.__name__} has no line with {text!r}.")


def show_code(function, text, words=""):
    """Show the line of a function that contains a text, its place, and words about it."""
    place, line = code_line(function, text)
    st.html(code_html(place, line, words))


def show_derivation(steps):
    """Show a derivation: pairs of words (Markdown) and the formula that follows them (LaTeX)."""
    for words, formula in steps:
        st.markdown(words)
        st.latex(formula)
