"""Makes pen_strokes.npz: digits as twenty people wrote them, as paths of a pen.

    python assets/make_pen_strokes.py pen_strokes_30_writers.npz

The source is the original, unnormalized version of UCI's "Pen-Based Recognition of Handwritten Digits" (E. Alpaydin and
F. Alimoglu, 1998, CC BY 4.0), its thirty training writers, read into one file of these fields:

    xy            (points, 2)   the path of the pen on the tablet, y pointing up, at equal intervals of time
    stroke_end    (strokes,)    where in xy each stroke ends (exclusive)
    sample_end    (samples,)    where in stroke_end each digit ends (exclusive)
    label, writer (samples,)    the digit, and the number of its writer

From each of the twenty writers with the lowest numbers it takes the first 24 of each digit. Nothing is learnt from the
other ten, so that one can measure on them how strangers are read. What is written is described in
nn/images/pen_strokes.py.
"""

import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from nn.images.pen_strokes import BOX, BUNDLED, split_strokes

FIELDS = "xy", "stroke_end", "sample_end", "label", "writer"
LEARNT_FROM = 20  # writers
EACH = 24  # of each writer's digits of a kind


def main(source):
    with np.load(source) as file:
        xy, stroke_end, sample_end, label, writer = (file[name] for name in FIELDS)
    chosen = [
        np.flatnonzero((writer == one) & (label == digit))[:EACH]
        for one in np.unique(writer)[:LEARNT_FROM]
        for digit in range(10)
    ]
    chosen = np.concatenate(chosen)
    written = split_strokes(xy * [1.0, -1.0], stroke_end, sample_end)  # y now points down
    strokes = []
    for sample in chosen:
        low = np.concatenate(written[sample]).min(axis=0)
        scale = BOX / np.ptp(np.concatenate(written[sample]), axis=0).max()
        strokes += [np.rint((stroke - low) * scale).astype(np.uint8) for stroke in written[sample]]
    np.savez_compressed(
        BUNDLED,
        moves=np.diff(np.concatenate(strokes), axis=0, prepend=np.zeros((1, 2), np.uint8)),
        stroke_end=np.cumsum([len(stroke) for stroke in strokes], dtype=np.int32),
        sample_end=np.cumsum([len(written[sample]) for sample in chosen], dtype=np.int32),
        label=label[chosen].astype(np.uint8),
        writer=writer[chosen].astype(np.uint8),
    )
    print(f"{BUNDLED.name}: {len(chosen):,} digits of {LEARNT_FROM} writers, {os.path.getsize(BUNDLED):,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
