"""Slices and sweeps are computed elsewhere if that is possible, and otherwise here: the results are the same."""

import logging
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from waiting import assert_same, expected, wait_until

import nn
from nn import __main__ as cli
from nn.engine import executors as workers
from nn.engine.executors import AGAIN_SECONDS, MappedArrays, Team, Workers, available_memory, choose_team, dask_cluster
from nn.engine.scheduler import Trainings
from nn.engine.sweep import plan_sweep, train_one
from nn.files.results import read_results
from nn.images.training_set import TrainingSet
from nn.training import initial_state

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = nn.load_mnist().first(60)  # so few that BLAS never starts a second thread
MNIST = replace(BUNDLED, X_test=BUNDLED.X_test[:40], y_test=BUNDLED.y_test[:40])


def total(arrays, factor):
    return factor * sum(int(array.sum()) for array in arrays)


def failing(arrays):
    raise MemoryError("no room")


TOTAL = total((MNIST.X_train, MNIST.y_train, MNIST.X_test, MNIST.y_test), 1)


class Threads:
    """A team of threads that counts what it is asked, and can be broken."""

    def __init__(self):
        self.n_sent = self.n_placed = self.n_starts = self.n_failures = 0
        self.answer, self.closed = None, threading.Event()

    def start(self):
        if self.n_failures:
            self.n_failures -= 1
            raise OSError("no scheduler there")
        self.n_starts += 1
        return Team(self, 2, self.place, self.closed.set, idle_seconds=30)

    def place(self, arrays):
        self.n_placed += 1
        return arrays

    def submit(self, function, *arguments):
        self.n_sent += 1
        return self.answer or ThreadPoolExecutor(1).submit(function, *arguments)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless `now` is changed."""
    clock = SimpleNamespace(now=1_000.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(workers, "time", clock)
    return clock


def started(start):
    """Workers whose team has started."""
    made = Workers(start)
    assert made.compute(total, MNIST, 1) == TOTAL  # here, while it starts
    wait_until(lambda: made.elsewhere)
    return made


def test_a_team_computes_gets_the_images_once_and_starts_again_after_a_time_without_work(clock):
    team = Threads()
    made = started(team.start)
    assert (made.n, team.n_sent) == (2, 0)
    assert [made.compute(total, MNIST, factor) for factor in (1, 2, 3)] == [TOTAL, 2 * TOTAL, 3 * TOTAL]
    with pytest.raises(MemoryError, match="no room"):  # an error of the function is no fault of the team
        made.compute(failing, MNIST)
    assert made.elsewhere and (team.n_sent, team.n_placed, team.n_starts) == (4, 1, 1)
    clock.now += 31
    assert made.compute(total, MNIST, 1) == TOTAL and team.n_sent == 4  # here: nobody waits for the start
    wait_until(lambda: made.elsewhere)
    assert made.compute(total, MNIST, 1) == TOTAL and (team.n_sent, team.n_starts) == (5, 2)


@pytest.mark.parametrize("error", [ConnectionError("the cluster is gone"), None], ids=["lost", "silent"])
def test_a_lost_or_silent_team_is_replaced_as_soon_as_one_can_start(monkeypatch, caplog, clock, error):
    monkeypatch.setattr(workers, "PATIENCE", 0.05)
    team = Threads()
    made = started(team.start)
    team.answer, team.n_failures = Future(), 2  # without an error, there is never an answer
    if error is not None:
        team.answer.set_exception(error)
    assert made.compute(total, MNIST, 1) == TOTAL and not made.elsewhere  # here
    assert (f"ConnectionError: {error}" if error else "TimeoutError") in caplog.text and team.closed.wait(60)
    team.answer = None
    assert made.compute(total, MNIST, 1) == TOTAL and team.n_failures == 2  # it isn't tried again at once

    def later():
        clock.now += AGAIN_SECONDS
        return made.compute(total, MNIST, 1) == TOTAL and made.elsewhere

    wait_until(later)
    assert caplog.text.count("no scheduler there") == team.n_starts == 2


@pytest.mark.parametrize(
    "processors, memory, address, team, words",
    [
        (1, 8e9, "", None, "in the page's own process"),
        (8, 1e9, "", None, "in the page's own process"),
        (8, 8e9, "", ("processes", 8), "in 8 processes of their own"),
        (64, 3e9, "", ("processes", 10), "in 10 processes of their own"),
        (1, 1e9, "tcp://a:8786", ("cluster", "tcp://a:8786"), "on the Dask cluster at tcp://a:8786"),
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


def test_mapped_arrays_are_the_same_and_pickled_only_a_name_but_on_a_full_disk_they_are_sent(monkeypatch, caplog):
    arrays = MNIST.X_train, MNIST.y_train
    shared = workers.mapped_or_sent(arrays)
    file = pickle.dumps(shared)
    assert isinstance(shared, MappedArrays) and len(file) < 300
    X, y = pickle.loads(file)
    assert np.array_equal(X, MNIST.X_train) and np.array_equal(y, MNIST.y_train)
    with pytest.raises(ValueError, match="read-only"):
        X[0] = 0

    def full(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(np, "save", full)
    assert workers.mapped_or_sent(arrays) is arrays
    assert "no space left" in caplog.text


# Real processes


def killed_once(arrays, file):
    """Kills its process in the middle of a slice, but only the first time; then the process's id."""
    if not Path(file).exists():
        Path(file).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def never_ending(arrays, home, file):
    """Never ends, except in the page's own process."""
    if os.getpid() != home:
        Path(file).touch()
        threading.Event().wait()
    return os.getpid()


