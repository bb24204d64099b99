"""A sweep: its results are those of train(), nothing is trained twice, and what was finished is never lost."""

import csv
import functools
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from waiting import wait_until

import nn
from nn import Settings, load_mnist
from nn import __main__ as cli
from nn.heat_map import PNG_SCALE, Rectangle, Text, draw_heat_map, save_heat_map
from nn.results import HEADER, Cell, appending_to, cells, read_results, table
from nn.sweep import FIRST_SEED, computing_on, plan_sweep, run_sweep, train_one
from nn.training import evaluate

pytestmark = pytest.mark.filterwarnings("error")
ROOT = Path(__file__).resolve().parent.parent
SMALL = "--eta", ".1,1", "--hidden", "0,4", "--seeds", "2", "--epochs", "2", "--images", "200"


def run(*arguments):
    """The exit status of a sweep in this process, argparse's own exits included."""
    try:
        return cli.main(["sweep", *map(str, arguments)])
    except SystemExit as end:
        return end.code


def small_plan(**others):
    return plan_sweep([0.1, 1.0], [0, 4], 2, 200, epochs=2, **others)


def assert_same_results(results, trainings):
    """The results are those of these trainings computed here, in any order, except for the seconds they took."""
    expected, found = map(train_one, trainings), {result.training: result for result in results}
    assert set(found) == set(trainings) and len(results) == len(trainings)
    for alone in expected:
        result = found[alone.training]
        assert result.diverged == alone.diverged
        assert result[1:5] == pytest.approx(alone[1:5], rel=1e-5), "evaluate() rounds to float32"


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def trained(monkeypatch):
    """The list of Trainings that this process computes from now on."""
    computed = []

    def counted(training):
        computed.append(training)
        return train_one(training)

    monkeypatch.setattr("nn.sweep.train_one", counted)
    return computed


# Results


def test_every_row_is_what_train_gives(tmp_path, capsys):
    out = tmp_path / "sweep.csv"
    assert run(*SMALL, "--batch-size", 2, "--no-shuffle", "--raw-pixels", "--jobs", 1, "--out", out) == 0
    mnist, found = load_mnist().first(200), rows(out)
    assert len(found) == 8 and Settings().seed == FIRST_SEED
    identified = {(float(row["eta"]), int(row["n_hidden"]), int(row["seed"])) for row in found}
    assert identified == {(eta, hidden, seed) for eta in (0.1, 1) for hidden in (0, 4) for seed in (42, 43)}
    for row in found:
        settings = Settings(int(row["n_hidden"]), float(row["eta"]), 2, 2, int(row["seed"]), scale=False, shuffle=False)
        *_, last = nn.train(settings, mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test)
        test_cost, test_accuracy = evaluate(last.network, mnist.X_test, mnist.y_test)
        cost, accuracy = evaluate(last.network, mnist.X_train, mnist.y_train)
        measured = [float(row[name]) for name in ("test_accuracy", "test_cost", "accuracy", "cost")]
        assert measured[::2] == [test_accuracy, accuracy], settings
        assert measured[1::2] == pytest.approx([test_cost, cost], rel=1e-5), "evaluate() rounds to float32"
        assert row["diverged"] == str(last.diverged)
        assert (row["epochs"], row["batch_size"], row["images"], row["data"]) == ("2", "2", "200", "bundled")
        assert (row["scale"], row["shuffle"], row["preparation"]) == ("False", "False", "mnist")
    shown = capsys.readouterr().out
    assert re.search(r"^1/8 \| eta 0\.1, 0 hidden units, seed 42: .* left$", shown, re.M) and "8/8 | " in shown
    of_cell = [float(row["test_accuracy"]) for row in found if (row["eta"], row["n_hidden"]) == ("1.0", "4")]
    assert f"{50 * sum(of_cell):.2f} ({100 * min(of_cell):.2f} to {100 * max(of_cell):.2f})" in shown
    assert (tmp_path / "sweep.svg").is_file()


def test_a_training_that_diverges_is_a_row_like_any_other(tmp_path, capsys):
    out = tmp_path / "sweep.csv"
    assert run("--eta", 1e6, "--hidden", 3, "--seeds", 1, "--images", 100, "--jobs", 1, "--out", out) == 0
    (result,) = read_results(out)
    assert result.diverged and 0 <= result.test_accuracy <= 1
    assert "diverged" in capsys.readouterr().out


def test_processes_give_the_same_rows():
    with computing_on("loky", 2):
        results = list(run_sweep(small_plan()))
    assert_same_results(results, small_plan())


def test_every_training_has_one_thread(monkeypatch):
    from threadpoolctl import threadpool_info, threadpool_limits

    seen = []
    monkeypatch.setattr("nn.sweep.train", lambda *_: seen.append(threadpool_info()) or iter(()))
    with threadpool_limits(2), pytest.raises(UnboundLocalError):
        train_one(small_plan()[0])
    blas = [library["num_threads"] for library in seen[0] if library["user_api"] == "blas"]
    assert blas and set(blas) == {1}


