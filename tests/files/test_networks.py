"""Networks in files: they come back bit by bit, and a stranger's file can do no harm: it is refused in a sentence."""

import io
import pickle
import re
import tracemalloc
import zipfile
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from examples import network_of

from nn import Network, Recipe, load_mnist, load_network, load_pretrained, prepare_images, save_network, train
from nn.analysis.evaluation import evaluate
from nn.files.networks import network_bytes
from nn.images import PREPARATIONS

pytestmark = pytest.mark.filterwarnings("error")
NAMES = ["W_h", "b_h", "W_out", "b_out", "pixel_max"]
SENTENCE = r"This [^\n]{10,150}\."


def arrays_of(n_hidden=2):
    network = network_of(n_hidden)
    return {name: np.asarray(getattr(network, name)) for name in NAMES}


def loaded(content):
    return load_network(io.BytesIO(content))


def npy(array):
    """One array as the bytes of an .npy file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array))
    return file.getvalue()


def with_header(text, content=b"", version=(1, 0)):
    """The bytes of an .npy file whose header says what we like."""
    text = text.encode("latin1")
    return b"\x93NUMPY" + bytes(version) + len(text).to_bytes(2 * version[0], "little") + text + content


def header(shape, dtype="'<f8'", fortran_order=False):
    return f"{{'descr': {dtype}, 'fortran_order': {fortran_order}, 'shape': {shape}, }}\n"


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """The bytes of a zip file of (name, bytes) pairs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def file_with(*, compression=zipfile.ZIP_DEFLATED, **changes):
    """A network file with other bytes or another array in place of some of its arrays, or without them (None)."""
    members = {name: npy(array) for name, array in arrays_of().items()} | changes
    members = {name: npy(m) if isinstance(m, np.ndarray) else m for name, m in members.items() if m is not None}
    return zipped([(f"{name}.npy", content) for name, content in members.items()], compression)


def assert_equal_networks(a, b, what=""):
    assert a.pixel_max == b.pixel_max and a.n_hidden == b.n_hidden, what
    for name in NAMES[:4]:
        x, y = getattr(a, name), getattr(b, name)
        assert x.dtype == y.dtype and x.shape == y.shape and np.array_equal(x, y), f"{what}: {name} differs"


def assert_refused(content, what):
    """The only outcome is a ValueError with a sentence, and nothing large is read on the way; returns the sentence."""
    error = None
    tracemalloc.start()
    try:
        loaded(content)
    except Exception as raised:
        error = raised
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert isinstance(error, ValueError), f"{what}: {error!r} instead of a refusal"
    assert re.fullmatch(SENTENCE, str(error)), f"{what}: {error}"
    assert peak < 8_000_000, f"{what}: {peak:,} bytes were used"
    return str(error)


# There and back


def test_a_network_comes_back_as_it_was(tmp_path):
    paths = tmp_path / "net.npz", str(tmp_path / "a name without an ending")
    X = load_mnist().X_test[:50]
    for n_hidden, dtype, pixel_max in product([0, 1, 30], [np.float32, np.float64], [1.0, 255.0]):
        network = network_of(n_hidden, dtype, pixel_max=pixel_max)
        what = f"{n_hidden} hidden units, {dtype.__name__}, pixel_max {pixel_max}"
        for path in paths:
            save_network(network, path)
            assert_equal_networks(load_network(path), network, what)
        content = network_bytes(network)
        again = loaded(content)
        assert_equal_networks(again, network, what)
        assert np.array_equal(again.predict_proba(X), network.predict_proba(X)), what
        with pytest.raises(ValueError, match="read-only"):
            again.W_out[0] = 0
        assert sorted(zipfile.ZipFile(io.BytesIO(content)).namelist()) == sorted(
            f"{name}.npy" for name in [*NAMES, "preparation"]
        )
        assert len(content) < dtype().itemsize * sum(map(np.size, network.parameters)) + 5_000, what
    assert len(list(tmp_path.iterdir())) == 2, "a file has exactly the name that was given"


@pytest.mark.slow
def test_the_largest_network_that_can_be_trained_can_be_stored():
    n_hidden = Recipe(n_hidden=5_000).n_hidden
    network = Network(np.zeros((784, n_hidden)), np.zeros(n_hidden), np.zeros((n_hidden, 10)), np.zeros(10))
    assert loaded(network_bytes(network)).n_hidden == 5_000
    with pytest.raises(ValueError):
        Recipe(n_hidden=5_001)


