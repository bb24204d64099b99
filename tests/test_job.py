"""The gate lets threads in by turns, and a job ends when it is told to."""

import threading
import time
from types import SimpleNamespace

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


def test_a_job_may_end_after_a_number_of_images_and_another_one_goes_on_from_there(mnist):
    gate, settings, images = Gate(), nn.Settings(epochs=1), TrainingSet(mnist)
    first = Job(gate, settings, images, initial_run(settings, 500), until=37)
    wait_until(lambda: not first.active)
    assert first.run.images_seen == 37 and not first.run.finished and first.error is None
    second = Job(gate, settings, images, first.run, first.snapshots, until=74)
    wait_until(lambda: not second.active)
    assert second.run.images_seen == 74 and [round(500 * kept.epoch) for kept in second.snapshots][-3:] == [37, 50, 74]


# A training that pauses, to be watched

MOMENTS = 0, 1, 2, 5, 10, 20, 50, 100, 200  # in the first epoch of 500 images


def watched(gate, mnist, pause, **settings):
    """A Job that pauses for pause(images_seen) seconds."""
    with gate:  # so that it can't begin before it has its pause
        watched = job(gate, mnist, **settings)
        watched.pause = lambda: pause(watched.run.images_seen)
    return watched


def test_a_watched_training_pauses_at_each_moment_of_the_first_epoch_and_is_the_same_training(mnist):
    gate, pauses = Gate(), []

    def pause(images_seen):
        pauses.append((images_seen, gate.waiting, gate.n_trainings))
        return 0

    done = watched(gate, mnist, pause, epochs=3)
    wait_until(lambda: not done.active)
    assert pauses == [(moment, 0, 1) for moment in MOMENTS]  # not at the gate, but it counts
    assert gate.n_trainings == 0
    *_, expected = nn.train(nn.Settings(epochs=3), mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test)
    assert all(np.array_equal(a, b) for a, b in zip(done.run.network.parameters, expected.network.parameters))
    assert done.run.finished and done.run.history == expected.history


def test_a_pause_lasts_until_it_is_exchanged(mnist):
    gate = Gate()
    paused = watched(gate, mnist, lambda images_seen: 1_000 if images_seen == 20 else 0, epochs=2)
    wait_until(lambda: paused.run.images_seen == 20)
    time.sleep(0.1)
    assert paused.run.images_seen == 20 and paused.active
    assert (gate.waiting, gate.n_trainings) == (0, 1)
    other = job(gate, mnist, epochs=1)  # nobody else waits for it
    wait_until(lambda: not other.active)
    assert other.run.finished and paused.run.images_seen == 20
    paused.pause = lambda: 0
    wait_until(lambda: not paused.active)
    assert paused.run.finished


def test_stop_ends_a_pause(mnist):
    gate = Gate()
    paused = watched(gate, mnist, lambda images_seen: 1_000, epochs=2)
    wait_until(lambda: paused.run.history)
    paused.stop()
    assert not paused.active
    wait_until(lambda: gate.n_trainings == 0)
    assert paused.run.images_seen == 0 and paused.error is None


def test_a_batch_that_takes_several_slices_pauses_once(mnist, monkeypatch):
    monkeypatch.setattr("nn.job.SLICE_SECONDS", 0)
    pauses = []
    done = watched(Gate(), mnist, lambda images_seen: pauses.append(images_seen) or 0, epochs=2, batch_size=500)
    wait_until(lambda: not done.active)
    assert done.run.finished and pauses == [0]


class SlowGate(Gate):
    """A turn takes a second of a clock that otherwise stands still."""

    def __init__(self, monkeypatch):
        super().__init__()
        self.now = self.turns = 0
        monkeypatch.setattr("nn.job.time", SimpleNamespace(monotonic=lambda: self.now))

    def __enter__(self):
        super().__enter__()
        self.now, self.turns = self.now + 1, self.turns + 1

    def sleep(self, seconds):
        self.now += seconds


def test_the_speed_is_that_between_the_pauses(mnist, monkeypatch):
    gate = SlowGate(monkeypatch)
    done = watched(gate, mnist, lambda images_seen: gate.sleep(1_000) or 0, epochs=2)
    wait_until(lambda: not done.active)
    seconds = gate.turns - 1  # one of them is this test's own
    assert gate.now > 1_000 * len(MOMENTS) and seconds >= len(MOMENTS)
    assert done.images_per_second == pytest.approx(1_000 / seconds)


def test_the_speed_does_not_fall_during_a_pause(mnist, monkeypatch):
    gate, pausing = SlowGate(monkeypatch), threading.Event()

    def pause(images_seen):
        if images_seen < 20:
            return 0
        pausing.set()
        return 1_000

    paused = watched(gate, mnist, pause, epochs=2)
    assert pausing.wait(30)
    before = paused.images_per_second
    gate.sleep(500)
    after = paused.images_per_second
    paused.stop()
    assert before == after > 0


def test_a_training_that_fails_counts_until_then(mnist, monkeypatch):
    gate, counted = Gate(), []

    def broken(*args, **kwargs):
        counted.append((gate.waiting, gate.n_trainings))
        raise MemoryError("no room for the images")
        yield

    monkeypatch.setattr("nn.job.train", broken)
    failed = job(gate, mnist)
    wait_until(lambda: not failed.active)
    assert counted == [(1, 1)] and isinstance(failed.error, MemoryError)
    assert (gate.waiting, gate.n_trainings) == (0, 0)
