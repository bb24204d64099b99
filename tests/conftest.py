"""What the tests of several files need."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: the tests share the processors already

import pytest
from script import PAGE
from streamlit.testing.v1 import AppTest


def _end_all_trainings():
    from nn.ui.state import job_holder

    job_holder().stop()
    job_holder.clear()


# One AppTest for all tests, because a new one takes much longer to run.
END_ALL_TRAININGS = AppTest.from_function(_end_all_trainings)


@pytest.fixture
def no_trainings():
    """Nothing trains: all AppTests share one session, so the trainings of other tests would still be there."""
    END_ALL_TRAININGS.run()


@pytest.fixture
def page(no_trainings, monkeypatch):
    """The page as a new visitor finds it, at full speed. At the end of the test it must not show an exception."""
    monkeypatch.setattr("nn.ui.training_panel.DOUBLE_CLICK", 0)  # a script clicks faster than a person
    monkeypatch.setattr("nn.workers.choose_team", lambda: None)  # the stories in a browser have worker processes
    page = AppTest.from_file(PAGE, default_timeout=60)
    # Streamlit would search all installed packages for components again.
    page._bidi_component_manager = getattr(END_ALL_TRAININGS, "_bidi_component_manager", None)
    page.query_params["pace"] = "Full speed"  # the usual pace waits half a second at each moment of the first epoch
    page.run()
    yield page
    assert not page.exception
