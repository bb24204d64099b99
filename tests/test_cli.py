"""The command line: train, evaluate and predict as a person types them."""

import io
import re
import struct
import subprocess
import sys
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fuzz import chunk
from PIL import Image, ImageDraw

import nn
from nn import DataError, Settings, load_mnist, load_network, prepare_images, save_network
from nn import __main__ as cli
from nn.network import initial_network
from nn.training import evaluate

pytestmark = pytest.mark.filterwarnings("error")
ROOT = Path(__file__).resolve().parent.parent
PRETRAINED = str(ROOT / "assets" / "network.npz")
PROGRESS = re.compile(r" *(\d+)/(\d+) \| Cost: (\d+\.\d\d) \| Train Acc\.: (\d+\.\d\d)%")


def run(*arguments):
    """The exit status of a command, argparse's own exits included."""
    try:
        return cli.main([str(argument) for argument in arguments])
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


# Train, evaluate


def test_a_network_is_trained_saved_evaluated_and_reads_a_picture(tmp_path, capsys):
    out = tmp_path / "net.npz"
    assert run("train", "--images", 400, "--epochs", 3, "--hidden", 12, "--eta", 0.2, "--seed", 5, "--out", out) == 0
    first, *progress, last = capsys.readouterr().out.splitlines()
    assert "400 images to train on, 2,000 held out" in first
    lines = [PROGRESS.fullmatch(line) for line in progress]
    assert [line.groups()[:2] for line in lines] == [("1", "3"), ("2", "3"), ("3", "3")]
    costs = [float(line[3]) for line in lines]
    assert costs[0] > costs[1] > costs[2]

    network, mnist = load_network(out), load_mnist()
    assert network.n_hidden == 12 and network.pixel_max == 1
    cost, accuracy = evaluate(network, mnist.X_train[:400], mnist.y_train[:400])
    assert lines[-1][3] == f"{400 * cost:.2f}", "the sum over the training images, as in the notebook"
    assert lines[-1][4] == f"{100 * accuracy:.2f}"

    assert run("evaluate", out) == 0
    assert capsys.readouterr().out.strip() == last
    cost, accuracy = evaluate(network, mnist.X_test, mnist.y_test)
    assert f"{100 * accuracy:.2f}% right" in last and f"{cost:.4f}" in last

    picture = tmp_path / "three.png"
    Image.fromarray(mnist.X_test[0].reshape(28, 28)).resize((280, 280)).save(picture)
    assert run("predict", out, picture) == 0
    assert re.search(r": \d$", capsys.readouterr().out.splitlines()[0])


def test_the_defaults_are_those_of_the_page():
    arguments = cli._parser().parse_args(["train", "--out", "net.npz"])
    default = Settings()
    assert (arguments.hidden, arguments.eta, arguments.epochs) == (default.n_hidden, default.eta, default.epochs)
    assert (arguments.batch_size, arguments.seed, arguments.data) == (default.batch_size, default.seed, "bundled")
    assert (arguments.preparation, arguments.distorted) == (default.preparation, 0)
    assert arguments.raw_pixels is not default.scale and arguments.no_shuffle is not default.shuffle


def test_training_as_the_notebook_does_it(tmp_path):
    plain, shuffled = tmp_path / "net.npz", tmp_path / "shuffled.npz"
    sizes = ["--images", 100, "--epochs", 1, "--hidden", 3, "--batch-size", 1]
    command = ["train", *sizes, "--eta", 0.001, "--raw-pixels"]
    assert run(*command, "--no-shuffle", "--out", plain) == 0
    assert load_network(plain).pixel_max == 255
    assert run(*command, "--out", shuffled) == 0
    assert not np.array_equal(load_network(plain).W_out, load_network(shuffled).W_out)


