"""Pages are drawn one after the other.

Each visitor's script runs in a thread of its own, and Python runs one thread at a time. If dozens of them ran at once,
the thread that sends their messages would get a share as small as each of theirs, and all would arrive late: two
hundred visitors waited five seconds for an answer while the processor had time to spare.
"""

import threading
from contextlib import contextmanager

from ..gate import Gate, Line

PATIENCE = 2  # seconds: who has waited so long draws without a turn, whatever the others do

_gate, _own = Gate(), threading.local()


@contextmanager
def turn_to_draw(line=Line.FIRST):
    """Wait for a turn to run the script or a fragment: FIRST if a visitor has done something, USUAL for a refresh."""
    _own.turn = _gate.ask(line)
    if not _own.turn.wait(PATIENCE):
        _own.turn.give_up()
    try:
        yield
    finally:
        step_aside()


def step_aside():
    """Let others draw from now on, because the rest of this run takes longer, or waits."""
    turn = getattr(_own, "turn", None)
    if turn is not None:
        turn.leave()
