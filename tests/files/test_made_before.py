"""Files of an earlier version are still read: networks, drawings, what a browser kept, and the results of a sweep."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nn import Recipe, load_mnist, load_network
from nn.__main__ import main
from nn.analysis.evaluation import Point, evaluate
from nn.files.drawings import OWN, PRETRAINED, read_labelled
from nn.files.results import appending_to, read_results
from nn.files.saved_work import network_of, pack, unpack
from nn.images.preprocessing import prepare_drawing

MADE = Path(__file__).resolve().parents[1] / "made_before"


def arrays_of(file):
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def test_a_saved_network_has_its_weights_and_reads_as_well_as_it_did():
    network, arrays = load_network(MADE / "network.npz"), arrays_of(MADE / "network.npz")
    for name in ("W_h", "b_h", "W_out", "b_out"):
        assert np.array_equal(getattr(network, name), arrays[name])
    assert (network.n_hidden, network.pixel_max, network.preparation) == (3, 1, "mnist")
    training = unpack((MADE / "browser_trainings.zip").read_bytes()).kept[0]  # it was saved from this one
    mnist = load_mnist()
    _, accuracy = evaluate(network, mnist.X_test, mnist.y_test)
    assert accuracy == pytest.approx(training.state.history[-1].test_accuracy, abs=0.05)  # measured on 200 images


def test_a_compact_network_has_a_step_for_each_hidden_unit():
    network, arrays = load_network(MADE / "network_compact.npz"), arrays_of(MADE / "network_compact.npz")
    assert np.array_equal(network.W_h, arrays["W_h"] * arrays["W_h_step"]) and np.abs(arrays["W_h"]).max() == 127
    assert np.array_equal(network.W_out, arrays["W_out"]) and np.isfinite(network.b_h).all()
    assert (network.n_hidden, network.pixel_max) == (2, 255)


def assert_are_the_drawings(drawings):
    seven, one = drawings
    assert [(d.label, d.answer, d.reader, d.is_own) for d in drawings] == [(7, 7, OWN, True), (1, 7, PRETRAINED, False)]
    assert [stroke.tolist() for stroke in seven.sketch.strokes] == [[[80, 60], [200, 60], [120, 230]]]
    assert [stroke.shape for stroke in one.sketch.strokes] == [(2, 2)]
    for drawing in drawings:  # the picture of the canvas is the drawing that the network saw
        assert np.abs(prepare_drawing(drawing.sketch.pixels).image - drawing.image).max() < 0.02


def test_saved_drawings_have_their_digits_strokes_and_pictures():
    with open(MADE / "drawings.npz", "rb") as file:
        assert_are_the_drawings(read_labelled(file))


def test_a_browsers_drawings_are_taken_over():
    work = unpack((MADE / "browser_drawings.zip").read_bytes())
    assert work.trainings == ()
    assert_are_the_drawings(work.drawings)


def test_a_browsers_trainings_are_taken_over_with_settings_history_and_weights():
    file = MADE / "browser_trainings.zip"
    with zipfile.ZipFile(file) as archive:
        metadata = json.loads(archive.read("trainings.json"))["trainings"]
        weights = [load_network(io.BytesIO(archive.read(f"{i}.npz"))) for i in range(2)]
    work = unpack(file.read_bytes())
    first, present = work.trainings
    assert work.training is present and work.kept == (first,) and work.drawings == ()
    assert first.recipe == Recipe(3, 0.1, 2, seed=7, n_images=1_000)
    assert present.recipe == Recipe(2, 0.5, 1, 32, scale=False, shuffle=False, n_images=1_000, is_sorted=True)
    assert [(one.number, one.origin, one.is_mixed) for one in work.trainings] == [(1, "", False), (2, "", True)]
    for training, before, network in zip(work.trainings, metadata, weights, strict=True):
        assert training.state.history == tuple(Point(**point) for point in before["run"]["history"])
        assert training.state.images_seen == before["run"]["images_seen"] and training.state.finished
        assert all(map(np.array_equal, network_of(training).parameters, network.parameters))
        assert all(np.isfinite(array).all() for array in network.parameters)
    again = unpack(pack(work))  # in the form of today
    assert [(one.recipe, one.state.history) for one in again.trainings] == [
        (one.recipe, one.state.history) for one in work.trainings
    ]


def test_a_sweeps_results_are_read_and_continued_under_the_header_of_then(tmp_path, capsys):
    out = tmp_path / "sweep.csv"
    shutil.copy(MADE / "sweep.csv", out)
    results = read_results(out)
    assert [result.recipe for result in results] == [
        Recipe(n_hidden, eta, 1, n_images=100) for eta in (0.1, 1.0) for n_hidden in (0, 2)
    ]
    assert [result.test_accuracy for result in results] == [0.59, 0.1105, 0.556, 0.1105]
    assert not any(result.diverged for result in results)
    with appending_to(out) as append:
        append(results[0])
    lines = out.read_text().splitlines()
    assert lines[:5] == (MADE / "sweep.csv").read_text().splitlines() and lines[5] == lines[1]
    sweep = ["sweep", "--eta", ".1,1", "--hidden", "0,2", "--seeds", "1", "--epochs", "1", "--images", "100", "--out"]
    assert main([*sweep, str(out)]) == 0
    assert "4 of 4 trainings are in" in capsys.readouterr().out


def test_the_images_and_classes_of_a_user_are_found_where_they_were(monkeypatch, tmp_path):
    """On Linux, whether or not the two folders are named by the environment."""
    from nn.classroom import default_file
    from nn.images.mnist import cache_path

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert cache_path() == tmp_path / ".cache" / "nn-mnist" / "mnist_784.npz"
    assert default_file() == tmp_path / ".local/share/nn-mnist/classes.sqlite"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "b"))
    assert cache_path() == tmp_path / "a" / "nn-mnist" / "mnist_784.npz"
    assert default_file() == tmp_path / "b/nn-mnist/classes.sqlite"
