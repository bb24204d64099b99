"""Pages are drawn one after the other.

Each visitor's script runs in a thread of its own, and Python runs one thread at a time. If dozens of them ran at once,
the thread that sends their messages would get a share as small as each of theirs, and all would arrive late: two
hundred visitors waited five seconds for an answer while the processor had time to spare.
"""

import threading
from concurrent.futures import wait
from contextlib import contextmanager

from ...engine.turn_queue import Priority, TurnQueue

STUCK = 2  # seconds in which nobody got a turn: its holder must be blocked
REFRESH = 5  # seconds after which a refresh waits as all others do: its visitor's next click waits behind it

queue, _own = TurnQueue(), threading.local()


@contextmanager
def render_lock(priority=Priority.USUAL):
    """Wait for a turn to run the script or a fragment, and hold it meanwhile.

    priority : FIRST after a click or a stroke, USUAL for the whole page, BACKGROUND for a part that refreshes itself
    """
    turn = _own.turn = queue.enter(priority)
    if priority is Priority.BACKGROUND:
        wait([turn], REFRESH)
        queue.hurry(turn)
    n_served = None
    while not turn.done() and n_served != queue.n_served:
        n_served = queue.n_served
        wait([turn], STUCK)
    if not turn.done():
        release_render_lock()
    try:
        yield
    finally:
        release_render_lock()


def release_render_lock():
    """Let others draw from now on, because the rest of this run takes longer, or waits."""
    turn = getattr(_own, "turn", None)
    if turn is not None:
        queue.leave(turn)
