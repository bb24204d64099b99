"""Slices are computed elsewhere if that is possible, and otherwise here: the results are the same to the bit."""

import logging
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from waiting import assert_same, expected, wait_until

import nn
from nn import workers
from nn.images.training_set import TrainingSet
from nn.job import Trainings
from nn.training import initial_run, train_slice
from nn.workers import MappedArrays, Team, Workers, available_memory, choose_team, dask_cluster, local_processes

ROOT = Path(__file__).resolve().parent.parent
MNIST = nn.load_mnist("bundled").first(500)


def total(arrays, factor):
    return factor * sum(int(array.sum()) for array in arrays)


def failing(arrays):
    raise MemoryError("no room")


TOTAL = total((MNIST.X_train, MNIST.y_train, MNIST.X_test, MNIST.y_test), 1)


def started(start):
    """Workers whose team has started."""
    made = Workers(start)
    assert made.compute(total, MNIST, 1) == TOTAL  # here, while it starts
    wait_until(lambda: made.elsewhere)
    return made


class Threads:
    """A team of threads that notes what it was sent, and can be broken."""

    def __init__(self):
        self.sent, self.placed, self.broken, self.starts, self.closed = [], 0, None, 0, threading.Event()

    def start(self):
        self.starts += 1
        return Team(self, 2, self.place, self.closed.set)

    def place(self, arrays):
        self.placed += 1
        return arrays

    def submit(self, function, *arguments):
        self.sent.append(arguments)
        if self.broken is not None:
            future = Future()
            future.set_exception(self.broken)
            return future
        return ThreadPoolExecutor(1).submit(function, *arguments)


def test_without_a_team_everything_is_computed_here():
    alone = Workers()
    assert [alone.compute(total, MNIST, factor) for factor in (1, 2)] == [TOTAL, 2 * TOTAL]
    assert not alone.elsewhere
    with pytest.raises(MemoryError, match="no room"):
        alone.compute(failing, MNIST)


def test_a_team_computes_and_gets_the_images_once():
    team = Threads()
    made = started(team.start)
    assert (made.n, team.sent) == (2, [])
    assert [made.compute(total, MNIST, factor) for factor in (1, 2, 3)] == [TOTAL, 2 * TOTAL, 3 * TOTAL]
    assert len(team.sent) == 3 and team.placed == 1
    with pytest.raises(MemoryError, match="no room"):  # an error of the function is no fault of the team
        made.compute(failing, MNIST)
    assert made.elsewhere and team.starts == 1


def test_a_lost_team_is_replaced_and_its_slices_are_computed_here(monkeypatch, caplog):
    monkeypatch.setattr(workers, "AGAIN_SECONDS", 0.1)
    team = Threads()
    made = started(team.start)
    team.broken = ConnectionError("the cluster is gone")
    assert made.compute(total, MNIST, 1) == TOTAL and not made.elsewhere
    assert "ConnectionError: the cluster is gone" in caplog.text and team.closed.wait(10)
    team.broken = None
    wait_until(lambda: made.compute(total, MNIST, 1) == TOTAL and made.elsewhere)
    assert team.starts == 2


def test_a_team_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 0.05)
    team = Threads()
    made = started(team.start)
    team.submit = lambda *arguments: Future()  # for ever
    assert made.compute(total, MNIST, 1) == TOTAL and not made.elsewhere


def test_a_team_that_cannot_start_is_tried_again_later(monkeypatch, caplog):
    monkeypatch.setattr(workers, "AGAIN_SECONDS", 0.1)
    answers = [OSError("no scheduler there"), OSError("no scheduler there"), Threads().start()]

    def start():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    made = Workers(start)
    wait_until(lambda: made.compute(total, MNIST, 1) == TOTAL and made.elsewhere)
    assert caplog.text.count("no scheduler there") == 2 and answers == []


def test_workers_that_have_ended_for_lack_of_work_start_again_without_making_anybody_wait():
    team = Threads()
    made = started(lambda: Team(team, 2, team.place, team.closed.set, idle_seconds=0.1))
    time.sleep(0.2)
    assert made.compute(total, MNIST, 1) == TOTAL and team.sent == []  # here
    wait_until(lambda: made.elsewhere)
    assert made.compute(total, MNIST, 1) == TOTAL and len(team.sent) == 1


@pytest.mark.parametrize(
    "processors, memory, address, team, words",
    [
        (1, 8e9, "", None, "in the page's own process"),
        (8, 1e9, "", None, "in the page's own process"),
        (8, 8e9, "", ("processes", 8), "in 8 processes of their own"),
        (64, 3e9, "", ("processes", 10), "in 10 processes of their own"),
        (
            1,
            1e9,
            "tcp://10.0.0.1:8786",
            ("cluster", "tcp://10.0.0.1:8786"),
            "on the Dask cluster at tcp://10.0.0.1:8786",
        ),
    ],
)
def test_the_team_suits_the_machine_and_is_logged(monkeypatch, caplog, processors, memory, address, team, words):
    monkeypatch.setattr("joblib.cpu_count", lambda: processors)
    monkeypatch.setattr(workers, "available_memory", lambda: memory)
    monkeypatch.setattr(workers, "local_processes", lambda n: ("processes", n))
    monkeypatch.setattr(workers, "dask_cluster", lambda address: ("cluster", address))
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    with caplog.at_level(logging.INFO):
        assert choose_team() == team
    assert words in caplog.text


