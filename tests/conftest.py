"""What the tests of several files need."""

import base64
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: the tests share the processors already

from functools import cache

import pytest
from script import PAGE, call_back, finish, part
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest


@pytest.fixture(scope="session", autouse=True)
def installed_components():
    """Streamlit searches all installed packages for components whenever a new AppTest runs: once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        found = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_worker_processes():
    """The page as a script computes in its own process; the stories in a browser have worker processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nn.engine.executors.choose_pool", lambda: None)
        patch.setattr("nn.ui.classroom.join.START_SECONDS", 1e6)  # nor a look at the classes of whoever runs the tests
        yield


@pytest.fixture
def closed_at_the_end(monkeypatch):
    """At the end of the test, the Sessions of all its pages are closed, so that nothing trains any more."""
    from nn.ui.session import state

    sessions, new_session = [], state.Session
    monkeypatch.setattr(state, "Session", lambda: sessions.append(new_session()) or sessions[-1])
    yield
    for session in sessions:
        session.close()


@pytest.fixture
def page(closed_at_the_end, monkeypatch):
    """The page as a new visitor finds it, at full speed. At the end of the test it must not show an exception."""
    monkeypatch.setattr("nn.ui.page.training.DOUBLE_CLICK", 0)  # a script clicks faster than a person
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params["pace"] = "Full speed"  # the usual pace waits half a second at each moment of the first epoch
    page.run()
    yield page
    assert not page.exception


@pytest.fixture
def browser_has(page):
    """browser_has(file, strokes) lets the browser answer the page's question: it has kept this."""
    from nn.ui.session import browser_store

    def has(file, strokes=""):
        text = base64.b64encode(file).decode()
        question = part(page, browser_store.BrowserStore).question
        answer = {"question": question, "files": {"trainings": text, "drawings": text}, "strokes": strokes}
        call_back(page, browser_store.take_found, found=answer)
        finish(page)
        assert not page.exception

    return has
