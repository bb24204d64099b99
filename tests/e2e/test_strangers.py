"""A stranger speaks Streamlit's protocol without a browser: it costs the server little, and nobody else notices."""

from contextlib import contextmanager

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from wire import Tab, peak

LARGE = 2_900_000  # bytes of a message, nearly the most that there can be
UNASKED = "load_git_info", "set_run_on_save", "stop_script", "clear_cache", "debug_shutdown_runtime"


@pytest.fixture(scope="module")
def running(start_page, tmp_path_factory):
    """The address of a page, and its process. Its first message ever was not to ask for the page."""
    with start_page(tmp_path_factory.mktemp("strangers")) as (address, process):
        with Tab(address) as first:
            first.send(clear_cache=True)
            assert first.rerun() and first.ids and first.exceptions == []
        yield address, process


def test_what_no_page_asks_for_is_not_answered(running):
    address, _ = running
    with Tab(address) as tab:
        tab.rerun()
        for kind in UNASKED:
            tab.send(**{kind: True})
        tab.send(app_heartbeat=True)
        assert tab.receive("git_info_changed", "session_event", "heartbeat_ack").heartbeat_ack
        assert tab.rerun() and tab.exceptions == []


def test_who_sends_too_much_is_disconnected_and_finds_everything_after_the_reconnection(running):
    address, _ = running
    with Tab(address) as other, Tab(address) as tab:
        other.rerun()
        tab.rerun()
        tab.send_bytes(bytes(LARGE + 200_000))
        assert tab.receive() is None
        with Tab(address, resumes=tab.session) as again:
            again.rerun()
            assert again.session == tab.session and {"epochs", "memory"} <= again.ids.keys()
        assert other.rerun() and other.exceptions == []


@contextmanager
def costs_little(process):
    """Within it, the server takes less than 100 MB more."""
    peak(process)
    before = peak(process)
    yield
    assert peak(process) < before + 100


@pytest.mark.parametrize("key", ["memory", "canvas_0", "network_picture", "unknown"])
@pytest.mark.parametrize("part", ["{},", "[1.5],"])
def test_megabytes_of_json_become_no_objects(running, key, part):
    address, process = running
    state = f'{{"drawing":[{part * (LARGE // len(part))}0]}}'
    tabs = [Tab(address) for _ in range(3)]
    for tab in tabs:
        tab.rerun()
    with costs_little(process):
        for tab in tabs:
            identifier, fragment = tab.ids.get(key, ("$$ID-0-unknown", ""))
            for _ in range(2):  # the answer to the second one comes after the first was served
                assert tab.rerun(WidgetState(id=identifier, json_value=state), fragment=fragment)
            assert tab.exceptions == []
    for tab in tabs:
        tab.close()


def test_clicks_on_widgets_that_are_none_do_not_pile_up(running):
    address, process = running
    with Tab(address) as tab:
        tab.rerun()
        with costs_little(process):
            for i in range(100):
                state = WidgetState(id=f"$$ID-{i}-memory", json_trigger_value="x" * LARGE)
                tab.send(rerun_script={"widget_states": {"widgets": [state]}})
            assert tab.rerun() and tab.exceptions == []


def test_files_that_no_uploader_asked_for_are_not_held(running):
    address, process = running
    with Tab(address) as tab:
        tab.rerun()
        with costs_little(process):
            for i in range(40):
                tab.upload(bytes(4_100_000), f"{i}")
