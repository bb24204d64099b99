"""This process's connection to the classes, and a student's place in one."""

import math
import time
import uuid
from copy import copy
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.logger import get_logger

from ... import prepare_drawing
from ...classroom import default_file
from ...classroom.limits import MAX_DRAWINGS
from ...classroom.names import read_code
from ...classroom.rooms import AWAY, ClassError, Classroom, NoSuchClass, Unreachable
from ...classroom.submissions import ALL_DRAWINGS, SharedDrawing, Submission, TrainingResult
from ...classroom.sync import ClassSync
from ...files.networks import network_bytes
from ...images.preprocessing import as_pixels
from ..session.render_lock import release_render_lock
from ..session.shared import once
from ..session.state import part, set_value, this_session
from .join import ClassPart, class_code, configured_url

STYLE = Path(__file__).parent / "class.css"
MAX_WRONG_CODES = 10  # of one visit
RETRY_SECONDS = 20  # after which a visitor tries again to join, if the database couldn't be reached: it takes time
SECRET = "class_secret_"  # a student's cookie, with the room's code at its end; a secret identifies a returning student
log = get_logger(__name__)


@once
def sync():
    """The ClassSync of this process."""
    get_logger("nn.classroom")  # its messages get into Streamlit's log
    classes = ClassSync(Classroom(configured_url() or f"sqlite:///{default_file()}"))
    classes.start()
    return classes


class Participant:
    """A visitor, who is a Person in a class. ClassSync asks it for Submissions, in its own thread."""

    def __init__(self, person, code, session):
        self.person, self.code = person, code  # the room's code
        self.takes_part = True  # False after they have left
        self.shares = None  # whether their labelled drawings are added to the class's; None: as before this visit
        self.shown = None  # the news() that the page shows
        self._refused, self._n_too_many = {}, 0  # key -> kind of what there was no room for; drawings not even tried
        self._session, self._key, self._n_starts, self._ended = session, uuid.uuid4().hex, 0, []
        self._shared, self._labels = None, {}  # `shares` and the labels that were submitted last

    def begin(self):
        """Take part from now on: trainings that ended before don't count."""
        self._session = this_session()
        with self._session.lock:
            self._n_starts = self._session.n_starts - self.is_training()
        self.takes_part = True

    def leave(self):
        """Take part no more. The class's thread collects the last submissions, even if the visitor starts over."""
        self.takes_part, self._session = False, copy(self._session)

    def is_present(self):
        """Whether the visitor's page is open, and in the class."""
        return self._session.is_connected and self.takes_part

    def is_training(self):
        """Whether the visitor's network is being trained."""
        subscription = self._session.subscription
        return subscription is not None and subscription.active

    def news(self, board):
        """What the page has to show without delay: the teacher's question, and the refusal()."""
        return board.question, self.refusal()

    def has_news(self):
        """Whether there is news that the page doesn't show."""
        board = sync().known_board(self.code)
        if board is None or self.news(board) == self.shown:
            return False
        self.shown = self.news(board)  # reported once, even if the page can't show it
        return True

    def refuse(self, submission):
        """Note that the class has no room for a Submission."""
        self._refused = self._refused | {submission.key: type(submission.content)}  # the page reads it meanwhile

    def refusal(self):
        """A sentence if the class has no room for some of the visitor's drawings or trainings, or else ""."""
        kinds = [*self._refused.values()] + [SharedDrawing] * self._n_too_many
        counts = {"drawings": kinds.count(SharedDrawing), "trainings": kinds.count(TrainingResult)}
        parts = " and ".join(f"{n} of your {name}" for name, n in counts.items() if n)
        return parts and f"This class has no room for more: {parts} could not be added."

    def note(self, training):
        """Keep the visitor's Training, which has ended, until it is submitted. Call it with the visitor's lock."""
        if self._session.n_starts != self._n_starts:
            self._n_starts = self._session.n_starts
            self._ended.append(training)

    def new_submissions(self):
        """The Submissions of the visitor's drawings, and of their trainings that have ended, since the last call.

        A training that was continued replaces itself. Left out are trainings of less than an epoch, those whose
        settings were changed on the way or that began with learnt weights, and those that a browser has stored.
        """
        session, submissions = self._session, self._drawings()
        with session.lock:
            training, subscription = session.training, session.subscription
            if training is not None and subscription is not None and not subscription.active:
                self.note(replace(training, state=subscription.state))
            ended, self._ended = self._ended, []
        submissions += self._made(self._training, ended)
        again = {submission.key for submission in submissions}
        if ALL_DRAWINGS in again:
            again |= {key for key, kind in self._refused.items() if kind is SharedDrawing}
        self._refused = {key: kind for key, kind in self._refused.items() if key not in again}
        return submissions

    def _made(self, make, works):
        """The Submissions of drawings or trainings. One that fails takes no other with it, and isn't tried again."""
        submissions = []
        for work in works:
            try:
                submissions += make(work)
            except Exception:
                log.exception("A drawing or a training could not be submitted to a class.")
        return submissions

    def _training(self, training):
        state = training.state
        accuracies = [point.test_accuracy for point in state.history if point.test_accuracy is not None]
        is_new = state.images_seen > training.taken_over and (state.epoch >= 1 or state.diverged)
        if accuracies and is_new and is_comparable(training):
            network = None if state.diverged else network_bytes(state.network, compact=True)
            result = TrainingResult(training.recipe, state.epoch, state.diverged, accuracies[-1], network)
            yield Submission(self.person, f"{self._key}-{training.number}", result)

    def _drawings(self):
        """The Submissions of labelled drawings that are to be shared, and those that take back others."""
        before, self._shared = self._shared, self.shares
        if not self._shared:
            self._labels, self._n_too_many = {}, 0
            return [] if self._shared == before else [Submission(self.person, ALL_DRAWINGS, None)]
        labelled = self._session.labelled  # never changed in place: a new label makes a new dict
        own = [(key, drawing) for key, drawing in labelled.items() if drawing.is_own]
        wanted = dict(own[:MAX_DRAWINGS])
        changed = [(key, None) for key in self._labels.keys() - wanted.keys()]
        changed += [(key, drawing) for key, drawing in wanted.items() if self._labels.get(key) != drawing.label]
        self._labels = {key: drawing.label for key, drawing in wanted.items()}
        self._n_too_many = len(own) - len(wanted)
        return self._made(self._drawing, changed)

    def _drawing(self, pair):
        key, drawing = pair
        content = None
        if drawing is not None:
            images = [prepare_drawing(drawing.sketch.pixels, name).image for name in ("mnist", "normalized")]
            content = SharedDrawing(drawing.label, *map(as_pixels, images))
        yield Submission(self.person, key, content)


