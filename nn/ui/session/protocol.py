"""The messages that the server takes from a browser. The only module that touches Streamlit's internals.

Streamlit serves messages of every kind and content to everybody: clear_cache empties the caches of all visitors,
load_git_info tells the names of files, and a few megabytes of JSON become a hundred of objects. guard() lets through
what a page of this project sends, and drops the rest. It also refuses files that no uploader asked for.
"""

import json

from streamlit import config, runtime
from streamlit.version import STREAMLIT_VERSION_STRING

KINDS = "rerun_script", "file_urls_request", "backend_operation_request", "app_heartbeat"
TRIGGERS = "trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value"
MAX_WIDGETS = 1_000  # values in a message: a page has less than a hundred
MAX_HASHES = 200  # of messages that a page says it still has; those beyond it are sent once more
MAX_VALUE, MAX_REST = 10_000, 20_000  # bytes of a widget's value, and of a message without these
# Components whose values are larger: the start of their key -> bytes, and parts of JSON, since each becomes an object.
LARGE = {"memory": (3_000_000, 100), "canvas_": (1_500_000, 130_000)}
MAX_FILES = 2  # uploaded ones that a visitor has at a time: each is read as soon as it is here


def is_served(message, known=()):
    """Whether a BackMsg is one that a page of ours can send; impossible values of widgets are taken out of it.

    known : container of the identifiers of all widgets that the session has had
    """
    kind, rerun, rest = message.WhichOneof("type"), message.rerun_script, message.ByteSize()
    if kind == "rerun_script":
        widgets = rerun.widget_states.widgets
        if len(widgets) > MAX_WIDGETS:
            return False
        del rerun.cached_message_hashes[MAX_HASHES:]
        rest = message.ByteSize() - rerun.widget_states.ByteSize()
        for i in reversed(range(len(widgets))):
            if not _is_possible(widgets[i], known):
                del widgets[i]
    if kind == "backend_operation_request" and not message.backend_operation_request.HasField("deferred_file"):
        return False
    return kind in KINDS and rest <= MAX_REST and len(message.file_urls_request.file_names) <= MAX_FILES


def _is_possible(state, known):
    """Whether a WidgetState has a size that its widget can have, and can be read.

    Clicks on unknown widgets would pile up, and JSON that can't be read would break every later run of the session.
    """
    kind = state.WhichOneof("value")
    if kind in TRIGGERS and state.id not in known:
        return False
    is_json = kind in ("json_value", "json_trigger_value")
    if state.ByteSize() <= MAX_VALUE:
        return not is_json or _is_readable(getattr(state, kind))
    if not is_json:
        return False
    value, key = getattr(state, kind), state.id.split("-", 2)[-1]
    sizes = [size for start, size in LARGE.items() if key.startswith(start)]
    is_small = any(len(value) <= most and sum(map(value.count, "[{,")) <= parts for most, parts in sizes)
    return is_small and _is_readable(value)


def _is_readable(text):
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def serving_runtime():
    """Streamlit's Runtime if it serves pages; None in a bare script, and in an AppTest, which only pretends to."""
    is_serving = runtime.exists() and not config.get_option("global.appTest")
    return runtime.get_instance() if is_serving else None


def guard(runtime):
    """Put the guard before the handler of messages and the store of files of Streamlit's Runtime, once.

    Raises RuntimeError if Streamlit has moved one of the places that this module knows.
    """
    try:
        from streamlit.runtime.app_session import AppSession
        from streamlit.runtime.state.session_state import SessionState
        from streamlit.runtime.uploaded_file_manager import UploadedFileRec

        files, serve = runtime.uploaded_file_mgr, AppSession.handle_backmsg
        offer, take, remove, held = files.get_upload_urls, files.add_file, files.remove_file, files.file_storage
        _ = _stored_sessions(runtime).expire, runtime._get_async_objs, _known_widgets(SessionState())
    except (ImportError, AttributeError) as error:
        raise RuntimeError(
            f"Streamlit {STREAMLIT_VERSION_STRING} has moved what nn/ui/session/protocol.py guards: this page would be "
            "open to strangers, and doesn't start. Install the version in requirements.txt."
        ) from error

    def handle_backmsg(self, msg):
        if msg.WhichOneof("type") == "backend_operation_request" and self._background_tasks:
            return  # one file at a time is made for a visitor
        if is_served(msg, _known_widgets(self.session_state)):
            serve(self, msg)

    def get_upload_urls(session_id, file_names):
        """The addresses for files, each with an empty file in its place; of those before, the oldest go."""
        urls = offer(session_id, file_names)
        for url in urls:
            take(session_id, UploadedFileRec(url.file_id, "", "", b""))
        for file_id in [*held.get(session_id, ())][:-MAX_FILES]:
            remove(session_id, file_id)
        return urls

    def add_file(session_id, file):
        if file.file_id in held.get(session_id, ()):  # an uploader has asked for its address
            take(session_id, file)

    AppSession.handle_backmsg, files.get_upload_urls, files.add_file = handle_backmsg, get_upload_urls, add_file


def forget_sessions(runtime):
    """Give back the memory of sessions to which nobody can come back. Streamlit does so only when another one ends."""
    runtime._get_async_objs().eventloop.call_soon_threadsafe(_stored_sessions(runtime).expire)


def _stored_sessions(runtime):
    """The sessions whose connection is broken, in a cache that forgets them after two minutes, when it is used."""
    return runtime._session_mgr._session_storage._cache


def _known_widgets(session_state):
    return session_state._new_widget_state.widget_metadata
