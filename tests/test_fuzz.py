"""Some hostile inputs of each kind; tests/fuzz.py tries any number."""

import math

import fuzz
import pytest


@pytest.mark.slow
@pytest.mark.usefixtures("closed_at_the_end")
@pytest.mark.parametrize(
    "kind, count",
    [("networks", 500), ("pictures", 200), ("canvases", 200), ("memories", 100), ("addresses", 10), ("protocol", 50)],
)
def test_hostile_inputs_end_in_an_answer_or_a_sentence(kind, count):
    assert list(fuzz.failures(kind, seed=1, count=count, seconds=math.inf)) == []
