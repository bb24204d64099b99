"""Labelled drawings: the digits that a visitor meant, the answers of the network, and a file of them."""

import io
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np

from ..checks import check_fields, checked, flag, one_of, whole
from ..images.pictures import read_picture
from .arrays import Refused, npz, read_arrays
from .sketches import LARGEST, MAX_SIDE, Sketch, n_latest, size_of

OWN, PRETRAINED = "My network", "Pre-trained network"  # the readers
KIND = "a file of drawings"
MAX_LABELLED = 500  # drawings in a file
MAX_BYTES = 8_000_000  # of a file of drawings, unpacked
MAX_POINTS = 100_000  # of all strokes in a file: 200 for each drawing
ARRAYS = {  # of a file with n drawings: type and shape; None if the length doesn't depend on n
    "images": ("u1", ("n", 28, 28)),
    "labels": ("i8", ("n",)),
    "answers": ("i8", ("n",)),
    "readers": ("U", ("n",)),
    "is_own": ("?", ("n",)),
    "xy": ("f4", (None, 2)),  # the points of all strokes
    "stroke_end": ("i8", (None,)),  # where in xy each stroke ends
    "sample_end": ("i8", ("n",)),  # where in stroke_end each drawing ends
    "png": ("u1", (None,)),  # the pictures of the canvas as PNG files, one after the other
    "png_end": ("i8", ("n",)),  # where in png each picture ends
}


@dataclass(frozen=True, eq=False)
class LabelledDrawing:
    """A drawing, the digit that it was meant to be, and the answer.

    image : floats (28, 28) in 0..1, as the network saw it
    label, answer : int
    reader : OWN or PRETRAINED, the network that answered
    sketch : Sketch, what was on the canvas
    is_own : bool, whether the visitor drew it in this visit; False if it was stored: it may be somebody else's
    """

    image: np.ndarray
    label: int = checked(partial(whole, low=0, high=9))
    answer: int = checked(partial(whole, low=0, high=9))
    reader: str = checked(partial(one_of, values=(OWN, PRETRAINED)))
    sketch: Sketch
    is_own: bool = checked(flag, default=True)

    __post_init__ = check_fields


def with_labelled(labelled, more):
    """A dict of a drawing's identifier -> LabelledDrawing with more of them, the latest last; the oldest may go."""
    together = [*(labelled | more).items()]
    return dict(together[-n_latest([drawing.sketch for _, drawing in together], MAX_LABELLED) :])


def labelled_file(drawings):
    """LabelledDrawings, at most the last MAX_LABELLED, as the bytes of an .npz file of the ARRAYS."""
    drawings = drawings[-MAX_LABELLED:]
    strokes_of_each = [drawing.sketch.strokes for drawing in drawings]
    strokes, pictures = [*chain(*strokes_of_each)], [drawing.sketch.png for drawing in drawings]
    return npz(
        images=np.rint(255 * np.array([drawing.image for drawing in drawings])).astype(np.uint8),
        labels=np.array([drawing.label for drawing in drawings]),
        answers=np.array([drawing.answer for drawing in drawings]),
        readers=np.array([drawing.reader for drawing in drawings]),
        xy=np.concatenate([*strokes, np.zeros((0, 2), np.float32)]),
        stroke_end=_ends(strokes),
        sample_end=_ends(strokes_of_each),
        png=np.frombuffer(b"".join(pictures), np.uint8),
        png_end=_ends(pictures),
        is_own=np.array([drawing.is_own for drawing in drawings], bool),
    )


def read_labelled(file):
    """The LabelledDrawings in an open file that labelled_file made, as a tuple.

    Raises Refused if it isn't one: a stranger may have made it. Points and pictures that no canvas has are refused too.
    """
    arrays = read_arrays(file, KIND, MAX_BYTES, _check)
    try:
        if not (np.abs(arrays["xy"]) < LARGEST).all():  # NaN is not either
            raise ValueError("a point is on no canvas")
        strokes, pictures = _cut(arrays["xy"], arrays["stroke_end"]), _cut(arrays["png"], arrays["png_end"])
        sketches = map(_sketch, _cut(strokes, arrays["sample_end"]), pictures)
        columns = (arrays[name].tolist() for name in ("labels", "answers", "readers"))
        return tuple(map(LabelledDrawing, arrays["images"] / 255, *columns, sketches, arrays["is_own"]))
    except ValueError as error:
        raise Refused(f"This is not {KIND}: its drawings are damaged.") from error


def _sketch(strokes, picture):
    read_picture(io.BytesIO(picture.tobytes()), formats=["PNG"], max_side=MAX_SIDE)
    paths = ([["L", *point] for point in stroke.tolist()] for stroke in strokes)
    objects = [{"type": "path", "path": path} for path in paths]
    return Sketch(objects, picture.tobytes(), size_of(objects))


def _ends(things):
    """Where each of several things ends if they are put together."""
    return np.cumsum([len(one) for one in things], dtype=np.int64)


def _cut(things, ends):
    """Things cut where these ends are; raises ValueError if they don't rise from 0 or more to the end of the things."""
    ends = [0, *ends.tolist()]  # Python's numbers don't overflow
    if ends != sorted(ends) or ends[-1] != len(things):
        raise ValueError("the ends are impossible")
    return [things[start:end] for start, end in zip(ends, ends[1:])]


def _check(headers):
    """Raises Refused if names, shapes and types are not those of labelled_file."""
    if headers.keys() != ARRAYS.keys():
        raise Refused(f"This is not {KIND} of this version: it does not hold images, labels, strokes and pictures.")
    n = (*headers["labels"][0], 0)[0]
    for name, (shape, dtype) in headers.items():
        kind, sides = ARRAYS[name]
        right_kind = dtype.kind == "U" and dtype.itemsize <= 200 if kind == "U" else dtype == np.dtype(kind)
        expected = tuple({"n": n, None: length}.get(side, side) for side, length in zip(sides, (*shape, 0, 0, 0)))
        if not right_kind or shape != expected or not 0 < n <= MAX_LABELLED:
            raise Refused(f"This is not {KIND}: {name} does not hold the right kind of data.")
    if max(headers[name][0][0] for name in ("xy", "stroke_end")) > MAX_POINTS:
        raise Refused(f"This is not {KIND} of this page: its strokes are too long.")
