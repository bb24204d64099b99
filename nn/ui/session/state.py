"""The state of one visitor, a Session, and the state that one run of the page shows, a View.

No other module touches st.session_state. A run of the script, or of a fragment of it, takes one View, when the progress
of the training enters the Session, and passes it to everything that shows the network or the training.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ...engine.subscription import Subscription
from ...engine.training import Training
from ...files.drawings import OWN, PRETRAINED, LabelledDrawing
from ...network import Network
from ...recipe import Recipe
from .shared import once, pretrained_network

Part = TypeVar("Part")
KEEP = {"persist_state": "session"}  # for the widgets of a step: they keep their values while it is closed
LINEAR_AXIS = "linear_axis"  # key of a toggle, for the learning curves and step 7
SWITCH = False, True  # the values of a toggle
OPEN_STEP, OPEN_YOURS = "inside", "yours"  # keys of the open step of "Look inside" and the open part of "Yours"
OWN_ANSWERS = "own_answers_"  # + View.number, key of a choice: a new training gets a new one, and answers at first


class Latest:
    """A result computed for one network, or another immutable object, kept until it is needed for another."""

    _kept = None, None  # the network and its result, exchanged together

    def of(self, network, compute: Callable):
        """The result for this very object: the kept one, or what compute() returns."""
        known, result = self._kept
        if known is not network:
            result = compute()
            self._kept = network, result
        return result


@dataclass(eq=False)
class Session:
    """The state of one visitor, except that of a single part of the page: see part().

    Streamlit keeps it for two minutes after the tab was closed or the connection broke, in case the visitor comes back;
    but it calls close(), which ends everything in the background.

    training : Training or None, the visitor's own: start() and take_view() set it
    n_trainings, n_starts : ints, trainings started; and the same, with those continued: start() counts them
    n_shown : int, n_starts when the whole page ran last
    subscription : Subscription or None, to the visitor's own training, under way or over
    is_cut_off : bool, whether a broken connection ended that training
    is_connected : bool, whether the page is open
    name : str, Streamlit's identifier of the session
    kept : tuple of Training, stored, those before the present one, the latest last
    labelled : dict of a drawing's identifier -> LabelledDrawing; only replaced as a whole: a class reads it in a thread
    to_set : Recipe or None, for the sidebar when the whole page runs next
    redraws : bool, whether the whole page has to run again
    overdue : dict of the function of each part that refreshes itself -> when its next run is overdue: see refresh.py
    trouble : str, error of the last action in "Yours", a sentence; n_opened : int, files opened there
    lock : for whatever changes the training, because an old run may not be over yet. Whoever holds it mustn't call
        connect(): Streamlit guards that with a lock of its own, which it also holds when it calls close()
    """

    training: Training | None = None
    n_trainings: int = 0
    n_starts: int = 0
    n_shown: int = 0
    subscription: Subscription | None = None
    is_cut_off: bool = False
    is_connected: bool = False
    name: str = ""
    kept: tuple[Training, ...] = ()
    labelled: dict[str, LabelledDrawing] = field(default_factory=dict)
    to_set: Recipe | None = None
    redraws: bool = False
    overdue: dict[Callable, float] = field(default_factory=dict)
    trouble: str = ""
    n_opened: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    _parts: dict[type, Part] = field(default_factory=dict)

    def part(self, kind: type[Part]) -> Part:
        """The state of a part of the page: the one instance of its dataclass, made when first needed.

        kind has defaults for all of its fields, and may have any of the methods that notify() names.
        """
        return self._parts.get(kind) or self._parts.setdefault(kind, kind())

    def notify(self, event, *arguments):
        """Call the method of this name of every part that has one; returns the list of their results.

        close() : everything in the background has to end, because the page was closed or is emptied; in any thread,
            without the lock
        training_started(ended) : the visitor's training begins or continues, with the lock. `ended` is the Training
            before, with its latest state, if it ends here or continues by another recipe, or else None
        leaves() : the visitor starts over, and leaves everything
        has_news() : whether the page has to run again; at every refresh
        """
        return [getattr(part, event)(*arguments) for part in list(self._parts.values()) if hasattr(part, event)]

    def close(self):
        """End everything in the background, until the visitor comes back."""
        with self.lock:
            self.is_connected = False
        departed()[self] = self.name, time.monotonic()
        self.end_background()

    def end_background(self):
        """End everything in the background. Its progress stays: a hidden tab has not asked for it."""
        with self.lock:
            if self.training is not None and self.subscription is not None:
                self.is_cut_off |= self.subscription.active
                self.subscription.stop()
                self.training = replace(self.training, state=self.subscription.state)
        self.notify("close")


@once
def departed():
    """Each Session that is closed -> Streamlit's name for it, and since when, by time.monotonic()."""
    return {}


