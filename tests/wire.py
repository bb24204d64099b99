"""A tab without a browser, which speaks Streamlit's protocol: for whatever a stranger can send."""

import re
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 120  # seconds until a test gives up


class Tab:
    """One connection to a running page, as a visitor's open tab is.

    ids : dict of a widget's key -> its identifier and that of its fragment, from all that has been received
    exceptions : list of the exceptions that the page has shown
    session : str, Streamlit's identifier of the session
    """

    def __init__(self, address, *, resumes=None):
        protocols = ["streamlit", "none", resumes] if resumes else ["streamlit"]
        self.address, self.ids, self.exceptions, self.session = address, {}, [], ""
        stream, unlimited = f"{address.replace('http', 'ws')}/_stcore/stream", {"max_size": None, "max_queue": None}
        opened = connect(stream, subprotocols=protocols, compression=None, ping_interval=None, **unlimited)
        self._open = ExitStack()
        self._socket = self._open.enter_context(opened)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Leave, as if the tab were closed."""
        self._open.close()

    def send(self, **message):
        """Send a message of one kind: rerun_script=..., clear_cache=True, ...; False if the server has hung up."""
        with suppress(ConnectionClosed):
            self._socket.send(BackMsg(**message).SerializeToString())
            return True
        return False

    def send_bytes(self, content):
        """Send anything."""
        with suppress(ConnectionClosed):
            self._socket.send(content)

    def receive(self, *kinds):
        """Wait for a message of one of these kinds, and return it; None if the server hangs up before."""
        with suppress(ConnectionClosed):
            while True:
                message = ForwardMsg.FromString(self._socket.recv(PATIENCE))
                self._take(message)
                if message.WhichOneof("type") in kinds:
                    return message
        return None

    def rerun(self, *states, fragment="", **more):
        """Let the script run with these WidgetStates, or a fragment of it, and wait for the end of that run."""
        rerun = {"widget_states": {"widgets": states}, "fragment_id": fragment, **more}
        return self.send(rerun_script=rerun) and self.receive("script_finished")

    def set(self, key, **value):
        """Let the widget with a key have a value, such as trigger_value=True for a click; as rerun()."""
        identifier, fragment = self.ids[key]
        return self.rerun(WidgetState(id=identifier, **value), fragment=fragment)

    def upload(self, content, file, session=None):
        """Send a file to the address where an uploader would: returns the status of the answer."""
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.npz"\r\n\r\n'
        request = urllib.request.Request(
            f"{self.address}/_stcore/upload_file/{session or self.session}/{file}",
            head + content + b"\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x", **xsrf(self.address)},
            method="PUT",
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            return 0  # refused before all of it was sent

    def _take(self, message):
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
        if kind == "delta" and message.delta.HasField("new_element"):
            element = message.delta.new_element
            inner = getattr(element, element.WhichOneof("type") or "", None)
            if element.HasField("exception"):
                self.exceptions.append(inner.message)
            if identifier := getattr(inner, "id", ""):
                self.ids[re.sub(r"^\$\$ID-[0-9a-f]+-", "", identifier)] = identifier, message.delta.fragment_id


def xsrf(address):
    """The headers with which an upload shows that it comes from the page, as a browser would have them."""
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=PATIENCE) as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
    return {"Cookie": cookie, "X-Xsrftoken": cookie.split("=", 1)[1]}


def resident(process):
    """The memory of a process in MB; 0 where only Linux would tell."""
    return _status(process, "VmRSS")


def peak(process):
    """The most memory that a process has had since the last call, in MB; 0 where only Linux would tell."""
    megabytes, forget = _status(process, "VmHWM"), Path(f"/proc/{process.pid}/clear_refs")
    if megabytes:
        forget.write_text("5")
    return megabytes


def _status(process, name):
    status = Path(f"/proc/{process.pid}/status")
    return int(re.search(rf"{name}:\s+(\d+)", status.read_text())[1]) / 1e3 if status.exists() else 0
