"""A challenge: ten digits to draw, the number that the network got right, and a picture of the result. No Streamlit."""

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...files.drawings import OWN, PRETRAINED, LabelledDrawing
from ..html import BACKGROUND, FAINT, INK, NEGATIVE, POSITIVE
from ..numbers import with_article
from ..words import AT_THE_BEGINNING, IN_A_SENTENCE

BY_WHOM = {OWN: "a neural network that I trained", PRETRAINED: "a pre-trained neural network"}  # when it is shared
# The picture has its own background, so that it looks good anywhere. Sizes are in pixels.
SIZE = WIDTH, HEIGHT = 1200, 630  # shown in full by most services if a link is shared
SIDE, COLUMN, ROW = 6 * 28, 220, 232  # a drawing's side; the distances from column to column and from row to row
TOP = 108  # of the first row


@dataclass(frozen=True)
class Challenge:
    """The digits to draw, in this order, and the drawings so far.

    digits : tuple of int
    drawings : tuple of LabelledDrawing, one for each digit that has been drawn
    """

    digits: tuple[int, ...]
    drawings: tuple[LabelledDrawing, ...] = ()

    @property
    def over(self):
        """Whether all digits have been drawn."""
        return len(self.drawings) == len(self.digits)

    @property
    def digit(self):
        """The digit to draw now; None when the challenge is over."""
        return None if self.over else self.digits[len(self.drawings)]

    @property
    def misread(self):
        """The drawings that the network got wrong, a tuple of LabelledDrawing."""
        return tuple(drawing for drawing in self.drawings if drawing.answer != drawing.label)

    def with_drawing(self, drawing):
        """The Challenge after this drawing, a LabelledDrawing; ValueError if it is not of the digit to draw now."""
        if drawing.label != self.digit:
            raise ValueError(f"a drawing of {drawing.label}, but the digit to draw is {self.digit}")
        return replace(self, drawings=(*self.drawings, drawing))


def new_challenge(seed):
    """A Challenge of the ten digits, each once, in a random order."""
    return Challenge(tuple(np.random.default_rng(seed).permutation(10).tolist()))


def task_words(challenge):
    """How the latest digit was read, and the one to draw now, or the result; HTML."""
    latest = ""
    if challenge.drawings:
        last = challenge.drawings[-1]
        was = "right" if last.answer == last.label else f'<span class="nn-doubt">wrong: read as {last.answer}</span>'
        latest = f"Your {last.label}: {was}. "
    if challenge.over:
        return result_words(challenge)
    number = f"{len(challenge.drawings) + 1} of {len(challenge.digits)}"
    return f"<b>Draw {with_article(challenge.digit)}</b> ({number}). {latest}"


def result_words(challenge):
    """The result in a sentence or two; if the network was changed in the middle, for each network."""
    readers = list(dict.fromkeys(drawing.reader for drawing in challenge.drawings))
    if challenge.over and not challenge.misread:
        names = _listed([IN_A_SENTENCE[reader] for reader in readers])
        return f"Ten out of ten! {names.capitalize()} got every drawing right."
    words = []
    for reader in readers:
        n = sum(drawing.reader == reader for drawing in challenge.drawings)
        misread = [drawing for drawing in challenge.misread if drawing.reader == reader]
        words.append(f"{AT_THE_BEGINNING[reader]} got {n - len(misread)} of {n} right.")
        if misread:
            mistakes = [f"{with_article(drawing.label)} as {with_article(drawing.answer)}" for drawing in misread]
            words.append(f"It read {_listed(mistakes)}.")
    return " ".join(words)


def _listed(parts):
    """Words in a row: "one", "one and two", "one, two and three"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def result_picture(challenge):
    """The result as one picture to save or share: the bytes of a PNG of SIZE. Misread drawings are framed in orange."""
    picture = Image.new("RGB", SIZE, BACKGROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((WIDTH / 2, 54), _title(challenge), INK, ImageFont.load_default(56), "mm")
    for place, drawing in enumerate(challenge.drawings):
        row, column = divmod(place, 5)
        x, y = (WIDTH - 4 * COLUMN - SIDE) // 2 + column * COLUMN, TOP + row * ROW  # the upper left corner
        misread = drawing.answer != drawing.label
        frame = 6 if misread else 2
        box = x - frame, y - frame, x + SIDE + frame - 1, y + SIDE + frame - 1
        draw.rectangle(box, fill=NEGATIVE if misread else POSITIVE)
        pixels = Image.fromarray((255 * drawing.image).round().astype(np.uint8))  # (28, 28)
        picture.paste(pixels.resize((SIDE, SIDE), Image.Resampling.NEAREST), (x, y))
        colour = NEGATIVE if misread else INK
        draw.text((x + SIDE / 2, y + SIDE + 25), _caption(drawing), colour, ImageFont.load_default(26), "mm")
    draw.text((WIDTH / 2, HEIGHT - 36), _footer(challenge), FAINT, ImageFont.load_default(22), "mm")
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def result_alt(challenge):
    """The alternative text of result_picture: everything in it, in words."""
    captions = "; ".join(_caption(drawing) for drawing in challenge.drawings)
    return f"{_title(challenge)}. The drawings: {captions}. {_footer(challenge)}."


def _title(challenge):
    n = len(challenge.drawings)
    return f"{n - len(challenge.misread)} of {n} right"


def _caption(drawing):
    return f"{drawing.label}" if drawing.answer == drawing.label else f"{drawing.label}, read as {drawing.answer}"


def _footer(challenge):
    readers = dict.fromkeys(drawing.reader for drawing in challenge.drawings)
    return f"Drawn by me, read by {_listed([BY_WHOM[reader] for reader in readers])}"