def test_the_available_memory_is_that_of_this_machine_at_most():
    (kilobytes,) = re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    assert 1e8 < available_memory() <= 1024 * int(kilobytes)


def test_mapped_arrays_are_the_same_and_pickled_only_a_name():
    shared = MappedArrays((MNIST.X_train, MNIST.y_train))
    file = pickle.dumps(shared)
    assert len(file) < 300
    X, y = pickle.loads(file)
    assert np.array_equal(X, MNIST.X_train) and np.array_equal(y, MNIST.y_train)
    with pytest.raises(ValueError, match="read-only"):
        X[0] = 0


def test_on_a_full_disk_the_images_are_sent_with_every_slice(monkeypatch, caplog):
    def full(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(np, "save", full)
    arrays = MNIST.X_train, MNIST.y_train
    assert workers._mapped_or_sent(arrays) is arrays
    assert "no space left" in caplog.text


def test_a_slice_is_the_same_wherever_and_however_often_it_is_computed():
    arrays, settings = (MNIST.X_train, MNIST.y_train, MNIST.X_test, MNIST.y_test), nn.Settings(epochs=2)
    runs, run, over = [], initial_run(settings, 500), False
    while not over:
        runs_of_slice, over, _ = train_slice(arrays, *pickle.loads(pickle.dumps((settings, run))), 0.0)
        runs += runs_of_slice
        run = runs[-1]
    assert len(runs) > 20 and run.finished
    assert_same(run, expected(TrainingSet(MNIST), settings))


# Real ones


def assert_trained_as_alone(trainings, images, interrupt=lambda: None):
    """Six trainings together, with an interruption in their middle, have the weights that train() gives."""
    plans = [nn.Settings(epochs=40, seed=seed, batch_size=batch) for seed, batch in enumerate((1, 1, 1, 32, 500, 1))]
    seats = [trainings.join(settings, images, initial_run(settings, images.n_images)) for settings in plans]
    wait_until(lambda: any(seat.run.epoch > 2 for seat in seats))
    interrupt()
    assert any(seat.active for seat in seats)
    wait_until(lambda: not any(seat.active for seat in seats))
    for settings, seat in zip(plans, seats):
        assert seat.error is None
        assert seat.run.finished
        assert_same(seat.run, expected(images, settings))


@pytest.mark.slow
def test_processes_train_the_same_networks_even_if_one_is_killed(monkeypatch):
    monkeypatch.setattr(workers, "AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(workers, "PATIENCE", 15)  # one that was killed while it took a slice leaves the others waiting
    trainings, images = Trainings(started(lambda: local_processes(2))), TrainingSet(MNIST)
    team = trainings.workers._team
    assert_trained_as_alone(trainings, images)
    pid = team.executor.submit(os.getpid).result()
    assert pid != os.getpid()
    assert_trained_as_alone(trainings, images, interrupt=lambda: os.kill(pid, signal.SIGKILL))
    wait_until(lambda: trainings.workers.compute(total, MNIST, 1) == TOTAL and trainings.workers.elsewhere)
    assert trainings.workers._team is not team
    trainings.workers._team.close()


@pytest.mark.slow
def test_a_dask_cluster_trains_the_same_networks_even_if_a_worker_or_all_of_it_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(workers, "PATIENCE", 10)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "OPENBLAS_NUM_THREADS": "1"}

    def process(kind, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
        log = (tmp_path / f"{kind}.txt").open("a")
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        processes.callback(lambda: (process.kill(), process.wait()))
        return process

    with ExitStack() as processes:
        port = address.rpartition(":")[2]
        scheduler = process("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        worker_options = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        one, other = (process("worker", *worker_options) for _ in range(2))
        monkeypatch.setattr(workers, "AGAIN_SECONDS", 0.5)
        made = Workers(lambda: dask_cluster(address))
        wait_until(lambda: made.compute(total, MNIST, 1) and made.elsewhere)
        client = made._team.executor._client
        processes.callback(client.close)
        client.wait_for_workers(2, timeout=30)
        trainings, images = Trainings(made), TrainingSet(MNIST)
        assert_trained_as_alone(trainings, images)
        assert made.elsewhere and trainings.workers is made
        assert_trained_as_alone(trainings, images, interrupt=one.kill)
        assert made.elsewhere  # the other worker has done it
        assert_trained_as_alone(trainings, images, interrupt=lambda: (other.kill(), scheduler.kill()))
        assert made.compute(total, MNIST, 1) == TOTAL and not made.elsewhere
