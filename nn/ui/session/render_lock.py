"""Pages are drawn one after the other.

Each visitor's script runs in a thread of its own, and Python runs one thread at a time. If dozens of them ran at once,
the thread that sends their messages would get a share as small as each of theirs, and all would arrive late: two
hundred visitors waited five seconds for an answer while the processor had time to spare.
"""

import threading
from contextlib import contextmanager

from ...engine.gate import Gate, Line

STUCK = 2  # seconds in which nobody got a turn: one of the others must be waiting for something
REFRESH = 5  # seconds after which a refresh is drawn without a turn: its visitor's next click waits until it is over

gate, _own = Gate(), threading.local()


@contextmanager
def turn_to_draw(line=Line.USUAL):
    """Wait for a turn to run the script or a fragment.

    line : FIRST after a click or a stroke, USUAL for the whole page, BACKGROUND for a part that refreshes itself
    """
    _own.turn = turn = gate.ask(line)
    if line is Line.BACKGROUND:
        turn.wait(REFRESH)
    else:
        before = None
        while not turn.wait(STUCK) and before != gate.n_let_in:
            before = gate.n_let_in
    turn.give_up()  # if it hasn't come
    try:
        yield
    finally:
        step_aside()


def step_aside():
    """Let others draw from now on, because the rest of this run takes longer, or waits."""
    turn = getattr(_own, "turn", None)
    if turn is not None:
        turn.leave()
