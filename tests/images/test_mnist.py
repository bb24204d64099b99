"""MNIST: the bundled images, and OpenML's through the real fetch_openml, asked of a stand-in in this process."""

import gzip
import hashlib
import io
import json
import os
import re
import socket
import threading
import time
from dataclasses import FrozenInstanceError
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import numpy as np
import pytest

from nn import DataError, load_mnist
from nn.disk import LEFT_OVER
from nn.images import mnist as data
from nn.images.mnist import cache_path, without_bundled_test

# The bundled images


def test_the_bundled_images_are_a_training_set_and_a_held_out_set():
    mnist = load_mnist()
    assert mnist.X_train.shape == (8_000, 784) and mnist.X_test.shape == (2_000, 784)
    assert mnist.y_train.shape == (8_000,) and mnist.y_test.shape == (2_000,)
    assert mnist.X_train.dtype == mnist.X_test.dtype == np.uint8
    assert mnist.y_train.dtype == mnist.y_test.dtype == np.int64
    assert mnist.X_train.min() == mnist.X_test.min() == 0 and mnist.X_train.max() == mnist.X_test.max() == 255
    assert "10,000" in mnist.name
    assert not {x.tobytes() for x in mnist.X_train} & {x.tobytes() for x in mnist.X_test}, "an image is in both"


def test_the_bundled_images_are_mnists_first_in_its_order():
    mnist = load_mnist("bundled")
    assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # How many of each digit the first 10,000 hold is known from MNIST's own labels.
    labels = np.concatenate([mnist.y_train, mnist.y_test])
    assert np.bincount(labels).tolist() == [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    assert np.bincount(mnist.y_test).tolist() == [206, 221, 203, 221, 181, 161, 216, 217, 191, 183]
    # The first is the five that every book shows; its sixth row is the first with ink.
    five = mnist.X_train[0].reshape(28, 28)
    assert five[5, 12:24].tolist() == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]
    assert not five[:5].any() and not five[25:].any()


def test_the_images_cannot_be_changed_because_every_visitor_shares_them():
    mnist = load_mnist()
    for array in (mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        mnist.name = "mine"


def test_a_smaller_set_has_the_first_training_images_and_nonsense_is_refused():
    mnist = load_mnist()
    few = mnist.first(100)
    assert np.array_equal(few.X_train, mnist.X_train[:100]) and np.array_equal(few.y_train, mnist.y_train[:100])
    assert few.X_test is mnist.X_test and few.y_test is mnist.y_test and few.name == mnist.name
    assert len(mnist.first(8_000).X_train) == 8_000
    for n in (0, -1, 8_001):
        with pytest.raises(ValueError, match="from 1 to 8,000"):
            mnist.first(n)
    for source in ("", "BUNDLED", "web", None, 3):
        with pytest.raises(ValueError, match="source must be"):
            load_mnist(source)
            pytest.fail(f"{source!r} was accepted")


def test_bundled_images_that_are_missing_or_broken_are_a_dataerror(tmp_path, monkeypatch):
    broken = tmp_path / "mnist_10k.npz"
    monkeypatch.setattr(data, "BUNDLED", broken)
    for _ in range(2):
        with pytest.raises(DataError) as error:
            load_mnist()
        assert_sentence(error.value)
        broken.write_bytes(b"PK not really")


# OpenML, through scikit-learn, from a stand-in

N_TRAIN, N_TEST = 8, 3
N = N_TRAIN + N_TEST


def images(n=N, pixels=784):
    """n images and labels as OpenML could have them."""
    rng = np.random.default_rng(1)
    X = rng.integers(0, 256, (n, pixels))
    X[:, 0] = 0  # a corner that is always 0, as in MNIST
    return X, np.arange(n) % 10


def arff(X, y, nominal=range(10)):
    """A data set in OpenML's text format."""
    lines = ["@RELATION mnist_784", *(f"@ATTRIBUTE pixel{i} real" for i in range(1, X.shape[1] + 1))]
    lines += [f"@ATTRIBUTE class {{{','.join(map(str, nominal))}}}", "@DATA"]
    lines += [",".join(map(str, [*x, digit])) for x, digit in zip(X, y)]
    return "\n".join([*lines, ""]).encode()


def answers(X, y, table=None):
    """OpenML's answers to fetch_openml, path -> body. Older versions have another path for the table."""
    table = arff(X, y) if table is None else table
    feature = {"data_type": "numeric", "is_target": "false", "is_ignore": "false", "is_row_identifier": "false"}
    feature["number_of_missing_values"] = "0"
    features = [feature | {"index": str(i), "name": f"pixel{i + 1}"} for i in range(X.shape[1])]
    digits = {"data_type": "nominal", "is_target": "true", "nominal_value": [str(d) for d in range(10)]}
    features.append(feature | digits | {"index": str(X.shape[1]), "name": "class"})
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "format": "ARFF",
        "status": "active",
        "file_id": "52667",
        "description": "A stand-in.",
        "default_target_attribute": "class",
        "url": "https://www.openml.org/data/v1/download/52667/mnist_784.arff",
        "md5_checksum": hashlib.md5(table).hexdigest(),
    }
    dataset = {"did": 554, "name": "mnist_784", "version": 1, "status": "active", "format": "ARFF"}
    quality = [{"name": "NumberOfInstances", "value": str(len(X))}]
    api = {
        "list/data_name/mnist_784/limit/2/data_version/1": {"data": {"dataset": [dataset]}},
        "554": {"data_set_description": description},
        "features/554": {"data_features": {"feature": features}},
        "qualities/554": {"data_qualities": {"quality": quality}},
    }
    tables = dict.fromkeys(["/data/v1/download/52667/mnist_784.arff", "/data/v1/download/52667"], table)
    return {f"/api/v1/json/data/{path}": json.dumps(body).encode() for path, body in api.items()} | tables


