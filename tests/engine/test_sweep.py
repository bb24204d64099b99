"""A sweep: its results are those of train(), nothing is trained twice, and what was finished is never lost."""

import functools
import os
import pickle
import re
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info, threadpool_limits
from waiting import expected, wait_until

from nn import Recipe, load_mnist
from nn.__main__ import main
from nn.analysis.evaluation import evaluate
from nn.engine.sweep import Cell, Result, cells, table, train_one
from nn.files.results import HEADERS, appending_to, read_results
from nn.images.training_set import TrainingSet
from nn.training import train

pytestmark = pytest.mark.filterwarnings("error")
ROOT = Path(__file__).resolve().parents[2]
SMALL = "--eta", ".1,1", "--hidden", "0,4", "--seeds", "2", "--epochs", "2", "--images", "200"


def run(*arguments):
    """The exit status of a sweep in this process, argparse's own exits included."""
    try:
        return main(["sweep", *map(str, arguments)])
    except SystemExit as end:
        return end.code


@pytest.fixture
def out(tmp_path):
    return tmp_path / "sweep.csv"


@pytest.fixture
def trained(monkeypatch):
    """The list of Recipes that are trained from now on: a quarter of eta and a tenth a seed is right."""
    trained = []

    def pretend(recipe):
        trained.append(recipe)
        accuracy = recipe.eta / 4 + (recipe.seed - 42) / 10
        return Result(recipe, accuracy, 1.0, 0.9, 0.5, False, 0.1)

    monkeypatch.setattr("nn.engine.sweep.train_one", pretend)
    return trained


# Results


def test_a_sweep_trains_each_combination_and_notes_the_results(out, capsys, trained):
    options = ["--epochs", "3", "--batch-size", "7", "--no-shuffle", "--raw-pixels", "--preparation", "normalized"]
    assert run(*SMALL, *options, "--jobs", 1, "--out", out) == 0
    usual = Recipe(epochs=3, batch_size=7, scale=False, shuffle=False, preparation="normalized", n_images=200)
    assert usual.seed == 42
    points = product((42, 43), (0, 4), (0.1, 1.0))
    assert trained == [replace(usual, seed=seed, n_hidden=n_hidden, eta=eta) for seed, n_hidden, eta in points]
    assert [result.recipe for result in read_results(out)] == trained
    assert out.read_text().splitlines()[:2] == [
        "n_hidden,eta,epochs,batch_size,seed,scale,shuffle,preparation,source,n_images,distorted,is_sorted,"
        "test_accuracy,test_cost,accuracy,cost,diverged,seconds",
        "0,0.1,3,7,42,False,False,normalized,bundled,200,False,False,0.025,1.0,0.9,0.5,False,0.1",
    ]
    shown = capsys.readouterr().out
    assert re.search(r"^1/8 \| eta 0\.1, 0 hidden units, seed 42: 2\.50% \| .* left$", shown, re.M)
    assert "8/8 | " in shown and "30.00 (25.00 to 35.00)" in shown
    assert out.with_suffix(".svg").is_file()


def test_results_are_those_of_train_with_one_thread_and_images_that_are_read_once(out, capsys, monkeypatch):
    reads, threads, mnist = [], [], load_mnist().first(99)  # 99 images, which no other test has had read

    def noted(*arguments):
        threads.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        return train(*arguments)

    def read(*source, **how):
        reads.append(source)
        return load_mnist(*source, **how)

    monkeypatch.setattr("nn.engine.sweep.train", noted)
    monkeypatch.setattr("nn.engine.sweep.load_mnist", read)
    few = "--hidden", 3, "--seeds", 1, "--images", 99, "--epochs", 2, "--jobs", 1
    with threadpool_limits(2):
        assert run("--eta", ".1,1e6", *few, "--out", out) == 0
    assert set(threads) == {1} and len(reads) == 1
    for result in read_results(out):
        assert len(pickle.dumps(result.recipe)) < 1_000
        with threadpool_limits(1):
            last = expected(TrainingSet(mnist), result.recipe)
            test_cost, test_accuracy = evaluate(last.network, mnist.X_test, mnist.y_test)
            cost, accuracy = evaluate(last.network, mnist.X_train, mnist.y_train)
        assert result[1:5] == pytest.approx((test_accuracy, test_cost, accuracy, cost), rel=1e-5)
        assert result.diverged == last.diverged == (result.recipe.eta == 1e6)
    assert capsys.readouterr().out.count("diverged") == 1