def test_images_are_read_once_and_not_sent(monkeypatch):
    import pickle

    from nn import sweep

    sweep._images.cache_clear()
    reads = []
    monkeypatch.setattr(sweep, "load_mnist", lambda *a, **k: reads.append(a) or load_mnist(*a, **k))
    for training in small_plan():
        train_one(training)
        assert len(pickle.dumps(training)) < 1_000
    assert len(reads) == 1


# Resuming


def test_only_what_is_missing_is_trained(tmp_path, capsys, trained):
    out = tmp_path / "sweep.csv"
    command = [*SMALL, "--jobs", 1, "--out", out]
    assert run(*command) == 0 and len(trained) == 8
    before = out.read_bytes()
    assert run(*command) == 0 and len(trained) == 8, "nothing is left to train"
    assert out.read_bytes() == before and "8 of 8 trainings are in" in capsys.readouterr().out
    assert run(*command, "--eta", ".1,2") == 0 and len(trained) == 12
    assert out.read_bytes().startswith(before) and len(rows(out)) == 12, "other rows stay"
    for option in (["--epochs", 1], ["--batch-size", 4], ["--images", 100], ["--raw-pixels"], ["--no-shuffle"]):
        trained.clear()
        assert run(*command, "--seeds", 1, *option) == 0
        assert len(trained) == 4, f"{option} makes other trainings"
    trained.clear()
    assert run(*command, "--seeds", 3) == 0
    assert {training.settings.seed for training in trained} == {FIRST_SEED + 2}


def test_a_half_written_line_is_trained_again(tmp_path, capsys, trained):
    out = tmp_path / "sweep.csv"
    command = [*SMALL, "--jobs", 1, "--out", out]
    assert run(*command) == 0
    whole = out.read_bytes()
    for cut in (1, 3, 60):  # the last lacks only its end, or a part of its last number, or more
        trained.clear()
        out.write_bytes(whole[:-cut])
        assert run(*command) == 0
        assert len(trained) == 1 and len(read_results(out)) == 8, cut
        assert out.read_bytes().startswith(whole[: whole[:-1].rfind(b"\n") + 1])
    for beginning in ("", HEADER[:7], HEADER):
        trained.clear()
        out.write_text(beginning)
        assert run(*command) == 0 and len(trained) == len(read_results(out)) == 8, beginning


def test_ctrl_c_loses_nothing_and_the_same_command_goes_on(tmp_path):
    out = tmp_path / "sweep.csv"
    settings = ["--eta", ".1,.2", "--hidden", "10,20", "--seeds", "3", "--epochs", "60", "--images", "2000"]
    command = [sys.executable, "-m", "nn", "sweep", *settings, "--jobs", "2", "--out", out]
    how = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    heeds_sigint = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a background shell ignores it
    process = subprocess.Popen(command, preexec_fn=heeds_sigint, **how)
    try:
        wait_until(lambda: out.exists() and len(out.read_bytes().splitlines()) >= 3)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the workers too
        shown, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    finished = out.read_text().splitlines()[1:]
    assert 2 <= len(finished) < 12
    assert said == (
        f"Interrupted after {len(finished)} of 12 trainings. {out} holds them, "
        "and the same command goes on from there.\n"
    )
    assert "Held-out accuracy" in shown and (tmp_path / "sweep.svg").is_file()
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (again.returncode, again.stderr) == (0, "")
    assert out.read_text().splitlines()[1 : 1 + len(finished)] == finished
    assert len({result.training for result in read_results(out)}) == len(read_results(out)) == 12
    assert len(re.findall(r"^ *\d+/12 \| ", again.stdout, re.M)) == 12 - len(finished)


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"a,b\n1,2\n",
        b"\x89PNG\r\n\x1a\n\x00\xff",
        f"{HEADER}\n1,2,3\n".encode(),
        f"{HEADER}\n{'x,' * 15}x\n".encode(),
        f"{HEADER}\n\n".encode(),
        HEADER.encode() + b"\n3,0.1,2,1,42,True,True,mnist,200,bundled,nan,1.0,0.9,1.0,False,0.1\n",
        HEADER.encode() + b"\n3,0.1,2,1,42,True,True,mnist,200,bundled,0.9,1.0,0.9,inf,False,0.1\n",
        HEADER.encode() + b"\n3,0.1,2,1,42,True,yes,mnist,200,bundled,0.9,1.0,0.9,1.0,False,0.1\n",
        HEADER.encode() + b"\n3,0,2,1,42,True,True,mnist,200,bundled,0.9,1.0,0.9,1.0,False,0.1\n",
        HEADER.encode() + b"\n3,0.1,2,1,42,True,True,mnist,0,bundled,0.9,1.0,0.9,1.0,False,0.1\n",
        HEADER.encode() + b"\n3,0.1,2,1,42,True,True,mnist,200,web,0.9,1.0,0.9,1.0,False,0.1\n",
        HEADER.encode() + b'\n"3,0.1,2\n',
        HEADER.encode() + b"\n" + b"9" * 200_000 + b"\n",
        b"x" * 11_000_000,
    ],
    ids=lambda content: repr(content[-30:]),
)
def test_a_file_of_something_else_is_refused_and_kept(tmp_path, capsys, content):
    out = tmp_path / "sweep.csv"
    out.write_bytes(content)
    assert run(*SMALL, "--jobs", 1, "--out", out) == 2
    shown, said = capsys.readouterr()
    assert said.startswith(f"error: {out} is there already") and said.count("\n") == 1 and shown == ""
    assert out.read_bytes() == content and [path.name for path in tmp_path.iterdir()] == ["sweep.csv"]


