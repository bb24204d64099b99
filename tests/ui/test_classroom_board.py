"""What the board of a class shows: the data of its charts, how the digits are read, and their wall."""

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
from PIL import Image
from sklearn.metrics import confusion_matrix

import nn
from nn.classroom.rooms import DrawingRow
from nn.store import network_bytes
from nn.ui.charts.classroom import BATCH, BIN, dots_data, dots_spec, guesses_data
from nn.ui.classroom.digits import COLUMNS, wall_data
from nn.ui.classroom.readings import BEST, CLASS, PRETRAINED, Readings, confusion_of


def dot(**more):
    usual = {"id": 1, "eta": 0.1, "accuracy": 0.9, "n_hidden": 30, "batch_size": 1, "n_images": 8_000}
    return usual | {"who": "teal heron", "settings": "the usual settings", "mine": False} | more


def test_a_dot_lies_near_its_eta_and_good_networks_lie_apart():
    data = dots_data([dot(id=i, accuracy=accuracy) for i, accuracy in enumerate((0.1, 0.9, 0.99, 1.0))]).to_pydict()
    assert all(0.08 < x < 0.12 for x in data["x"]) and len(set(data["x"])) == 4
    assert data["errors"][:3] == [0.9, 1 - 0.9, 1 - 0.99] and data["errors"][3] > 0  # the axis is logarithmic
    assert dots_data([dot(mine=True)]).to_pydict()["width"] != dots_data([dot()]).to_pydict()["width"]


def test_every_field_of_the_chart_is_a_column():
    spec, columns = dots_spec(300, BATCH, clickable=True), set(dots_data([dot()]).column_names)
    fields = {one["field"] for one in spec["encoding"].values() if isinstance(one, dict)}
    assert fields | {one["field"] for one in spec["encoding"]["tooltip"]} <= columns
    assert spec["params"][0]["select"]["fields"] == ["id"]


def test_nobody_is_lost_when_guesses_and_results_are_stacked():
    rng = np.random.default_rng(2)
    guesses, results = rng.random(40).tolist(), [0.0, 1.0, 1.0, 0.07]
    data = guesses_data(guesses, results).to_pydict()
    assert data["kind"].count("guesses") == 40 and data["kind"].count("results") == 4
    places = list(zip(data["share"], data["level"]))
    assert len(set(places)) == 44 and all(
        (level < 0) == (kind == "guesses") for level, kind in zip(data["level"], data["kind"])
    )
    for shares, kind in ((guesses, "guesses"), (results, "results")):
        shown = sorted(share for share, one in zip(data["share"], data["kind"]) if one == kind)
        assert np.abs(np.subtract(shown, sorted(shares))).max() <= BIN / 2 + 1e-9


class Counting:
    """A network that counts how many images it reads."""

    def __init__(self, network):
        self._network, self.preparation, self.n = network, network.preparation, 0

    def predict(self, X):
        self.n += len(X)
        return self._network.predict(X)


def drawings(n):
    images = nn.load_mnist().X_test
    rows = [DrawingRow(i + 1, 1 + i % 3, i % 10, {"mnist": images[i], "normalized": images[-i - 1]}) for i in range(n)]
    return tuple(rows)


def network_file(seed):
    mnist = nn.load_mnist().first(500)
    *_, run = nn.train(nn.Settings(epochs=1, seed=seed, n_hidden=5), mnist.X_train, mnist.y_train)
    return network_bytes(run.network)


def test_each_network_reads_each_digit_once_and_what_is_no_longer_wanted_is_forgotten():
    files = {id: network_file(id) for id in (1, 2, 3)}
    rows = [SimpleNamespace(id=1, number=1, accuracy=0.8), SimpleNamespace(id=2, number=2, accuracy=0.9)]
    rows.append(SimpleNamespace(id=3, number=2, accuracy=0.5))  # the second person's latest, while 2 is the best
    asked = []

    def networks(ids):
        asked.extend(ids)
        return {id: files[id] for id in ids}

    classroom = SimpleNamespace(kept_networks=lambda room: list(files), networks=networks)
    pretrained = Counting(nn.load_pretrained())
    readings = Readings(pretrained, 0.99)
    board = SimpleNamespace(room=1, version=1, trainings=rows, drawings=drawings(20))
    found = readings.of(board, classroom)
    assert [(one.kind, one.number) for one in found] == [(PRETRAINED, None), (BEST, 2), (CLASS, 1), (CLASS, 2)]
    for reading, id in zip(found[1:], (2, 1, 3)):
        X = np.array([one.images["mnist"] for one in board.drawings])
        assert np.array_equal(reading.answers, nn.load_network(io.BytesIO(files[id])).predict(X))
    assert pretrained.n == 20 and sorted(asked) == [1, 2, 3]
    board = SimpleNamespace(room=1, version=2, trainings=rows, drawings=drawings(23)[2:])
    found = readings.of(board, classroom)
    assert pretrained.n == 23 and len(asked) == 3
    X = np.array([one.images["normalized"] for one in board.drawings])
    assert np.array_equal(found[0].answers, nn.load_pretrained().predict(X))
    labels = np.array([one.label for one in board.drawings])
    assert found[0].share(labels) == (found[0].answers == labels).mean()
    del files[1]
    assert [one.number for one in readings.of(SimpleNamespace(**vars(board) | {"version": 3}), classroom)] == [
        None,
        2,
        2,
    ]


def test_the_confusion_matrix_is_scikit_learns():
    rng = np.random.default_rng(0)
    labels, answers = rng.integers(10, size=(2, 300))
    assert np.array_equal(confusion_of(labels, answers), confusion_matrix(labels, answers, labels=range(10)))


def test_the_wall_has_the_latest_of_each_digit_in_its_row():
    images = nn.load_mnist().X_test
    many = [DrawingRow(i, 1, 3, {"mnist": images[i]}) for i in range(1, COLUMNS + 6)]
    data = wall_data([*many, DrawingRow(99, 2, 7, {"mnist": images[0]})], may_take_out=False)
    assert json.loads(json.dumps(data)) == data
    assert data["ids"][3] == list(range(6, COLUMNS + 6)) and data["ids"][7] == [99] and data["ids"][0] == []
    assert data["counts"][3] == COLUMNS + 5
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["picture"].split(",")[1]))))
    assert np.array_equal(pixels[3 * 28 : 4 * 28, 28:56], images[7].reshape(28, 28))
    assert np.array_equal(pixels[7 * 28 : 8 * 28, :28], images[0].reshape(28, 28))
    assert pixels[:28].max() == 0
