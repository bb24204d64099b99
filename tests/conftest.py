"""What tests of several files need."""

import pytest
from script import PAGE
from streamlit.testing.v1 import AppTest


def _end_all_trainings():
    from nn.ui.state import job_holder

    job_holder().stop()
    job_holder.clear()


@pytest.fixture
def page():
    AppTest.from_function(
        _end_all_trainings
    ).run()  # all of AppTest is one session: what another test trained would be there
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.run()
    yield page
    assert not page.exception
