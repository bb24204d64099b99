"""Pages are drawn one after the other.

Each visitor's script runs in a thread of its own, and Python runs one thread at a time. If dozens of them ran at once,
the thread that sends their messages would get a share as small as each of theirs, and all would arrive late: two
hundred visitors waited five seconds for an answer while the processor had time to spare.
"""

import threading
import time
from concurrent.futures import wait
from contextlib import contextmanager

from ...engine.turn_queue import Priority, TurnQueue

STUCK = 2  # seconds in which nobody got a turn: its holder must be blocked
LOOK = 0.5  # seconds after which a refresh that waits looks whether its visitor has clicked
REFRESH = 15  # seconds after which it waits as all others do

queue, _own = TurnQueue(), threading.local()


@contextmanager
def render_lock(priority=Priority.USUAL, look=lambda: None):
    """Wait for a turn to run the script or a fragment, and hold it meanwhile.

    priority : FIRST after a click or a stroke, USUAL for the whole page, BACKGROUND for a part that refreshes itself
    look : function that raises Streamlit's exception if the visitor has clicked: that click waits for this refresh
    """
    turn = _own.turn = queue.enter(priority)
    try:
        if priority is Priority.BACKGROUND:
            _wait_in_the_background(turn, look)
        n_served = None
        while not turn.done() and n_served != queue.n_served:
            n_served = queue.n_served
            wait([turn], STUCK)
        if not turn.done():
            release_render_lock()
        yield
    finally:
        release_render_lock()


def _wait_in_the_background(turn, look):
    began = time.monotonic()
    while not turn.done() and time.monotonic() < began + REFRESH:
        wait([turn], LOOK)
        look()
    queue.hurry(turn)


def release_render_lock():
    """Let others draw from now on, because the rest of this run takes longer, or waits."""
    turn = getattr(_own, "turn", None)
    if turn is not None:
        queue.leave(turn)
