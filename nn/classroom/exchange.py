"""The thread between one process and the database of the classes: no visitor's page waits for it.

Every second it takes along what people have handed in, and reads the boards that somebody looks at; every ten seconds
it says who is there. While the database can't be reached, all that is to be stored is kept, and tried again.
"""

import logging
import threading
import time
from collections import deque
from typing import Protocol

from .posts import Person, check
from .rooms import Unreachable

PERIOD = 1  # seconds
GREETING = 10  # seconds
CLEANING = 600  # seconds
LOOKED_AT = 60  # seconds for which a board is read after somebody has looked at it
MAX_WAITING = 20_000  # posts that are kept while the database can't be reached; then the oldest are given up
MAX_WAITING_BYTES = 50_000_000  # of networks in them
TOGETHER = 200  # posts in one transaction

log = logging.getLogger(__name__)


class Member(Protocol):
    """Somebody's page in a class, as the exchange knows it."""

    person: Person

    def is_here(self):
        """Whether their page is open."""

    def is_training(self):
        """Whether their network is being trained."""

    def news(self):
        """The Posts that have become due since the last call; called every second."""


class Exchange:
    """What a process hands in to the classes of a Classroom, and their Boards.

    trouble : str, a sentence while the database can't be reached, "" otherwise
    n_waiting : int, how many posts are still to be stored
    """

    def __init__(self, classroom):
        self.classroom, self.trouble = classroom, ""
        self._members, self._boards, self._looked_at = set(), {}, {}
        self._waiting, self._lock, self._ended = deque(), threading.Lock(), deque(maxlen=100)
        self._greeted = self._cleaned = -float("inf")
        self._thread = None

    @property
    def n_members(self):
        """How many pages take part."""
        return len(self._members)

    @property
    def n_waiting(self):
        """How many posts are still to be stored."""
        return len(self._waiting)

    @property
    def n_boards(self):
        """How many boards are kept; strangers can't make them more."""
        return len(self._boards)

    def attach(self, member):
        """Let somebody take part, from now on."""
        with self._lock:
            self._members.add(member)
        self.start()

    def detach(self, member):
        """Somebody has left."""
        with self._lock:
            self._members.discard(member)

    def hand_in(self, post):
        """Store a Post as soon as possible. Raises ValueError if it holds what can't be true."""
        check(post)
        self._put([post])
        self.start()

    def board(self, code, fresh=False):
        """The latest Board of a room; None if there is no such room. It is at most some seconds old.

        The first time, and if it has to be fresh, it is read at once: then it raises Unreachable if it can't be.
        """
        board = self._boards.get(code)
        if code in self._ended:
            return None
        if fresh or board is None:
            board = self.classroom.board(code, board)
            self._keep(code, board)
        if board is not None:
            self._looked_at[code] = time.monotonic()
        self.start()
        return board

    def latest(self, code):
        """The same without reading it: the Board that is known, or None."""
        if code in self._boards:
            self._looked_at[code] = time.monotonic()
        return self._boards.get(code)

    def _keep(self, code, board):
        if board is None:  # strangers may ask for any code
            if self._boards.pop(code, None) is not None:  # hundreds of pages ask for one that has just ended
                self._ended.append(code)
        else:
            self._boards[code] = board

    def step(self):
        """One turn of the thread: take, store, greet, read."""
        with self._lock:
            members = list(self._members)
        present = {}
        for member in members:
            try:
                is_here = member.is_here()  # asked first: what ends with the visit is news
                self._put([post for post in member.news() if _is_sound(post)])
                if is_here:
                    present[member.person] = present.get(member.person, False) or member.is_training()  # in any tab
                else:
                    self.detach(member)
            except Exception:  # one page's fault is not everybody's
                log.exception("What a member of a class has to hand in could not be taken.")
        try:
            self._store()
            self._greet(present)
            self._read()
            self.trouble = ""
        except Unreachable as error:
            if not self.trouble:
                log.warning("The database of the classes can't be reached: %s", error.__cause__)
            self.trouble = str(error)
        except Exception:  # the next turn goes on: nobody starts the thread again
            log.exception("A turn of the exchange failed.")

    def start(self):
        """Start the thread, if it doesn't run yet; the other methods do so by themselves."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True, name="classes")
                self._thread.start()

    def _work(self):
        while True:
            began = time.monotonic()
            self.step()
            time.sleep(max(PERIOD - (time.monotonic() - began), 0.1))

    def _put(self, posts):
        with self._lock:
            self._waiting.extend(posts)
            while len(self._waiting) > MAX_WAITING or sum(map(_size, self._waiting)) > MAX_WAITING_BYTES:
                self._waiting.popleft()

    def _store(self):
        """Store what is waiting, room by room; what is not stored keeps waiting."""
        while self._waiting:
            with self._lock:
                waiting = list(self._waiting)
            room = waiting[0].person.room
            posts = [post for post in waiting if post.person.room == room][:TOGETHER]
            self._hand_in(posts)
            done = set(map(id, posts))
            with self._lock:
                self._waiting = deque(post for post in self._waiting if id(post) not in done)

    def _hand_in(self, posts):
        """Store posts of one room. One that can't be stored, whatever the database's state, is given up alone."""
        try:
            if refused := self.classroom.hand_in(posts):
                log.info("%d posts exceeded what a person or a class may have.", refused)
        except Unreachable:
            raise
        except Exception:
            if len(posts) == 1:
                log.exception("A post could not be stored.")
            else:
                for post in posts:
                    self._hand_in([post])

    def _greet(self, present):
        now = time.monotonic()
        if present and now >= self._greeted + GREETING:
            self.classroom.greet(present)
            self._greeted = now
        if now >= self._cleaned + CLEANING:
            self.classroom.remove_ended()
            self._cleaned = now

    def _read(self):
        for code, looked_at in list(self._looked_at.items()):
            before = self._boards.get(code)
            if before is None or time.monotonic() > looked_at + LOOKED_AT:
                self._looked_at.pop(code, None)
                self._boards.pop(code, None)
                continue
            board = self.classroom.board(code, before)
            if self._boards.get(code) is before:  # otherwise somebody has read a newer one meanwhile
                self._keep(code, board)


def _size(post):
    return len(getattr(post.content, "network", None) or b"")


def _is_sound(post):
    try:
        check(post)
    except ValueError:
        log.exception("A post was refused.")
        return False
    return True
