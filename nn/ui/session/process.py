"""The process: garbage collection, and the memory of visitors who have left."""

import ctypes
import gc
import sys
import threading
import time

from .protocol import forget_sessions, guard, serving_runtime
from .shared import once
from .state import departed

FORGET_SECONDS = 130  # after a connection broke: Streamlit waits two minutes for it to come back


@once
def prepare_process():
    """Set up the process, once: guard it, and let no answer wait for garbage collection.

    The collector skips objects that exist after five seconds, nearly all from imports. The rest is collected every 20
    seconds, not after each run of the script (see config.toml), and free memory is given back to the system: glibc
    would keep as much as the largest class has needed (tests/benchmarks/process.py: 1,290 MB in place of 111).
    """
    runtime = serving_runtime()
    if runtime is not None:
        guard(runtime)

    def work():
        give_back = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
        time.sleep(5)  # the first visitor's page comes first
        gc.collect()
        gc.freeze()
        while True:
            time.sleep(20)
            forget_departed(lambda name: runtime is not None and runtime.is_active_session(name))
            if runtime is not None:
                forget_sessions(runtime)
            gc.collect()
            if give_back is not None:  # musl has no such function
                give_back(0)

    threading.Thread(target=work, daemon=True, name="garbage").start()


def forget_departed(is_connected):
    """Free the memory of visitors who have left and can't come back; Streamlit does so only when others arrive.

    Whatever a callback has begun after its connection broke ends here, too: Streamlit only stops it where it looks at
    the session's state.

    is_connected : function of Streamlit's name for a session, whether its visitor is there (again)
    """
    for session, (name, left) in list(departed().items()):
        if time.monotonic() > left + FORGET_SECONDS:
            if not is_connected(name):
                session.close()
                session.__init__()
            departed().pop(session, None)