def test_a_network_without_hidden_units_learns_from_the_whole_set_as_one_batch(tmp_path, capsys):
    out = tmp_path / "net.npz"
    assert run("train", "--images", 200, "--epochs", 12, "--hidden", 0, "--batch-size", 200, "--out", out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(" 1/12 | ") and lines[12].startswith("12/12 | "), "all numbers have the same width"
    assert load_network(out).n_hidden == 0


@pytest.mark.slow
def test_straightened_and_distorted_images_are_learnt_and_the_file_says_so(tmp_path, capsys):
    out = tmp_path / "net.npz"
    options = ["--images", 100, "--epochs", 20, "--preparation", "normalized", "--distorted", 1]
    assert run("train", *options, "--out", out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Images distorted and prepared: 280" in lines and any("280 images to train on" in line for line in lines)
    network, mnist = load_network(out), load_mnist()
    assert network.preparation == "normalized"
    X_test = prepare_images(mnist.X_test[:300], "normalized")
    right = [(network.predict(X) == mnist.y_test[:300]).mean() for X in (X_test, mnist.X_test[:300])]
    assert right[0] > right[1] > 0.3, "it reads images best that are prepared as those it learnt from"
    assert run("evaluate", out) == 0
    assert capsys.readouterr().out.strip() == lines[-1], "evaluate prepares the held-out images in the same way"


def test_a_training_that_diverges_says_so(tmp_path, capsys):
    out = tmp_path / "net.npz"
    assert run("train", "--images", 100, "--epochs", 3, "--eta", 1e6, "--out", out) == 0
    text = capsys.readouterr().out
    assert "eta = 1e+06 is too large" in text and "nan" not in text.lower()
    assert np.isfinite(load_network(out).W_out).all()


@pytest.mark.slow
def test_the_pre_trained_network_is_evaluated(capsys):
    assert run("evaluate", PRETRAINED) == 0
    share, cost = re.search(r"([\d.]+)% right, mean cost ([\d.]+)", capsys.readouterr().out).groups()
    assert float(share) > 95 and float(cost) < 0.4


def test_a_wrong_number_is_named_before_any_work(tmp_path, capsys):
    for arguments, saying in [
        ("train --epochs 0", "epochs must be"),
        ("train --hidden -1", "n_hidden must be"),
        ("train --hidden 5001", "n_hidden must be"),
        ("train --eta 0", "eta must be"),
        ("train --eta nan", "eta must be"),
        ("train --eta inf", "eta must be"),
        ("train --batch-size 0", "batch_size must be"),
        ("train --seed -1", "seed must be"),
        ("train --images 0", "from 1 to 8,000"),
        ("train --images 8001", "from 1 to 8,000"),
        ("train --spare-bundled-test", "--data openml"),
        ("train --distorted -1", "--distorted must be"),
        ("train --epochs ten", "invalid int value"),
        ("train --eta much", "invalid float value"),
        ("train --data web", "invalid choice"),
        ("train --preparation best", "invalid choice"),
        ("train --speed 3", "unrecognized arguments"),
    ]:
        assert_fails(capsys, *arguments.split(), "--out", tmp_path / "net.npz", saying=saying)
        assert list(tmp_path.iterdir()) == [], arguments


def test_an_incomplete_command_is_answered_with_its_usage(capsys):
    incomplete = "", "learn", "train", "evaluate", "predict", "predict net.npz", "evaluate a.npz b.npz", "predict a b c"
    for arguments in incomplete:
        assert_fails(capsys, *arguments.split(), saying="", what=f"python -m nn {arguments}")


def test_help_is_not_an_error(capsys):
    for command in ([], ["train"], ["evaluate"], ["predict"]):
        assert run(*command, "--help") == 0
        assert "usage: python -m nn" in capsys.readouterr().out


def test_a_place_where_nothing_can_be_saved_is_named_before_the_training(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "no" / "net.npz", tmp_path / "file" / "net.npz", tmp_path):
        assert_fails(capsys, "train", "--images", 100, "--epochs", 1, "--out", out, saying=str(out))


def interrupted(after, monkeypatch):
    """Let Ctrl-C come after this number of Runs."""

    def train(*arguments):
        for number, run in enumerate(nn.train(*arguments)):
            yield run
            if number == after:
                raise KeyboardInterrupt

    monkeypatch.setattr(cli, "train", train)


def test_ctrl_c_keeps_what_was_learnt_and_ends_with_a_sentence(tmp_path, capsys, monkeypatch):
    out = tmp_path / "net.npz"
    out.write_bytes(b"an older network")
    interrupted(3, monkeypatch)
    assert run("train", "--images", 100, "--epochs", 1_000, "--out", out) == 130
    said = capsys.readouterr().err
    assert re.fullmatch(r"Interrupted after \d+\.\d\d epochs\. .*net\.npz holds the network so far\.\n", said)
    assert load_network(out).n_hidden == 30


def test_ctrl_c_before_anything_was_learnt_leaves_the_older_network(tmp_path, capsys, monkeypatch):
    out = tmp_path / "net.npz"
    out.write_bytes(b"an older network")
    interrupted(0, monkeypatch)
    assert run("train", "--images", 100, "--out", out) == 130
    assert capsys.readouterr().err == "Interrupted.\n"
    assert out.read_bytes() == b"an older network"


def test_a_disk_that_is_full_at_the_end_leaves_the_older_network(tmp_path, capsys, monkeypatch):
    out = tmp_path / "net.npz"
    out.write_bytes(b"an older network")

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    assert run("train", "--images", 100, "--epochs", 1, "--out", out) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert out.read_bytes() == b"an older network" and [path.name for path in tmp_path.iterdir()] == ["net.npz"]


def test_a_million_copies_are_refused_before_memory_is_asked_for(tmp_path, capsys):
    out = tmp_path / "net.npz"
    assert run("train", "--distorted", 1_000_000, "--out", out) == 2
    assert "1,000,000 are allowed" in capsys.readouterr().err and not out.exists()


def test_the_images_of_openml_can_be_fetched_in_advance(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cli, "load_mnist", lambda source, progress: progress(0.42))
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli, "resource", None)
    assert run("download") == 2
    out, err = capsys.readouterr()
    assert (
        out == "42 %\n" and err == f"error: OpenML's images can't be stored as {cli.cache_path()}: the disk is full.\n"
    )
    cli.cache_path().touch()
    assert run("download") == 0
    assert f"stored as {cli.cache_path()}." in capsys.readouterr().out
    monkeypatch.setenv("XDG_CACHE_HOME", str(cli.cache_path()))  # a file in the place of the directory
    assert_fails(capsys, "download", saying="can't be stored")


def test_an_older_network_survives_a_command_that_is_refused(tmp_path, capsys):
    out = tmp_path / "net.npz"
    out.write_bytes(b"an older network")
    assert_fails(capsys, "train", "--images", 0, "--out", out, saying="from 1 to 8,000")
    assert out.read_bytes() == b"an older network"


def test_missing_and_broken_network_files_are_reported_in_a_sentence(tmp_path, capsys):
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK but not really")
    for command in (["evaluate"], ["predict", tmp_path / "picture.png"]):
        assert_fails(capsys, command[0], tmp_path / "nowhere.npz", *command[1:], saying="nowhere.npz")
        assert_fails(capsys, command[0], broken, *command[1:], saying="not a network file")


def test_data_that_cannot_be_loaded_are_reported_in_a_sentence(tmp_path, capsys, monkeypatch):
    def unreachable(source):
        assert source == "openml"
        raise DataError("MNIST could not be loaded from OpenML: no network.")

    monkeypatch.setattr(cli, "load_mnist", unreachable)
    assert_fails(capsys, "train", "--data", "openml", "--out", tmp_path / "net.npz", saying="no network.")
    assert_fails(capsys, "evaluate", PRETRAINED, "--data", "openml", saying="no network.")


# Predict


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The file of a small network: enough where it does not matter what is read."""
    path = tmp_path_factory.mktemp("small") / "net.npz"
    save_network(initial_network(30, seed=1), path)
    return path


def drawn(mode="L", ink=255, paper=0, size=(280, 280)):
    """A seven, as a picture of any mode."""
    picture = Image.new(mode, size, paper)
    ImageDraw.Draw(picture).line([(80, 60), (200, 60), (120, 230)], fill=ink, width=24, joint="curve")
    return picture


def test_a_seven_is_read_from_a_picture_of_any_kind(tmp_path, capsys):
    pictures = {
        "white on black": (drawn(), "png"),
        "black on white": (drawn(ink=0, paper=255), "png"),
        "one bit": (drawn("1", 1, 0), "png"),
        "red on cream": (drawn("RGB", (200, 30, 60), (250, 250, 240)), "png"),
        "black on transparent": (drawn("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)), "png"),
        "white on transparent": (drawn("LA", (255, 255), (0, 0)), "png"),
        "with a palette": (drawn("RGB", (20, 20, 80), (250, 250, 250)).quantize(8), "png"),
        "JPEG": (drawn("RGB", (20, 20, 80), (250, 250, 250)), "jpg"),
        "BMP": (drawn("RGB", (20, 20, 80), (250, 250, 250)), "bmp"),
        "a wide GIF": (drawn("L", 0, 255, size=(600, 300)), "gif"),
    }
    for what, (picture, ending) in pictures.items():
        path = tmp_path / f"seven.{ending}"
        picture.save(path)
        assert run("predict", PRETRAINED, path) == 0, what
        first, outputs = capsys.readouterr().out.splitlines()
        assert first == f"{path}: 7", what
        outputs = [(int(digit), float(value)) for digit, value in re.findall(r"(\d): ([\d.]+)", outputs)]
        assert [digit for digit, _ in outputs] == list(range(10)), what
        assert max(outputs, key=lambda output: output[1])[0] == 7, what
        assert all(0 <= value <= 1 for _, value in outputs), what


def test_a_network_of_raw_pixels_reads_pictures_too(tmp_path, capsys, small):
    scaled = load_network(small)
    save_network(replace(scaled, W_h=scaled.W_h / 255, pixel_max=255.0), tmp_path / "raw.npz")
    drawn().save(tmp_path / "seven.png")
    answers = []
    for network in (small, tmp_path / "raw.npz"):
        assert run("predict", network, tmp_path / "seven.png") == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]


def test_a_blank_picture_gets_an_answer_too(tmp_path, capsys, small):
    for colour in (0, 255, 128):
        Image.new("L", (100, 50), colour).save(tmp_path / "blank.png")
        assert run("predict", small, tmp_path / "blank.png") == 0, colour
        assert capsys.readouterr().out == "Nothing is drawn in this picture.\n", colour


def png(width, height, data=b""):
    """A PNG of 0s and 1s that says it has this size; few bytes whatever it says."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore:Image size")  # within pytest, the filter of nn/images/pictures.py doesn't hold
