"""Hostile messages to a running page: of every kind, with values for every widget, over a websocket.

One stranger sends; another visitor's page is looked at after each input. Both have had the page before, so that nothing
is loaded for the first time.
"""

import atexit
import json
import tempfile
import time
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from serving import running_page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from wire import PATIENCE, Tab, peak, resident

PARTS = ["", *(f"inside={step}" for step in range(1, 10))]
PARTS += [f"yours={part}" for part in ("Compare", "Sweep", "Teach+it+your+handwriting", "Save+or+export")]
PARTS += ["view=teachers", "view=projector", "class=BCDFGH", "class=BCDFGH&view=board"]
KINDS = [kind.name for kind in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields]
LOOKED_AT = "clear"  # a button in the drawing panel: another visitor's click that changes nothing
INPUTS_EACH = 25  # after which the stranger comes again, to another part of the page
LARGEST = 2_990_000  # bytes: the server hangs up on more


@cache
def served():
    """The page, with the tab of another visitor, until this process ends."""
    ends = ExitStack()
    atexit.register(ends.close)
    ends.enter_context(
        suppress(AssertionError)
    )  # values of a wrong kind leave errors in the server's log: the stranger's
    folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
    address, process = ends.enter_context(running_page(folder))
    for part in PARTS:
        with Tab(address) as tab:
            tab.rerun(query_string=part)
    other = ends.enter_context(Tab(address))
    other.rerun()
    other.set(LOOKED_AT, trigger_value=True)
    atexit.register(ends.close)
    return SimpleNamespace(address=address, process=process, other=other, tab=None, n_left=0)


def stranger(page, rng):
    """The stranger's tab; from time to time a new one, at another part of the page."""
    if page.tab is None or not page.n_left:
        if page.tab is not None:
            page.tab.close()
        page.tab, page.n_left = Tab(page.address), INPUTS_EACH
        page.tab.rerun(query_string=str(rng.choice(PARTS)))
    page.n_left -= 1
    return page.tab


def size(rng, most=LARGEST):
    """A number of bytes: mostly small, sometimes as large as can be."""
    return int(rng.choice([0, 1, 10, 1_000, 9_000, 100_000, most], p=[0.1, 0.2, 0.3, 0.2, 0.1, 0.06, 0.04]))


def text(rng):
    words = ["a", "ä", "0", "\x00", "<b>", '{"a":', "[", "1,", "class", "../", "nan"]
    word = words[rng.integers(len(words))]
    return word * (1 + size(rng) // len(word.encode()))


def json_text(rng):
    """JSON of many parts, deep, long, or none at all."""
    n = size(rng)
    atom = str(rng.choice(["{}", "[]", "1", "1e999", "null", '"a"', '{"a":[0]}']))
    made = {
        "many": f"[{','.join([atom] * (1 + n // (len(atom) + 1)))}]",
        "deep": "[" * (n // 2) + "]" * (n // 2),
        "keys": json.dumps({str(rng.choice(["drawing", "selection", "files", "found", "order", "removed"])): atom}),
        "long": json.dumps("x" * n),
        "none": text(rng),
    }
    return made[str(rng.choice(list(made)))]


def widget_state(tab, rng):
    """A value of any kind for one of the tab's widgets, or for one that isn't there."""
    known = [identifier for identifier, _ in tab.ids.values()]
    identifier = str(rng.choice(known)) if rng.random() < 0.95 else "$$ID-0-" + text(rng)[:1_000]
    numbers = [int(number) for number in rng.integers(-(2**31), 2**31, 24)] * (1 + size(rng) // 240)
    values = {
        "trigger_value": True,
        "bool_value": bool(rng.random() < 0.5),
        "double_value": float(rng.choice([0, -1, 0.1, 1e308, float("inf"), float("nan")])),
        "int_value": int(rng.choice([0, -1, 7, 2**31, 2**53])),
        "string_value": text(rng),
        "string_trigger_value": {"data": text(rng)},
        "int_array_value": {"data": numbers},
        "double_array_value": {"data": numbers},
        "string_array_value": {"data": [text(rng)[:20]] * (1 + size(rng) // 20)},
        "json_value": json_text(rng),
        "json_trigger_value": json_text(rng),
        "bytes_value": bytes(size(rng)),
        "file_uploader_state_value": {"uploaded_file_info": [{"file_id": text(rng)[:99], "name": "a.npz", "size": 7}]},
    }
    kind = str(rng.choice(list(values)))
    return WidgetState(id=identifier, **{kind: values[kind]})


def message(tab, rng):
    """A message of any kind; most ask for a run of the script or of a fragment with some widgets' values."""
    if rng.random() < 0.2:
        kind = KINDS[rng.integers(len(KINDS))]
        return BackMsg(**{kind: {} if BackMsg.DESCRIPTOR.fields_by_name[kind].message_type else True})
    states = [widget_state(tab, rng) for _ in range(int(rng.choice([1, 1, 1, 2, 5])))]
    fragments = sorted({fragment for _, fragment in tab.ids.values()})
    rerun = {"widget_states": {"widgets": states}, "is_auto_rerun": bool(rng.random() < 0.2)}
    rerun["fragment_id"] = str(rng.choice(fragments)) if rng.random() < 0.7 else text(rng)[:100]
    if rng.random() < 0.2:
        rerun["query_string"] = f"{rng.choice(PARTS)}&{text(rng)[:2_000]}"
    return BackMsg(rerun_script=rerun)


def protocol(rng):
    """Send a message, ask for an answer, and let another visitor ask for one.

    Returns the seconds until the answer, or twice those of the other visitor if they are more; and by how many MB the
    server has grown meanwhile. With a busy machine, both are longer.
    """
    page = served()
    tab = stranger(page, rng)
    content = message(tab, rng).SerializeToString()
    if rng.random() < 0.1:
        content = content[: int(rng.integers(len(content) + 1))] + rng.bytes(20)
    before = resident(page.process)
    peak(page.process)
    began = time.perf_counter()
    if rng.random() < 0.05:
        tab.upload(bytes(size(rng)), str(rng.choice(["", "a", "../a"])))
    else:
        tab.send_bytes(content)
    assert page.other.set(LOOKED_AT, trigger_value=True), "another visitor lost the connection"
    waited = time.perf_counter() - began
    if not tab.rerun():  # the server has hung up: the stranger comes again
        page.n_left = 0
    took = time.perf_counter() - began
    assert page.process.poll() is None, "the server has ended"
    assert page.other.exceptions == [], page.other.exceptions
    assert took < PATIENCE
    return max(took, 2 * waited), peak(page.process) - before