@st.cache_resource(scope="session", on_release=Session.close, show_spinner=False)
def connect():
    """Mark this visitor's Session as open until Streamlit closes it."""
    session = this_session()
    session.name, session.is_connected = get_script_run_ctx().session_id, True
    return session


def this_session():
    """The Session of the visitor whose page this is."""
    if "visitor" not in st.session_state:
        st.session_state.visitor = Session()
    return st.session_state.visitor


def empty_session():
    """Empty this visitor's Session, and forget the values of all widgets. Call it in a callback."""
    session = this_session()
    session.notify("leaves")
    session.end_background()
    with session.lock:
        new = type(session)(name=session.name, is_connected=session.is_connected, lock=session.lock)
        vars(session).update(vars(new))
    for key in [key for key in st.session_state if key != "visitor"]:
        del st.session_state[key]


def part(kind: type[Part]) -> Part:
    """The state of a part of the page for this visitor: see Session.part."""
    return this_session().part(kind)


@dataclass(frozen=True, eq=False)
class View:
    """The state that one run of the script, or of a fragment, shows.

    training : Training or None, the visitor's own
    active : bool, whether that training is under way; if not, its state is the last
    number, n_starts : ints, the Session's n_trainings and n_starts
    network : Network, the one that answers: the visitor's own, or the pre-trained one
    whole_page : bool, whether the whole script runs, not only a fragment of it
    subscription : Subscription or None, the visitor's to the training, for its speed and its error
    """

    training: Training | None
    active: bool
    number: int
    n_starts: int
    network: Network
    whole_page: bool
    subscription: Subscription | None

    @property
    def own_answers(self):
        """Whether the answering network is the visitor's own."""
        return self.training is not None and self.network is self.training.state.network

    @property
    def reader(self):
        """The name of the answering network, OWN or PRETRAINED."""
        return OWN if self.own_answers else PRETRAINED

    @property
    def source(self):
        """The data source whose held-out images the answering network has not learnt from."""
        return self.training.recipe.source if self.own_answers else "bundled"


def take_view(whole_page=False):
    """The present View. Call it once, at the beginning of a run of the script or of a fragment, and pass it on.

    It also stores the progress of the training in the Session.
    """
    connect()  # outside the lock: see Session
    session = this_session()
    with session.lock:
        subscription = session.subscription
        active = subscription is not None and subscription.active  # asked before its state, which is then its last
        if session.training is not None and subscription is not None:
            session.training = replace(session.training, state=subscription.state)
        training, number, n_starts = session.training, session.n_trainings, session.n_starts
    own = training is not None and value_of(f"{OWN_ANSWERS}{number}", SWITCH, True)
    network = training.state.network if own else pretrained_network()
    return View(training, active, number, n_starts, network, whole_page, subscription)


def value_of(key, allowed, default=None):
    """The value of a widget if it is allowed; otherwise, and until it has one, the default.

    In a callback, and until the widget is drawn in this run, its value is whatever the browser has sent.

    allowed : list, tuple or range of the possible values; or a function that reads the value, such as a component's
        state, and may fail in any way in which a value of the wrong kind makes it fail
    """
    try:
        value = st.session_state[key]
        return allowed(value) if callable(allowed) else pick(allowed, value)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return default


def pick(allowed, value):
    """The allowed value that equals this one. Raises ValueError if there is none."""
    return allowed[allowed.index(value)]


def several_of(allowed):
    """For value_of: a function that returns the allowed values that are among several, each once and in order."""
    return lambda values: [value for value in allowed if value in values]


def set_value(key, value):
    """Set the value of a widget. Call it before the widget is drawn in this run: in a callback, or above it."""
    st.session_state[key] = value
