"""Hostile inputs, made from a seed: each ends in an answer or in a sentence, in little memory.

    python tests/fuzz.py --count 100000 --seed 7 [--kinds networks pictures canvases memories addresses protocol]

Six kinds: network files, picture files, reports of the canvas, files of a browser (trainings and drawings), addresses
of the page (through Streamlit's AppTest), and messages to a running page (fuzz_protocol.py). Most are good ones in
which something was changed. An input fails if it raises anything but an error with a sentence for the user, takes more
than 200 MB (a running page 100 MB; measured on Linux only) or more than two seconds, or lets another visitor of the
running page wait for more than one. A failure is named by its kind, seed and number, which make it again: --kinds
networks --seed 7 --first 123 --count 1. (A running page remembers what it was sent before.)

tests/test_fuzz.py runs a few hundred of them.
"""

import argparse
import base64
import io
import json
import logging
import math
import os
import struct
import sys
import time
import zipfile
import zlib
from functools import cache
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import numpy as np
from PIL import Image

from nn import Recipe, load_mnist, load_network, prepare_drawing
from nn.analysis.evaluation import Point
from nn.engine.training import Training
from nn.files.drawings import OWN, LabelledDrawing
from nn.files.networks import network_bytes
from nn.files.saved_work import DRAWINGS, TRAININGS, SavedWork, network_of, pack, unpack
from nn.files.sketches import PREFIX, Sketch, reported_sketch
from nn.images.pictures import FORMATS, read_picture
from nn.network import initial_network
from nn.training import TrainingState

PAGE = Path(__file__).resolve().parent.parent / "streamlit_app.py"
MEGABYTES, SECONDS = {"protocol": 100}, 2.0
BOUND = ["seed", "epochs", "hidden", "eta", "batch", "scale", "shuffle", "sort", "prepare", "distort", "images_bundled"]
BOUND += ["pace", "linear_axis", "inside", "view"]
CANVAS = 420  # pixels, the larger of the page's two
ATOMS = [None, True, -1, 0, 7, 10**400, 1e308, math.inf, -math.inf, math.nan, "", "7", "ä" * 50, [], {}, [[]], {"": 0}]
SHAPES = ["()", "(2,)", "(784, 2)", "(2, 10)", "(-1,)", "(10**9,)", f"({2**62}, 4)", "(True,)", "((1,),)"]
DTYPES = ["<f8", "<f4", "|i1", ">f8", "|O", "<U5", "<U25", f"<U{2**29}", "|S4", "|b1", "<c16", "[('a', '<f8')]"]
WORDS = ["true", "False", "Watch", "Step", "all", "bundled", "projector", "<b>", "../..", "\x00"]
NUMBERS = ["inf", "-inf", "nan", "1e999", "9" * 310, "-1", "0", "1e5", "0x10", "1_0", "٣", "4.5", " 7", "+7", "--", ""]


