"""A visitor's own browser stores their trainings, networks and drawings, over a reload or a restart of the server.

The server stores nothing. The page asks the browser once, at the beginning, and takes over its files. From then on it
sends a file whenever something has changed, during a training at most every keep_seconds(), and browser_store.js
replaces the one before.
"""

import base64
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

import streamlit as st

from ...files.arrays import Refused
from ...files.saved_work import MAX_DRAWINGS_BYTES, MAX_TRAININGS_BYTES, NOTHING, SavedWork, pack, stored, unpack
from ...recipe import ADDRESS_KEYS, MAX_HIDDEN
from .current_image import DrawingPart, restore_strokes, strokes_text
from .layout import component
from .refresh import keep_seconds
from .render_lock import release_render_lock, render_lock
from .state import part, this_session, value_of
from .trainings import add_drawings, take_over_earlier

MOST_LETTERS = (MAX_TRAININGS_BYTES + MAX_DRAWINGS_BYTES) * 4 // 3 + 8  # in base64
TOO_LARGE = "It is larger than the 2 MB that this page takes."
NO_STORAGE = "This browser keeps nothing: its storage is full, or switched off, as in a private window."
NOT_DELETED = "This browser could not delete the saved work. Delete this page's data in the browser's settings."


@dataclass(eq=False)
class BrowserStore:
    """The files in the browser of one visitor: "trainings" and "drawings", so that a label doesn't send all networks.

    An empty browser doesn't answer the question: hundreds in a class would do so in the same minute. Until its answer
    has arrived, a browser that has files doesn't replace them.

    question : str, id of the request for the stored files
    is_answered : bool, whether the page no longer waits for these files
    keeps : bool, whether anything is to be stored
    order : str, id of the latest order, "" if it is done: to store `files`, or with a next_address to delete everything
    files : dict of a file's name -> its bytes in base64, to store
    sizes, counts : dicts of a file's name -> bytes, and trainings or drawings, that the browser has confirmed
    trouble : str, why nothing can be stored, or why the stored files can't be read; a sentence, or ""
    next_address : str, the address that the browser opens once it has deleted everything, or ""
    """

    question: str = field(default_factory=lambda: uuid.uuid4().hex)
    is_answered: bool = False
    keeps: bool = True
    order: str = ""
    files: dict = field(default_factory=dict)
    sizes: dict = field(default_factory=dict)
    counts: dict = field(default_factory=dict)
    trouble: str = ""
    next_address: str = ""
    _contents: dict = field(default_factory=dict)  # a file's name -> its contents, for short
    _ordered_at: dict = field(default_factory=dict)  # a file's name -> time of the latest order, by time.monotonic()

    @property
    def n_bytes(self):
        """The bytes that the browser says it stores."""
        return sum(self.sizes.values())

    def keep(self, name, contents, make, pause=0):
        """Order the browser to store a file, the bytes that make() returns, if its contents have changed.

        contents : tuple, stands for the contents, one for each; empty if there is nothing to store
        pause : seconds from one order to the next
        """
        if not self.is_due(name, pause):
            return
        self._ordered_at[name] = time.monotonic()
        if contents == self._contents.get(name, ()):
            return
        self._contents[name] = contents
        self.order, self.files[name] = uuid.uuid4().hex, base64.b64encode(make()).decode()

    def is_due(self, name, pause):
        """Whether a file may be ordered now: this many seconds after the previous time."""
        return self.keeps and time.monotonic() >= self._ordered_at.get(name, -pause) + pause

    def start_over(self, address):
        """Order a new browser store's browser to delete everything, and then to open this address."""
        self.is_answered, self.keeps, self.next_address, self.order = True, False, address, uuid.uuid4().hex

    def unreadable(self, why):
        """Store nothing more, because the stored files can't be read: they stay until the visitor deletes them."""
        self.keeps, self.order = False, ""
        self.trouble = f"The work saved in this browser can't be read. {why} **Start over** deletes it."
        self.files.clear()

    def carried(self, answer):
        """Read the browser's answer to an order, which may be anything: the files needn't be sent once more."""
        if isinstance(answer, dict) and answer.get("order") == self.order:
            self.is_answered = True
            why = NOT_DELETED if self.next_address else NO_STORAGE
            self.order, self.trouble = "", why if answer.get("trouble") else ""
            for name, text in self.files.items() if not self.trouble else ():
                self.sizes[name], self.counts[name] = len(base64.b64decode(text)), len(self._contents[name])
            self.files.clear()

    def is_answer(self, answer):
        """Whether this, which may be anything, answers the question."""
        return isinstance(answer, dict) and answer.get("question") == self.question and not self.is_answered

    def found(self, answer):
        """Read the browser's answer to the question, which may be anything: a dict of a file's name -> its bytes.

        It is empty if there are none, or if this is no answer to the question.
        """
        if not self.is_answer(answer):
            return {}
        self.is_answered, self.trouble = True, NO_STORAGE if answer.get("trouble") else ""
        if answer.get("too_large"):
            self.unreadable(TOO_LARGE)
        files, found = answer.get("files"), {}
        for name in {"trainings", "drawings"}.intersection(files if isinstance(files, dict) else ()):
            if files[name] and isinstance(files[name], str):
                try:
                    found[name] = base64.b64decode(files[name], validate=True)
                except ValueError:
                    found[name] = b""  # refused later
        self.sizes = {name: len(file) for name, file in found.items()}
        return found


