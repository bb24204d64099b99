"""Labelled drawings: what the visitor said they were, how many were read right, and a file of them."""

import io
from dataclasses import dataclass

import numpy as np

from ..images.pictures import PictureError, read_picture
from .arrays import Refused, read_arrays
from .sketches import LARGEST, MAX_SIDE, Sketch

OWN, PRETRAINED = "My network", "Pre-trained network"  # the readers
KIND = "a file of drawings"
MAX_LABELLED = 500  # drawings in a file
MAX_BYTES = 8_000_000  # of all that is in a file of drawings
MAX_POINTS = 100_000  # of all strokes in a file: 200 for each drawing
ENDS = "stroke_end", "sample_end", "png_end"


@dataclass(frozen=True, eq=False)
class Labelled:
    """A drawing, the digit that it was meant to be, and what was read.

    image : floats (28, 28) in 0..1, as the network saw it
    label, answer : int
    reader : OWN or PRETRAINED, the network that answered
    sketch : Sketch, what was on the canvas
    is_own : bool, whether the visitor drew it; False if it comes from a file, which may be somebody else's
    """

    image: np.ndarray
    label: int
    answer: int
    reader: str
    sketch: Sketch
    is_own: bool = True

    @property
    def strokes(self):
        """The strokes, a tuple of float arrays (n, 2) of points x, y in pixels of the canvas."""
        return strokes_of(self.sketch.objects)


def strokes_of(objects):
    """The strokes of a canvas, a list of Fabric.js objects, as a tuple of arrays (n, 2) of points.

    Every command of a path ends with its end point. Anything that isn't a path of points is skipped.
    """
    strokes = []
    for path in (one.get("path") for one in objects if isinstance(one, dict)):
        points = [command[-2:] for command in path if _is_a_point(command)] if isinstance(path, list) else []
        if points:
            strokes.append(np.array(points, dtype=np.float32))
    return tuple(strokes)


def _is_a_point(command):
    return isinstance(command, list) and len(command) >= 3 and all(isinstance(x, (int, float)) for x in command[-2:])


def labelled_file(drawings):
    """Labelled drawings, at most the last MAX_LABELLED, as the bytes of an .npz file.

    images uint8 (n, 28, 28), labels, answers and readers (n,); xy float32 (points, 2) holds the points of all strokes,
    stroke_end (strokes,) where each stroke ends in xy, and sample_end (n,) where each drawing ends in stroke_end;
    png uint8 (bytes,) holds the pictures of the canvas as PNG files, and png_end (n,) where each ends in png; is_own
    bool (n,).
    """
    drawings = drawings[-MAX_LABELLED:]
    strokes_of_each = [drawing.strokes for drawing in drawings]
    strokes = [stroke for strokes in strokes_of_each for stroke in strokes]
    pictures = [drawing.sketch.png for drawing in drawings]
    file = io.BytesIO()
    np.savez_compressed(
        file,
        images=np.rint(255 * np.array([drawing.image for drawing in drawings])).astype(np.uint8),
        labels=np.array([drawing.label for drawing in drawings]),
        answers=np.array([drawing.answer for drawing in drawings]),
        readers=np.array([drawing.reader for drawing in drawings]),
        xy=np.concatenate([*strokes, np.zeros((0, 2), np.float32)]),
        stroke_end=np.cumsum([len(stroke) for stroke in strokes], dtype=np.int64),
        sample_end=np.cumsum([len(strokes) for strokes in strokes_of_each], dtype=np.int64),
        png=np.frombuffer(b"".join(pictures), np.uint8),
        png_end=np.cumsum([len(picture) for picture in pictures], dtype=np.int64),
        is_own=np.array([drawing.is_own for drawing in drawings], bool),
    )
    return file.getvalue()


def read_labelled(file):
    """The Labelled drawings in an open file that labelled_file made, as a tuple.

    Raises Refused if it isn't one: a stranger may have made it. What can't be drawn is refused too.
    """
    arrays = read_arrays(file, KIND, MAX_BYTES, _check)
    ends = [arrays[name] for name in ENDS]
    sizes = len(arrays["xy"]), len(arrays["stroke_end"]), len(arrays["png"])
    fits = all(  # each in its bounds first, because a difference of huge numbers overflows
        ((end >= 0) & (end <= size)).all() and (np.diff(end) >= 0).all() and (end[-1] if len(end) else 0) == size
        for end, size in zip(ends, sizes)
    )
    digits = [*arrays["labels"], *arrays["answers"]]
    fits = fits and all(0 <= digit <= 9 for digit in digits) and (np.abs(arrays["xy"]) < LARGEST).all()
    readers = [str(reader) for reader in arrays["readers"]]
    if not fits or not {*readers} <= {OWN, PRETRAINED}:
        raise Refused(f"This is not {KIND}: its drawings are damaged.")
    strokes, pictures = _cut(arrays["xy"], arrays["stroke_end"]), _cut(arrays["png"], arrays["png_end"])
    drawings = []
    for i, (of_drawing, picture) in enumerate(zip(_cut(strokes, arrays["sample_end"]), pictures)):
        png = picture.tobytes()
        try:
            read_picture(io.BytesIO(png), formats=["PNG"], max_side=MAX_SIDE)
        except PictureError as error:
            raise Refused(f"This is not {KIND}: a picture in it is damaged.") from error
        objects = [{"type": "path", "path": [["L", *map(float, point)] for point in stroke]} for stroke in of_drawing]
        image, sketch, own = arrays["images"][i] / 255, Sketch(objects, png), bool(arrays["is_own"][i])
        drawings.append(Labelled(image, int(arrays["labels"][i]), int(arrays["answers"][i]), readers[i], sketch, own))
    return tuple(drawings)


def _cut(things, ends):
    """Things cut where these ends are."""
    return [things[start:end] for start, end in zip([0, *ends], ends)]


def _check(headers):
    """Raises Refused if the Headers are not those of labelled_file."""
    if sorted(headers) != sorted(("images", "labels", "answers", "readers", *ENDS, "xy", "png", "is_own")):
        raise Refused(f"This is not {KIND} of this version: it does not hold images, labels, strokes and pictures.")
    n = headers["labels"].shape[0] if len(headers["labels"].shape) == 1 else -1
    shapes = {"images": (n, 28, 28), "labels": (n,), "answers": (n,), "readers": (n,), "png_end": (n,), "is_own": (n,)}
    shapes |= {"sample_end": (n,), "xy": (*headers["xy"].shape[:1], 2)}
    for name, (shape, dtype) in headers.items():
        kind = {"images": "u1", "png": "u1", "xy": "f4", "readers": "U", "is_own": "?"}.get(name, "i8")
        right_kind = dtype.kind == "U" and dtype.itemsize <= 200 if kind == "U" else dtype == np.dtype(kind)
        if not right_kind or shape != shapes.get(name, shape[:1]) or not 0 < n <= MAX_LABELLED:
            raise Refused(f"This is not {KIND}: {name} does not hold the right kind of data.")
    if headers["xy"].shape[0] > MAX_POINTS:
        raise Refused(f"This is not {KIND} of this page: its strokes are too long.")