# Resuming


def test_only_what_is_missing_is_trained(out, capsys, trained):
    command = [*SMALL, "--jobs", 1, "--out", out]
    assert run(*command) == 0 and len(trained) == 8
    before = out.read_bytes()
    assert run(*command) == 0 and len(trained) == 8, "nothing is left to train"
    assert out.read_bytes() == before and "8 of 8 trainings are in" in capsys.readouterr().out
    assert run(*command, "--eta", ".1,2") == 0 and len(trained) == 12
    assert out.read_bytes().startswith(before) and len(read_results(out)) == 12, "other rows stay"
    for option in (["--epochs", 1], ["--batch-size", 4], ["--images", 100], ["--raw-pixels"], ["--no-shuffle"]):
        trained.clear()
        assert run(*command, "--seeds", 1, *option) == 0
        assert len(trained) == 4, f"{option} makes other trainings"
    trained.clear()
    assert run(*command, "--seeds", 3) == 0
    assert {recipe.seed for recipe in trained} == {44}


def test_a_half_written_line_is_trained_again(out, trained):
    command = [*SMALL, "--jobs", 1, "--out", out]
    assert run(*command) == 0
    whole = out.read_bytes()
    # The last line lacks its end, a part of its last number, or more; or there are no whole lines.
    halves = [(whole[:-1], 1), (whole[:-3], 1), (whole[:-60], 1), (b"", 8), (HEADERS[0][:7], 8)]
    for content, n_missing in halves:
        trained.clear()
        out.write_bytes(content)
        assert run(*command) == 0
        assert len(trained) == n_missing and out.read_bytes() == whole, content[-60:]


def ignores_ctrl_c(pid):
    (ignored,) = re.findall(r"SigIgn:\s+(\w+)", Path(f"/proc/{pid}/status").read_text())
    return bool(int(ignored, 16) & 1 << signal.SIGINT - 1)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has /proc")
def test_ctrl_c_loses_nothing_and_the_same_command_goes_on(out, capsys, trained):
    """Two processes train. With 5,000 hidden units that takes minutes, so that the sweep can't be over too soon."""
    options = ["--eta", ".1", "--hidden", "0,5000", "--seeds", "2", "--epochs", "50", "--images", "1000", "--jobs"]
    heeds_ctrl_c = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a background shell ignores it
    command, pipe = [sys.executable, "-m", "nn", "sweep", *options, "2", "--out", out], subprocess.PIPE
    how = {"cwd": ROOT, "text": True, "start_new_session": True, "preexec_fn": heeds_ctrl_c}
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, **how) as process:
        try:
            assert [process.stdout.readline()[:4] for _ in range(2)] == ["1/4 ", "2/4 "]
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            wait_until(lambda: all(map(ignores_ctrl_c, children)))  # as soon as they train
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the workers too
            shown, said = process.communicate(timeout=120)
        finally:
            process.kill()
    goes_on = f"{out} holds them, and the same command goes on from there."
    assert (process.returncode, said) == (130, f"Interrupted after 2 of 4 trainings. {goes_on}\n")
    assert "Held-out accuracy" in shown and out.with_suffix(".svg").is_file()
    finished = read_results(out)
    assert [result.recipe.n_hidden for result in finished] == [0, 0]
    for result in finished:
        assert result[1:5] == pytest.approx(train_one(result.recipe)[1:5], rel=1e-5)
    assert run(*options, 1, "--out", out) == 0  # here each training is over at once
    assert [recipe.n_hidden for recipe in trained] == [5000, 5000]
    assert read_results(out)[:2] == finished and len(read_results(out)) == 4
    assert "2 of 4 trainings are in" in capsys.readouterr().out


ROW = "3,0.1,2,1,42,True,True,mnist,200,bundled,0.9,1.0,0.9,1.0,False,0.1"


