"""The image that the page shows: the visitor's drawing, or one of MNIST's images selected in its place."""

import base64
import functools
import json
from dataclasses import dataclass, field, replace

import numpy as np

from ... import prepare_drawing, prepare_images
from ...files.sketches import Sketch, size_of_strokes
from ...images.preprocessing import PreparedDrawing, as_pixels
from .render_lock import release_render_lock
from .shared import mnist, once
from .state import Latest, part, this_session, value_of

MAX_STROKES = 100_000  # letters of JSON: a digit has a tenth of that
FEW = 10  # drawings that are prepared at once, while others wait
SPLITS = {"train": "training image", "test": "unseen image"}


@dataclass(eq=False)
class DrawingPart:
    """The canvas of a visitor, and the image that the page shows.

    canvas : int, its number; a forged report brings a new one
    n_redraws : int, how often the page has redrawn the canvas: emptied it, or put other strokes on it
    outdated : the canvas's report from before the latest redraw, to be ignored
    sketches : tuple of Sketch, the canvas after each stroke, the latest last
    initial_objects : list, the strokes that the page has put on the canvas
    of_sketch : Latest, the dict of a preparation -> PreparedDrawing for the latest sketch
    prepared : PreparedDrawing without stages, None if nothing is drawn
    identifier : str, "" if nothing is drawn
    stages : Latest, for `prepared` the pictures of its stages, and the images that end there
    selected_example : tuple (source, split, index) of the MNIST image in the drawing's place, or None
    answer : the digit read in it and the name of the network that read it, as the page shows them, or None
    strokes_text : Latest, the text for `sketches` that a reload brings back
    answers : Latest, of the labelled drawings: Latest, of a network: its answers to them
    labelled_pixels : dict of (identifier, preparation) -> uint8 (784,), the labelled drawings as networks see them
    """

    canvas: int = 0
    n_redraws: int = 0
    outdated: dict | None = None
    sketches: tuple[Sketch, ...] = ()
    initial_objects: list = field(default_factory=list)
    of_sketch: Latest = field(default_factory=Latest)
    prepared: PreparedDrawing | None = None
    identifier: str = ""
    stages: Latest = field(default_factory=Latest)
    selected_example: tuple | None = None
    answer: tuple[int, str] | None = None
    strokes_text: Latest = field(default_factory=Latest)
    answers: Latest = field(default_factory=Latest)
    labelled_pixels: dict = field(default_factory=dict)

    def training_started(self, ended):
        """Free the memory of the network before."""
        self.answers = Latest()

    @property
    def key(self):
        """The key of the canvas."""
        return f"canvas_{self.canvas}"


@dataclass(frozen=True, eq=False)
class CurrentImage:
    """An image as the answering network sees it.

    image : floats (28, 28) in 0..1
    label : int or None, the digit that it is or, according to the visitor, was meant to be; None if unknown
    name : str, its name in the middle of a sentence
    """

    image: np.ndarray
    label: int | None
    name: str


def split_of(images, split):
    """The images X (n, 784) and labels y (n,) of an Mnist's split, "train" or "test"."""
    return (images.X_train, images.y_train) if split == "train" else (images.X_test, images.y_test)


@once
def example_index(digit):
    """The index of the first of the bundled held-out images of a digit."""
    return int(np.flatnonzero(mnist("bundled").y_test == digit)[0])


def redraw_canvas(sketches=()):
    """Put the last of these Sketches on the canvas, in place of what is there; without any, empty it.

    The canvas stays where it is: a new one would take most of a second, and lose what is drawn meanwhile.
    """
    drawn = part(DrawingPart)
    drawn.sketches, drawn.selected_example = sketches, None
    _put_on_canvas(list(sketches[-1].objects) if sketches else [])


def select_example(example):
    """Put an MNIST image (source, split, index) in the drawing's place on the whole page.

    The first stroke on it begins a new drawing; redraw_canvas(sketches) brings the present one back.
    """
    part(DrawingPart).selected_example = example
    _put_on_canvas([])