def is_comparable(training):
    """Whether a Training can be compared with the others in a class: one recipe, from random weights, in this visit."""
    return not training.is_mixed and not training.origin and math.isfinite(training.taken_over)


def membership():
    """This visitor's Participant in the class of the address. Raises ClassError if they can't take part.

    After a reload, a student is the same person again: their browser remembers the secret.
    """
    mine, code = part(ClassPart), asked_code()
    participant = mine.participants.get(code)
    if participant is None:
        if sync().trouble or time.monotonic() < mine.retry_at:
            raise Unreachable(AWAY)
        release_render_lock()
        try:
            person = sync().classroom.join(code, st.context.cookies.get(f"{SECRET}{code}"))
        except Unreachable:
            mine.retry_at = time.monotonic() + RETRY_SECONDS
            raise
        except ClassError as error:
            refuse(error)
        participant = mine.participants[code] = Participant(person, code, this_session())
    if mine.code != code:
        mine.leaves()
        participant.begin()
        set_value("share_drawings", bool(participant.shares))  # consent is for one class
        mine.code = code
    sync().participants.add(participant)
    return participant


def asked_code():
    """The code of the class in the address. Raises ClassError if it can't be one, or has been refused already."""
    mine, asked = part(ClassPart), class_code()
    if mine.refused is not None and mine.refused[0] == asked:
        raise ClassError(mine.refused[1])
    code = read_code(asked)
    if code is None:
        raise ClassError("A class code has six letters, as on the board.")
    if mine.n_wrong_codes >= MAX_WRONG_CODES and code not in mine.participants:
        raise ClassError("You have tried too many codes. Reload the page to try others.")
    return code


def refuse(error):
    """Remember why there is no class for this address, so that it isn't tried again; raises the ClassError."""
    mine = part(ClassPart)
    mine.n_wrong_codes += isinstance(error, NoSuchClass)
    mine.refused = class_code(), str(error)
    raise error


def remember_html(name, secret):
    """A script with which the browser remembers a secret for a day, or forgets it if it is "".

    In a frame of another site it sends only partitioned cookies: those are for our page in the frames of that site.
    """
    cookie = f"{name}={secret}; path=/; max-age={86400 if secret else 0}"
    usual = f'document.cookie = "{cookie}; samesite=lax" + (location.protocol === "https:" ? "; secure" : "")'
    framed = f'if (self !== top) document.cookie = "{cookie}; samesite=none; secure; partitioned"'
    return f"<script>{usual}; {framed}</script>"
