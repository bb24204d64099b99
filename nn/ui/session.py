"""What belongs to the whole process, and what to one visitor."""

import gc
import sys
import threading
import time
from dataclasses import dataclass, replace

import streamlit as st

from .. import load_mnist, load_pretrained
from ..job import Gate
from ..learning_set import LearningSet
from ..training import Run, Settings, train

# The bundled network on the bundled 2,000 held-out images: the share that it reads right, and the sureness below which it is
# doubted. Preparing these images takes seconds, so the results stand here; tests/test_page.py measures both again.
BUNDLED_ACCURACY, BUNDLED_THRESHOLD = 0.986, 0.2998


@dataclass(frozen=True)
class Controls:
    """What the sidebar says: Settings, the data source that could be had, and how its training images are to be used."""

    settings: Settings
    source: str
    n_images: int
    preparation: str
    distorted: bool

    def learning_set(self):
        """The LearningSet to train on."""
        return learning_set(self.source, self.n_images, self.preparation, self.distorted)


@dataclass(frozen=True, eq=False)
class Own:
    """The network that the visitor trains or has trained: under which Controls, from which images, how far, and its past."""

    controls: Controls
    images: LearningSet
    run: Run
    snapshots: tuple = ()


class Slot:
    """Holds the job of one visitor; Streamlit gives it up when the tab is closed or reloaded, and the training ends."""

    job = None

    def stop(self):
        if self.job:
            self.job.stop()

    @property
    def active(self):
        return self.job is not None and self.job.active


def own():
    """The visitor's Own as of now, or None before the first training; what the job has done is kept in the session by this.

    For Streamlit may give up a slot when only the connection broke, but not the session's state.
    """
    mine = st.session_state.get("own")
    if mine is not None and slot().job is not None:
        mine = st.session_state.own = replace(mine, run=slot().job.run, snapshots=slot().job.snapshots)
    return mine


def own_answers_key():
    """The key of the choice whether the visitor's own network answers (True) or the bundled one.

    Every training has another: what the browser still says of the choice before can't overrule that a new network answers.
    """
    return f"own_answers_{st.session_state.get('trainings', 0)}"


def answering_network():
    """The Network that reads the drawing: the visitor's own if there is one and the visitor doesn't want the other."""
    mine = own()
    return mine.run.network if mine is not None and st.session_state.get(own_answers_key(), True) else bundled_network()


@st.cache_resource(scope="session", on_release=Slot.stop, show_spinner=False)
def slot():
    """This visitor's Slot."""
    return Slot()


@st.cache_resource(show_spinner=False)
def gate():
    """The Gate that all trainings of the process share."""
    return Gate()


def remembered(name, network, compute):
    """What compute() gives, kept in the session under a name as long as it is asked for this very Network."""
    known, result = st.session_state.get(name, (None, None))
    if known is not network:
        result = compute()
        st.session_state[name] = network, result
    return result


def tick_seconds():
    """Seconds between two looks at a training: less often when many train, or thirty pages would do nothing but look."""
    return max(0.5, 0.08 * gate().waiting)


def keep_pace(run_every, active):
    """Within a fragment that ticks every so many seconds (None: not at all): run the page when the pace has to change.

    It has when the ticking is to end, for nothing is active any more, or when many others came or went.
    """
    if run_every is not None and (not active or not 0.5 < tick_seconds() / run_every < 2):
        st.rerun()


@st.cache_resource(show_spinner="Loading the images …")
def mnist(source):
    """One Mnist for all visitors; its arrays can't be written to."""
    return load_mnist(source)


@st.cache_resource(show_spinner=False, max_entries=6)
def learning_set(source, n_images, preparation, distorted):
    """One LearningSet for all visitors who want the same; it is completed by the first training that needs it."""
    return LearningSet(mnist(source).first(n_images), preparation, distorted)


@st.cache_resource(show_spinner=False)
def bundled_network():
    """The Network that answers before the visitor has one."""
    return load_pretrained()


@st.cache_resource(show_spinner=False)
def seconds_to_prepare(preparation, distorted):
    """What it costs on this machine to prepare one image: measured once, the fastest of three small sets."""
    images = mnist("bundled").first(20)
    few = replace(
        images, X_test=images.X_test[:5], y_test=images.y_test[:5]
    )  # four to train on for each held out, as in all

    def seconds():
        once, began = LearningSet(few, preparation, distorted), time.perf_counter()
        while once.mnist is None:
            once.step()
        return (time.perf_counter() - began) / (once.n_images + len(few.X_test))

    return min(seconds() for _ in range(3))  # others may use the machine during one


@st.cache_resource(show_spinner=False)
def seconds_per_image(n_hidden, batch_size):
    """What one training image costs on this machine: measured once, the fastest of a few slices of a real training."""
    images = mnist("bundled")
    settings = Settings(n_hidden=n_hidden, batch_size=batch_size, epochs=10_000)
    steps = train(settings, images.X_train, images.y_train, slice_seconds=0.02)
    seen, began, costs = next(steps).images_seen, time.perf_counter(), []
    while len(costs) < 6:  # others may use the machine during one, hardly during all
        run, now = next(steps), time.perf_counter()
        if run.images_seen > seen:  # a large batch takes more than one slice
            costs.append((now - began) / (run.images_seen - seen))
            seen, began = run.images_seen, now
    return min(costs)


@st.cache_resource(show_spinner=False)
def prepare_process():
    """Once for the process: whoever draws must not wait for whoever trains, nor for the collection of garbage.

    A thread that computes gives way after a millisecond (Python's default is five, many times for one answer). What there is
    after five seconds, nearly all of it from imports, is frozen: it need not be looked at again. The rest, the remains of
    ended sessions among it, is collected every 20 seconds, instead of after each run of the script (see config.toml).
    """

    def work():
        time.sleep(5)  # the first visitor's page comes first
        gc.collect()
        gc.freeze()
        while True:
            time.sleep(20)
            gc.collect()

    sys.setswitchinterval(0.001)
    threading.Thread(target=work, daemon=True, name="garbage").start()
