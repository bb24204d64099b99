"""A gate that work passes in turns, so that all of it moves, and when some of it will be over."""

import threading
from collections import deque
from contextlib import contextmanager
from enum import Enum

import numpy as np


class Line(Enum):
    """The lines before a Gate, in the order in which they are let in."""

    FIRST = "what a visitor has just asked for and doesn't take long, such as the first slice of a training"
    USUAL = "what goes on"
    BACKGROUND = "what can wait until nobody else does"


class Gate:
    """Lets as many in at a time as there are places: line by line, and in each who has waited longest.

    A training asks for a new turn for each slice of work, so all trainings move in turns, and a long one holds up
    nobody for longer than a slice. (threading.Lock keeps no order.)
    """

    def __init__(self, places=1):
        self.places = places
        self.n_let_in = 0  # how many turns have begun so far
        self._lock, self._inside = threading.Lock(), 0
        self._waiting = {line: deque() for line in Line}  # of Turns

    def ask(self, line=Line.USUAL):
        """A Turn, the last in its line."""
        turn = Turn(self, self._waiting[line])
        with self._lock:
            self._waiting[line].append(turn)
            self._let_in()
        return turn

    @contextmanager
    def turn(self, line=Line.USUAL):
        """Wait for a turn, and leave at the end."""
        turn = self.ask(line)
        turn.wait()
        try:
            yield
        finally:
            turn.leave()

    @property
    def n_waiting(self):
        """How many wait for their turn."""
        return sum(map(len, self._waiting.values()))

    @property
    def busy(self):
        """Whether anybody is inside; for tests."""
        return self._inside > 0

    def _let_in(self):
        while self._inside < self.places and self.n_waiting:
            turn = next(filter(None, self._waiting.values())).popleft()
            self._inside, self.n_let_in = self._inside + 1, self.n_let_in + 1
            turn.inside = True
            turn.decided.set()


class Turn:
    """A place in a Gate's line, and then inside.

    inside : bool, whether it is this turn's time
    decided : Event, set when it is, or when the turn was given up
    """

    def __init__(self, gate, line):
        self.inside, self.decided = False, threading.Event()
        self._gate, self._line = gate, line

    def wait(self, seconds=None):
        """Wait until it is this turn's time, at most these seconds; returns False if it isn't, or was given up."""
        self.decided.wait(seconds)
        return self.inside

    def give_up(self):
        """Leave the line. If it is this turn's time already, nothing changes."""
        with self._gate._lock:
            if not self.decided.is_set():
                self._line.remove(self)
                self.decided.set()

    def leave(self):
        """Let the next one in. It does nothing if the turn was given up."""
        with self._gate._lock:
            if self.inside:
                self.inside = False
                self._gate._inside -= 1
                self._gate._let_in()


def forecast(mine, others, n_workers):
    """When a training will be over, if all that are under way take turns and nobody else comes.

    Parameters
    ----------
    mine : float
        Seconds of computing that are left of it.
    others : sequence of float
        The same for each of the others.
    n_workers : int
        How many slices are computed at a time.

    Returns
    -------
    seconds : float
        Until it is over.
    n_before : int
        How many of the others will be over before.
    """
    others = np.asarray(others, float)
    shared = mine + np.minimum(others, mine).sum()  # until then, all get the same share
    return float(max(mine, shared / n_workers)), int((others <= mine).sum())