def test_the_row_that_the_broken_ones_are_made_of_is_good(tmp_path):
    out = tmp_path / "sweep.csv"
    out.write_text(f"{HEADER}\r\n3,0.1,2,1,42,True,True,mnist,200,bundled,0.9,1.0,0.9,1.0,False,0.1\r\n")
    (result,) = read_results(out)
    assert result.training.settings == Settings(3, 0.1, 2) and result.test_accuracy == 0.9
    with appending_to(out) as append:
        append(result)
    assert read_results(out) == [result, result]


# Bad arguments


@pytest.mark.parametrize(
    "arguments, saying",
    [
        ("--eta a,b", "--eta must be numbers"),
        ("--eta .1,,1", "--eta must be numbers"),
        ("--eta nan", "eta must be a finite number"),
        ("--eta 0", "eta must be a finite number"),
        ("--eta=-1,1", "eta must be a finite number"),
        ("--eta inf", "eta must be a finite number"),
        ("--eta .1,0.10", "eta appears twice"),
        ("--hidden 3,3", "hidden units appears twice"),
        ("--hidden 1.5", "--hidden must be numbers"),
        ("--hidden=-1", "n_hidden must be"),
        ("--hidden 5001", "n_hidden must be"),
        (f"--hidden {'9' * 5000}", "--hidden must be numbers"),
        ("--seeds 0", "seeds must be at least 1"),
        ("--seeds 251", "these are 1,004"),
        (f"--hidden {','.join(map(str, range(51)))}", "50 values"),
        ("--epochs 0", "epochs must be"),
        ("--batch-size 0", "batch_size must be"),
        ("--images 0", "from 1 to 8,000"),
        ("--images 8001", "from 1 to 8,000"),
        ("--jobs 0", "--jobs must be"),
        ("--jobs 100000", "--jobs must be"),
        ("--backend dask", "need each other"),
        ("--scheduler tcp://localhost:1", "need each other"),
        ("--backend dask --scheduler tcp://localhost:1 --jobs 2", "no meaning"),
        ("--backend dask --scheduler nonsense", "No Dask scheduler answers at nonsense."),
        ("--backend threads", "invalid choice"),
        ("--heat-map map.pdf", ".svg or .png"),
        ("--heat-map map", ".svg or .png"),
        ("--out sweep.svg", "can't both be"),
        ("--out no/sweep.csv", "can't be saved as no/sweep.csv"),
        ("--heat-map no/map.svg", "can't be saved as no/map.svg"),
        ("--out .", ""),
        ("--out /dev/full", "not a regular file"),
    ],
)
def test_bad_arguments_are_answered_before_any_training(tmp_path, capsys, monkeypatch, trained, arguments, saying):
    monkeypatch.chdir(tmp_path)
    assert run(*SMALL, "--jobs", 1, "--out", "sweep.csv", *arguments.split()) == 2 if "dask" not in arguments else True
    if "dask" in arguments or "--scheduler" in arguments:
        assert run(*SMALL, "--out", "sweep.csv", *arguments.split()) == 2
    said = capsys.readouterr().err
    assert "error: " in said and saying in said.splitlines()[-1] and "Traceback" not in said
    assert trained == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("backend, package", [("dask", "distributed"), ("ray", "ray")])
def test_a_missing_package_is_named(tmp_path, capsys, monkeypatch, backend, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, "ray.util.joblib", None)
    scheduler = ["--scheduler", "tcp://localhost:1"] if backend == "dask" else []
    out = tmp_path / "sweep.csv"
    assert run(*SMALL, "--backend", backend, *scheduler, "--out", out) == 2
    said = capsys.readouterr().err
    assert f"needs {package}: pip install" in said and said.count("\n") == 1 and not out.exists()