def assert_trained_as_alone(trainings, interrupt=lambda: None):
    """Trainings that are interrupted in their middle have the weights that train() gives."""
    images, paused, go_on = TrainingSet(MNIST), threading.Semaphore(0), threading.Event()

    def pause():
        paused.release()
        go_on.wait(60)
        return 0

    plans = [nn.Recipe(n_hidden=5, epochs=3, seed=seed, batch_size=size) for seed, size in enumerate((1, 1, 32))]
    seats = [trainings.join(plan, images, initial_state(plan, images.n_images), pause=pause) for plan in plans]
    assert all(paused.acquire(timeout=60) for _ in seats)
    interrupt()
    go_on.set()
    for plan, seat in zip(plans, seats):
        assert seat.join(60) and seat.error is None and seat.state.finished
        assert_same(seat.state, expected(images, plan))


@pytest.fixture
def never_crowded(monkeypatch):
    """However long a training waits for its turn on a busy machine, it pauses."""
    monkeypatch.setattr("nn.engine.scheduler.CROWDED", float("inf"))


@pytest.mark.slow
@pytest.mark.usefixtures("never_crowded")
def test_processes_train_the_same_networks_even_if_one_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(workers, "AGAIN_SECONDS", 0)
    teams = []

    def start():
        teams.append(workers.local_processes(2))
        return teams[-1]

    made = started(start)

    def kill():
        assert made.compute(killed_once, MNIST, str(tmp_path / "killed")) == os.getpid()  # computed here

    assert_trained_as_alone(Trainings(made), kill)
    wait_until(lambda: made.compute(total, MNIST, 1) == TOTAL and made.elsewhere)
    assert_trained_as_alone(Trainings(made))
    assert made.elsewhere and len(teams) > 1
    teams[-1].close()


@pytest.mark.slow
@pytest.mark.usefixtures("never_crowded")
def test_a_dask_cluster_computes_sweeps_and_trainings_even_if_a_worker_or_all_of_it_is_killed(monkeypatch, tmp_path):
    from distributed import Client  # here, because it takes a second

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    address = f"tcp://{host}:{port}"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}  # and as many threads as here

    def start(kind, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments, "--no-dashboard"]
        log = ends.enter_context((tmp_path / f"{kind}.txt").open("a"))
        cluster.append(subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log))
        ends.callback(cluster[-1].wait)
        ends.callback(cluster[-1].kill)

    cluster = []
    with ExitStack() as ends:
        start("scheduler", "--host", host, "--port", str(port))
        for _ in range(2):
            start("worker", address, "--nthreads", "1", "--no-nanny")
        client = ends.enter_context(Client(address, timeout=60, set_as_default=False))
        client.wait_for_workers(2, timeout=60)
        out = tmp_path / "sweep.csv"
        grid = "--eta", ".1", "--hidden", "0,4", "--seeds", "3", "--epochs", "1", "--images", "200"
        assert cli.main(["sweep", *grid, "--backend", "dask", "--scheduler", address, "--out", str(out)]) == 0
        results = {result.training: result for result in read_results(out)}
        assert set(results) == set(plan_sweep([0.1], [0, 4], 3, 200, epochs=1))
        for trial, result in results.items():
            assert result[1:5] == pytest.approx(train_one(trial)[1:5], rel=1e-5)
        assert all(client.run(lambda: "nn.engine.sweep" in sys.modules).values()), "both workers have trained"

        def start_team():
            team = dask_cluster(address)
            ends.callback(team.close)
            return team

        made, killed = started(start_team), str(tmp_path / "killed")

        def kill_one():
            """The slice is computed by the other worker, but here if Dask had kept its images on this one only."""
            made.compute(killed_once, MNIST, killed)
            wait_until(lambda: made.compute(killed_once, MNIST, killed) != os.getpid())

        monkeypatch.setattr(workers, "AGAIN_SECONDS", 0)
        assert_trained_as_alone(Trainings(made), kill_one)

        def kill_all():
            monkeypatch.setattr(workers, "AGAIN_SECONDS", 1_000)
            with ThreadPoolExecutor() as pool:
                answer = pool.submit(made.compute, never_ending, MNIST, os.getpid(), str(tmp_path / "at work"))
                wait_until((tmp_path / "at work").exists)
                for process in reversed(cluster):
                    process.kill()
                assert answer.result(60) == os.getpid()  # computed here

        assert_trained_as_alone(Trainings(made), kill_all)
        assert made.compute(total, MNIST, 1) == TOTAL and not made.elsewhere
