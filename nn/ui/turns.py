"""Pages are drawn one after the other.

Each visitor's script runs in a thread of its own, and Python runs one thread at a time. If dozens of them ran at once,
the thread that sends their messages would get a share as small as each of theirs, and all would arrive late: two
hundred visitors waited five seconds for an answer while the processor had time to spare.
"""

import threading
from contextlib import contextmanager

from ..gate import Gate, Line

STUCK = 2  # seconds in which nobody got a turn: one of the others must be waiting for something

_gate, _own = Gate(), threading.local()


@contextmanager
def turn_to_draw(line=Line.FIRST, patience=None):
    """Wait for a turn to run the script, a fragment or a callback.

    line : FIRST after a click or a stroke in a part of the page, USUAL for the whole page, BACKGROUND for what can wait
    patience : seconds after which it is drawn without a turn; None: not as long as others get theirs
    """
    _own.turn = turn = _gate.ask(line)
    if patience is not None:
        turn.wait(patience)
    else:
        before = None
        while not turn.wait(STUCK) and before != _gate.n_let_in:
            before = _gate.n_let_in
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
