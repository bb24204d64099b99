"""A queue for work that only a few may do at a time: it serves by priority and then in order of arrival."""

import threading
from collections import deque
from concurrent.futures import Future
from contextlib import contextmanager
from enum import Enum


class Priority(Enum):
    """How soon work is to be done, in this order."""

    FIRST = "short work right after a click, such as the first slice of a training"
    USUAL = "longer work, such as the rest of it"
    BACKGROUND = "work that can wait until there is no other"


class TurnQueue:
    """Admits as many holders of a turn at a time as there are places.

    A training takes a new turn for each slice, so a long one holds up the others by one slice at most. (threading.Lock
    keeps no order.) A turn is a Future that is done as soon as the turn has come; cancelled before, it never comes.

    places : function that returns how many there are at present
    n_served : int, how many turns have come so far
    """

    def __init__(self, places=lambda: 1):
        self.n_served, self._places = 0, places
        self._lock, self._holders = threading.Lock(), set()
        self._waiting = {priority: deque() for priority in Priority}

    def __len__(self):
        """How many wait for their turn."""
        with self._lock:
            return sum(not turn.cancelled() for turns in self._waiting.values() for turn in turns)

    def enter(self, priority=Priority.USUAL):
        """A new turn. It has to be handed to leave() in any case."""
        turn = Future()
        with self._lock:
            self._waiting[priority].append(turn)
            self._admit()
        return turn

    def leave(self, turn):
        """End a turn, or cancel it if it hasn't come; twice is the same as once."""
        with self._lock:
            turn.cancel()
            self._holders.discard(turn)
            self._admit()

    @contextmanager
    def turn(self, priority=Priority.USUAL, wait=Future.result):
        """Take a turn. wait : function that waits for it, and raises an exception if it is cancelled."""
        turn = self.enter(priority)
        try:
            wait(turn)
            yield
        finally:
            self.leave(turn)

    def _admit(self):
        for turns in self._waiting.values():
            while turns and len(self._holders) < self._places():
                turn = turns.popleft()
                if turn.set_running_or_notify_cancel():  # otherwise it was cancelled
                    self._holders.add(turn)
                    self.n_served += 1
                    turn.set_result(None)
