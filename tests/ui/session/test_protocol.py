"""Of all that a browser can send, the server takes what a page of ours sends. tests/e2e/test_strangers.py tries it."""

import asyncio
import gc
import weakref
from types import SimpleNamespace

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.state.session_state import WStates
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from nn.ui.session.protocol import LARGE, MAX_FILES, MAX_REST, MAX_VALUE, MAX_WIDGETS, forget_sessions, guard, is_served

ID = "$$ID-0123-"
MEMORY, CANVAS, OTHER = ID + "memory", ID + "canvas_7", ID + "network_picture"
EVENTS = f"$$STREAMLIT_INTERNAL_KEY_{MEMORY}__events"  # under which a component reports what is no state


def rerun(*states, **more):
    return BackMsg(rerun_script={"widget_states": {"widgets": states}, **more})


def taken(*states, known=()):
    """The identifiers of the WidgetStates that are taken from a message of all of them."""
    message = rerun(*states)
    assert is_served(message, known)
    return [state.id for state in message.rerun_script.widget_states.widgets]


def test_kinds_of_messages_that_no_page_of_ours_sends_are_dropped():
    served = set()
    for kind in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields:
        served |= {kind.name} if is_served(BackMsg(**{kind.name: {} if kind.message_type else True})) else set()
    assert served == {"rerun_script", "file_urls_request", "app_heartbeat"} and not is_served(BackMsg())
    for payload, is_ours in [("deferred_file", True), ("install_skills", False), ("dataframe_chunk", False)]:
        assert is_served(BackMsg(backend_operation_request={payload: {}})) == is_ours


@pytest.mark.parametrize(
    "message",
    [
        rerun(query_string="a&" * MAX_REST),
        rerun(context_info={"url": "x" * 2 * MAX_REST}),
        rerun(*[WidgetState(id="a")] * (MAX_WIDGETS + 1)),
        BackMsg(file_urls_request={"file_names": ["x" * 2 * MAX_REST]}),
        BackMsg(file_urls_request={"file_names": ["a"] * (MAX_FILES + 1)}),
        BackMsg(backend_operation_request={"deferred_file": {"file_id": "x" * 2 * MAX_REST}}),
    ],
)
def test_a_message_larger_than_a_page_sends_is_dropped(message):
    assert not is_served(message)


def test_a_page_that_has_many_messages_loses_no_click():
    click = WidgetState(id="a", trigger_value=True)
    message = rerun(click, cached_message_hashes=["0123456789abcdef" * 4] * 5_000)
    assert is_served(message, known={"a"}) and message.rerun_script.widget_states.widgets[0] == click
    assert message.ByteSize() <= MAX_REST


def test_a_value_that_its_widget_cannot_have_is_taken_out_and_the_others_stay():
    small = [WidgetState(id="a", int_value=7), WidgetState(id="b", json_value="[]"), WidgetState(id="c")]
    for value in [
        {"string_value": "x" * MAX_VALUE},
        {"bytes_value": bytes(MAX_VALUE)},
        {"double_array_value": {"data": [0.5] * MAX_VALUE}},
        {"string_array_value": {"data": ["ab"] * MAX_VALUE}},
        {"json_value": "x" * MAX_VALUE},
    ]:
        too_large = WidgetState(id=OTHER, **value)
        assert taken(too_large, small[0], small[1], too_large, small[2]) == ["a", "b", "c"]
        assert taken(WidgetState(id="x" * MAX_VALUE), *small) == ["a", "b", "c"]
    assert taken(WidgetState(id=CANVAS, string_value="x" * MAX_VALUE)) == []  # a component's value is JSON


def test_a_drawing_and_a_browsers_files_have_room_but_no_more_parts_than_they_need():
    files = f'[{{"event": "found", "value": {{"files": {{"trainings": "{"A" * 2_800_000}"}}}}}}]'
    path = ",".join('["Q",100.123456,100.123456,101.654321,101.654321]' for _ in range(10_000))
    drawing = f'{{"drawing":{{"raw":{{"objects":[{{"path":[{path}]}}]}},"data":"{"A" * 200_000}"}}}}'
    assert taken(WidgetState(id=MEMORY, json_value=files), WidgetState(id=CANVAS, json_value=drawing)) == [
        MEMORY,
        CANVAS,
    ]
    assert taken(WidgetState(id=EVENTS, json_trigger_value=files), known={EVENTS}) == [EVENTS]
    for part in ("{},", "[],", "1,", '"ab":0,'):
        for key, (size, parts) in LARGE.items():
            inner = part * (max(parts, MAX_VALUE) + 1)
            for text in (f'{{"a":[{inner}0]}}', f'{{"a":"{"x" * size}"}}'):
                assert taken(WidgetState(id=ID + key, json_value=text)) == [], (key, part)


