"""A task: its progress and result, an error that is logged once, and an end that nothing is published after."""

import threading
from concurrent.futures import Future

import pytest

from nn.engine.task import Task


def test_a_task_publishes_its_progress_and_then_its_result():
    published, go_on = threading.Event(), threading.Event()

    def work(task, start, end):
        task.publish(start)
        published.set()
        go_on.wait(60)
        return end

    task = Task(work, "start", "end")
    assert task.progress is None and not task.wait(0)
    assert task.start() is task and published.wait(60)
    assert (task.progress, task.result, task.active, task.wait(0)) == ("start", None, True, False)
    assert task.wait(0.001) is False
    go_on.set()
    assert task.wait(60) and (task.result, task.error, task.active, task.wait(0)) == ("end", None, False, True)


def test_an_error_is_kept_and_logged_once_with_its_traceback_also_if_another_task_raises_it_again(caplog):
    def broken(task):
        raise MemoryError("no room")

    def waiting(task):
        first = Task(broken, name="broken").start()
        assert first.wait(60)
        raise first.error

    task = Task(waiting).start()
    assert task.wait(60) and not task.active and isinstance(task.error, MemoryError)
    (record,) = caplog.records
    assert "'broken' failed" in record.message and "in broken" in caplog.text


@pytest.mark.parametrize("wait", [lambda task: task.sleep(1_000), lambda task: task.wait_for(Future())])
def test_a_cancelled_task_ends_at_once_wherever_it_waits_and_publishes_nothing_more(wait):
    waits, ended = threading.Event(), []

    def work(task):
        task.publish("before")
        waits.set()
        try:
            wait(task)
        finally:
            ended.append(True)

    task = Task(work).start()
    assert waits.wait(60)
    task.cancel()
    task.cancel()  # twice is once
    assert not task.active
    assert task.wait(60) and ended and task.error is None and task.result is None and task.progress == "before"


def test_a_stale_result_is_never_published():
    computes, go_on = threading.Event(), threading.Event()

    def work(task):
        computes.set()
        go_on.wait(60)
        task.publish("stale")

    task = Task(work).start()
    assert computes.wait(60)
    task.cancel()
    assert not task.active and not task.wait(0)
    go_on.set()
    assert task.wait(60) and task.progress is None and task.error is None
    before = Task(lambda task: task.wait_for(Future()))
    before.cancel()
    assert before.start().wait(60)


def test_a_thread_that_cannot_be_started_ends_the_task(monkeypatch):
    def full(thread):
        raise RuntimeError("can't start new thread")

    task = Task(print)
    monkeypatch.setattr(threading.Thread, "start", full)
    with pytest.raises(RuntimeError):
        task.start()
    assert task.wait(0) and not task.active and isinstance(task.error, RuntimeError)
