"""The command line: train, evaluate and predict as a person types them."""

import re
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import nn
from nn import Recipe, cli, load_mnist, load_network, prepare_images, save_network
from nn.__main__ import main
from nn.analysis.evaluation import evaluate
from nn.network import initial_network

pytestmark = pytest.mark.filterwarnings("error")
ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = str(ROOT / "assets" / "network.npz")
PROGRESS = re.compile(r" *(\d+)/(\d+) \| Cost: (\d+\.\d\d) \| Train Acc\.: (\d+\.\d\d)%")


def run(*arguments):
    """The exit status of a command, argparse's own exits included."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as end:
        return end.code


def assert_fails(capsys, *arguments, saying, what=""):
    """Status 2, a sentence on standard error (after argparse's usage, if argparse complains), and nothing else."""
    what = f"{what or ' '.join(map(str, arguments))}: "
    assert run(*arguments) == 2, what
    out, err = capsys.readouterr()
    last = err.strip().splitlines()[-1]
    assert "error: " in last and saying in last, what + err
    assert "Traceback" not in err, what + err
    assert out == "", what + out


def interrupted(monkeypatch, after):
    """Let Ctrl-C come after this number of states; the arguments of each training are in the list that it returns."""
    given = []

    def train(*arguments):
        given.append(arguments)
        for number, run in enumerate(nn.train(*arguments)):
            yield run
            if number == after:
                raise KeyboardInterrupt

    monkeypatch.setattr(cli, "train", train)
    return given


@pytest.fixture
def out(tmp_path):
    """A file that holds an older network."""
    (tmp_path / "net.npz").write_bytes(b"an older network")
    return tmp_path / "net.npz"


def is_as_before(out):
    return out.read_bytes() == b"an older network" and [path.name for path in out.parent.iterdir()] == [out.name]


# Train, evaluate


def test_a_network_is_trained_saved_evaluated_and_reads_a_picture(out, capsys):
    assert run("train", "--images", 200, "--epochs", 10, "--hidden", 12, "--eta", 0.2, "--seed", 5, "--out", out) == 0
    first, *progress, last = capsys.readouterr().out.splitlines()
    assert "200 images to train on, 2,000 held out" in first
    lines = [PROGRESS.fullmatch(line) for line in progress]
    assert [line.groups()[:2] for line in lines] == [(str(epoch), "10") for epoch in range(1, 11)]
    assert progress[0].startswith(" 1/10 | ") and float(lines[-1][3]) < float(lines[0][3])

    network, mnist = load_network(out), load_mnist()
    assert network.n_hidden == 12 and network.pixel_max == 1
    cost, accuracy = evaluate(network, mnist.X_train[:200], mnist.y_train[:200])
    assert lines[-1][3] == f"{200 * cost:.2f}", "the sum over the training images, as in the notebook"
    assert lines[-1][4] == f"{100 * accuracy:.2f}"

    assert run("evaluate", out) == 0
    assert capsys.readouterr().out.strip() == last
    cost, accuracy = evaluate(network, mnist.X_test, mnist.y_test)
    assert f"{100 * accuracy:.2f}% right" in last and f"{cost:.4f}" in last

    picture = out.with_name("three.png")
    Image.fromarray(mnist.X_test[0].reshape(28, 28)).resize((280, 280)).save(picture)
    assert run("predict", out, picture) == 0
    assert re.search(r": \d$", capsys.readouterr().out.splitlines()[0])


OPTIONS = "--hidden 0 --eta .5 --epochs 7 --batch-size 9 --seed 5 --raw-pixels --no-shuffle --preparation normalized"


@pytest.mark.parametrize(
    "options, recipe, n_images",
    [("", Recipe(), 8_000), (f"{OPTIONS} --images 20", Recipe(0, 0.5, 7, 9, 5, False, False, "normalized"), 20)],
)
def test_the_options_are_settings_with_the_defaults_of_the_page(out, monkeypatch, options, recipe, n_images):
    monkeypatch.setattr(cli, "prepare_images", lambda X, preparation: X)
    given = interrupted(monkeypatch, after=0)
    assert run("train", "--out", out, *options.split()) == 130
    ((found, X, y, X_test, y_test),) = given
    assert found == recipe and len(X) == len(y) == n_images and len(X_test) == len(y_test) == 2_000


def test_straightened_and_distorted_images_are_learnt_and_the_file_says_so(out, capsys, monkeypatch):
    mnist = load_mnist()
    few = replace(mnist.first(20), X_test=mnist.X_test[:50], y_test=mnist.y_test[:50])
    monkeypatch.setattr(cli, "load_mnist", lambda *_: few)
    options = ["--epochs", 1, "--preparation", "normalized", "--distorted", 1]
    assert run("train", *options, "--out", out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Images distorted and prepared: 56" in lines and any("56 images to train on" in line for line in lines)
    network = load_network(out)
    assert network.preparation == "normalized"
    cost, _ = evaluate(network, prepare_images(few.X_test, "normalized"), few.y_test)
    assert f"mean cost {cost:.4f}" in lines[-1]
    assert run("evaluate", out) == 0
    assert capsys.readouterr().out.strip() == lines[-1], "evaluate prepares the held-out images in the same way"


def test_a_training_that_diverges_says_so(out, capsys):
    assert run("train", "--images", 100, "--epochs", 3, "--eta", 1e6, "--out", out) == 0
    text = capsys.readouterr().out
    assert "eta = 1e+06 is too large" in text and "nan" not in text.lower()
    assert np.isfinite(load_network(out).W_out).all()


@pytest.mark.parametrize(
    "arguments, saying",
    [
        ("--epochs 0", "epochs must be"),
        ("--images 0", "from 1 to 8,000"),
        ("--images 8001", "from 1 to 8,000"),
        ("--spare-bundled-test", "--data openml"),
        ("--distorted -1", "--distorted must be"),
        ("--distorted 1000000", "1,000,000 are allowed"),  # before memory is asked for
        ("--epochs ten", "invalid int value"),
        ("--preparation best", "invalid choice"),
        ("--speed 3", "unrecognized arguments"),
    ],
)
def test_a_wrong_number_is_named_before_any_work_and_an_older_network_stays(out, capsys, arguments, saying):
    assert_fails(capsys, "train", *arguments.split(), "--out", out, saying=saying)
    assert is_as_before(out)


def test_an_incomplete_command_is_answered_with_its_usage_and_help_is_no_error(capsys):
    incomplete = "", "learn", "train", "evaluate", "predict", "predict net.npz", "evaluate a.npz b.npz", "predict a b c"
    for arguments in incomplete:
        assert_fails(capsys, *arguments.split(), saying="", what=f"python -m nn {arguments}")
    for command in ([], ["train"], ["evaluate"], ["predict"]):
        assert run(*command, "--help") == 0
        assert "usage: python -m nn" in capsys.readouterr().out


def test_ctrl_c_keeps_what_was_learnt_and_before_that_the_older_network(out, capsys, monkeypatch):
    interrupted(monkeypatch, after=0)
    assert run("train", "--images", 100, "--out", out) == 130
    assert capsys.readouterr().err == "Interrupted.\n" and is_as_before(out)
    interrupted(monkeypatch, after=3)
    assert run("train", "--images", 100, "--epochs", 1_000, "--out", out) == 130
    said = capsys.readouterr().err
    assert re.fullmatch(r"Interrupted after \d+\.\d\d epochs\. .*net\.npz holds the network so far\.\n", said)
    assert load_network(out).n_hidden == 30


def test_a_file_that_cannot_be_written_is_named_before_the_training_and_a_full_disk_after_it(out, capsys, monkeypatch):
    for place in (out.parent / "no" / "net.npz", out / "net.npz", out.parent):
        assert_fails(capsys, "train", "--images", 100, "--epochs", 1, "--out", place, saying=str(place))

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    assert run("train", "--images", 100, "--epochs", 1, "--out", out) == 2
    assert "No space left on device" in capsys.readouterr().err and is_as_before(out)


def test_the_images_of_openml_can_be_fetched_in_advance(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cli, "load_mnist", lambda source, progress: progress(0.42))
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli, "resource", None)
    assert run("download") == 2
    full = f"error: The copy of OpenML's images can't be saved as {cli.cache_path()}: the disk is full.\n"
    assert tuple(capsys.readouterr()) == ("42 %\n", full)
    cli.cache_path().touch()
    assert run("download") == 0
    assert f"stored as {cli.cache_path()}." in capsys.readouterr().out
    monkeypatch.setenv("XDG_CACHE_HOME", str(cli.cache_path()))  # a file in the place of the directory
    assert_fails(capsys, "download", saying="images can't be saved")


# Predict


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The file of a small network: enough where it does not matter what is read."""
    path = tmp_path_factory.mktemp("small") / "net.npz"
    save_network(initial_network(30, seed=1), path)
    return path


def drawn(mode, ink, paper):
    """A seven, as a picture of any mode."""
    picture = Image.new(mode, (280, 280), paper)
    ImageDraw.Draw(picture).line([(80, 60), (200, 60), (120, 230)], fill=ink, width=24, joint="curve")
    return picture


SEVEN = drawn("L", 255, 0)


@pytest.mark.parametrize(
    "picture",
    [SEVEN, drawn("1", 0, 1), drawn("LA", (255, 255), (0, 0)), drawn("RGB", (20, 20, 80), (250, 250, 240)).quantize(8)],
    ids=["white on black", "one bit", "white on transparent", "with a palette"],
)
def test_a_seven_is_read_from_a_picture_of_any_kind_and_a_blank_one_is_said_to_be_blank(tmp_path, capsys, picture):
    path = tmp_path / "seven.png"
    picture.save(path)
    assert run("predict", PRETRAINED, path) == 0
    first, line = capsys.readouterr().out.splitlines()
    outputs = [float(value) for value in re.findall(r"\d: ([\d.]+)", line)]
    assert first == f"{path}: 7" and re.findall(r"(\d):", line) == list("0123456789")
    assert max(outputs) == outputs[7] and all(0 <= value <= 1 for value in outputs)
    Image.new(picture.mode, (100, 50)).save(path)
    assert run("predict", PRETRAINED, path) == 0
    assert capsys.readouterr().out == "Nothing is drawn in this picture.\n"


def test_a_long_thin_picture_needs_little_memory(tmp_path, small):
    Image.fromarray(np.tile(np.uint8([[0, 255, 0]]), (4096, 1))).save(tmp_path / "line.png")
    tracemalloc.start()
    try:
        assert run("predict", small, tmp_path / "line.png") == 0
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


def test_a_file_that_cannot_be_read_is_reported_in_a_sentence(tmp_path, capsys, small):
    (tmp_path / "broken.npz").write_bytes(b"PK but not really")
    networks = [(tmp_path / "nowhere.npz", "nowhere.npz"), (tmp_path / "broken.npz", "not a network file")]
    for path, saying in [*networks, ("/dev/zero", "not a regular file")]:
        assert_fails(capsys, "evaluate", path, saying=saying)
        assert_fails(capsys, "predict", path, tmp_path / "picture.png", saying=saying)
    for path in (tmp_path / "nowhere.png", tmp_path, "/dev/zero"):
        assert_fails(capsys, "predict", small, path, saying=str(path))
    SEVEN.save(tmp_path / "good.png")
    good, broken = (tmp_path / "good.png").read_bytes(), tmp_path / "broken.png"
    changed = good[:36] + b"\x00" + good[37:], good[:33] + b"\xff" * 20 + good[53:]  # the first has a wrong length
    for content in (b"", b"no picture", small.read_bytes(), good[: len(good) // 2], good[:40], *changed):
        broken.write_bytes(content)
        assert_fails(capsys, "predict", small, broken, saying="", what=f"{content[:60]}")


def test_python_m_nn_works_from_another_process(tmp_path):
    """Also without a warning of Pillow's, which pytest would hide."""
    SEVEN.save(tmp_path / "seven.png")
    Image.new("1", (10_000, 10_000)).save(tmp_path / "huge.png")
    too_large = "error: The picture is larger than 4096 x 4096 pixels.\n"
    for name, status, said in (("seven.png", 0, ""), ("huge.png", 2, too_large)):
        command = [sys.executable, "-m", "nn", "predict", PRETRAINED, tmp_path / name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (status, said)
        assert ": 7\n" in done.stdout if status == 0 else done.stdout == ""