class Response(io.BytesIO):
    """The result of urlopen: a body, and headers."""

    def __init__(self, body, headers):
        super().__init__(body)
        self.headers = headers

    def info(self):
        return self.headers


class BrokenOff(Response):
    """The body breaks off in the middle."""

    def read(self, *_):
        raise IncompleteRead(b"{", 1_000_000)


class OpenML:
    """Stands in for OpenML: its answers can be replaced, also by an error; paths tells what it was asked."""

    def __init__(self):
        self.answers, self.headers, self.paths = answers(*images()), {}, []

    def urlopen(self, request, *_, **__):
        parts = urlsplit(request.full_url)
        assert parts.hostname.endswith("openml.org") and socket.getdefaulttimeout() == data.SILENCE
        self.paths.append(parts.path)
        answer = self.answers.get(parts.path, HTTPError(request.full_url, 404, "Not Found", {}, None))
        if isinstance(answer, Exception):
            raise answer
        return Response(answer, self.headers) if isinstance(answer, bytes) else answer


@pytest.fixture
def openml(monkeypatch, tmp_path):
    """A stand-in that fetch_openml asks instead of OpenML, the cache in tmp_path, and a data set of eleven images."""
    from sklearn.datasets import _openml

    stand_in = OpenML()
    monkeypatch.setattr(_openml, "urlopen", stand_in.urlopen)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # fetch_openml waits before it tries again
    monkeypatch.setattr(data, "OPENML_TRAIN", N_TRAIN)
    monkeypatch.setattr(data, "OPENML_TEST", N_TEST)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "scikit-learn"))
    yield stand_in
    assert socket.getdefaulttimeout() is None


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:A network error occurred")


def assert_sentence(error, what=""):
    assert re.fullmatch(r"[A-Z][^\n]{10,400}[^.]\.", str(error)), f"{what}: {error}"


def assert_dataerror(what=""):
    """load_mnist("openml") says in one sentence that it can't, and leaves no copy behind to break the next try."""
    error = None
    try:
        load_mnist("openml")
    except Exception as raised:
        error = raised
    assert isinstance(error, DataError), f"{what}: {error!r} instead of a DataError"
    assert_sentence(error, what)
    assert not cache_path().is_file(), what
    return str(error)


def test_openmls_images_come_as_they_are_there_and_are_stored(openml, monkeypatch, tmp_path):
    import sklearn.datasets

    X, y = images()
    first = load_mnist("openml")
    assert np.array_equal(first.X_train, X[:N_TRAIN]) and np.array_equal(first.X_test, X[N_TRAIN:])
    assert first.y_train.tolist() == y[:N_TRAIN].tolist() and first.y_test.tolist() == y[N_TRAIN:].tolist()
    assert first.X_train.dtype == np.uint8 and first.y_train.dtype == np.int64
    assert "OpenML" in first.name
    assert openml.paths[0].endswith("/data_name/mnist_784/limit/2/data_version/1")
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert stored == [cache_path()] == [tmp_path / "cache" / "nn-mnist" / "mnist_784.npz"]
    with np.load(stored[0]) as file:
        assert file["X"].dtype == np.uint8
    # The second start needs neither OpenML nor scikit-learn.
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", lambda *_, **__: pytest.fail("OpenML was asked again"))
    for fetch in (True, False):
        second = load_mnist("openml", fetch=fetch)
        for name in ("X_train", "y_train", "X_test", "y_test"):
            a, b = getattr(first, name), getattr(second, name)
            assert a.dtype == b.dtype and np.array_equal(a, b)
            assert not a.flags.writeable and not b.flags.writeable
        assert second.name == first.name


