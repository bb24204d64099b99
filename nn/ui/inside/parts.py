"""Functions that several steps share: the current image, lines of code, and the button Play."""

import inspect
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from ...analysis.evaluation import read
from ..html import code_html, picture
from ..numbers import with_article
from ..session.current_image import current_image, drawing, selected_example
from ..session.state import part, set_value, value_of
from ..words import AT_THE_BEGINNING, correct_or_wrong

LATE_SECONDS = 3  # for so long after something has played, a position may still be on its way to the browser


def in_words(view):
    """The answering network and its size: the beginning of a sentence."""
    return f"{AT_THE_BEGINNING[view.reader]} ({view.network.n_hidden:,} hidden units)"


def show_current_image(view):
    """Show the current image and the network's answer; return the CurrentImage."""
    current = current_image(view)
    outputs, answer = read(view.network, current.image)
    words = f"{in_words(view)} reads <b>{current.name}</b> as <b>{with_article(answer)}</b>"
    words += f" (output {outputs[answer]:.2f})."
    if current.label is not None:
        words += f" {correct_or_wrong(answer, current.label)}"
    if selected_example(view):
        words += " To return, press <b>Back to the drawing</b> above."
    elif not drawing():
        words += " Draw a digit above to see it here."
    image = picture(current.image, f"{current.name}, as the network sees it")
    st.html(f'<div class="nn-current">{image}<p>{words}</p></div>')
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


@dataclass
class Player:
    """The slider that moves by itself, in the steps with a button Play."""

    playing: str = ""  # "forward" in step 4, "time" in step 7, or nothing
    played: tuple = ()  # its positions that the browser may still report, the present one last
    ended: str = ""  # key of the slider that has just come to its end by itself
    moved_at: float = -math.inf  # when it last moved to another position, by time.monotonic()
    by_hand: dict = field(default_factory=dict)  # by key, where a slider was moved by hand meanwhile

    def training_started(self, ended):
        """Stop when the visitor's training begins or continues."""
        self.playing = ""


def play_button(name, key, positions, allowed):
    """Draw the button Play, or Pause while it plays, and return the on_change of the slider with this key.

    Draw the slider after it. While it plays, every run moves the slider to the next of these positions (numbers, in
    order), and at the last one it ends. So both belong in a fragment(..., every=picture_seconds, active=is_playing). It
    also ends when the slider is moved by hand. Browser and page may send each other positions at the same time:

    - A tick may leave the browser before the slider has moved there. So a position that the browser may still report
      doesn't count as moved by hand. It reports them in order: once it reports one, earlier positions can be dropped.
    - The slider may be moved by hand while another position is on its way to the browser, and would then jump there.
      So the page sends the position by hand once more.
    - When it has ended, the browser may still report an earlier position. So the page sends the last one once more.

    name : str, the value of Player.playing while this plays
    allowed : all positions of the slider, as value_of() takes them
    """
    player, chosen = part(Player), value_of(key, allowed)
    if player.playing != name or chosen is None:  # None: the slider is new, because the training is
        stop_playing()
    playing, is_late = player.playing == name, time.monotonic() - player.moved_at < LATE_SECONDS
    words, icon = ("Pause", ":material/pause:") if playing else ("Play", ":material/play_arrow:")
    if st.button(words, key=f"play_{name}", icon=icon, on_click=_set_playing, args=("" if playing else name,)):
        player.played, player.by_hand[key] = (), chosen  # after Pause it stays there
        st.rerun()  # begins to tick, or ends it
    if playing:
        player.by_hand.pop(key, None)
        played = player.played or (chosen,)
        reported = played.index(chosen) if chosen in played else 0
        now = min((later for later in positions if later > played[-1]), default=positions[0])  # at the end: once more
        # One more than may come: when the page reruns by itself, chosen comes from the page, not from the browser.
        player.played, player.moved_at = (*played[max(reported - 1, 0) :], now), time.monotonic()
        set_value(key, now)
        player.ended = ""
        if now == positions[-1]:
            player.ended = key
            stop_playing()
    elif key in player.by_hand:
        set_value(key, player.by_hand.pop(key))
    elif is_late and player.ended == key and chosen in player.played[:-1]:
        set_value(key, player.played[-1])

    def moved():
        position = value_of(key, allowed)
        if position not in player.played:
            player.ended = ""
            stop_playing()
            if time.monotonic() - player.moved_at < LATE_SECONDS:
                player.by_hand[key] = position

    return moved


def is_playing(view):
    """Whether something plays; for fragment()."""
    return part(Player).playing != ""


def stop_playing():
    """Stop playing."""
    _set_playing("")


def _set_playing(name):
    part(Player).playing = name