def test_uncompressed_files_and_arrays_in_fortran_order_are_read():
    assert_equal_networks(loaded(file_with(compression=zipfile.ZIP_STORED)), network_of(2))
    arrays = arrays_of()
    content = file_with(W_h=np.asfortranarray(arrays["W_h"]), W_out=np.asfortranarray(arrays["W_out"]))
    assert b"'fortran_order': True" in zipfile.ZipFile(io.BytesIO(content)).read("W_h.npy")[:100]
    assert_equal_networks(loaded(content), network_of(2))


def test_a_file_names_the_preparation_that_its_network_expects():
    for preparation in PREPARATIONS:
        assert loaded(network_bytes(replace(network_of(2), preparation=preparation))).preparation == preparation
    assert loaded(file_with(preparation=np.array("evened"))).preparation == "normalized"  # its former name
    assert loaded(file_with()).preparation == "mnist"  # a file from before there was a choice


def test_the_pre_trained_network_reads_digits_well():
    network, mnist = load_pretrained(), load_mnist()
    X, y = mnist.X_test[:200], mnist.y_test[:200]
    cost, accuracy = evaluate(network, prepare_images(X, network.preparation), y)
    assert accuracy > 0.95 and cost < 0.4


def test_a_path_that_cannot_be_opened_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "nowhere.npz")
    with pytest.raises(OSError):
        load_network(tmp_path)
    with pytest.raises(OSError):
        save_network(network_of(1), tmp_path / "no" / "folder" / "net.npz")


# Compact files


def test_a_compact_file_has_a_byte_for_each_weight_and_the_network_reads_the_same():
    mnist = load_mnist()
    X, y = mnist.X_test[:500], mnist.y_test[:500]
    *_, state = train(Recipe(n_hidden=30, eta=0.5, batch_size=10, epochs=2), mnist.X_train, mnist.y_train)
    content = network_bytes(state.network, compact=True)
    network = loaded(content)
    assert len(content) < 785 * 30 + 5_000 < len(network_bytes(state.network)) / 3
    off = np.abs(network.W_h - state.network.W_h)
    assert (off <= np.abs(state.network.W_h).max(axis=0) / 253).all()  # about half a step
    assert evaluate(network, X, y)[1] == pytest.approx(evaluate(state.network, X, y)[1], abs=0.01)  # 5 of 500


def test_compact_files_of_networks_without_hidden_units_with_unused_and_with_tiny_weights():
    for network in (network_of(0), replace(network_of(2), W_h=np.zeros((784, 2)))):
        again = loaded(network_bytes(network, compact=True))
        assert np.array_equal(again.W_h, network.W_h) and np.allclose(again.W_out, network.W_out, atol=1e-6)
    assert not loaded(network_bytes(replace(network_of(2), W_h=np.full((784, 2), 1e-50)), compact=True)).W_h.any()
    W_h = np.ones((784, 2))
    W_h[3, 1] = np.nan
    with pytest.raises(ValueError, match="finite"):
        network_bytes(replace(network_of(2), W_h=W_h), compact=True)


def test_a_compact_file_with_the_wrong_arrays_is_refused():
    bytes_, step = np.zeros((784, 2), np.int8), np.ones(2, np.float32)
    assert loaded(file_with(W_h=bytes_, W_h_step=step)).n_hidden == 2
    assert_refused(file_with(W_h=bytes_), "no steps")
    assert_refused(file_with(W_h_step=step), "steps for floats")
    for what, wrong in {
        "another shape": np.ones(3, np.float32),
        "integers": np.ones(2, np.int8),
        "a header that lies": with_header(header("(2,)", "'<f4'"), bytes(4)),
        "half precision": step.astype(np.float16),
        "infinite": np.full(2, np.inf),
        "absurd": np.full(2, 1e300),
    }.items():
        assert_refused(file_with(W_h=bytes_ + np.int8(9), W_h_step=wrong), f"steps: {what}")


# Files that are not networks


GOOD = file_with()


