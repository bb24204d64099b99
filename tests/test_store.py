"""Networks in files: they come back bit by bit, and a file from a stranger can do no harm but be refused in a sentence."""

import io
import pickle
import re
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nn import Network, Settings, load_mnist, load_network, load_pretrained, prepare_images, save_network
from nn.network import initial_network
from nn.training import evaluate

pytestmark = pytest.mark.filterwarnings("error")
NAMES = ["W_h", "b_h", "W_out", "b_out", "pixel_max"]


def network_of(n_hidden, dtype=np.float64, pixel_max=1.0):
    rng = np.random.default_rng(n_hidden)
    weights = [p + rng.normal(0, 0.1, p.shape) for p in initial_network(n_hidden, 1).parameters]
    return Network(*(w.astype(dtype) for w in weights), pixel_max)


def arrays_of(n_hidden=2):
    network = network_of(n_hidden)
    return {name: np.asarray(getattr(network, name)) for name in NAMES}


def saved(network):
    file = io.BytesIO()
    save_network(network, file)
    return file.getvalue()


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


def assert_equal_networks(a, b):
    assert a.pixel_max == b.pixel_max and a.n_hidden == b.n_hidden
    for name in NAMES[:4]:
        x, y = getattr(a, name), getattr(b, name)
        assert x.dtype == y.dtype and x.shape == y.shape and np.array_equal(x, y)


