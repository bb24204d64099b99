"""This process's connection to the classes, and each visitor's place in one."""

import time
import uuid
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.logger import get_logger

from ... import prepare_drawing
from ...classroom import exchange as exchange_module
from ...classroom.exchange import Exchange
from ...classroom.limits import MAX_DRAWINGS
from ...classroom.names import read_code
from ...classroom.posts import Drawn, Post, Trained, Withdrawn
from ...classroom.rooms import AWAY, ClassError, Classroom, NoSuchClass, Unreachable
from ...classroom.schema import default_url
from ...files.networks import network_bytes
from ...images.preprocessing import as_pixels
from ..session.layout import BOARD
from ..session.render_lock import release_render_lock
from ..session.state import Key, job_holder, set_value, this_visitor
from .door import class_code

STYLE = Path(__file__).parent / "class.css"
MAX_WRONG_CODES = 10  # of one visit
JOIN_AGAIN = 20  # seconds after which a visitor tries again to join, if the database couldn't be reached: it takes time
SECRET = "class_secret_"  # the cookie that holds what a person's browser keeps, with the room's code at its end
TEACHER = "class_teacher_"  # the same for a teacher
REMEMBER = """<script>
document.cookie = "{name}={secret}; path=/; max-age={seconds}; samesite=lax"
  + (location.protocol === "https:" ? "; secure" : "");
</script>"""


@st.cache_resource(show_spinner=False)
def exchange():
    """The Exchange of this process. Its database is the one in Streamlit's secrets, or a file."""
    get_logger(exchange_module.__name__)  # Streamlit's log shows what that module has to say
    return Exchange(Classroom(database_url()))


def database_url():
    """The URL in [connections.classroom] of Streamlit's secrets, or else that of a file."""
    try:
        return st.secrets["connections"]["classroom"]["url"]
    except (StreamlitSecretNotFoundError, KeyError):
        return default_url()


class Membership:
    """A visitor's place in a class, as the Exchange knows it (see Member there): what is theirs becomes Posts.

    person : Person
    code : str, the room's
    holder : the visitor's JobHolder
    shares : bool, whether their labelled drawings are to be the class's
    question : str or None, the teacher's, as the page shows it
    shows_board : bool, whether the board is on the page
    """

    def __init__(self, person, code, visitor, holder):
        self.person, self.code, self.holder, self.shares = person, code, holder, False
        self.attached, self.question, self.shows_board = False, None, False
        self._visitor, self._key, self._ended, self._labels = visitor, uuid.uuid4().hex, [], {}
        self.begin()

    def begin(self):
        """Take part from now on: what was over before isn't the class's."""
        self._n_jobs = self._visitor.n_jobs - self.is_training()

    def is_here(self):
        """Whether the visitor's page is open."""
        return not self.holder.released

    def is_training(self):
        """Whether the visitor's network is being trained."""
        job = self.holder.job
        return job is not None and job.active

    def has_news(self):
        """Whether the teacher asks something else than the page shows."""
        board = exchange().latest(self.code)
        if board is None or board.question == self.question:
            return False
        self.question = board.question  # told once, even if the page can't show it
        return True

    def note(self, training):
        """Keep the visitor's Training, which is over, before the next one begins. Call it with the visitor's lock."""
        if self._visitor.n_jobs != self._n_jobs:
            self._n_jobs = self._visitor.n_jobs
            self._ended.append(training)

    def news(self):
        """The Posts of the visitor's drawings, and of their trainings that are over.

        One that was continued takes its own place. There is none for less than an epoch, for one whose settings were
        changed on the way or that began with learnt weights, nor for what the browser has kept from another visit.
        """
        visitor = self._visitor
        posts = self._shared()
        with visitor.lock:
            training, job = visitor.training, self.holder.job
            if training is not None and job is not None and not job.active:
                self.note(replace(training, state=job.state))
            ended, self._ended = self._ended, []
        for training in ended:
            state = training.state
            accuracies = [point.test_accuracy for point in state.history if point.test_accuracy is not None]
            if accuracies and (state.epoch >= 1 or state.diverged) and is_of_the_class(training):
                trained = _trained(training, accuracies[-1])
                posts.append(Post(self.person, f"{self._key}-{training.number}", trained))
        return posts

    def _shared(self):
        """The Posts of labelled drawings that are to be shared, and those that take back what isn't any more."""
        own = [(key, labelled) for key, labelled in self._visitor.labelled.items() if labelled.is_own]
        wanted = dict(own[:MAX_DRAWINGS]) if self.shares else {}
        posts = [Post(self.person, key, Withdrawn()) for key in self._labels.keys() - wanted.keys()]
        for key, labelled in wanted.items():
            if self._labels.get(key) != labelled.label:
                pixels = labelled.sketch.pixels
                images = [as_pixels(prepare_drawing(pixels, name).image) for name in ("mnist", "normalized")]
                posts.append(Post(self.person, key, Drawn(labelled.label, *images)))
        self._labels = {key: labelled.label for key, labelled in wanted.items()}
        return posts

    def leave(self):
        """Take part no more; what was handed in stays."""
        exchange().detach(self)
        self.attached = False