def test_a_file_that_is_not_a_network_is_refused(tmp_path):
    members = [(f"{name}.npy", npy(array)) for name, array in arrays_of().items()]
    not_networks = {
        "nothing": b"",
        "one byte": b"P",
        "text": b"W_h = 1, 2, 3\n",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "a pickle": pickle.dumps([1, 2, 3]),
        "a single array": npy(np.zeros((784, 3))),
        "zeros": bytes(10_000),
        "the beginning of a network": GOOD[: len(GOOD) // 2],
        "a network without its last byte": GOOD[:-1],
        "the end of a network": GOOD[len(GOOD) // 2 :],
        "an empty zip file": zipped([]),
        "a zip file of something else": zipped([("letter.txt", b"Dear reader")]),
        "names with folders": zipped([(f"../{name}", content) for name, content in members]),
    }
    for what, repeated in {"five and one": [*members, members[0]], "four and one": [*members[:4], members[0]]}.items():
        with pytest.warns(UserWarning, match="Duplicate"):
            not_networks[f"two arrays of one name: {what}"] = zipped(repeated)
    for what, content in not_networks.items():
        assert_refused(content, what)
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(ValueError, match="^This "):
            load_network(tmp_path / "bad.npz")
            pytest.fail(f"{what}: read from a path")


def wrong_arrays():
    """Pairs of what is wrong with a file, and the arrays that are exchanged in it."""
    arrays = arrays_of()
    for name, array in arrays.items():
        yield f"without {name}", {name: None}
        for shape in (3,), (784, 3), (2, 784), (785, 2), (1, 1, 1), (2, 11), (0, 2), (0,), (1,) * 30:
            yield f"{name} {shape}", {name: np.zeros(shape)}
        for dtype in int, np.uint8, bool, complex, np.float16, ">f8", "S8", "U2", "M8[s]", "V8":
            yield f"{name} {np.dtype(dtype)}", {name: np.zeros(array.shape, dtype)}
        for n in (-80, -8, -1, 1, 8, 1000):
            content = npy(array)
            yield f"{name} with {n} bytes more", {name: content + bytes(n) if n > 0 else content[:n]}
    yield "an array more", {"more": np.zeros(3)}
    yield "W_2", {"W_2": np.zeros(3)}
    yield "a structure of one float", {"b_h": np.zeros(2, [("a", "<f8")])}
    yield "a structure of two floats", {"b_h": np.zeros(2, [("a", "<f4"), ("b", "<f4")])}
    yield "a type with a shape", {"b_h": with_header(header("()", "('<f8', (2,))"), bytes(16))}
    for name, value in product(NAMES[:4], [np.nan, np.inf, -np.inf, 1e300]):  # no way to calculate with them
        array = arrays[name].copy()
        array.flat[-1] = value
        yield f"{value} in {name}", {name: array}
    for value in (0.0, -1.0, 2.0, 254.0, 1e300, np.nan, np.inf):  # only 1 and 255 are known
        yield f"pixel_max {value}", {"pixel_max": np.array(value)}
    many = {"W_h": (784, 5_001), "b_h": (5_001,), "W_out": (5_001, 10), "b_out": (10,)}
    members = {name: with_header(header(shape, "'<f4'"), bytes(4 * np.prod(shape))) for name, shape in many.items()}
    yield "more hidden units than can be trained", members
    for what, wrong in {
        "unknown": np.array("something"),
        "a number": np.array(1.0),
        "bytes": np.array(b"mnist"),
        "a list": np.array(["mnist"]),
        "a very long text": np.array("mnist" * 1_000),
        "a header that lies": with_header(header("()", "'<U1000000000'"), bytes(20)),
        "a header without content": with_header(header("()", "'<U5'")),
        "numbers that are no characters": with_header(header("()", "'<U5'"), b"\xff" * 20),
    }.items():
        yield f"preparation: {what}", {"preparation": wrong}


def test_wrong_arrays_are_refused():
    for what, changes in wrong_arrays():
        assert_refused(file_with(**changes), what)


class Trap:
    """A wicked pickle."""

    sprung = False

    def __reduce__(self):
        return _spring, ()


def _spring():
    Trap.sprung = True


def test_nothing_is_ever_unpickled():
    shapes = {name: array.shape for name, array in arrays_of().items()} | {"preparation": (), "W_h_step": (2,)}
    for name, shape in shapes.items():
        trapped = np.empty(shape, dtype=object)
        trapped[...] = Trap()
        file = io.BytesIO()
        np.lib.format.write_array(file, trapped, allow_pickle=True)
        assert b"_spring" in file.getvalue()
        assert_refused(file_with(**{name: file.getvalue()}), name)
        assert not Trap.sprung, name
    assert_refused(pickle.dumps(Trap()), "a pickle alone")
    assert not Trap.sprung


# Headers that lie


def test_an_absurd_shape_is_refused_before_anything_is_allocated():
    for n in (10**6, 10**9, 10**12, 2**63, 10**30):
        assert_refused(file_with(b_h=with_header(header(f"({n},)"))), f"b_h ({n},)")
        two = {"W_h": with_header(header(f"(784, {n})")), "b_h": with_header(header(f"({n},)"))}
        assert_refused(file_with(**two), f"W_h (784, {n}) and b_h to match")
        assert_refused(file_with(W_h=with_header(header(f"({n}, 0)"))), f"W_h ({n}, 0)")
        assert_refused(file_with(b_out=with_header(header(f"({n},)", "'<f4'"), bytes(40))), f"b_out ({n},)")


NONSENSE = [
    *("", "(((", "{'descr': [" * 100, "-" * 9_000 + "1", "1" * 9_000, "x" * 60_000, "  x\n y", "\x00", "'open", "[]"),
    *("{'shape': (2,)}", "{1: 2, 'shape': 3, (1,): 4}", "{[]: 1}", "__import__('os').getpid()"),
    *(header(shape) for shape in ("(2L,)", "(-2,)", "(2.0,)", "2", f"({'1' * 5_000},)", f"({'1, ' * 3_000})")),
    *(header("(2,)", dtype) for dtype in ("'O'", "'|O'", "'<V1000000000000'", "'nonsense'", "None")),
    header("(2,)", "('<f8', (1000000000,))"),
    header("(2,)", fortran_order="'yes'"),
]


def test_a_header_of_nonsense_is_refused():
    for text, version in product(NONSENSE, [(1, 0), (2, 0)]):
        assert len(text) < 2**16  # what a header of version 1.0 can hold
        content = with_header(text, bytes(16), version)
        assert_refused(file_with(b_h=content), f"version {version}: {text.strip()[:60]!r}")
    content = npy(arrays_of()["b_h"])
    unknown = {
        "version 3": b"\x93NUMPY\x03" + content[7:],
        "version 9": b"\x93NUMPY\x09" + content[7:],
        "another magic number": b"numpy" + content,
        "the magic number alone": content[:7],
        "nothing": b"",
    }
    for what, changed in unknown.items():
        assert_refused(file_with(b_h=changed), what)


# Zip files that lie


def patched(content, changes):
    """A zip file whose records in the central directory are overwritten: changes are (offset in the record, bytes)."""
    content = bytearray(content)
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        for offset, value in changes:
            content[at + offset : at + offset + len(value)] = value
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


def test_a_zip_bomb_is_refused_and_one_that_claims_to_be_small_is_not_unpacked_further_than_that():
    bomb = file_with(W_h=with_header(header("(784, 2)"), bytes(40_000_000)))
    assert len(bomb) < 200_000
    assert "too large" in assert_refused(bomb, "40 million zeros")
    assert_refused(patched(bomb, [(24, (10_000).to_bytes(4, "little"))]), "each array claims 10,000 bytes")
    right_size = 10 + len(header("(784, 2)")) + 784 * 2 * 8
    at = bomb.find(b"PK\x01\x02")  # the record of the first member
    assert bomb[at + 46 : at + 49] == b"W_h"
    bomb = bomb[: at + 24] + right_size.to_bytes(4, "little") + bomb[at + 28 :]
    assert_refused(bomb, "W_h claims the right size")


def test_a_damaged_zip_file_is_refused():
    assert_refused(patched(GOOD, [(24, b"\xff\xff\xff\x7f")]), "a small file that claims to be huge")
    assert_refused(patched(GOOD, [(8, b"\x01\x00")]), "encrypted")
    assert_refused(patched(GOOD, [(10, b"\x63\x00")]), "an unknown compression")
    assert_refused(patched(GOOD, [(8, b"\x00\x08"), (46, b"\xff")]), "names that are not text")
    assert_refused(file_with(compression=zipfile.ZIP_BZIP2), "bzip2")
    assert_refused(file_with(compression=zipfile.ZIP_LZMA), "LZMA")
    start = GOOD.find(b"W_h.npy") + 7
    for at in (start, start + 5, start + 500, start + 5_000):
        corrupted = GOOD[:at] + bytes([GOOD[at] ^ 0xFF]) * 20 + GOOD[at + 20 :]
        assert_refused(corrupted, f"a stream corrupted at byte {at}")
