"""The thread between this process and the database of the classes: no visitor's page waits for it.

Every second it collects and stores submissions, and reads the boards that somebody looks at. While the database can't
be reached, submissions wait in memory and are tried again.
"""

import logging
import threading
import time
from collections import deque

from .rooms import Unreachable

PERIOD = 1  # seconds
PRESENCE_PERIOD = 10  # seconds
CLEANING_PERIOD = 600  # seconds
WATCHED_SECONDS = 60  # for which a board is read after somebody has looked at it
MAX_WAITING = 20_000  # submissions in memory while the database can't be reached; then the oldest are dropped
MAX_WAITING_BYTES = 50_000_000  # of networks in them
BATCH = 200  # submissions in one transaction

log = logging.getLogger(__name__)


class ClassSync:
    """The connection of this process to the classes of a Classroom.

    trouble : str, a sentence while the database can't be reached, "" otherwise
    boards : dict of code -> Board, the latest of each room that somebody looks at
    waiting : deque of the Submissions that are still to be stored
    participants : set of those who take part on this process, each with a Person as its person, is_present(),
        is_training(), new_submissions(), which returns the Submissions since its last call, and refuse(submission), for
        each that exceeded the limits of a person or a room
    viewers : dict of a visitor, with an attribute is_connected, -> the code of the room whose board they have opened
    """

    def __init__(self, classroom):
        self.classroom, self.trouble, self.boards = classroom, "", {}
        self.participants, self.viewers = set(), {}
        self._looked_at, self._ended = {}, deque(maxlen=100)
        self.waiting, self._lock = deque(), threading.Lock()
        self._presence_due = self._cleaning_due = -float("inf")

    def submit(self, *submissions):
        """Store Submissions as soon as possible; when too many wait, the oldest are dropped."""
        with self._lock:
            self.waiting.extend(submissions)
            sizes = [len(getattr(one.content, "network", None) or b"") for one in self.waiting]
            while len(self.waiting) > MAX_WAITING or sum(sizes[len(sizes) - len(self.waiting) :]) > MAX_WAITING_BYTES:
                self.waiting.popleft()

    def board(self, code, fresh=False):
        """The Board of a room, at most some seconds old; None if there is no such room.

        The first time, and if it has to be fresh, it is read at once; then Unreachable may be raised.
        """
        if code in self._ended:
            return None
        known = self.known_board(code)  # asked once: the thread may remove it at any moment
        if known is not None and not fresh:
            return known
        board = self.classroom.board(code, known)
        self._keep(code, board)
        if board is not None:
            self._looked_at[code] = time.monotonic()
        return board

    def known_board(self, code):
        """The Board of a room that was read last, or None."""
        board = self.boards.get(code)
        if board is not None:
            self._looked_at[code] = time.monotonic()
        return board

    def _keep(self, code, board):
        if board is not None:
            self.boards[code] = board
        elif self.boards.pop(code, None) is not None:  # not any code that strangers ask for
            self._ended.append(code)  # hundreds of pages ask for one that has just ended

    def step(self):
        """One turn of the thread: collect, store, record the presence of people, read."""
        present = {}
        for one in list(self.participants):  # other threads add to it and remove from it
            try:
                is_present = one.is_present()  # asked first: the end of a visit makes submissions
                self.submit(*one.new_submissions())
                if is_present:
                    present[one.person] = present.get(one.person, False) or one.is_training()  # in any tab
                else:
                    self.participants.discard(one)
            except Exception:  # one page's fault must not stop the others
                log.exception("The submissions of a participant could not be collected.")
        try:
            self._store()
            self._mark_present(present)
            self._read()
            self.trouble = ""
        except Unreachable as error:
            if not self.trouble:
                log.warning("The database of the classes can't be reached: %s", error.__cause__)
            self.trouble = str(error)
        except Exception:  # nobody would start the thread again
            log.exception("A turn of the classes' thread failed.")

    def start(self):
        """Start the thread."""
        threading.Thread(target=self._work, daemon=True, name="classes").start()

    def _work(self):
        while True:
            began = time.monotonic()
            self.step()
            time.sleep(max(PERIOD - (time.monotonic() - began), 0.1))

    def _store(self):
        """Store the waiting submissions, room by room; after an error the rest goes on waiting."""
        while self.waiting:
            with self._lock:
                waiting = list(self.waiting)
            room = waiting[0].person.room
            batch = [one for one in waiting if one.person.room == room][:BATCH]
            self._submit(batch)
            with self._lock:
                stored = set(batch)
                self.waiting = deque(one for one in self.waiting if one not in stored)

    def _submit(self, batch):
        """Store submissions to one room. One that can't be stored, though the database is there, is dropped alone."""
        try:
            refused = self.classroom.submit(batch)
        except Unreachable:
            raise
        except Exception:
            if len(batch) == 1:
                log.exception("A submission could not be stored.")
            else:
                for one in batch:
                    self._submit([one])
            return
        for submission in refused:
            for participant in list(self.participants):
                if participant.person == submission.person:  # in any tab
                    participant.refuse(submission)

    def _mark_present(self, present):
        now = time.monotonic()
        for visitor in [visitor for visitor in list(self.viewers) if not visitor.is_connected]:
            self.viewers.pop(visitor, None)
        if (present or self.viewers) and now >= self._presence_due:
            self.classroom.mark_present(present, set(self.viewers.values()))
            self._presence_due = now + PRESENCE_PERIOD
        if now >= self._cleaning_due:
            self.classroom.remove_ended()
            self._cleaning_due = now + CLEANING_PERIOD

    def _read(self):
        for code, looked_at in list(self._looked_at.items()):
            earlier = self.boards.get(code)
            if earlier is None or time.monotonic() > looked_at + WATCHED_SECONDS:
                self._looked_at.pop(code, None)
                self.boards.pop(code, None)
                continue
            board = self.classroom.board(code, earlier)
            if self.boards.get(code) is earlier:  # otherwise somebody has read a newer one meanwhile
                self._keep(code, board)
