"""What several steps have in common."""

import inspect
import time
from pathlib import Path

import streamlit as st

from ...analysis.evaluation import read
from ..html import code_html, current_image_html, picture
from ..numbers import with_article
from ..session.current_image import current_image, drawing, selected_example
from ..session.state import set_value, this_visitor, value_of
from ..words import AT_THE_BEGINNING

LATE_SECONDS = 3  # after something has played, a position of it may still be on its way to the browser


def in_words(moment):
    """Which network answers, and how large it is: the beginning of a sentence."""
    return f"{AT_THE_BEGINNING[moment.reader]} ({moment.network.n_hidden:,} hidden units)"


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


def play_button(name, key, positions):
    """Draw the button Play, or Pause while it plays, and return the on_change of the slider with this key.

    Draw the slider after it. While it plays, every run moves the slider to the next of these positions (numbers, in
    order), and at the last one it ends. So both belong in a fragment(..., every=picture_seconds, active=is_playing). It
    also ends when the slider is moved by hand. Browser and page tell each other of the slider at the same time:

    - A tick may leave the browser before the slider has moved there. So a position that it may still tell isn't taken
      for a movement by hand. It tells them in order: what comes before the one that it told last is over.
    - The slider may be moved by hand while another position is on its way to the browser, and would then be moved
      there. So the browser is told the position by hand once more.

    name : str, the value of Visitor.playing while this plays
    """
    visitor, chosen = this_visitor(), value_of(key)
    if visitor.playing != name or chosen is None:  # None: the slider is new, because the training is
        stop_playing()
    playing = visitor.playing == name
    words, icon = ("Pause", ":material/pause:") if playing else ("Play", ":material/play_arrow:")
    if st.button(words, key=f"play_{name}", icon=icon, on_click=_set_playing, args=("" if playing else name,)):
        visitor.played, visitor.by_hand[key] = (), chosen  # after Pause it stays there
        st.rerun()  # begins to tick, or ends it
    if playing:
        visitor.by_hand.pop(key, None)
        played = visitor.played or (chosen,)
        told = played.index(chosen) if chosen in played else 0
        now = min((later for later in positions if later > played[-1]), default=positions[0])  # at the end: once more
        # One more than may come: when the page reruns by itself, chosen is what the page has set, not what it was told.
        visitor.played, visitor.moved_at = (*played[max(told - 1, 0) :], now), time.monotonic()
        set_value(key, now)
        if now == positions[-1]:
            stop_playing()
    elif key in visitor.by_hand:
        set_value(key, visitor.by_hand.pop(key))

    def moved():
        if value_of(key) not in visitor.played:
            stop_playing()
            if time.monotonic() - visitor.moved_at < LATE_SECONDS:
                visitor.by_hand[key] = value_of(key)

    return moved


def is_playing(moment):
    """Whether something plays; for fragment()."""
    return this_visitor().playing != ""


def stop_playing():
    """End what plays."""
    _set_playing("")


def _set_playing(name):
    this_visitor().playing = name
