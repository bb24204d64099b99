"""A queue for work that only a few may do at a time: it serves by priority, but lets nobody wait for ever."""

import threading
import weakref
from concurrent.futures import Future
from contextlib import contextmanager
from enum import Enum
from typing import NamedTuple


class Priority(Enum):
    """How soon work is to be done, in this order."""

    FIRST = "short work right after a click, such as the first slice of a training"
    USUAL = "longer work, such as the rest of it"
    BACKGROUND = "work that can wait until there is no other"


PRIORITIES = list(Priority)


class Waiting(NamedTuple):
    """A turn that has not come yet, and how many had come before it was asked for."""

    turn: Future
    priority: Priority
    owners: list
    n_before: int


class TurnQueue:
    """Admits as many holders of a turn at a time as there are places.

    A training takes a new turn for each slice, so a long one holds up the others by one slice at most. (threading.Lock
    keeps no order.) A turn is a Future that is done as soon as the turn has come; cancelled before, it never comes.

    They are served by priority. Two rules keep anybody from waiting for ever:

    - After a turn that overtook others because of its priority, the next one goes to the oldest. So however many
      clicks there are, at least every second turn comes by age. Only work in the background, which others may always
      overtake, waits until there is no other.
    - An owner with a turn goes behind all other owners, and waits from then on, with however many turns. So the turns
      are shared out among the owners. A turn with several owners waits for as long as the one who has waited longest.

    places : function that returns how many there are at present
    n_served : int, how many turns have come so far
    """

    def __init__(self, places=lambda: 1):
        self.n_served, self._places = 0, places
        self._lock, self._holders, self._waiting = threading.Lock(), set(), []
        self._latest = weakref.WeakKeyDictionary()  # owner -> n_served after the latest turn
        self._overtook = False  # whether the latest turn of all overtook others

    def __len__(self):
        """How many wait for their turn."""
        with self._lock:
            return sum(not one.turn.cancelled() for one in self._waiting)

    def enter(self, priority=Priority.USUAL, owners=None):
        """A new turn. It has to be handed to leave() in any case.

        owners : list of those whom its work is for, which may change while it waits; by default, nobody else's
        """
        turn = Future()
        with self._lock:
            owners = [turn] if owners is None else owners
            self._waiting.append(Waiting(turn, priority, owners, self.n_served))
            self._admit()
        return turn

    def hurry(self, turn):
        """Make a turn that has waited in the background a usual one, as old as it is."""
        with self._lock:
            usual = {"priority": Priority.USUAL}
            self._waiting = [one._replace(**usual) if one.turn is turn else one for one in self._waiting]

    def leave(self, turn):
        """End a turn, or cancel it if it hasn't come; twice is the same as once."""
        with self._lock:
            turn.cancel()
            self._holders.discard(turn)
            self._admit()

    @contextmanager
    def turn(self, priority=Priority.USUAL, wait=Future.result, owners=None):
        """Take a turn. wait : function that waits for it, and raises an exception if it is cancelled."""
        turn = self.enter(priority, owners)
        try:
            wait(turn)
            yield
        finally:
            self.leave(turn)

    def _admit(self):
        self._waiting = [one for one in self._waiting if not one.turn.cancelled()]
        while self._waiting and len(self._holders) < self._places():
            chosen = self._choose()
            self._waiting.remove(chosen)
            if chosen.turn.set_running_or_notify_cancel():  # otherwise it was cancelled
                self._holders.add(chosen.turn)
                self.n_served += 1
                self._latest.update(dict.fromkeys(chosen.owners, self.n_served))
                chosen.turn.set_result(None)

    def _choose(self):
        """The next one of those who wait."""
        by_age = sorted(self._waiting, key=self._waits_since)  # equal ones in the order of arrival
        first = next((one for one in by_age if one.priority is not Priority.BACKGROUND), by_age[0])
        chosen = first if self._overtook else min(by_age, key=lambda one: PRIORITIES.index(one.priority))
        self._overtook = chosen is not first
        return chosen

    def _waits_since(self, one):
        return min((self._latest.get(owner, one.n_before) for owner in one.owners), default=one.n_before)
