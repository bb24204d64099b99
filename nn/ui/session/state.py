"""Everything that the page keeps for one visitor: a Visitor, the visitor's jobs, and the keys of the widgets.

No other module touches st.session_state. A run of the script, or of a fragment of it, takes one Moment, where the job's
progress enters the state, and everything that it shows of the network and the training is given that Moment.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ...engine.scheduler import Seat, no_pause
from ...engine.training import Training
from ...files.drawings import OWN, PRETRAINED, Labelled
from ...files.saved_work import OPENED, stored, with_kept
from ...files.sketches import Sketch
from ...images.preprocessing import PreparedDrawing
from ...network import Network
from ...recipe import MAX_HIDDEN, Recipe
from ...training import TrainingState
from .browser import Browser
from .challenge import Challenge
from .shared import pretrained_network, trainings


class Key:
    """The keys of the widgets that hold a value. To a key that ends in "_", a number, a name or a hash is added."""

    # Sidebar: also kept in the address bar
    EPOCHS, HIDDEN, ETA, BATCH, SEED, SCALE, SHUFFLE = "epochs", "hidden", "eta", "batch", "seed", "scale", "shuffle"
    PREPARE, DISTORT, DATA, IMAGES_OF = "prepare", "distort", "data", "images_"  # + source
    SORT = "sort"
    # Training
    PACE = "pace"
    LINEAR_AXIS = "linear_axis"  # of the images seen, in the learning curves and in step 7
    # Drawing
    CANVAS = "canvas_"  # + Visitor.canvas
    NETWORK = "network_picture"
    OWN_ANSWERS = "own_answers_"  # + Moment.number: a new training gets a new choice, and answers at first
    LABEL_OF = "label_"  # + the drawing's identifier
    TAB = "tab"  # whether the browser shows the page, see view.py
    # A class
    CLASS_CODE, SHARE_DRAWINGS, BOARD, BOARD_VIEW = "class_code", "share_drawings", "board", "board_view"
    DOTS, DOT_SHAPE, WALL, TAKE_OUT, CLASS_READER = "dots", "dot_shape", "digits_wall", "take_out", "class_reader"
    GUESS, ASKED, SOLUTION = "guess_", "asked_", "solution_"  # + the question
    HOW_TO_JOIN, LINK_STEP, LINK_HIDE = "how_to_join", "link_step", "link_hide"
    # Yours
    YOURS = "yours"
    MEMORY = "memory"
    OPEN_NETWORK, OPEN_DRAWINGS = "open_network_", "open_drawings_"  # + Visitor.n_opened
    SWEEP_ETAS, SWEEP_HIDDEN, SWEEP_SEEDS = "sweep_etas", "sweep_hidden", "sweep_seeds"
    SWEEP_CELL, HEAT_MAP = "sweep_cell", "heat_map"
    PUPIL, WITH_MNIST = "pupil", "with_mnist"
    QUANTITY, LEFT, RIGHT = "compared_quantity", "left_network", "right_network"
    # Look inside
    STEP = "inside"
    DATA_SPLIT, DATA_DIGIT, DATA_NUMBER = "data_split", "data_digit", "data_number"
    UNIT_X, UNIT_W, UNIT_B = "unit_x", "unit_w", "unit_b"
    UNITS_DIGIT, UNITS_PICTURES = "units_digit", "units_pictures"
    SUM_LAYER, SUM_UNIT, SUM_DIGIT, SUM_ROWS = "sum_layer", "sum_unit", "sum_digit", "sum_rows"
    MEANT, BACKWARD_UNIT, BACKWARD_STEPS, BACKWARD_KIND = "meant_", "backward_unit_", "backward_steps", "backward_kind_"
    BACKWARD_WEIGHT = "backward_"  # + the array's name, the axis and its length
    BUG_ETA, BUG_ORDER = "bug_eta", "bug_order"
    BUG_GUESS = "bug_guess"
    BUG_REVEALED = "bug_revealed"  # no widget has it: the button Reveal sets it
    MOMENT = "moment_"  # + Moment.number
    CELL, MATRIX, MISTAKE = "scores_choice", "scores_matrix", "scores_image"


FORGET_SECONDS = 130  # after a connection broke: Streamlit waits two minutes for it to come back
Part = TypeVar("Part")
KEPT = {"persist_state": "session"}  # for the widgets of a step: they keep their values while it is closed


class Stepped(NamedTuple):
    """The latest step: the TrainingState before it, and its Recipe. The state after it is Training.state."""

    before: TrainingState
    recipe: Recipe


class Answer(NamedTuple):
    """The answer that a visitor sees: the digit, and the name of the network that reads it."""

    digit: int
    reader: str


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
class Visitor:
    """What the page knows about a visitor. The comments say what each field is, and who sets it."""

    training: Training | None = None  # the visitor's latest training: start() and take_moment()
    n_trainings: int = 0  # the number of trainings started: start()
    n_jobs: int = 0  # the same, and how often one was continued: start()
    kept: tuple[Training, ...] = ()  # the trainings before that, the latest last: start() and what brings one back
    clicked: str = ""  # what the button Train or Stop said when it was clicked: its callback
    is_cut_off: bool = False  # whether the latest training was stopped by a broken connection: JobHolder, start()
    browser: Browser = field(default_factory=Browser)  # what it is told and has answered: memory, and the part Keep
    n_opened: int = 0  # how many files were opened: the part Keep
    to_set: Recipe | None = None  # what the sidebar is to be set to when the whole page runs next: callbacks
    redraws: bool = False  # whether the whole page has to be drawn again: callbacks in a part of it, and pace.py
    ticking: dict = field(default_factory=dict)  # what refreshes itself -> when it is overdue: pace.py
    lesson: object = None  # the latest Lesson, or None: the part Teach it your hand
    sweep: object = None  # the latest Sweep, or None: the part Sweep
    trouble: str = ""  # why the latest wish in "Yours" couldn't be granted: its callbacks
    stepped: Stepped | None = None  # the latest step, None if the training went on otherwise: the training buttons
    canvas: int = 0  # the canvas's number; a new number is a new canvas: Clear and Undo
    sketches: tuple[Sketch, ...] = ()  # the canvas after each stroke, the latest last: the drawing panel
    initial_objects: list = field(default_factory=list)  # the strokes that the present canvas began with: Undo
    prepared: Latest = field(default_factory=Latest)  # what is made of the latest sketch: the drawing panel
    drawing: PreparedDrawing | None = None  # None if nothing is drawn: the drawing panel
    stage_images: dict = field(default_factory=dict)  # what would be read at each stage of it: the drawing panel
    drawing_id: str = ""  # its identifier, "" without one: the drawing panel
    selected_example: tuple | None = None  # (source, split, index) in the drawing's place: select_example()
    answer: Answer | None = None  # the one on the page now: the drawing panel
    labelled: dict[str, Labelled] = field(
        default_factory=dict
    )  # by drawing_id; replaced, never changed: threads read it
    challenge: Challenge | None = None  # the one that is under way or just over: its buttons
    result_picture: Latest = field(default_factory=Latest)  # of a challenge that is over: the question panel
    step_html: Latest = field(default_factory=Latest)  # what the step to a network taught: the curves panel
    rejection_threshold: Latest = field(default_factory=Latest)  # of the visitor's network: the drawing panel
    earlier_point: Latest = field(default_factory=Latest)  # a measured snapshot: step 7
    own_evaluation: tuple | None = None  # the visitor's network's Scores, an OwnEvaluation: step 8
    cell: tuple | None = None  # the confusion matrix's chosen cell (label, answer), None for all mistakes: step 8
    selected_cells: tuple = ()  # what the chart itself counts as selected: step 8
    mistake: int | None = None  # the chosen image among those of the cell: step 8
    explained: tuple | None = None  # (a widget's key, how often): where in step 4 a "See how" led; None if it didn't
    playing: str = ""  # what plays by itself, "forward" in step 4 or "time" in step 7, "" if nothing: those steps
    played: tuple = ()  # its positions that the browser may still tell, the present one last: those steps
    moved_at: float = -math.inf  # when it last came to another position, by time.monotonic(): those steps
    by_hand: dict = field(default_factory=dict)  # by key, where a slider was moved by hand meanwhile: those steps
    bug_states: dict = field(default_factory=dict)  # Recipe -> TrainingState: step 6
    bug_errors: dict = field(default_factory=dict)  # the same keys -> the Exception that ended the training: step 6
    # For what changes training, because an old run may not be over yet. Who holds it mustn't ask for job_holder():
    # Streamlit releases that with the same lock that guards it, and its release waits for this one.
    lock: object = field(default_factory=threading.Lock)
    parts: dict = field(default_factory=dict)  # a dataclass -> its one instance: part()

    def part(self, kind: type[Part]) -> Part:
        """What a part of the page keeps for this visitor: the one instance of its dataclass, made when first needed.

        kind has defaults for all of its fields, and may have any of the methods that `notify` names. It is defined in
        the module of that part of the page, so this module needn't know it.
        """
        return self.parts.get(kind) or self.parts.setdefault(kind, kind())

    def notify(self, event, *arguments):
        """Call the method of this name of every part that has one.

        close() : the tab was closed or the connection broke. What runs in the background has to end. It is called in
            another thread, without the visitor's lock; the part stays, because the visitor may come back.
        training_started(ended) : the visitor's training begins or continues. `ended` is the Training before, with its
            latest state, if it ends here or continues by another recipe, or else None. It is called with the lock.
        """
        for part in list(self.parts.values()):
            getattr(part, event, _ignore)(*arguments)


def _ignore(*arguments):
    pass


@dataclass(frozen=True, eq=False)
class Moment:
    """What one run of the script, or of a fragment, shows.

    training : Training or None, the visitor's own
    active : bool, whether that training is under way; if not, training shows how it ended
    number : int, how many trainings the visitor has started
    n_jobs : int, the same, and how often one was continued
    network : Network, the one that answers: the visitor's own, or the pre-trained one
    whole_page : bool, whether the whole script runs, not only a fragment of it
    job : Seat or None, the visitor's at the training, for its speed and its error
    """

    training: Training | None
    active: bool
    number: int
    n_jobs: int
    network: Network
    whole_page: bool
    job: Seat | None

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


class JobHolder:
    """One visitor's jobs. Streamlit releases it when the tab is closed or the connection breaks; that ends the jobs.

    What they have learnt until then stays with the Visitor, who may come back: a hidden tab has not asked for it.

    visitor : Visitor
    session : str, Streamlit's name for the visit
    job : Seat or None, at the visitor's own training
    bug_trainings : dict of Recipe -> Seat, at those of step 6
    released : bool, whether the visitor is gone
    """

    def __init__(self, visitor, session):
        self.visitor, self.session, self.job, self.bug_trainings = visitor, session, None, {}
        self.released = False

    def stop_training(self):
        """End the job of the visitor's own training, if there is one."""
        if self.job is not None:
            self.job.stop()

    def stop(self):
        """End all jobs."""
        visitor = self.visitor
        is_cut_off = self.job is not None and self.job.active
        for job in [self.job, *self.bug_trainings.values()]:
            if job is not None:
                job.stop()
        if visitor.sweep is not None:
            visitor.sweep.trials.stop()
        if visitor.lesson is not None:
            visitor.lesson.validation.stop()
        visitor.notify("close")
        with visitor.lock:
            visitor.is_cut_off = visitor.is_cut_off or is_cut_off
            if visitor.training is not None and self.job is not None:
                visitor.training = replace(visitor.training, state=self.job.state)
            visitor.bug_states |= {key: job.state for key, job in self.bug_trainings.items()}
        self.released = True
        departed()[visitor] = self.session, time.monotonic()