def is_of_the_class(training):
    """Whether a Training can be compared with the others in a class: one recipe, from random weights, learnt here."""
    return not training.is_mixed and not training.origin and training.state.images_seen > training.taken_over


def _trained(training, accuracy):
    """What the class keeps of a Training."""
    state = training.state
    network = None if state.diverged else network_bytes(state.network, compact=True)
    return Trained(training.recipe, state.epoch, state.diverged, accuracy, network)


def membership():
    """This visitor's Membership in the class of the address. Raises ClassError if they can't take part.

    Who has been in the class before is the same person again, also after a reload: their browser remembers it.
    """
    visitor, code = this_visitor(), asked_code()
    member = visitor.memberships.get(code)
    if member is None:
        if exchange().trouble or time.monotonic() < visitor.join_again:
            raise Unreachable(AWAY)
        release_render_lock()
        try:
            person = exchange().classroom.join(code, st.context.cookies.get(f"{SECRET}{code}"))
        except Unreachable:
            visitor.join_again = time.monotonic() + JOIN_AGAIN
            raise
        except ClassError as error:
            refuse(error)
        member = visitor.memberships[code] = Membership(person, code, visitor, job_holder())
    if visitor.membership is not member:
        if visitor.membership is not None:
            visitor.membership.leave()
            set_value(Key.SHARE_DRAWINGS, False)  # consent is for one class
        visitor.membership = member
    if not member.attached:
        member.begin()
        member.attached = True
    exchange().attach(member)  # in every run: a broken connection has detached it
    return member


def asked_code():
    """The code of the class in the address. Raises ClassError if it can't be one, or has been refused already."""
    visitor, asked = this_visitor(), class_code()
    if visitor.refused_class is not None and visitor.refused_class[0] == asked:
        raise ClassError(visitor.refused_class[1])
    code = read_code(asked)
    if code is None:
        raise ClassError("A class's code has six letters, as on the wall.")
    if visitor.n_wrong_codes >= MAX_WRONG_CODES and code not in visitor.memberships:
        raise ClassError("You have tried too many codes. Load the page again to try others.")
    return code


def refuse(error):
    """Remember why there is no class for this address, so that nobody asks again; raises the ClassError."""
    visitor = this_visitor()
    visitor.n_wrong_codes += isinstance(error, NoSuchClass)
    visitor.refused_class = class_code(), str(error)
    raise error


def class_seconds():
    """Seconds between two reruns of what a student sees of the class: 3 for few visitors, 10 for 250."""
    return max(3, 0.04 * exchange().n_members)


def wall_seconds():
    """Seconds between two reruns of the board on the wall."""
    return 2


def remember_html(name, secret):
    """The script that makes the browser remember a secret for a day, or forget it if it is ""."""
    return REMEMBER.format(name=name, secret=secret, seconds=86400 if secret else 0)


def start_class():
    """Open a room, and become its teacher. This is a callback."""
    visitor = this_visitor()
    try:
        code, secret = exchange().classroom.open_room()
    except ClassError as error:
        visitor.class_trouble = str(error)
        return
    visitor.taught, visitor.class_trouble = (code, secret), ""
    st.query_params["class"], st.query_params["view"] = code, BOARD


def teachers_secret(code):
    """The secret of a class's teacher if this visitor has it, from the address or from an earlier visit, or else ""."""
    visitor = this_visitor()
    if visitor.taught is not None and visitor.taught[0] == code:
        return visitor.taught[1]
    if visitor.forgotten == code:
        return ""
    offered, classroom = visitor.offered_secret, exchange().classroom
    if offered and (code, offered) != visitor.not_taught:
        if classroom.is_teacher(code, offered):
            visitor.taught = code, offered
            return offered
        visitor.not_taught = code, offered
    kept = st.context.cookies.get(f"{TEACHER}{code}")
    if kept and classroom.is_teacher(code, kept):
        visitor.taught = code, kept
        return kept
    return ""


def forget_teacher():
    """Be the teacher no more, in this browser. This is a callback."""
    visitor = this_visitor()
    if visitor.taught is not None:
        visitor.forgotten, visitor.taught = visitor.taught[0], None