def assert_refused(content, tmp_path=None):
    """Only a ValueError with a sentence may come of it, and nothing large may be read for it."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError) as error:
            load_network(io.BytesIO(content))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert re.fullmatch(r"This [^\n]{10,150}\.", str(error.value)), error.value
    assert peak < 8_000_000
    if tmp_path:
        path = tmp_path / "bad.npz"
        path.write_bytes(content)
        with pytest.raises(ValueError, match="^This "):
            load_network(path)
    return str(error.value)


# There and back


@pytest.mark.parametrize("n_hidden", [0, 1, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pixel_max", [1.0, 255.0])
def test_a_network_comes_back_as_it_was(tmp_path, n_hidden, dtype, pixel_max):
    network = network_of(n_hidden, dtype, pixel_max)
    for path in (tmp_path / "net.npz", str(tmp_path / "a name without an ending")):
        save_network(network, path)
        assert_equal_networks(load_network(path), network)
    assert len(list(tmp_path.iterdir())) == 2, "the file has the name that was given"
    file = io.BytesIO()
    save_network(network, file)
    file.seek(0)
    assert_equal_networks(load_network(file), network)


def test_a_loaded_network_reads_as_before_and_cannot_be_changed(tmp_path):
    save_network(load_pretrained(), tmp_path / "net.npz")
    network = load_network(tmp_path / "net.npz")
    X = load_mnist().X_test[:50]
    assert np.array_equal(network.predict_proba(X), load_pretrained().predict_proba(X))
    with pytest.raises(ValueError, match="read-only"):
        network.W_h[0] = 0


def test_the_largest_network_that_can_be_trained_can_be_stored():
    network = Network(np.zeros((784, 5_000)), np.zeros(5_000), np.zeros((5_000, 10)), np.zeros(10))
    assert load_network(io.BytesIO(saved(network))).n_hidden == Settings(n_hidden=5_000).n_hidden
    with pytest.raises(ValueError):
        Settings(n_hidden=5_001)


def test_arrays_in_fortran_order_are_taken_as_they_are_meant():
    arrays = arrays_of()
    content = file_with(W_h=np.asfortranarray(arrays["W_h"]), W_out=np.asfortranarray(arrays["W_out"]))
    assert b"'fortran_order': True" in zipfile.ZipFile(io.BytesIO(content)).read("W_h.npy")[:100]
    assert_equal_networks(load_network(io.BytesIO(content)), network_of(2))


def test_uncompressed_files_are_taken():
    assert_equal_networks(load_network(io.BytesIO(file_with(compression=zipfile.ZIP_STORED))), network_of(2))


def test_the_bundled_network_is_a_good_reader():
    mnist, network = load_mnist(), load_pretrained()
    cost, accuracy = evaluate(network, prepare_images(mnist.X_test, network.preparation), mnist.y_test)
    assert accuracy > 0.95 and cost < 0.4


# Files that are no networks


def png():
    file = io.BytesIO()
    Image.new("L", (28, 28)).save(file, "png")
    return file.getvalue()


GOOD = file_with()
NO_NETWORKS = {
    "nothing": b"",
    "one byte": b"P",
    "text": b"W_h = 1, 2, 3\n",
    "a picture": png(),
    "a pickle": pickle.dumps([1, 2, 3]),
    "a single array": npy(np.zeros((784, 3))),
    "zeros": bytes(10_000),
    "the beginning of a network": GOOD[: len(GOOD) // 2],
    "a network without its last byte": GOOD[:-1],
    "the end of a network": GOOD[len(GOOD) // 2 :],
    "an empty zip file": zipped([]),
    "a zip file of something else": zipped([("letter.txt", b"Dear reader")]),
    "names with folders": zipped([(f"../{name}.npy", npy(array)) for name, array in arrays_of().items()]),
}


@pytest.mark.parametrize("what", NO_NETWORKS)
def test_what_is_no_network_is_refused(what, tmp_path):
    assert_refused(NO_NETWORKS[what], tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_array_is_refused(name):
    assert_refused(file_with(**{name: None}))


def test_additional_arrays_are_refused():
    assert_refused(file_with(more=np.zeros(3)))
    assert_refused(file_with(W_2=npy(np.zeros(3))))


def test_two_arrays_of_one_name_are_refused():
    members = [(f"{name}.npy", npy(array)) for name, array in arrays_of().items()]
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped([*members, members[0]])
    assert_refused(content)
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped([*members[:4], members[0]])
    assert_refused(content)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(3),
        np.zeros((784, 3)),
        np.zeros((2, 784)),
        np.zeros((785, 2)),
        np.zeros((1, 1, 1)),
        np.zeros((2, 11)),
        np.zeros((0, 2)),
        np.zeros(0),
        np.zeros((1,) * 30),
    ],
    ids=lambda array: str(array.shape)[:20],
)
def test_shapes_that_do_not_fit_are_refused(name, wrong):
    assert_refused(file_with(**{name: wrong}))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [int, np.uint8, bool, complex, np.float16, ">f8", "S8", "U2", "M8[s]", "V8"])
def test_anything_but_common_floats_is_refused(name, dtype):
    assert_refused(file_with(**{name: np.zeros(arrays_of()[name].shape, dtype)}))


def test_structured_arrays_are_refused():
    assert_refused(file_with(b_h=np.zeros(2, [("a", "<f8")])))
    assert_refused(file_with(b_h=np.zeros(2, [("a", "<f4"), ("b", "<f4")])))
    assert_refused(file_with(b_h=with_header(header("()", "('<f8', (2,))"), bytes(16))))


class Trap:
    """What a wicked pickle would do."""

    sprung = False

    def __reduce__(self):
        return _spring, ()


def _spring():
    Trap.sprung = True


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_ever_unpickled(name):
    trapped = np.empty(arrays_of()[name].shape, dtype=object)
    trapped[...] = Trap()
    file = io.BytesIO()
    np.lib.format.write_array(file, trapped, allow_pickle=True)
    assert b"_spring" in file.getvalue()
    assert_refused(file_with(**{name: file.getvalue()}))
    assert_refused(pickle.dumps(Trap()))
    assert not Trap.sprung


@pytest.mark.parametrize("name", NAMES[:4])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_weights_that_cannot_be_calculated_with_are_refused(name, value):
    array = arrays_of()[name].copy()
    array.flat[-1] = value
    assert_refused(file_with(**{name: array}))


@pytest.mark.parametrize("value", [0.0, -1.0, 2.0, 254.0, 1e300, np.nan, np.inf])
def test_another_white_than_1_or_255_is_refused(value):
    assert_refused(file_with(pixel_max=np.array(value)))


def test_more_hidden_units_than_can_be_trained_are_refused():
    n = 5_001
    arrays = {"W_h": (784, n), "b_h": (n,), "W_out": (n, 10), "b_out": (10,)}
    members = {name: with_header(header(shape, "'<f4'"), bytes(4 * np.prod(shape))) for name, shape in arrays.items()}
    assert_refused(file_with(**members))


# Headers that lie


@pytest.mark.parametrize("elements", [10**6, 10**9, 10**12, 2**63, 10**30])
def test_an_absurd_shape_is_refused_before_anything_is_allocated(elements):
    assert_refused(file_with(b_h=with_header(header(f"({elements},)"))))
    assert_refused(file_with(W_h=with_header(header(f"(784, {elements})")), b_h=with_header(header(f"({elements},)"))))
    assert_refused(file_with(W_h=with_header(header(f"({elements}, 0)"))))
    assert_refused(file_with(b_out=with_header(header(f"({elements},)", "'<f4'"), bytes(40))))


@pytest.mark.parametrize("bytes_more", [-80, -8, -1, 1, 8, 1000])
def test_a_header_that_lies_about_the_size_is_refused(bytes_more):
    for name in NAMES:
        content = npy(arrays_of()[name])
        assert_refused(file_with(**{name: content + bytes(bytes_more) if bytes_more > 0 else content[:bytes_more]}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(((",
        "{'descr': [" * 100,
        "-" * 9_000 + "1",
        "1" * 9_000,
        "x" * 60_000,
        "  x\n y",
        "\x00",
        "'open",
        "[]",
        "{'shape': (2,)}",
        "{1: 2, 'shape': 3, (1,): 4}",
        "{[]: 1}",
        header("(2L,)"),
        header("(-2,)"),
        header("(2.0,)"),
        header("2"),
        header("(" + "1" * 5_000 + ",)"),
        header("(" + "1, " * 3_000 + ")"),
        header("(2,)", "'O'"),
        header("(2,)", "'|O'"),
        header("(2,)", "'<V1000000000000'"),
        header("(2,)", "('<f8', (1000000000,))"),
        header("(2,)", "'nonsense'"),
        header("(2,)", "None"),
        header("(2,)", fortran_order="'yes'"),
        "__import__('os').getpid()",
    ],
    ids=lambda text: text.strip()[:40],
)
def test_a_header_of_nonsense_is_refused(text):
    if len(text) < 2**16:
        assert_refused(file_with(b_h=with_header(text, bytes(16))))
    assert_refused(file_with(b_h=with_header(text, bytes(16), version=(2, 0))))


def test_an_unknown_format_of_arrays_is_refused():
    content = npy(arrays_of()["b_h"])
    for changed in (
        b"\x93NUMPY\x03" + content[7:],
        b"\x93NUMPY\x09" + content[7:],
        b"numpy" + content,
        content[:7],
        b"",
    ):
        assert_refused(file_with(b_h=changed))


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


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = file_with(W_h=with_header(header("(784, 2)"), bytes(60_000_000)))
    assert len(bomb) < 200_000
    assert "too large" in assert_refused(bomb)


def test_a_zip_bomb_that_says_it_is_small_is_not_unpacked_further_than_it_says():
    bomb = file_with(W_h=with_header(header("(784, 2)"), bytes(30_000_000)))
    assert_refused(patched(bomb, [(24, (10_000).to_bytes(4, "little"))]))
    right_size = 10 + len(header("(784, 2)")) + 784 * 2 * 8
    at = bomb.find(b"PK\x01\x02")  # the record of the first member
    assert bomb[at + 46 : at + 49] == b"W_h"
    assert_refused(bomb[: at + 24] + right_size.to_bytes(4, "little") + bomb[at + 28 :])


def test_a_small_file_that_says_it_is_huge_is_refused():
    assert_refused(patched(GOOD, [(24, b"\xff\xff\xff\x7f")]))


def test_an_encrypted_file_is_refused():
    encrypted = patched(GOOD, [(8, b"\x01\x00")])
    assert_refused(encrypted)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(compression):
    assert_refused(file_with(compression=compression))


def test_an_unknown_compression_is_refused():
    assert_refused(patched(GOOD, [(10, b"\x63\x00")]))


def test_names_that_are_no_text_are_refused():
    assert_refused(patched(GOOD, [(8, b"\x00\x08"), (46, b"\xff")]))


def test_a_corrupted_stream_is_refused():
    start = GOOD.find(b"W_h.npy") + 7
    for at in (start, start + 5, start + 500, start + 5_000):
        assert_refused(GOOD[:at] + bytes([GOOD[at] ^ 0xFF]) * 20 + GOOD[at + 20 :])


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_whatever_byte_is_changed_a_network_or_a_sentence_comes_out(compression):
    content = file_with(compression=compression, W_h=np.zeros((784, 2)))
    interesting = [m.start() for m in re.finditer(rb"PK|\x93NUMPY|descr|shape", content)]
    rng = np.random.default_rng(5)
    places = np.concatenate(
        [rng.integers(0, len(content), 300), (rng.choice(interesting, 700) + rng.integers(0, 60, 700))]
    )
    refused = 0
    for place in places[places < len(content)]:
        changed = bytearray(content)
        changed[place] = rng.integers(0, 256)
        try:
            network = load_network(io.BytesIO(bytes(changed)))
        except ValueError as error:
            assert re.fullmatch(r"This [^\n]{10,150}\.", str(error)), error
            refused += 1
        else:
            assert all(np.isfinite(p).all() for p in network.parameters)
    assert refused > 100


# Paths


def test_a_path_that_cannot_be_opened_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "nowhere.npz")
    with pytest.raises(OSError):
        load_network(tmp_path)
    with pytest.raises(OSError):
        save_network(network_of(1), tmp_path / "no" / "folder" / "net.npz")


def test_what_is_saved_is_small_and_holds_nothing_else():
    content = saved(replace(network_of(30), pixel_max=255.0))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == sorted(f"{name}.npy" for name in [*NAMES, "preparation"])
    assert len(content) < 8 * 795 * 30 + 5_000
