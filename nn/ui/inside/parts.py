"""What several sections show."""

import inspect
from pathlib import Path

import streamlit as st

from ...network import read
from ..pictures import code_html, picture, subject_html
from ..session import answering_network, bundled_network
from ..subject import drawn, picked, subject


def in_words(network):
    """Whose a Network is, and how large, to begin a sentence with."""
    whose = "The bundled network" if network is bundled_network() else "Your network"
    return f"{whose} ({network.n_hidden:,} hidden units)"


def show_subject():
    """Say what is looked at, and which network reads it; returns the Subject and the Network."""
    looked_at, network = subject(), answering_network()
    output, answer = read(network, looked_at.image)
    label = f", which is a {looked_at.label}" if looked_at.label is not None else ""
    words = f"{in_words(network)} looks at <b>{looked_at.name}</b>{label}, "
    words += f"and reads <b>{answer}</b> (output {output[answer]:.2f})."
    if picked():
        words += " <b>Back to the drawing</b>, above, takes it away again."
    elif not drawn():
        words += " Draw a digit above, and it takes this place."
    st.html(subject_html(picture(looked_at.image, f"{looked_at.name}, as the network sees it"), words))
    return looked_at, network


def code_line(function, text):
    """The line of a function that contains a text: "file.py, line 12", and the stripped line.

    Raises LookupError where no line does.
    """
    function = inspect.unwrap(function)  # np.errstate wraps some
    lines, start = inspect.getsourcelines(function)
    for number, line in enumerate(lines, start):
        if text in line:
            return f"{Path(inspect.getsourcefile(function)).name}, line {number}", line.split("#")[0].strip().rstrip(
                ","
            )
    raise LookupError(f"{function.__name__} has no line with {text!r}.")


def show_code(function, text, words=""):
    """Show the line of a function that contains a text, where it stands, and words on it."""
    place, line = code_line(function, text)
    st.html(code_html(place, line, words))


def show_derivation(steps):
    """Show a derivation: pairs of words (Markdown) and the formula that follows them (LaTeX)."""
    for words, formula in steps:
        st.markdown(words)
        st.latex(formula)