def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path, capsys, small):
    for size in [(4_097, 10), (10, 4_097), (9_000, 9_000), (12_000, 12_000), (60_000, 60_000)]:
        path = tmp_path / "huge.png"
        path.write_bytes(png(*size))
        assert_fails(capsys, "predict", small, path, saying="larger than 4096 x 4096", what=f"{size}")


def test_a_long_thin_picture_needs_little_memory(tmp_path, capsys, small):
    Image.fromarray(np.tile(np.uint8([[0, 255, 0]]), (4096, 1))).save(tmp_path / "line.png")
    tracemalloc.start()
    try:
        assert run("predict", small, tmp_path / "line.png") == 0
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


def test_a_device_is_not_read_without_end(capsys, small):
    assert_fails(capsys, "predict", small, "/dev/zero", saying="not a regular file")
    assert_fails(capsys, "evaluate", "/dev/zero", saying="not a regular file")


def test_a_broken_picture_is_reported_in_a_sentence(tmp_path, capsys, small):
    file = io.BytesIO()
    drawn().save(file, "png")
    good = file.getvalue()
    broken = {
        "empty": b"",
        "text": b"no picture",
        "a network": small.read_bytes(),
        "half": good[: len(good) // 2],
        "only a header": good[:40],
        "with a part of a wrong length": good[:36] + b"\x00" + good[37:],
        "changed at its start": good[:33] + b"\xff" * 20 + good[53:],
        "without pixels": png(28, 28),
        "of no size": png(0, 0),
    }
    for what, content in broken.items():
        (tmp_path / "broken.png").write_bytes(content)
        assert_fails(capsys, "predict", small, tmp_path / "broken.png", saying="", what=what)


def test_a_missing_picture_is_reported_in_a_sentence(tmp_path, capsys, small):
    assert_fails(capsys, "predict", small, tmp_path / "nowhere.png", saying="nowhere.png")
    assert_fails(capsys, "predict", small, tmp_path, saying=str(tmp_path))


# As it is typed


def test_python_m_nn_works_from_another_process(tmp_path):
    picture = tmp_path / "seven.png"
    drawn().save(picture)
    command = [sys.executable, "-m", "nn", "predict"]
    good = subprocess.run([*command, PRETRAINED, picture], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (good.returncode, good.stderr) == (0, "")
    (tmp_path / "huge.png").write_bytes(png(10_000, 10_000))
    huge = subprocess.run(
        [*command, PRETRAINED, tmp_path / "huge.png"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert huge.stderr == "error: The picture is larger than 4096 x 4096 pixels.\n"
    assert good.stdout.startswith(f"{picture}: 7\n")
    bad = subprocess.run(
        [*command, PRETRAINED, tmp_path / "nowhere.png"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert bad.returncode == 2 and bad.stdout == ""
    assert bad.stderr.startswith("error: ") and bad.stderr.count("\n") == 1