def with_row(row):
    return HEADERS[1] + f"\n{row}\n".encode()


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"a,b\n1,2\n",
        b"\x89PNG\r\n\x1a\n\x00\xff",
        with_row("1,2,3"),
        with_row("x," * 15 + "x"),
        with_row(""),
        with_row(ROW.replace("0.9,1.0", "nan,1.0", 1)),
        with_row(ROW.replace("1.0,False", "inf,False")),
        with_row(ROW.replace("True,True", "True,yes")),
        with_row(ROW.replace("3,0.1", "3,0")),
        with_row(ROW.replace("200", "0")),
        with_row(ROW.replace("bundled", "web")),
        with_row('"3,0.1,2'),
        with_row("9" * 200_000),
        b"x" * 11_000_000,
    ],
    ids=lambda content: repr(content[-30:]),
)
def test_a_file_of_something_else_is_refused_and_kept(out, capsys, content):
    out.write_bytes(content)
    assert run(*SMALL, "--jobs", 1, "--out", out) == 2
    shown, said = capsys.readouterr()
    assert said.startswith(f"error: {out} is there already") and said.count("\n") == 1 and shown == ""
    assert out.read_bytes() == content and list(out.parent.iterdir()) == [out]


def test_the_row_that_the_broken_ones_are_made_of_is_good(out):
    out.write_bytes(with_row(ROW).replace(b"\n", b"\r\n"))
    (result,) = read_results(out)
    assert result.recipe == Recipe(3, 0.1, 2, n_images=200) and result.test_accuracy == 0.9
    with appending_to(out) as append:
        append(result)
    assert read_results(out) == [result, result]


# Bad arguments


@pytest.mark.parametrize(
    "arguments, saying",
    [
        ("--eta a,b", "--eta must be numbers"),
        ("--eta nan", "eta must be a finite number"),
        ("--eta .1,0.10", "eta appears twice"),
        ("--hidden 3,3", "hidden units appears twice"),
        ("--hidden 1.5", "--hidden must be numbers"),
        ("--hidden 5001", "n_hidden must be"),
        (f"--hidden {'9' * 5000}", "--hidden must be numbers"),
        ("--seeds 0", "seeds must be at least 1"),
        ("--seeds 251", "these are 1,004"),
        (f"--hidden {','.join(map(str, range(51)))}", "50 values"),
        ("--images 0", "from 1 to 8,000"),
        ("--jobs 100000", "--jobs must be"),
        ("--backend dask", "need each other"),
        ("--jobs 1 --scheduler tcp://localhost:1", "need each other"),
        ("--backend dask --scheduler tcp://localhost:1 --jobs 2", "no meaning"),
        ("--backend dask --scheduler nonsense", "No Dask scheduler answers at nonsense."),
        ("--backend threads", "invalid choice"),
        ("--heat-map map.pdf", ".svg or .png"),
        ("--out sweep.svg", "can't both be"),
        ("--out no/sweep.csv", "can't be saved as no/sweep.csv"),
        ("--heat-map no/map.svg", "can't be saved as no/map.svg"),
        ("--out .", "error: "),
        ("--out /dev/full", "not a regular file"),
    ],
)
def test_bad_arguments_are_answered_before_any_training(tmp_path, capsys, monkeypatch, trained, arguments, saying):
    monkeypatch.chdir(tmp_path)
    assert run(*SMALL, "--out", "sweep.csv", *arguments.split()) == 2
    said = capsys.readouterr().err
    assert "error: " in said and saying in said.splitlines()[-1] and "Traceback" not in said
    assert trained == [] and list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(out, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert run(*SMALL, "--backend", "dask", "--scheduler", "tcp://localhost:1", "--out", out) == 2
    said = capsys.readouterr().err
    assert "needs distributed: pip install" in said and said.count("\n") == 1 and not out.exists()


# Mean and spread


def test_cells_hold_mean_and_spread():
    triples = [(1, 0, 0.5), (0.1, 3, 0.8), (1, 0, 0.25), (0.1, 3, 0.9), (1, 0, 0.0)]
    found = cells(triples)
    assert list(found) == [(0.1, 3), (1, 0)]
    assert found[1, 0] == Cell(0.25, 0.0, 0.5, 3)
    assert found[0.1, 3] == (pytest.approx(0.85), 0.8, 0.9, 2)
    assert cells([]) == {}
    assert table(found) == [
        "eta                      0                       3",
        "0.1                         85.00 (80.00 to 90.00)",
        "  1  25.00 (0.00 to 50.00)",
    ]
