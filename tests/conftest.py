"""What the tests of several files need."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: the tests share the processors already

from functools import cache

import pytest
from script import PAGE
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest


def _end_all_trainings():
    from nn.ui.session.state import job_holder

    job_holder().stop()
    job_holder.clear()


END_ALL_TRAININGS = AppTest.from_function(_end_all_trainings)


@pytest.fixture(scope="session", autouse=True)
def installed_components():
    """Streamlit searches all installed packages for components whenever a new AppTest runs: once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        found = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture
def no_trainings():
    """Nothing trains: all AppTests share one session, so the trainings of other tests would still be there."""
    END_ALL_TRAININGS.run()


@pytest.fixture
def page(no_trainings, monkeypatch):
    """The page as a new visitor finds it, at full speed. At the end of the test it must not show an exception."""
    monkeypatch.setattr("nn.ui.page.training.DOUBLE_CLICK", 0)  # a script clicks faster than a person
    monkeypatch.setattr(
        "nn.engine.executors.choose_pool", lambda: None
    )  # the stories in a browser have worker processes
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params["pace"] = "Full speed"  # the usual pace waits half a second at each moment of the first epoch
    page.run()
    yield page
    assert not page.exception