# Mean and spread, and the picture of them


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


CELLS = cells([(eta, h, 0.1 + 0.03 * h + 0.01 * eta) for eta in (0.01, 1, 5) for h in (0, 10, 29)] + [(7, 10, 1.0)])


def contrast(colour, other):
    """WCAG's contrast of two colours such as #08306b, from 1 to 21."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted([luminance(colour), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_heat_map_is_readable_and_darker_where_fewer_mistakes_are_made():
    picture = draw_heat_map(CELLS, "Held-out accuracy", "200 images")
    boxes = [shape for shape in picture.shapes if isinstance(shape, Rectangle)]
    texts = [shape for shape in picture.shapes if isinstance(shape, Text)]
    assert len(boxes) == len(CELLS) == 10
    assert {"Held-out accuracy", "200 images", "eta", "hidden units", "0.01", "7", "29"} <= {t.text for t in texts}
    darkness = []
    for cell, box in zip(CELLS.values(), boxes):
        inside = [t for t in texts if box.x < t.x < box.x + box.width and box.y < t.y < box.y + box.height]
        assert [t.text for t in inside] == [
            f"{100 * cell.mean:.1f} %",
            f"{100 * cell.low:.1f} to {100 * cell.high:.1f}",
        ]
        assert all(contrast(t.colour, box.colour) >= 4.5 for t in inside)
        darkness.append(contrast(box.colour, "#ffffff"))
    by_accuracy = [dark for _, dark in sorted(zip([cell.mean for cell in CELLS.values()], darkness))]
    assert by_accuracy == sorted(by_accuracy) and by_accuracy[0] < 1.2 and by_accuracy[-1] > 10
    for shape in picture.shapes:
        assert 0 <= shape.x <= picture.width and 0 <= shape.y <= picture.height
    for a in boxes:
        overlapping = [b for b in boxes if abs(a.x - b.x) < a.width and abs(a.y - b.y) < a.height]
        assert overlapping == [a]


def test_svg_and_png_show_the_same_picture(tmp_path):
    picture = draw_heat_map(CELLS, "A <title> & more")
    for name in ("map.svg", "map.PNG"):
        save_heat_map(CELLS, tmp_path / name, "A <title> & more")
    svg, name = ElementTree.parse(tmp_path / "map.svg").getroot(), "{http://www.w3.org/2000/svg}"
    assert svg.find(f"{name}title").text == "A <title> & more"
    texts = [shape for shape in picture.shapes if isinstance(shape, Text)]
    assert [text.text for text in svg.iter(f"{name}text")] == [text.text for text in texts]
    assert [rect.get("fill") for rect in svg.iter(f"{name}rect")][1:] == [
        shape.colour for shape in picture.shapes if isinstance(shape, Rectangle)
    ]
    with Image.open(tmp_path / "map.PNG") as image:
        assert image.format == "PNG" and image.size == (PNG_SCALE * picture.width, PNG_SCALE * picture.height)
        for shape in picture.shapes:
            if isinstance(shape, Rectangle):
                corner = image.getpixel((round(PNG_SCALE * (shape.x + 2)), round(PNG_SCALE * (shape.y + 2))))
                assert f"#{bytes(corner).hex()}" == shape.colour
        for text in texts:  # the letters are inside the picture, and there are some
            x, y = PNG_SCALE * text.x, PNG_SCALE * text.y
            around = image.crop((max(0, x - 40), y - PNG_SCALE * text.size, x + 40, y))
            assert (
                len(set(around.getdata() if not hasattr(around, "get_flattened_data") else around.get_flattened_data()))
                > 1
            )


def test_one_cell_alone_and_cells_that_are_all_right_have_a_picture():
    for accuracies in ([0.5], [1.0], [0.0], [1.0, 1.0]):
        draw_heat_map(cells([(0.1, n, accuracy) for n, accuracy in enumerate(accuracies)]), "Accuracy")


# On many machines


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_rows_and_both_its_workers_train(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "OPENBLAS_NUM_THREADS": "1"}

    def process(kind, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments, "--no-dashboard"]
        log = processes.enter_context((tmp_path / f"{kind}.txt").open("a"))
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        processes.callback(lambda: (process.kill(), process.wait()))

    with ExitStack() as processes:
        process("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2])
        for _ in range(2):
            process("worker", address, "--nthreads", "1", "--no-nanny")
        from distributed import Client

        with Client(address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=30)
            out = tmp_path / "sweep.csv"
            assert run(*SMALL, "--backend", "dask", "--scheduler", address, "--out", out) == 0
            assert_same_results(read_results(out), small_plan())
            trained = client.run(_images_were_read)
            assert len(trained) == 2 and all(trained.values())


def _images_were_read():
    from nn.sweep import _images

    return _images.cache_info().misses == 1
