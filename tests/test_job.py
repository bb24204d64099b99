"""The gate lets threads in by turns, and a job ends when it is told to."""

import threading
import time

import numpy as np
import pytest

import nn
from nn.images.training_set import TrainingSet
from nn.job import Gate, Job
from nn.training import initial_run


@pytest.fixture(scope="module")
def mnist():
    return nn.load_mnist("bundled").first(500)


def job(gate, mnist, **settings):
    settings = nn.Settings(**settings)
    return Job(gate, settings, TrainingSet(mnist), initial_run(settings, len(mnist.X_train)))


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not happen in time"
        time.sleep(0.01)


def test_the_gate_lets_in_one_at_a_time_in_the_order_of_arrival():
    gate, order, inside = Gate(), [], []

    def visit(name):
        with gate:
            inside.append(name)
            assert len(inside) == 1
            order.append(name)
            inside.remove(name)

    with gate:
        threads = []
        for name in range(10):
            threads.append(threading.Thread(target=visit, args=(name,)))
            threads[-1].start()
            wait_until(lambda waiting=name + 2: gate.waiting == waiting)
        assert order == []
    for thread in threads:
        thread.join()
    assert order == list(range(10))
    assert gate.waiting == 0


def test_an_error_inside_the_gate_does_not_keep_it_shut():
    gate = Gate()
    with pytest.raises(KeyError), gate:
        raise KeyError
    with gate:
        pass


def test_a_job_trains_to_the_end_with_the_same_result_as_train(mnist):
    done = job(Gate(), mnist, epochs=2)
    wait_until(lambda: not done.active)
    *_, expected = nn.train(nn.Settings(epochs=2), mnist.X_train, mnist.y_train)
    assert done.error is None and done.run.finished
    assert np.array_equal(done.run.network.W_h, expected.network.W_h)


def test_a_stopped_job_changes_no_more_and_its_run_can_be_continued(mnist):
    gate = Gate()
    stopped = job(gate, mnist, epochs=10_000)
    wait_until(lambda: stopped.run.images_seen > 0)
    stopped.stop()
    run = stopped.run
    assert not stopped.active
    wait_until(lambda: gate.waiting == 0)  # the thread has left
    time.sleep(0.2)
    assert stopped.run is run and not run.finished
    further = Job(gate, nn.Settings(epochs=10_000), TrainingSet(mnist), run)
    wait_until(lambda: further.run.images_seen > run.images_seen)
    further.stop()


def test_many_jobs_all_move(mnist):
    gate = Gate()
    jobs = [job(gate, mnist, epochs=10_000, seed=seed) for seed in range(30)]
    wait_until(lambda: all(one.run.images_seen > 0 for one in jobs))
    seen = [one.run.images_seen for one in jobs]
    wait_until(lambda: all(one.run.images_seen > before for one, before in zip(jobs, seen)))
    for one in jobs:
        one.stop()
    wait_until(lambda: gate.waiting == 0)


def test_an_error_in_the_training_is_kept_for_the_page_to_show(mnist, monkeypatch):
    def broken(*args, **kwargs):
        raise MemoryError("no room for the images")
        yield

    monkeypatch.setattr("nn.job.train", broken)
    failed = job(Gate(), mnist)
    wait_until(lambda: not failed.active)
    assert isinstance(failed.error, MemoryError)


def test_the_past_is_kept_only_if_it_is_asked_for(mnist):
    settings = nn.Settings(epochs=2)
    start = initial_run(settings, len(mnist.X_train))
    with_past, without = (Job(Gate(), settings, TrainingSet(mnist), start, snapshots=past) for past in ((), None))
    wait_until(lambda: not with_past.active and not without.active)
    assert with_past.snapshots[-1].epoch == 2 and without.snapshots is None
    assert without.run.finished