def store_in_browser(view):
    """Draw the invisible component that stores files in the browser.

    It is no fragment of its own: when the browser's answer and a click arrive together, Streamlit reruns just one
    fragment, and the answer to a label often arrives with the next click in the drawing panel.
    """
    session, store, training = this_session(), part(BrowserStore), view.training
    if training is not None and (training.state.is_untrained or (view.active and training.state.images_seen == 0)):
        training = None  # it has learnt nothing yet

    def trainings():
        release_render_lock()
        present = training and stored(training, compact=training.state.network.n_hidden > MAX_HIDDEN)
        return pack(SavedWork(present, session.kept, ()), MAX_TRAININGS_BYTES)

    def drawings():
        return pack(SavedWork(None, (), tuple(session.labelled.values())), MAX_DRAWINGS_BYTES)

    state = () if training is None else ((training.number, training.state.images_seen, training.recipe),)
    pause = keep_seconds() if view.active else 0
    store.keep("trainings", (*state, *(kept.number for kept in session.kept)), trainings, pause)
    store.keep("drawings", tuple((key, one.label) for key, one in session.labelled.items()), drawings, pause)
    data = {"question": "" if store.is_answered else store.question, "order": store.order}
    data |= {"next_address": store.next_address, "files": store.files, "most": MOST_LETTERS}
    drawn = part(DrawingPart)
    data |= {"strokes": drawn.strokes_text.of(drawn.sketches, strokes_text)}  # for this tab, until it is closed
    with st.container(key="memory_part"):
        memory = component("memory", Path(__file__))
        carried = {"on_carried_change": lambda: store.carried(value_of("memory", attrgetter("carried")))}
        memory(data=data, key="memory", on_found_change=take_found, **carried)


def take_found():
    """Add the files found in the browser to the visitor's present work. This is a callback."""
    store, found = part(BrowserStore), value_of("memory", attrgetter("found"))
    if store.is_answer(found):
        with suppress(ValueError, TypeError, RecursionError):  # strokes that no canvas has
            restore_strokes(found.get("strokes") or "")
    files = store.found(found)
    if not files:
        return
    with render_lock():
        try:
            found = {name: unpack(file) for name, file in files.items()}
        except Refused as error:
            store.unreadable(error)
        else:
            trainings, drawings = found.get("trainings", NOTHING), found.get("drawings", NOTHING).drawings
            store.counts = {"trainings": len(trainings.trainings), "drawings": len(drawings)}
            take_over_earlier(trainings, ADDRESS_KEYS.isdisjoint(st.query_params))
            add_drawings(drawings)
    this_session().redraws = True