@pytest.mark.parametrize("value", [None, ""])
def test_without_xdg_cache_home_the_copy_is_in_the_home_directory(openml, monkeypatch, tmp_path, value):
    monkeypatch.delenv("XDG_CACHE_HOME") if value is None else monkeypatch.setenv("XDG_CACHE_HOME", value)
    X, y = images()
    openml.answers = answers(X, y, arff(X, [f"'{digit}'" for digit in y]))  # labels may stand in quotes
    assert load_mnist("openml").y_train.tolist() == y[:N_TRAIN].tolist()
    assert cache_path() == tmp_path / "home" / ".cache" / "nn-mnist" / "mnist_784.npz" and cache_path().is_file()


def test_the_bundled_held_out_images_can_be_left_out_of_the_training_set(openml, monkeypatch):
    monkeypatch.setattr(data, "BUNDLED_TRAIN", 5)
    monkeypatch.setattr(data, "BUNDLED_TEST", 2)
    mnist = load_mnist("openml")
    spared = without_bundled_test(mnist)
    assert np.array_equal(spared.X_train, mnist.X_train[[0, 1, 2, 3, 4, 7]])
    assert spared.y_train.tolist() == [0, 1, 2, 3, 4, 7]
    assert spared.X_test is mnist.X_test and spared.name != mnist.name


RUBBISH = {
    "nothing": b"",
    "a web page": b"<!DOCTYPE html>\n<html>\n<p>We are down for maintenance.\n</html>",
    "bytes": bytes(range(256)) * 10,
    "null": b"null",
    "a list": b"[]",
    "a number": b"3",
    "an empty object": b"{}",
    "empty answers": json.dumps({"data": {"dataset": []}, "data_set_description": {}, "data_features": {}}).encode(),
    "answers of another kind": json.dumps(
        {"data": [1], "data_set_description": "gone", "data_features": {"feature": ["?"]}, "data_qualities": 3}
    ).encode(),
}


@pytest.mark.parametrize("question", ["/list/", "/data/554", "/features/", "/qualities/", "/download/"])
def test_rubbish_is_reported_in_a_clear_sentence(openml, question):
    good = openml.answers
    for what, rubbish in RUBBISH.items():
        openml.answers = {path: rubbish if question in path else answer for path, answer in good.items()}
        if question == "/qualities/" and what in ("an empty object", "empty answers"):
            load_mnist("openml")  # only the number of rows is there, and it is not needed
            cache_path().unlink()
        else:
            assert_dataerror(what)