@st.cache_resource(scope="session", on_release=JobHolder.stop, show_spinner=False)
def job_holder():
    """This visitor's JobHolder."""
    return JobHolder(this_visitor(), get_script_run_ctx().session_id)


@st.cache_resource(show_spinner=False)
def departed():
    """Each Visitor whose tab was closed, or whose connection broke -> their session, and when, by time.monotonic()."""
    return {}


def forget_departed(is_connected):
    """Free the memory of visitors who have left and can't come back; Streamlit itself does so only when others come.

    is_connected : function of a session's name, whether its visitor is there (again)
    """
    for visitor, (session, left) in list(departed().items()):
        if time.monotonic() > left + FORGET_SECONDS:
            departed().pop(visitor, None)
            if not is_connected(session):
                visitor.__init__()


def this_visitor():
    """The Visitor whose page this is."""
    if "visitor" not in st.session_state:
        st.session_state.visitor = Visitor()
    return st.session_state.visitor


def part(kind: type[Part]) -> Part:
    """What a part of the page keeps for this visitor: see Visitor.part."""
    return this_visitor().part(kind)


def take_moment(whole_page=False):
    """The present Moment. Call it once, at the beginning of a run of the script or of a fragment, and pass it on.

    It also keeps the job's progress in the Visitor: when the connection breaks, Streamlit releases the JobHolder, but
    keeps the state.
    """
    visitor, holder = this_visitor(), job_holder()  # outside the lock, which Streamlit waits for when it releases it
    if whole_page:
        visitor.redraws = False
        visitor.ticking.clear()  # Streamlit stops it, and the parts that are to go on say so again
    with visitor.lock:
        job = holder.job
        active = job is not None and job.active  # asked before job.run: the run of an inactive job is its last
        if visitor.training is not None and job is not None:
            visitor.training = replace(visitor.training, state=job.state)
        training, number, n_jobs = visitor.training, visitor.n_trainings, visitor.n_jobs
    own = training is not None and value_of(f"{Key.OWN_ANSWERS}{number}", True)
    network = training.state.network if own else pretrained_network()
    return Moment(training, active, number, n_jobs, network, whole_page, job)


