"""Processes of this machine: one that is killed, or never answers, blocks nobody."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from waiting import wait_until

from nn.engine.processes import ProcessPool

pytestmark = pytest.mark.slow


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
