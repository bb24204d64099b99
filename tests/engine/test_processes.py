"""Processes of this machine: what is left of them when one of them, or the one that asks, is killed."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from waiting import wait_until

from nn.engine.processes import ProcessPool

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow

ASKING = """
import os, time
from nn.engine.processes import ProcessPool
pool = ProcessPool(2)
print(*(pool.call(60, os.getpid) for _ in range(2)), flush=True)
pool.call(60, time.sleep, 1_000)
"""


def large(file):
    """A result that takes a while to send."""
    print("this is no answer")
    Path(file).touch()
    return bytes(100_000_000)


def never_ending():
    threading.Event().wait()


@pytest.fixture
def pool():
    pool = ProcessPool(2)
    yield pool
    pool.close()


def is_alive(pid):
    """Whether a process still runs: one that has ended and that nobody has asked about is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_process_that_is_killed_while_it_answers_blocks_nobody(pool, tmp_path):
    first, second = (pool.call(60, os.getpid) for _ in range(2))
    assert first != second
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(pool.call, 60, large, str(tmp_path / "answering"))
        wait_until((tmp_path / "answering").exists, every=0.001)
        os.kill(first, signal.SIGKILL)
        assert isinstance(answer.exception(60), (EOFError, OSError, type(None)))  # None: it was quicker
    assert pool.call(60, os.getpid) == second


def test_a_process_without_an_answer_in_time_is_ended(pool):
    with pytest.raises(EOFError):
        pool.call(0.1, never_ending)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_they_end_when_the_process_that_asks_has_ended_even_in_the_middle_of_a_call(how):
    asking = subprocess.Popen([sys.executable, "-c", ASKING], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pids = [int(pid) for pid in asking.stdout.readline().split()]
    assert len(pids) == 2 and all(is_alive(pid) for pid in pids)
    asking.send_signal(how)
    asking.communicate(timeout=60)
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
