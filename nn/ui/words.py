"""Words that several parts of the page use."""

from ..analysis.metrics import interval
from ..files.drawings import OWN, PRETRAINED
from .numbers import with_article

IN_A_SENTENCE = {OWN: "your network", PRETRAINED: "the pre-trained network"}
AT_THE_BEGINNING = {reader: name[0].upper() + name[1:] for reader, name in IN_A_SENTENCE.items()}


def count(labelled, reader):
    """How many of the labelled drawings a reader read right, as a sentence with the 95% interval."""
    answered = [drawing for drawing in labelled if drawing.reader == reader]
    n, right = len(answered), sum(drawing.label == drawing.answer for drawing in answered)
    if n == 0:
        return f"No drawing scored for {IN_A_SENTENCE[reader]} yet."
    low, high = interval(right, n)
    drawings = f"{right} of {n} drawing{'' if n == 1 else 's'}"
    return f"{AT_THE_BEGINNING[reader]} read {drawings} right ({right / n:.0%}; 95% interval {low:.0%} to {high:.0%})."


def verdict(labelled, drawings):
    """Whether the drawing just labelled (None if it isn't) was read right, and how many of all; HTML, "" before any.

    drawings : all LabelledDrawing, by any reader
    """
    read_right = sum(drawing.label == drawing.answer for drawing in drawings)
    so_far = f"{read_right} of {len(drawings)} right so far" if drawings else ""
    if labelled is None:
        return so_far
    if labelled.label == labelled.answer:
        return f"<b>Right:</b> {so_far}"
    return f"<b>Wrong</b>, it read {with_article(labelled.answer)}: {so_far}"
