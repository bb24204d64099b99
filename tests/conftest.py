"""What tests of several files need."""
import pytest
from script import PAGE
from streamlit.testing.v1 import AppTest


@pytest.fixture
def page():
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.run()
    yield page
    assert not page.exception
