"""Words that several parts of the page use."""

from ..analysis.metrics import interval
from ..files.drawings import OWN, PRETRAINED
from ..recipe import counted
from .numbers import with_article

IN_A_SENTENCE = {OWN: "your network", PRETRAINED: "the pre-trained network"}
AT_THE_BEGINNING = {reader: name[0].upper() + name[1:] for reader, name in IN_A_SENTENCE.items()}


def score(right, n, reader):
    """How many of n labelled drawings a reader gets right, as a sentence; "" if there are none."""
    return f"{AT_THE_BEGINNING[reader]} gets {right} of {counted(n, 'labelled drawing')} right." if n else ""


def share(right, n):
    """The share of right answers, and its 95% interval."""
    low, high = interval(right, n)
    return f"That is {right / n:.0%}, with a 95% interval from {low:.0%} to {high:.0%}."


def correct_or_wrong(answer, label):
    """Whether an answer is the label, as a sentence."""
    return "Correct." if answer == label else f"Wrong: it is {with_article(label)}."