def strokes_text():
    """The strokes on the canvas as text, "" without any or with too many: JSON in base64, as one part of a message."""
    sketches = part(DrawingPart).sketches
    text = json.dumps(sketches[-1].objects) if sketches else ""
    return base64.b64encode(text.encode()).decode() if len(text) <= MAX_STROKES else ""


def restore_strokes(text):
    """Put strokes, as strokes_text() gives them, on the canvas if it is new: after a reload, the browser has them.

    Raises ValueError or TypeError for text, or something else, that it can't have given.
    """
    drawn = part(DrawingPart)
    if text and drawn.n_redraws == 0 and not drawn.sketches:
        if len(text) > 2 * MAX_STROKES:
            raise ValueError("there are too many strokes")
        objects = json.loads(base64.b64decode(text, validate=True))
        size_of_strokes(objects)
        if not all(one.get("type") == "path" and _is_plain(one) for one in objects):
            raise ValueError("these are no strokes")
        _put_on_canvas(objects)


def _is_plain(stroke):
    """Whether nothing in a stroke but its path has parts, such as a gradient: the canvas draws whatever it gets."""
    return not any(isinstance(value, (list, dict)) for key, value in stroke.items() if key != "path")


def _put_on_canvas(objects):
    drawn = part(DrawingPart)
    drawn.initial_objects, drawn.outdated = objects, value_of(drawn.key, lambda reported: reported)
    drawn.n_redraws += 1


def selected_example(view):
    """The CurrentImage that took the drawing's place, or None."""
    example = part(DrawingPart).selected_example
    return None if example is None else _from_mnist(*example, view.network.preparation)


def drawing():
    """The drawing as a CurrentImage, or None if nothing is drawn."""
    drawn = part(DrawingPart)
    if drawn.prepared is None:
        return None
    labelled = this_session().labelled.get(drawn.identifier)
    return CurrentImage(drawn.prepared.image, None if labelled is None else labelled.label, "your drawing")


def answers_to_labelled(network):
    """A network's answers to the visitor's labelled drawings, int64 (n,), in their order.

    A drawing that was labelled for a network with another preparation is prepared anew. The answers are kept for the
    next stroke: to 500 drawings, the pre-trained network needs a tenth of a second.
    """
    labelled = this_session().labelled  # replaced as a whole when a label comes or goes
    return part(DrawingPart).answers.of(labelled, Latest).of(network, lambda: _answers(labelled, network))


def _answers(labelled, network):
    drawn, preparation = part(DrawingPart), network.preparation
    wanted = {(identifier, preparation): one for identifier, one in labelled.items()}
    new = {key: one for key, one in wanted.items() if key not in drawn.labelled_pixels}
    if len(new) > FEW:
        release_render_lock()
    pixels = {key: as_pixels(prepare_drawing(one.sketch.pixels, preparation).image) for key, one in new.items()}
    known = drawn.labelled_pixels | pixels
    drawn.labelled_pixels = {key: known[key] for key in wanted}
    return network.predict(np.array([*drawn.labelled_pixels.values()], np.uint8).reshape(-1, 784))


def current_image(view, preparation=None):
    """The CurrentImage: the selected example, or the drawing, or else the first held-out image.

    preparation : str, for a network that expects another one than the answering network
    """
    drawn, own = part(DrawingPart), view.network.preparation
    example = drawn.selected_example or (None if drawn.prepared else (view.source, "test", 0))
    if example is not None:
        return _from_mnist(*example, preparation or own)
    if preparation in (None, own):
        return drawing()
    return replace(drawing(), image=prepare_drawing(drawn.sketches[-1].pixels, preparation).image)


@functools.lru_cache(maxsize=100)
def _from_mnist(source, split, index, preparation):
    """An MNIST image as a CurrentImage; cached, because preparing it takes milliseconds and the page asks often."""
    X, y = split_of(mnist(source), split)
    image = prepare_images(X[index : index + 1], preparation)[0]
    return CurrentImage(image.reshape(28, 28) / 255, int(y[index]), f"{SPLITS[split]} {index:,}")
