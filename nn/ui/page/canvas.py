"""The canvas and its cover, the examples beside it, and the buttons below it."""

from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from ... import prepare_drawing
from ...files.sketches import n_latest, reported_sketch
from ..html import picture
from ..numbers import with_article
from ..picture_choice import choice, picture_choice
from ..session.current_image import DrawingPart, example_index, redraw_canvas, select_example, selected_example
from ..session.layout import CANVAS_SIDE, PROJECTED_SIDE, is_projector
from ..session.shared import mnist, once
from ..session.state import part, pick, value_of
from .question import ChallengePart

PEN = 1 / 14  # of the canvas's side
EXAMPLES = "example"  # the key of the choice
FORGED = object()  # a report that no canvas makes
MAX_SKETCHES = 50  # strokes that Undo can take back
NAME_THE_CANVAS = Path(__file__).with_suffix(".js").read_text("utf-8")


def canvas(view):
    """Draw the canvas and its cover; returns the latest Sketch (None without strokes) and the example or None."""
    over = st.container(key="over")  # always there: if the canvas moved, it would lose the drawing
    reported, drawn = _reported(), part(DrawingPart)
    if reported is FORGED:  # a new, blank canvas takes its place
        drawn.canvas += 1
        redraw_canvas()
        reported = None
    side = PROJECTED_SIDE if is_projector() else CANVAS_SIDE
    st_canvas(
        stroke_width=round(PEN * side),
        stroke_color="#ffffff",
        background_color="#000000",
        width=side,
        height=side,
        initial_drawing={"objects": drawn.initial_objects, "number": drawn.n_redraws},  # redraws if it changes
        return_image_data=True,
        key=drawn.key,
    )
    # After a reconnection, the canvas reports its drawing only once it has been drawn.
    reported = reported or _reported()
    sketch = _take_drawing(None if reported is FORGED else reported, view.network.preparation)
    example = selected_example(view)  # not before: a new stroke takes its place
    over.html(_over_the_canvas(example))
    in_challenge = part(ChallengePart).challenge is not None  # then an empty canvas comes into view
    script = f'<script>(\n{NAME_THE_CANVAS}\n)("{drawn.key}", {drawn.n_redraws if in_challenge else "null"})</script>'
    over.html(script, unsafe_allow_javascript=True)
    return sketch, example


def _reported():
    """The Sketch that the canvas reports, None if it reports nothing new, or FORGED."""
    drawn = part(DrawingPart)
    known = drawn.sketches[-1] if drawn.sketches else None

    def sketch(state):
        if state == drawn.outdated:
            return None  # it has not reported since the page redrew it
        try:
            return reported_sketch(state, PROJECTED_SIDE, known)
        except ValueError:
            return FORGED

    return value_of(drawn.key, sketch)


def _over_the_canvas(example):
    """The HTML over the canvas: an example (a CurrentImage), or until the first stroke an invitation.

    An example covers the canvas, which is empty and can be drawn on.
    """
    if example:
        return picture(example.image, f"{example.name}: {with_article(example.label)}, in place of the drawing")
    if part(DrawingPart).sketches:
        return "<div></div>"
    challenge = part(ChallengePart).challenge
    what = "a digit" if challenge is None or challenge.over else with_article(challenge.digit)
    return f'<p class="nn-invitation">draw {what}<br>here</p>'


def _take_drawing(reported, preparation):
    """Keep and prepare the drawing on the canvas, a Sketch or None; return the latest Sketch, None without strokes.

    After Undo the canvas reports what the page has put on it, so only the sketches count. The first stroke on an
    example takes its place, and begins a new drawing.
    """
    drawn = part(DrawingPart)
    if reported and not reported.objects:
        if not drawn.selected_example:  # the canvas beneath one is empty
            drawn.sketches = ()
    elif reported and (not drawn.sketches or drawn.sketches[-1].objects != reported.objects):
        if drawn.selected_example:
            drawn.sketches, drawn.selected_example = (), None
        known = drawn.sketches[-1].objects if drawn.sketches else []  # the strokes before are the same: kept once
        objects = [*(old if old == new else new for old, new in zip(known, reported.objects))]
        objects += reported.objects[len(known) :]
        sketches = *drawn.sketches, reported._replace(objects=objects)
        drawn.sketches = sketches[-n_latest(sketches, MAX_SKETCHES) :]
    drawn.prepared, drawn.identifier = None, ""
    if not drawn.sketches:
        return None
    sketch = drawn.sketches[-1]
    known = drawn.of_sketch.of(sketch, dict)
    if preparation not in known:
        known[preparation] = replace(prepare_drawing(sketch.pixels, preparation), stages={})  # half a megabyte
    if not known[preparation].is_blank:
        drawn.prepared, drawn.identifier = known[preparation], sketch.identifier
    return sketch


def examples():
    """Draw an example of each digit: a click puts it in the drawing's place."""
    picture_choice(_choices(), EXAMPLES, choose_example, "Examples to read", look="strip")


@once
def _choices():
    images = {digit: mnist("bundled").X_test[example_index(digit)].reshape(28, 28) for digit in range(10)}
    return [choice(digit, image, f"Example of {with_article(digit)}") for digit, image in images.items()]


def choose_example():
    """Put the example that was clicked in the drawing's place."""
    digit = value_of(EXAMPLES, lambda state: pick(range(10), state.value))
    if digit is not None:
        select_example(("bundled", "test", example_index(digit)))


def tools(example):
    """Draw Undo and Clear, or, in front of an example, the way back.

    Undo takes back the last stroke that the canvas has reported, which it does a fifth of a second after pen up.
    """
    drawn = part(DrawingPart)
    if example:
        st.button("Back to the drawing", key="back", on_click=redraw_canvas, args=(drawn.sketches,))
        return
    undo = {"on_click": redraw_canvas, "args": (drawn.sketches[:-1],), "help": "Takes back the last stroke."}
    st.button("Undo", key="undo", **undo)
    st.button("Clear", key="clear", on_click=redraw_canvas)
