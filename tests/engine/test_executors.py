"""Slices and sweeps are computed elsewhere if that is possible, and otherwise here: the results are the same."""

import json
import logging
import os
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
from nn.__main__ import main
from nn.engine import executors, image_files
from nn.engine.executors import AGAIN_SECONDS, Executor, available_memory, choose_pool, dask_cluster
from nn.engine.scheduler import Scheduler
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
    """A pool of threads that counts what it is asked, and can be broken."""

    def __init__(self):
        self.n_sent = self.n_shared = self.n_starts = self.n_failures = 0
        self.answer, self.closed = None, threading.Event()

    def start(self):
        if self.n_failures:
            self.n_failures -= 1
            raise OSError("no scheduler there")
        self.n_starts += 1
        return self.call, 2, executors.cached(self.share), self.closed.set, 30

    def share(self, mnist, arrays):
        self.n_shared += 1
        return arrays

    def call(self, seconds, function, *arguments):
        self.n_sent += 1
        return (self.answer or ThreadPoolExecutor(1).submit(function, *arguments)).result(seconds)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless `now` is changed."""
    clock = SimpleNamespace(now=1_000.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(executors, "time", clock)
    return clock


def started(start):
    """An Executor whose pool has started."""
    made = Executor(start)
    assert made.compute(total, MNIST, 1) == TOTAL  # here, while it starts
    wait_until(lambda: made.n == 2)
    return made


def test_a_pool_computes_gets_the_images_once_and_starts_again_after_a_time_without_work(clock):
    pool = Threads()
    made = started(pool.start)
    assert (made.n, pool.n_sent) == (2, 0)
    assert [made.compute(total, MNIST, factor) for factor in (1, 2, 3)] == [TOTAL, 2 * TOTAL, 3 * TOTAL]
    with pytest.raises(MemoryError, match="no room"):  # an error of the function is no fault of the pool
        made.compute(failing, MNIST)
    assert made.n and (pool.n_sent, pool.n_shared, pool.n_starts) == (4, 1, 1)
    clock.now += 31
    assert made.compute(total, MNIST, 1) == TOTAL and pool.n_sent == 4  # here: nobody waits for the start
    wait_until(lambda: made.n == 2)
    assert made.compute(total, MNIST, 1) == TOTAL and (pool.n_sent, pool.n_starts) == (5, 2)


@pytest.mark.parametrize("error", [ConnectionError("the cluster is gone"), None], ids=["lost", "silent"])
def test_a_lost_or_silent_pool_is_replaced_as_soon_as_one_can_start(monkeypatch, caplog, clock, error):
    monkeypatch.setattr(executors, "PATIENCE", 0.05)
    pool = Threads()
    made = started(pool.start)
    pool.answer, pool.n_failures = Future(), 2  # without an error, there is never an answer
    if error is not None:
        pool.answer.set_exception(error)
    assert made.compute(total, MNIST, 1) == TOTAL and not made.n  # here
    assert (repr(error) if error else "TimeoutError") in caplog.text and pool.closed.wait(60)
    pool.answer = None
    assert made.compute(total, MNIST, 1) == TOTAL and pool.n_failures == 2  # it isn't tried again at once

    def later():
        clock.now += AGAIN_SECONDS
        return made.compute(total, MNIST, 1) == TOTAL and made.n

    wait_until(later)
    assert caplog.text.count("no scheduler there") == pool.n_starts == 2


@pytest.mark.parametrize(
    "processors, memory, address, pool, words",
    [
        (1, 8e9, "", None, "in the page's own process"),
        (8, 1e9, "", None, "in the page's own process"),
        (8, 8e9, "", ("processes", 8), "in 8 processes of their own"),
        (64, 3e9, "", ("processes", 10), "in 10 processes of their own"),
        (1, 1e9, "tcp://a:8786", ("cluster", "tcp://a:8786"), "on the Dask cluster at tcp://a:8786"),
    ],
)
def test_the_pool_suits_the_machine_and_is_logged(monkeypatch, caplog, processors, memory, address, pool, words):
    monkeypatch.setattr("joblib.cpu_count", lambda: processors)
    monkeypatch.setattr(executors, "available_memory", lambda: memory)
    monkeypatch.setattr(executors, "local_processes", lambda n: ("processes", n))
    monkeypatch.setattr(executors, "dask_cluster", lambda address: ("cluster", address))
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    with caplog.at_level(logging.INFO):
        assert choose_pool() == pool
    assert words in caplog.text


def test_the_available_memory_is_that_of_this_machine_at_most():
    (kilobytes,) = re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    assert 1e8 < available_memory() <= 1024 * int(kilobytes)


def test_images_are_mapped_from_a_file_until_they_are_gone_but_on_a_full_disk_they_are_sent(
    monkeypatch, caplog, tmp_path
):
    images, folder = replace(MNIST), tmp_path / "images"
    arrays = images.X_train, images.y_train
    file = image_files.mapped_or_sent(folder, images, arrays)
    assert Path(file).is_file()
    X, y = image_files.mapped(file)
    assert np.array_equal(X, MNIST.X_train) and np.array_equal(y, MNIST.y_train)
    with pytest.raises(ValueError, match="read-only"):
        X[0] = 0
    del images
    assert not any(folder.iterdir())

    def full(arrays, file):
        file.write_bytes(b"the beginning")
        raise OSError("no space left")

    monkeypatch.setattr("joblib.dump", full)
    assert image_files.mapped_or_sent(folder, replace(MNIST), arrays) is arrays
    assert "no space left" in caplog.text and not any(folder.iterdir())
    (tmp_path / "file").touch()
    assert image_files.mapped_or_sent(tmp_path / "file", replace(MNIST), arrays) is arrays, "there can be no folder"


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


def assert_trained_as_alone(scheduler, interrupt=lambda: None):
    """Trainings that are interrupted in their middle have the weights that train() gives."""
    images, paused, go_on = TrainingSet(MNIST), threading.Semaphore(0), threading.Event()

    def pause(images_seen):
        paused.release()
        go_on.wait(60)
        return 0

    plans = [nn.Recipe(n_hidden=5, epochs=3, seed=seed, batch_size=size) for seed, size in enumerate((1, 1, 32))]
    subscriptions = [scheduler.train(plan, images, initial_state(plan, images.n_images), pause=pause) for plan in plans]
    assert all(paused.acquire(timeout=60) for _ in plans)
    interrupt()
    go_on.set()
    for plan, one in zip(plans, subscriptions):
        assert one.wait(60) and one.error is None and one.state.finished
        assert_same(one.state, expected(images, plan))


@pytest.fixture
def never_crowded(monkeypatch):
    """However long a training waits for its turn on a busy machine, it pauses."""
    monkeypatch.setattr("nn.engine.scheduler.CROWDED", float("inf"))


@pytest.mark.slow
@pytest.mark.usefixtures("never_crowded")
def test_processes_train_the_same_networks_even_if_one_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(executors, "AGAIN_SECONDS", 0)
    pools = []

    def start():
        pools.append(executors.local_processes(2))
        return pools[-1]

    made = started(start)

    def kill():
        assert made.compute(killed_once, MNIST, str(tmp_path / "killed")) == os.getpid()  # computed here

    assert_trained_as_alone(Scheduler(made), kill)
    wait_until(lambda: made.compute(total, MNIST, 1) == TOTAL and made.n)
    assert_trained_as_alone(Scheduler(made))
    assert made.n and len(pools) > 1
    _, _, _, close, _ = pools[-1]
    close()


@pytest.mark.slow
def test_processes_whose_images_were_removed_are_replaced_and_all_files_go_with_the_pool(monkeypatch, tmp_path):
    monkeypatch.setattr(executors, "AGAIN_SECONDS", 0)
    monkeypatch.setattr(image_files.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(executors.log, "disabled", True)  # pytest would keep the failure, and with it the pool
    ends = []

    def start():
        call, n, share, close, idle_seconds = executors.local_processes(2)
        ends.append(close)
        return call, n, share if len(ends) > 1 else lambda *arguments: str(tmp_path / "gone"), close, idle_seconds

    made = started(start)
    assert made.compute(total, MNIST, 1) == TOTAL and not made.n  # here
    wait_until(lambda: made.compute(total, MNIST, 1) == TOTAL and made.n)
    assert made.compute(total, MNIST, 1) == TOTAL and made.n and len(list(tmp_path.glob("*/*.joblib"))) == 1
    ends[-1]()
    made = None
    wait_until(lambda: not any(tmp_path.iterdir()))


KILLED = """
import json, time
import nn
from nn.engine.executors import local_processes
call, _, share, _, _ = local_processes(2)
mnist = nn.load_mnist().first(60)
file = share(mnist, (mnist.X_train, mnist.y_train))
print(json.dumps(file), flush=True)
call(600, time.sleep, 600)
"""


def is_running(pid):
    """Whether there is such a process; one that has ended stays as Z until its new parent takes notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.slow
