"""Words that several parts of the page use."""

from ..analysis.metrics import interval
from ..files.drawings import OWN, PRETRAINED
from ..recipe import counted
from .numbers import with_article

IN_A_SENTENCE = {OWN: "your network", PRETRAINED: "the pre-trained network"}
AT_THE_BEGINNING = {reader: name[0].upper() + name[1:] for reader, name in IN_A_SENTENCE.items()}


def count(labelled, reader):
    """The number of labelled drawings that a reader got right, as a sentence with the 95% interval."""
    answered = [drawing for drawing in labelled if drawing.reader == reader]
    n, right = len(answered), sum(drawing.label == drawing.answer for drawing in answered)
    if n == 0:
        return f"No drawing scored for {IN_A_SENTENCE[reader]} yet."
    low, high = interval(right, n)
    share = f"{right / n:.0%}; 95% interval {low:.0%} to {high:.0%}"
    return f"{AT_THE_BEGINNING[reader]} got {right} of {counted(n, 'drawing')} right ({share})."


def correct_or_wrong(answer, label):
    """Whether an answer is the label, as a sentence."""
    return "Correct." if answer == label else f"Wrong: it is {with_article(label)}."


def verdict(labelled, drawings):
    """The verdict on the drawing just labelled (None if it isn't), and the score so far; HTML, "" without any.

    drawings : all LabelledDrawing, by any reader
    """
    right = sum(drawing.label == drawing.answer for drawing in drawings)
    so_far = f"{right} of {len(drawings)} right so far" if drawings else ""
    if labelled is None:
        return so_far
    if labelled.label == labelled.answer:
        return f"<b>Right:</b> {so_far}"
    return f"<b>Wrong</b>, it read {with_article(labelled.answer)}: {so_far}"