def damaged(content, rng):
    """Bytes with some changed, left out, repeated or put in."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at, n = int(rng.integers(len(content) + 1)), int(rng.integers(1, 60))
        what = rng.integers(6)
        if what == 0:
            content[at : at + 1] = rng.bytes(1)
        elif what == 1:
            content[at : at + n] = rng.bytes(n)
        elif what == 2:
            del content[at : at + n]
        elif what == 3:
            content[at:at] = content[at : at + n] * int(rng.integers(1, 40))
        elif what == 4:
            del content[at:]
        else:  # a number as it is in headers
            content[at : at + 4] = int(rng.choice([0, 1, 255, 65_535, 2**31 - 1, 2**31, 2**32 - 1])).to_bytes(4, "big")
    return bytes(content)


# Network files


@cache
def good_network(compact, compression=zipfile.ZIP_DEFLATED):
    content, file = network_bytes(initial_network(2, seed=1), compact=compact), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(file, "w", compression) as new:
        for member in packed.namelist():
            new.writestr(member, packed.read(member))
    return file.getvalue()


def array_file(rng):
    """An .npy file whose header says something and whose content is something else."""
    shape = rng.choice(SHAPES)
    kind = rng.choice(DTYPES)
    head = f"{{'descr': '{kind}', 'fortran_order': {rng.choice(['True', 'False', '7'])}, 'shape': {shape}, }}\n"
    if rng.random() < 0.1:
        head = damaged(head.encode(), rng).decode("latin1")
    versions = [(1, 0), (2, 0), (3, 0), (9, 9)]
    version, content = bytes(versions[rng.choice(4, p=[0.7, 0.1, 0.1, 0.1])]), rng.bytes(int(rng.integers(0, 300)))
    if rng.random() < 0.3:
        content = b"\xff\xff\xff\xff" * int(rng.integers(1, 30))  # no character has this number
    length = len(head).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return b"\x93NUMPY" + version + length + head.encode("latin1") + content


def network_file(rng):
    content = good_network(rng.random() < 0.5, zipfile.ZIP_DEFLATED if rng.random() < 0.7 else zipfile.ZIP_STORED)
    if rng.random() < 0.5:
        return damaged(content, rng)
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for member in good.namelist():
            what = rng.random()
            if what < 0.25:
                new.writestr(member, array_file(rng))
            elif what < 0.35:
                new.writestr(member, damaged(good.read(member), rng))
            elif what < 0.37:
                new.writestr(member, bytes(40_000_000), compresslevel=1)  # a bomb: 180 kB in the file
            elif what < 0.95:
                new.writestr(member, good.read(member))
    content = file.getvalue()
    return damaged(content, rng) if rng.random() < 0.2 else content


def networks(rng):
    """Load a network file, and let the network read an image."""
    try:
        network = load_network(io.BytesIO(network_file(rng)))
    except ValueError as error:
        return sentence(error)
    assert np.isfinite(network.predict_proba(load_mnist().X_test[:5])).all()


# Pictures


@cache
def good_picture(format, mode):
    rng, file = np.random.default_rng(1), io.BytesIO()
    grey = Image.fromarray(load_mnist().X_test[0].reshape(28, 28)).resize((60, 90))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a digit " + rng.bytes(20).hex()
    grey.convert(mode).save(file, format, **({"exif": exif} if format in ("PNG", "JPEG", "WEBP", "TIFF") else {}))
    return file.getvalue()


MODES = {
    "PNG": ["1", "L", "P", "RGB", "RGBA", "I;16"],
    "TIFF": ["1", "L", "RGB", "CMYK", "F", "I;16"],
    "GIF": ["L", "P"],
}


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of_any_size(rng):
    """A PNG that says any size, with as much data as it likes: a whole one may be 4,096 pixels wide in few bytes."""
    width, height = (int(rng.choice([0, 1, 280, 420, 2_000, 4_096, 4_096, 4_097, 10_000, 2**31 - 1])) for _ in range(2))
    bits, colours = rng.choice([(1, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 3), (8, 6), (16, 6), (7, 9)])
    size = min(height, 5_000) * (1 + min(width, 5_000) * bits * {0: 1, 2: 3, 3: 1, 6: 4}.get(colours, 1) // 8)
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(bytes(1_000_000)) for _ in range(int(size * rng.choice([0, 0.5, 1])) // 1_000_000))
    data += packer.compress(bytes(size % 1_000_000)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, int(rng.integers(0, 2)))
    palette = chunk(b"PLTE", rng.bytes(30)) if rng.random() < 0.5 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + palette + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def picture_file(rng):
    what = rng.random()
    if what < 0.1:
        return png_of_any_size(rng)
    if what < 0.12:
        return rng.bytes(int(rng.integers(0, 500)))
    format = str(rng.choice(FORMATS))
    return damaged(good_picture(format, str(rng.choice(MODES.get(format, ["L", "RGB"])))), rng)


def pictures(rng):
    """Read a picture, and prepare the drawing in it in both ways."""
    try:
        pixels = read_picture(io.BytesIO(picture_file(rng)))
    except ValueError as error:
        return sentence(error)
    for preparation in ("mnist", "normalized"):
        assert np.isfinite(prepare_drawing(pixels, preparation).image).all()


# The canvas


def good_report():
    stroke = {"type": "path", "path": [["M", 80, 60], ["Q", 200, 60, 120, 230]], "left": 80.5, "fill": None}
    picture = PREFIX + base64.b64encode(good_picture("PNG", "RGBA")).decode()
    return {"drawing": {"raw": {"objects": [stroke, dict(stroke)]}, "data": picture}, "backgroundFit": None}


def anything(rng):
    """A value that no canvas sends, or a picture that it doesn't."""
    what = rng.random()
    if what < 0.3:
        content = png_of_any_size(rng) if rng.random() < 0.1 else picture_file(rng)
        return PREFIX + base64.b64encode(content).decode()
    if what < 0.35:
        return PREFIX + damaged(base64.b64encode(good_picture("PNG", "RGBA")), rng).decode("latin1")
    if what < 0.4:
        nested = 1
        for _ in range(int(rng.integers(5, 3_000))):
            nested = [nested]
        return nested
    if what < 0.45:
        return [0.5] * int(rng.integers(1, 1_000_000))
    return ATOMS[rng.integers(len(ATOMS))]


def changed(value, rng):
    """A value in which one of those within it is exchanged."""
    if not isinstance(value, (dict, list)) or not value or rng.random() < 0.15:
        return anything(rng)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = keys[rng.integers(len(keys))]
    value[key] = changed(value[key], rng)
    return value


def canvases(rng):
    """Take what a canvas reports, and prepare the drawing."""
    try:
        sketch = reported_sketch(changed(good_report(), rng), CANVAS)
    except ValueError:
        return  # the page takes a new canvas
    if sketch is not None:
        json.dumps(sketch.objects, allow_nan=False)  # they go back to the browser with Undo
        assert np.isfinite(prepare_drawing(sketch.pixels).image).all()


# Files of a browser


