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


def never_ending(file):
    Path(file).touch()
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


def test_a_process_without_an_answer_in_time_is_ended(pool, tmp_path):
    with pytest.raises(TimeoutError):
        pool.call(0.1, never_ending, str(tmp_path / "a"))


def test_calls_that_wait_for_a_process_end_with_it(pool, tmp_path):
    processes = [pool.call(60, os.getpid) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        calls = [threads.submit(pool.call, 600, never_ending, str(tmp_path / name)) for name in "abcd"]
        wait_until(lambda: len([*tmp_path.iterdir()]) == 2)
        for process in processes:
            os.kill(process, signal.SIGKILL)
        assert all(isinstance(call.exception(60), (EOFError, OSError)) for call in calls)


def test_a_call_goes_to_the_process_with_the_fewest(pool, tmp_path):
    with ThreadPoolExecutor() as threads:
        first = threads.submit(pool.call, 600, never_ending, str(tmp_path / "a"))
        wait_until((tmp_path / "a").exists)
        assert len({pool.call(60, os.getpid) for _ in range(5)}) == 1
        assert not first.done()
        pool.close()
