"""Some hundred hostile inputs of each kind; tests/fuzz.py tries any number."""

import fuzz
import pytest

HANGS = 60  # seconds: here only what never ends fails


@pytest.mark.slow
@pytest.mark.usefixtures("no_trainings")
@pytest.mark.parametrize(
    "kind, count", [("networks", 300), ("pictures", 300), ("canvases", 300), ("memories", 300), ("addresses", 40)]
)
def test_whatever_a_stranger_sends_ends_in_an_answer_or_a_sentence(kind, count):
    assert list(fuzz.failures(kind, seed=1, count=count, seconds=HANGS)) == []
