"""The results of a class: the data of its charts, what networks predict for its digits, and their picture."""

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
from PIL import Image
from sklearn.metrics import confusion_matrix

import nn
from nn.classroom.board import Entry
from nn.classroom.submissions import SharedDrawing
from nn.files.networks import network_bytes
from nn.network import initial_network
from nn.ui.charts.classroom import BATCH, BIN, dots_data, dots_spec, guesses_data, outlined
from nn.ui.classroom.digits import COLUMNS, digits_data
from nn.ui.classroom.predictions import BEST, CLASS, PRETRAINED, confusion_of, predictions


def test_a_dot_lies_near_its_eta_and_good_networks_lie_apart():
    dot = {"id": 1, "eta": 0.1, "accuracy": 0.9, "n_hidden": 30, "batch_size": 1, "n_images": 8_000}
    dot |= {"who": "teal heron", "settings": "the usual settings"}
    table = dots_data([dot | {"id": i, "accuracy": accuracy} for i, accuracy in enumerate((0.1, 0.9, 0.99, 1.0))])
    data = table.to_pydict()
    assert all(0.08 < x < 0.12 for x in data["x"]) and len(set(data["x"])) == 4
    assert data["errors"][:3] == [0.9, 1 - 0.9, 1 - 0.99] and data["errors"][3] > 0  # the axis is logarithmic
    assert data["width"] == [0, 0, 0, 0]
    assert outlined(table, [False, True, False, False]).to_pydict() == data | {"width": [0, 3, 0, 0]}
    spec = dots_spec(300, BATCH, clickable=True)
    fields = {one["field"] for one in spec["encoding"].values() if isinstance(one, dict)}
    assert fields | {one["field"] for one in spec["encoding"]["tooltip"]} <= set(table.column_names)
    assert spec["params"][0]["select"]["fields"] == ["id"]


def test_nobody_is_lost_when_guesses_and_results_are_stacked():
    rng = np.random.default_rng(2)
    guesses, results = rng.random(40).tolist(), [0.0, 1.0, 1.0, 0.07]
    data = guesses_data(guesses, results).to_pydict()
    assert data["kind"].count("guesses") == 40 and data["kind"].count("results") == 4
    assert len(set(zip(data["share"], data["level"]))) == 44
    assert [level < 0 for level in data["level"]] == [kind == "guesses" for kind in data["kind"]]
    for shares, kind in ((guesses, "guesses"), (results, "results")):
        shown = sorted(share for share, one in zip(data["share"], data["kind"]) if one == kind)
        assert np.abs(np.subtract(shown, sorted(shares))).max() <= BIN / 2 + 1e-9


def drawings(n):
    images = nn.load_mnist().X_test
    contents = [SharedDrawing(i % 10, images[i], images[-i - 1]) for i in range(n)]
    return tuple(Entry(i + 1, 1 + i % 3, content) for i, content in enumerate(contents))


def test_each_network_reads_each_digit_once_and_is_forgotten_when_it_is_no_longer_wanted():
    networks, pretrained, asked, n_read = {id: initial_network(5, id) for id in (1, 2, 3)}, nn.load_pretrained(), [], []

    def ask(ids):
        asked.extend(ids)
        return {id: network_bytes(networks[id]) for id in ids}

    def predict(X):
        n_read.append(len(X))
        return pretrained.predict(X)

    def answers(network):
        return network.predict(np.array([getattr(one.content, network.preparation) for one in board.drawings]))

    trainings = [(1, 1, 0.8), (2, 2, 0.9), (3, 2, 0.5)]  # 3 is the second person's latest, while 2 is the best
    rows = [Entry(id, number, SimpleNamespace(accuracy=accuracy)) for id, number, accuracy in trainings]
    classroom = SimpleNamespace(with_network=lambda room: list(networks), networks=ask)
    more = {}, SimpleNamespace(preparation=pretrained.preparation, predict=predict), 0.99
    board = SimpleNamespace(room=1, trainings=rows, drawings=drawings(20))
    found = predictions(board, classroom, *more)
    assert [(one["kind"], one["number"]) for one in found] == [(PRETRAINED, None), (BEST, 2), (CLASS, 1), (CLASS, 2)]
    for prediction, id in zip(found[1:], (2, 1, 3)):
        assert np.array_equal(prediction["answers"], answers(networks[id]))
    assert n_read == [20] and sorted(asked) == [1, 2, 3]

    board.drawings = drawings(23)[2:]  # two were removed, and three have come
    found = predictions(board, classroom, *more)
    assert n_read == [20, 3] and len(asked) == 3
    labels = np.array([one.content.label for one in board.drawings])
    assert np.array_equal(found[0]["answers"], answers(pretrained))
    assert found[0]["hands"] == (found[0]["answers"] == labels).mean()
    confusion = confusion_matrix(labels, found[0]["answers"], labels=range(10))
    assert np.array_equal(confusion_of(labels, found[0]["answers"]), confusion)
    del networks[1]
    assert [one["number"] for one in predictions(board, classroom, *more)] == [None, 2, 2]
    assert set(more[0]) == {None, 2, 3}


def test_the_picture_has_the_latest_of_each_digit_in_its_row():
    images = nn.load_mnist().X_test
    many = [Entry(i, 1, SharedDrawing(3, images[i], images[0])) for i in range(1, COLUMNS + 6)]
    data = digits_data([*many, Entry(99, 2, SharedDrawing(7, images[0], images[1]))], removes=False)
    assert json.loads(json.dumps(data)) == data
    assert data["ids"][3] == list(range(6, COLUMNS + 6)) and data["ids"][7] == [99] and data["ids"][0] == []
    assert data["counts"][3] == COLUMNS + 5
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["picture"].split(",")[1]))))
    assert np.array_equal(pixels[3 * 28 : 4 * 28, 28:56], images[7].reshape(28, 28))
    assert np.array_equal(pixels[7 * 28 : 8 * 28, :28], images[0].reshape(28, 28))
    assert pixels[:28].max() == 0