@cache
def good_memory():
    history = Point(0.0, 7.1, 0.1, 7.2, 0.09), Point(1.0, 1.5, 0.8, 1.6, 0.79)
    state = TrainingState(None, 500, 500, history, finished=True)
    trainings = [
        Training(Recipe(2, epochs=1, n_images=500), state, number=number, weights=good_network(compact))
        for number, compact in [(1, True), (2, False)]
    ]
    sketch = Sketch(good_report()["drawing"]["raw"]["objects"], good_picture("PNG", "RGBA"))
    drawings = tuple(LabelledDrawing(load_mnist().X_test[i].reshape(28, 28) / 255, i, 1, OWN, sketch) for i in range(2))
    return pack(SavedWork(trainings[1], (trainings[0],), drawings))


def as_json(value):
    """A value as JSON; if it is nested too deeply for Python to write it, something that is as deep."""
    try:
        return json.dumps(value)
    except RecursionError:
        return "[" * 3_000 + "]" * 3_000


def memory_file(rng):
    if rng.random() < 0.3:
        return damaged(good_memory(), rng)
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good_memory())) as good, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        spoilt = good.namelist()[rng.integers(len(good.namelist()))]
        for member in good.namelist():
            content = good.read(member)
            if member == spoilt == TRAININGS:
                content = as_json(changed(json.loads(content), rng))
            elif member == spoilt == DRAWINGS and rng.random() < 0.5:
                content = network_file(rng)
            elif member == spoilt:
                content = damaged(content, rng) if rng.random() < 0.7 else bytes(int(rng.choice([0, 40_000_000])))
            new.writestr(member, content, compresslevel=1)
    return file.getvalue()


def memories(rng):
    """Read what a browser has kept, bring its networks back, and keep it again."""
    try:
        yours = unpack(memory_file(rng))
    except ValueError as error:
        return sentence(error)
    for kept in yours.trainings:
        assert np.isfinite(network_of(kept).predict_proba(load_mnist().X_test[:5])).all()
    for drawing in yours.drawings:
        assert np.isfinite(drawing.image).all() and np.isfinite(prepare_drawing(drawing.sketch.pixels).image).all()
    again = unpack(pack(yours))
    assert (len(again.trainings), len(again.drawings)) == (len(yours.trainings), len(yours.drawings))


# Addresses


def word(rng):
    what = rng.random()
    if what < 0.5:
        return str(rng.choice(NUMBERS))
    if what < 0.6:
        return str(rng.integers(-(10**9), 10**12))
    if what < 0.8:
        return str(rng.choice(WORDS))
    return rng.bytes(int(rng.integers(0, 12))).decode("latin1") * int(rng.choice([1, 1, 200]))


def addresses(rng):
    """Open the page at an address: all values that can't be used are the defaults, and one can train."""
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_file(str(PAGE), default_timeout=60)
    for key in rng.choice(BOUND, int(rng.integers(1, 5))):
        page.query_params[str(key)] = word(rng) if rng.random() < 0.9 else [word(rng), word(rng)]
    page.run()
    assert not page.exception, dict(page.query_params)
    assert any(button.key in ("train", "step_1") for button in page.button), dict(page.query_params)


def protocol(rng):
    """Send a running page a message: see fuzz_protocol.py."""
    import fuzz_protocol  # it takes a second

    return fuzz_protocol.protocol(rng)


KINDS = {
    "networks": networks,
    "pictures": pictures,
    "canvases": canvases,
    "addresses": addresses,
    "memories": memories,
    "protocol": protocol,
}
SHARES = {"networks": 0.27, "pictures": 0.37, "canvases": 0.15, "addresses": 0.02, "memories": 0.09, "protocol": 0.1}


def sentence(error):
    """A message to a user has to be a sentence on one line."""
    assert str(error).endswith(".") and "\n" not in str(error) and len(str(error)) < 300, repr(error)


def peak_megabytes():
    """The most memory that this process has had since forget_peak(), or 0 where the system doesn't tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def forget_peak():
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5")


def failures(kind, seed, count, first=0, seconds=SECONDS):
    """Try some inputs of a kind; yields a line for each that fails."""
    for number in range(first, first + count):
        forget_peak()
        before, began = peak_megabytes(), time.perf_counter()
        try:
            elsewhere = KINDS[kind](np.random.default_rng([seed, list(KINDS).index(kind), number]))
            wrong = ""
        except Exception as error:
            elsewhere, wrong = None, repr(error)[:300]
        took, grown = elsewhere or (time.perf_counter() - began, peak_megabytes() - before)
        if not wrong and took > seconds:
            wrong = f"it took {took:.1f} s"
        if not wrong and grown > MEGABYTES.get(kind, 200):
            wrong = f"it took {grown:.0f} MB"
        if wrong:
            yield f"--kinds {kind} --seed {seed} --first {number} --count 1: {wrong}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000, help="inputs of all kinds together")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what Streamlit says outside a server
    n_failed, whole = 0, sum(SHARES[kind] for kind in arguments.kinds)
    for kind in arguments.kinds:
        count, began = round(arguments.count * SHARES[kind] / whole), time.perf_counter()
        n_before = n_failed
        for line in failures(kind, arguments.seed, count, arguments.first):
            n_failed += 1
            print(line, flush=True)
        took = time.perf_counter() - began
        print(f"{kind}: {count:,} inputs in {took:.0f} s, {n_failed - n_before} failed", flush=True)
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