def new_canvas(sketches=()):
    """Exchange the canvas for one with the latest of these Sketches on it: only a new one can be given strokes."""
    visitor = this_visitor()
    visitor.sketches, visitor.initial_objects = sketches, list(sketches[-1].objects) if sketches else []
    visitor.canvas += 1


def start(training, until=None, pause=no_pause):
    """Make a Training the visitor's own and continue it in the background; the previous one's job is stopped.

    until and pause are those of Job; the Seat at it is returned. If it isn't the visitor's training continued, the one
    before it is Kept.
    """
    visitor, holder = this_visitor(), job_holder()
    with visitor.lock:
        if holder.job is not None:
            holder.job.stop()
        before, ended, images, state = visitor.training, holder.job, training.images, training.state
        if before is not None and ended is not None:
            before = replace(before, state=ended.state)
        recipe = training.recipe
        snapshots = training.snapshots if state.network.n_hidden <= MAX_HIDDEN else None  # those would fill the memory
        holder.job = trainings().join(recipe, images, state, snapshots, until, pause)
        is_new = training.number == 0
        changes = not is_new and replace(recipe, epochs=before.recipe.epochs) != before.recipe
        if changes and state.images_seen:
            training = replace(training, is_mixed=True)
        ended_or_changed = before if (is_new or changes) and ended is not None else None
        visitor.notify("training_started", ended_or_changed)
        if is_new:
            if before is not None and (before.state.images_seen or before.origin == OPENED):  # not a lesson cut off
                visitor.kept = with_kept(visitor.kept, stored(before))
            visitor.n_trainings += 1
            training = replace(training, number=visitor.n_trainings)
        visitor.training = replace(training, past=holder.job.past)
        visitor.stepped, visitor.playing, visitor.is_cut_off = None, "", False
        visitor.n_jobs += 1
        visitor.rejection_threshold, visitor.earlier_point, visitor.own_evaluation = Latest(), Latest(), None
    return holder.job


def value_of(key, default=None):
    """The value of a widget, or the default until it has one."""
    return st.session_state.get(key, default)


def set_value(key, value):
    """Set the value of a widget. Call it before the widget is drawn in this run: in a callback, or above it."""
    st.session_state[key] = value