def test_a_killed_server_leaves_no_process_and_its_files_go_when_another_starts(monkeypatch, tmp_path):
    monkeypatch.setattr(image_files.tempfile, "gettempdir", lambda: str(tmp_path))
    share = image_files.sharing_in_files()  # of a server that lives
    mine = share(MNIST, (MNIST.X_train,))
    other = tmp_path / f"{image_files.FOLDER}in-the-making"
    other.mkdir()
    command, environment = [sys.executable, "-c", KILLED], os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=-1, stdout=-1, text=True) as server:
        try:
            theirs = Path(json.loads(server.stdout.readline()))
            children = Path("/proc").glob(f"{server.pid}/task/*/children")
            left = [int(pid) for file in children for pid in file.read_text().split()]
            assert len(left) == 2 and theirs.is_file()
        finally:
            server.kill()
    wait_until(lambda: not any(map(is_running, left)))  # not even in the middle of a call
    assert theirs.is_file()
    image_files.sharing_in_files()
    assert not theirs.parent.exists() and Path(mine).is_file() and other.is_dir()


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
        assert main(["sweep", *grid, "--backend", "dask", "--scheduler", address, "--out", str(out)]) == 0
        results = {result.recipe: result for result in read_results(out)}
        assert set(results) == set(plan_sweep(nn.Recipe(epochs=1, n_images=200), [0.1], [0, 4], 3))
        for recipe, result in results.items():
            assert result[1:5] == pytest.approx(train_one(recipe)[1:5], rel=1e-5)
        assert all(client.run(lambda: "nn.engine.sweep" in sys.modules).values()), "both workers have trained"

        def start_pool():
            _, _, _, close, _ = pool = dask_cluster(address)
            ends.callback(close)
            return pool

        made, killed = started(start_pool), str(tmp_path / "killed")

        def kill_one():
            """The slice is computed by the other worker, but here if Dask had kept its images on this one only."""
            made.compute(killed_once, MNIST, killed)
            wait_until(lambda: made.compute(killed_once, MNIST, killed) != os.getpid())

        monkeypatch.setattr(executors, "AGAIN_SECONDS", 0)
        assert_trained_as_alone(Scheduler(made), kill_one)

        def kill_all():
            monkeypatch.setattr(executors, "AGAIN_SECONDS", 1_000)
            with ThreadPoolExecutor() as pool:
                answer = pool.submit(made.compute, never_ending, MNIST, os.getpid(), str(tmp_path / "at work"))
                wait_until((tmp_path / "at work").exists)
                for process in reversed(cluster):
                    process.kill()
                assert answer.result(60) == os.getpid()  # computed here

        assert_trained_as_alone(Scheduler(made), kill_all)
        assert made.compute(total, MNIST, 1) == TOTAL and not made.n