def test_a_table_of_anything_else_is_reported_in_a_clear_sentence(openml):
    X, y = images()
    for n, pixels in [(N - 1, 784), (N + 1, 784), (N, 783), (1, 1)]:
        openml.answers = answers(*images(n, pixels))
        assert_dataerror(f"{n} x {pixels}")
    wrong = {
        "a pixel of 256": (X + 1, y),
        "a pixel of -1": (X - 1, y),
        "a label of 10": (X, y + 1),
        "pixels that are fractions": (X / 0.99, y),
        "labels that are missing": (X, ["?"] * N),
    }
    tables = {what: arff(*table, nominal=range(12)) for what, table in wrong.items()} | RUBBISH
    tables["half a table"] = arff(X, y)[: len(arff(X, y)) // 2]
    for what, table in tables.items():  # with the right checksum
        openml.answers = answers(X, y, table)
        assert_dataerror(what)


def test_a_bad_connection_is_reported_in_a_clear_sentence_and_the_next_try_can_succeed(openml):
    for what, answer, reason in [
        ("refused", URLError(ConnectionRefusedError(111, "Connection refused")), "Connection refused"),
        ("silent", TimeoutError("timed out"), "timed out"),
        ("not there", HTTPError("https://www.openml.org", 404, "Not Found", {}, None), "404"),
        ("closed", RemoteDisconnected("Remote end closed connection without response"), "OpenML"),
        ("a mail server", BadStatusLine("220 this is a mail server"), "OpenML"),
        ("broken off", BrokenOff(b"", {}), "OpenML"),
    ]:
        for path in (list(openml.answers)[0], list(openml.answers)[4]):
            openml.answers = answers(*images()) | {path: answer}
            assert reason in assert_dataerror(f"{what} at {path}")
    openml.answers, openml.headers = answers(*images()), {"Content-Encoding": "gzip"}  # but nothing is compressed
    assert_dataerror()
    openml.answers = dict.fromkeys(openml.answers, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03rubbish")
    assert_dataerror()
    openml.answers, openml.headers = answers(*images()), {}
    assert len(load_mnist("openml").X_train) == N_TRAIN


def test_the_progress_of_the_download_is_reported(openml, monkeypatch):
    told, half = [], threading.Event()
    monkeypatch.setattr(data, "REPORTING", 0.001)
    compressed = gzip.compress(arff(*images()))
    monkeypatch.setattr(data, "OPENML_BYTES", len(compressed))

    class Slow(Response):
        """Its last bytes come when progress has been reported three times."""

        def read(self, *_):
            last = self.tell() > 0 and half.wait(60)
            return super().read() if last else super().read(len(compressed) - 10)

    def progress(share):
        told.append(share)
        if len(told) == 3:
            half.set()

    slow = {path: Slow(compressed, {"Content-Encoding": "gzip"}) for path in openml.answers if "/download/" in path}
    openml.answers |= slow
    assert len(load_mnist("openml", progress=progress).X_train) == N_TRAIN
    assert len(told) >= 3 and all(0 <= share <= 1 for share in told)


def test_leftovers_of_killed_downloads_are_removed(openml, monkeypatch, tmp_path):
    monkeypatch.setattr(data.tempfile, "tempdir", str(tmp_path))
    old, new = tmp_path / "nn-mnist-old", tmp_path / "nn-mnist-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "half").write_text("half")
    os.utime(old, times=(time.time() - LEFT_OVER - 60,) * 2)
    load_mnist("openml")
    assert not old.exists() and new.exists()


def test_without_leave_to_fetch_them_openml_is_not_asked(openml):
    with pytest.raises(DataError) as error:
        load_mnist("openml", fetch=False)
    assert_sentence(error.value)
    assert openml.paths == []


# The copy


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def broken_copies():
    X, y = images()
    X, y = X.astype(np.uint8), y.astype(np.uint8)
    good, alone = npz(X=X, y=y), io.BytesIO()
    start = good.find(b"X.npy") + 40
    np.save(alone, X)
    return {
        "empty": b"",
        "text": b"not an npz file",
        "half": good[: len(good) // 2],
        "one byte short": good[:-1],
        "changed in the middle": good[:start] + bytes(30) + good[start + 30 :],
        "a single array": alone.getvalue(),
        "without labels": npz(X=X),
        "with other names": npz(images=X, labels=y),
        "of another set": npz(X=X[:-1], y=y[:-1]),
        "with too few labels": npz(X=X, y=y[:-1]),
        "with labels that are not digits": npz(X=X, y=y + 5),
        "with text for pixels": npz(X=X.astype(str), y=y),
        "with text for labels": npz(X=X, y=np.array(["?"] * N)),
        "with objects": npz(X=np.array([None, 1]), y=y),
        "not a number": npz(X=np.full((N, 784), np.nan), y=y),
        "with negative pixels": npz(X=X.astype(int) - 1, y=y),
    }


def test_a_broken_copy_says_so_once_and_is_replaced_by_the_next_try(openml):
    cache_path().parent.mkdir(parents=True)
    for what, content in broken_copies().items():
        cache_path().write_bytes(content)
        assert "copy" in assert_dataerror(what), what  # and the copy is removed, so the next try is the same for all
        assert openml.paths == [], f"{what}: OpenML was asked at once"
    assert np.array_equal(load_mnist("openml").X_train, images()[0][:N_TRAIN])
    assert cache_path().is_file() and openml.paths
    cache_path().unlink()
    cache_path().mkdir()  # a directory in the place of the file can be neither read nor removed
    for _ in range(2):
        assert_dataerror()


@pytest.mark.parametrize("obstacle", ["a file in the place of the directory", "a full disk", "an absurd path"])
def test_the_images_come_even_if_nothing_can_be_stored(openml, monkeypatch, tmp_path, obstacle):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    if obstacle == "a full disk":
        monkeypatch.setattr(np, "savez_compressed", full)
    elif obstacle == "an absurd path":
        monkeypatch.setenv("XDG_CACHE_HOME", "/" + "x" * 5_000)  # any question about this path is an error
    else:
        (tmp_path / "cache").write_text(obstacle)
    for _ in range(2):
        openml.paths.clear()
        assert len(load_mnist("openml").X_train) == N_TRAIN
        assert openml.paths, "there is no copy, so OpenML is asked every time"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "cache"], "half a copy"


def test_a_copy_that_cannot_be_read_now_is_not_removed(openml, monkeypatch):
    """The disk, the permissions or the memory are to blame, not the file."""
    load_mnist("openml")
    before = cache_path().read_bytes()
    for error in (PermissionError(13, "Permission denied"), OSError(5, "Input/output error"), MemoryError()):

        def fail(*_, error=error, **__):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(np, "load", fail)
            with pytest.raises(DataError) as raised:
                load_mnist("openml")
        assert_sentence(raised.value)
        assert cache_path().read_bytes() == before
    openml.answers = {}
    assert len(load_mnist("openml").X_train) == N_TRAIN
