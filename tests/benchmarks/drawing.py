"""How well does a network read what is drawn on a canvas, as the page would prepare it, and what does it reject?

    python tests/benchmarks/drawing.py                            # the bundled strokes in other hands, and non-digits
    python tests/benchmarks/drawing.py strokes.npz --limit 0      # strangers' strokes, all of them
    python tests/benchmarks/drawing.py strokes.npz --network net.npz

The pre-trained network learnt from the bundled strokes and from the same kinds of non-digits. If it reads and rejects
them well, drawing and preparation work, but only strokes of other people show how it reads strangers. Of a file of
strokes, the writers of the bundled ones are left out.

A strokes file is an .npz with the fields

    xy                    (points, 2)  the path of the pen, y pointing up
    stroke_end            (strokes,)   where in xy each stroke ends (exclusive)
    sample_end            (samples,)   where in stroke_end each digit ends (exclusive)
    label, writer         (samples,)   the digits, and the numbers of their writers, as in UCI's training set, if they
                                       are of it
    size, width, ox, oy   (samples,)   how to draw them on a canvas of 280 x 280: longer side of the ink, width of the
                                       pen, left and upper end of the ink, all in pixels: "wild"
    t_size, ...                        another set of the same: "typical"
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]
from canvases import SIDE, canvas, rgba

import nn
from nn.analysis.confidence import FALSE_REJECTION_RATE
from nn.images import NON_DIGIT
from nn.images.augmentation import HEIGHT, curve, non_digit, written_strokes
from nn.images.pen_strokes import BUNDLED, split_strokes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strokes", nargs="?", help="a file of strokes; without it, the bundled ones in other hands")
    parser.add_argument("--network", help="a saved network; by default the pre-trained one")
    parser.add_argument("--limit", type=int, default=2000, help="how many digits, spread over the file; 0 for all")
    parser.add_argument("--stage", default="centred", help='end the preparation early, at "drawing", "cut out", ...')
    arguments = parser.parse_args()
    network = nn.load_network(arguments.network) if arguments.network else nn.load_pretrained()
    held_out = nn.prepare_images(nn.load_mnist("bundled").X_test, network.preparation)
    threshold = nn.rejection_threshold(network, held_out / 255)
    print(f"Rejected is what the network reads with a confidence below {threshold:.4f}, which", end=" ")
    print(f"{FALSE_REJECTION_RATE:.2%} of the bundled held-out images have.")
    if arguments.strokes:
        strokes = arrays_of(arguments.strokes)
        chosen = of_strangers(strokes)
        if not len(chosen):
            parser.error("all writers of this file are among those whom the networks learn from.")
        n = min(arguments.limit or len(chosen), len(chosen))
        chosen = chosen[np.linspace(0, len(chosen) - 1, n).astype(int)]
        drawings = {"typical": from_file(strokes, "t_", chosen), "wild": from_file(strokes, "", chosen)}
    else:
        n = arguments.limit or 2000
        drawings = {"bundled strokes in other hands": from_bundled(n), "non-digits": from_non_digits(n)}
    for kind, of_kind in drawings.items():
        measure(kind, network, threshold, of_kind, arguments.stage)


def measure(kind, network, threshold, drawings, stage):
    """Print how many drawings (pairs of a canvas and its label) are read right and rejected, and how fast."""
    right, rejected, seconds = [], [], []
    for grey, label in drawings:
        drawing = rgba(grey)
        began = time.perf_counter()
        prepared = nn.prepare_drawing(drawing, network.preparation)
        image = prepared.image if stage == "centred" else nn.stage_images(prepared)[stage]
        answer = network.predict(image.reshape(1, -1))[0]
        seconds.append(time.perf_counter() - began)
        right += [answer == label] if label != NON_DIGIT else []
        rejected.append(nn.is_rejected(network, image, threshold))
    read = ""
    if right:
        share = np.mean(right)
        error = 1.96 * np.sqrt(share * (1 - share) / len(right))  # of a 95 % interval
        read = f"{100 * share:.2f} % read right (+-{100 * error:.2f}), "
    print(f"{kind}: of {len(seconds)}, {read}{np.mean(rejected):.1%} rejected, {1000 * np.mean(seconds):.2f} ms each")


def arrays_of(path):
    """The fields of a strokes file."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def of_strangers(strokes):
    """Which digits of a strokes file are by writers whom the networks don't learn from; prints who they are.

    A file that names no writers is taken to hold strangers only.
    """
    if "writer" not in strokes:
        return np.arange(len(strokes["label"]))
    strangers = np.setdiff1d(strokes["writer"], arrays_of(BUNDLED)["writer"])
    print("Writers:", ", ".join(map(str, strangers)))
    return np.flatnonzero(np.isin(strokes["writer"], strangers))


def from_file(strokes, prefix, chosen):
    """The chosen drawings of a strokes file, placed as its fields with this prefix say."""
    y_down = strokes["xy"] * [1.0, -1.0]
    written = split_strokes(y_down, strokes["stroke_end"], strokes["sample_end"])
    for i in chosen:
        points = np.concatenate(written[i])
        size, width, x, y = (float(strokes[prefix + name][i]) for name in ("size", "width", "ox", "oy"))
        # The ink is longer than the pen's path by half the pen's width at either end.
        scale = (size - width) / max(np.ptp(points, axis=0).max(), 1e-9)
        corner = x + width / 2, y + width / 2
        placed = [(stroke - points.min(axis=0)) * scale + corner for stroke in written[i]]
        yield canvas([curve(stroke, 16) for stroke in placed], width), int(strokes["label"][i])


def from_bundled(n):
    """The bundled digits in other hands, of any size and place, with any pen."""
    for i in range(n):
        rng = np.random.default_rng([7, i])
        strokes = written_strokes(i % 10, rng)
        points = np.concatenate(strokes)
        width, scale = rng.uniform(12, 28), rng.uniform(0.4, 0.85) * SIDE / HEIGHT
        scale = min(scale, (SIDE - width) / np.ptp(points, axis=0).max())
        room = SIDE - width - scale * np.ptp(points, axis=0)
        corner = width / 2 + rng.uniform(0, 1, 2) * room
        yield canvas([(s - points.min(axis=0)) * scale + corner for s in strokes], width), i % 10


def from_non_digits(n):
    """Letters, invented letters, scribbles, two digits side by side, dots."""
    for i in range(n):
        yield np.rint(255 * non_digit(np.random.default_rng([8, i]))).astype(np.uint8), NON_DIGIT


if __name__ == "__main__":
    main()