def test_json_that_cannot_be_read_is_taken_out():
    for text in ("", "{bad", "[" * 9_000, "7" * 9_000):
        assert taken(WidgetState(id=OTHER, json_value=text), WidgetState(id="b", json_value="[]")) == ["b"], text[:9]
        assert taken(WidgetState(id=EVENTS, json_trigger_value=text), known={EVENTS}) == []


def test_a_click_is_for_a_widget_that_the_session_has_had():
    clicks = [
        WidgetState(id="a", trigger_value=True),
        WidgetState(id="b", string_trigger_value={"data": "x"}),
        WidgetState(id="c", json_trigger_value="[]"),
        WidgetState(id="d", chat_input_value={"data": "x"}),
    ]
    assert taken(*clicks) == [] and taken(*clicks, known={"a", "c"}) == ["a", "c"]


@pytest.fixture
def runtime(monkeypatch):
    """What the guard knows of Streamlit's Runtime; the sessions of other tests stay unguarded."""
    monkeypatch.setattr(AppSession, "handle_backmsg", AppSession.handle_backmsg)
    sessions = SimpleNamespace(_session_storage=MemorySessionStorage(ttl_seconds=0))
    files = MemoryUploadedFileManager("/upload")
    return SimpleNamespace(uploaded_file_mgr=files, _session_mgr=sessions, _get_async_objs=None)


def test_a_file_is_held_only_if_an_uploader_has_asked_for_it_and_the_last_two_of_a_visitor(runtime):
    guard(runtime)
    files = runtime.uploaded_file_mgr

    def asked():
        return files.get_upload_urls("me", ["network.npz"])[0].file_id

    def held(*names):
        return [file.data for file in files.get_files("me", names)]

    def send(name, content, session="me"):
        files.add_file(session, UploadedFileRec(name, "network.npz", "", content))

    first = asked()
    for name, session in [("any", "me"), (first, "other"), ("", "me")]:
        send(name, b"unasked", session)
        assert files.get_files(session, [name]) == [] or name == first
    assert files.get_files("other", [first]) == [] and held(first) == [b""]
    send(first, b"1")
    second = asked()
    send(second, b"2")
    assert held(first, second) == [b"1", b"2"]
    third = asked()
    send(third, b"3")
    send(first, b"late")
    assert held(first, second, third) == [b"2", b"3"]
    files.remove_session_files("me")
    assert held(first, second, third) == [] and files.file_storage == {}


@pytest.mark.parametrize(
    "holder, name",
    [(AppSession, "handle_backmsg"), (MemoryUploadedFileManager, "add_file"), (WStates, "__init__"), (None, "_cache")],
)
def test_the_page_does_not_start_without_its_guard_if_streamlit_has_moved(holder, name, runtime, monkeypatch):
    if name == "__init__":
        monkeypatch.setattr(holder, name, lambda self: None)  # it holds what it knows of widgets elsewhere
    else:
        monkeypatch.delattr(holder or runtime._session_mgr._session_storage, name)
    with pytest.raises(RuntimeError, match=r"nn/ui/session/protocol.py guards.*requirements.txt"):
        guard(runtime)


def test_memory_of_a_session_to_which_nobody_can_come_back_is_given_back_unasked(runtime):
    class Stored:
        id, session = "me", property(lambda self: self)

    stored = Stored()
    runtime._session_mgr._session_storage.save(stored)
    left = weakref.ref(stored)
    del stored
    gc.collect()
    assert left() is not None

    async def serving():
        objects = SimpleNamespace(eventloop=asyncio.get_running_loop())
        runtime._get_async_objs = lambda: objects
        await asyncio.to_thread(forget_sessions, runtime)
        await asyncio.sleep(0)

    asyncio.run(serving())
    assert left() is None
