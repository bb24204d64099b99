"""Where you draw: the canvas and its examples, beside the network that reads the drawing."""

from dataclasses import replace

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from ... import prepare_drawing, stage_images
from ...files.sketches import Sketch, reported_sketch
from ..html import picture, pictures_css, thinned
from ..numbers import with_article
from ..session.browser_store import memory
from ..session.current_image import back_to_the_drawing, example_index, select_example, selected_example
from ..session.layout import PROJECTED_CANVAS, canvas_side
from ..session.refresh import fragment
from ..session.shared import mnist
from ..session.state import Key, new_canvas, this_visitor, value_of
from .answer import answer_places
from .live import Places, live
from .training import training_buttons
from .verdict import next_button, question_panel, question_places

PEN = 1 / 14  # of the canvas's side
MAX_SKETCHES = 50  # strokes that Undo can take back


# The canvas can't be drawn on without a pointer, so it is named. Its own toolbar has an edit mode in which strokes are
# moved, not drawn. CSS hides it (style.css), and here it is taken from the keyboard too. Runs for every new canvas.
NAME_THE_CANVAS = """<script>
{{
  const name = (tries) => {{
    const component = document.querySelector(".st-key-{key} [data-testid=stBidiComponentIsolated]");
    const root = component?.shadowRoot;
    const canvas = root?.querySelector(".upper-canvas"), toolbar = root?.querySelector(".dc-toolbar");
    if (!canvas || !toolbar) return tries && setTimeout(name, 100, tries - 1);
    canvas.role = "img";
    canvas.ariaLabel = "A canvas to draw a digit on with a mouse, a pen or a finger. Beside it are examples to choose.";
    toolbar.inert = true;
    if ({in_view}) canvas.scrollIntoView({{ block: "nearest" }});
  }};
  name(100);
}}
</script>"""


def drawing_panel(moment, recipe, curves):
    """Draw the canvas, the buttons beneath it, and the network with its answer; and the curves in their container.

    A stroke reruns nothing else, unless a step of "Look inside" or a part of "Yours" is open: then the whole page
    reruns after the answer.
    During a training the network, the answer, the progress and the curves refresh themselves.
    """
    fragment(_drawing_panel, moment, recipe, curves)


def _drawing_panel(moment, recipe, curves):
    visitor = this_visitor()
    with st.container(horizontal=True, key="draw"):
        hand, picture_and_answer = st.container(key="hand"), st.container(key="picture")
    with hand, st.container(horizontal=True, key="paper_and_examples"):
        paper, examples = st.container(key="paper"), st.container(key="examples")
    with paper:
        over = st.container(key="over")  # always there: if the canvas moved, it would lose the drawing
        reported = _reported()
        _canvas()
        # After a reconnection, what the canvas reports is only known once it has been drawn.
        sketch = _take_drawing(reported or _reported(), moment.network.preparation)
        example = selected_example(moment)  # not before: a new stroke takes its place
        over.html(_over_the_canvas(example))
        over.html(_name_the_canvas(), unsafe_allow_javascript=True)
    prepared = None if example else visitor.drawing
    with hand:
        tools, pace, progress = st.container(horizontal=True, key="tools"), st.container(), st.container()
    with picture_and_answer:
        answer, network = answer_places(moment)
        words, reply, stages, drawings = question_places()
    live(moment, recipe, Places(answer, network, stages, progress, curves))  # first: the answer must come quickly
    question_panel(moment, prepared, sketch, words, reply, drawings)
    with examples:
        _examples()
    with tools:
        _tools(example)
        next_button(prepared, sketch)
    training_buttons(moment, recipe, pace, tools)
    memory(moment)
    if not moment.whole_page and (value_of(Key.STEP) or value_of(Key.YOURS)):
        st.rerun()


def _name_the_canvas():
    """The script for the present canvas; in a challenge, it also brings a new canvas into view."""
    visitor = this_visitor()
    return NAME_THE_CANVAS.format(key=f"canvas_{visitor.canvas}", in_view=str(bool(visitor.challenge)).lower())


def _reported():
    """The Sketch that the canvas reports, or None. If it is forged, a new, blank canvas takes its place."""
    visitor = this_visitor()
    known = visitor.sketches[-1] if visitor.sketches else None
    try:
        return reported_sketch(value_of(f"canvas_{visitor.canvas}"), PROJECTED_CANVAS, known)
    except ValueError:
        new_canvas()
        return None


def _canvas():
    """Draw the canvas."""
    visitor, side = this_visitor(), canvas_side()
    st_canvas(
        stroke_width=round(PEN * side),
        stroke_color="#ffffff",
        background_color="#000000",
        width=side,
        height=side,
        initial_drawing={"objects": visitor.initial_objects},
        return_image_data=True,
        key=f"canvas_{visitor.canvas}",
    )


def _over_the_canvas(example):
    """What lies over the canvas; HTML: an example (a CurrentImage), or until the first stroke what the canvas is for.

    An example covers the canvas and does not replace it: without the canvas the drawing would be lost.
    """
    visitor = this_visitor()
    if example:
        return picture(example.image, f"{example.name}: {with_article(example.label)}, in place of the drawing")
    if visitor.sketches:
        return "<div></div>"
    challenge = visitor.challenge
    what = "a digit" if challenge is None or challenge.over else with_article(challenge.digit)
    return f'<p class="nn-invitation">draw {what}<br>here</p>'


def _take_drawing(reported, preparation):
    """Keep and prepare what is on the canvas, a Sketch or None; return the latest Sketch, None if it is blank.

    A canvas that has just been made by Undo reports no image until the next stroke, so the sketches are what counts. A
    new stroke takes the place of an example.
    """
    visitor = this_visitor()
    if reported and not reported.objects:
        visitor.sketches = ()
    elif reported and (not visitor.sketches or visitor.sketches[-1].objects != reported.objects):
        known = visitor.sketches[-1].objects if visitor.sketches else []  # the strokes before are the same: kept once
        objects = [*(old if old == new else new for old, new in zip(known, reported.objects))]
        objects += reported.objects[len(known) :]
        visitor.sketches = (*visitor.sketches, Sketch(objects, reported.png))[-MAX_SKETCHES:]
        back_to_the_drawing()
    sketch = visitor.sketches[-1] if visitor.sketches else None
    if sketch is None:
        visitor.drawing, visitor.drawing_id, visitor.stage_images = None, "", {}
        return None
    prepared = visitor.prepared.of(sketch, dict)
    if preparation not in prepared:
        prepared[preparation] = _prepared(sketch, preparation)
    visitor.drawing, visitor.drawing_id, visitor.stage_images = prepared[preparation]
    return sketch


def _prepared(sketch, preparation):
    """What is kept of a Sketch: the PreparedDrawing, the identifier, and what would be read at each stage.

    The stages are kept as they are shown: whole ones have half a megabyte, for each of two hundred visitors.
    """
    drawn = prepare_drawing(sketch.pixels, preparation)
    if drawn.is_blank:
        return None, "", {}
    drawing = replace(drawn, stages={name: thinned(stage) for name, stage in drawn.stages.items()})
    return drawing, sketch.identifier, stage_images(drawn)


def _examples():
    """Draw ten buttons with a picture of each digit, which take the drawing's place: also for those who use keys."""
    st.html(_pictures_on_the_buttons())
    for digit in range(10):
        name = f"Example of {with_article(digit)}"
        st.button(name, key=f"example_{digit}", on_click=_show_example, args=(digit,))


def _show_example(digit):
    select_example("bundled", "test", example_index(digit))


@st.cache_resource(show_spinner=False)
def _pictures_on_the_buttons():
    """The style that puts the examples on their buttons; HTML."""
    images = {f"example_{digit}": mnist("bundled").X_test[example_index(digit)] for digit in range(10)}
    return pictures_css({key: image.reshape(28, 28) for key, image in images.items()})


def _tools(example):
    """Draw Undo and Clear, or, in front of an example, the way back."""
    if example:
        st.button("Back to the drawing", key="back", on_click=back_to_the_drawing)
        return
    st.button("Undo", key="undo", on_click=_undo, help="Takes back the last stroke.")
    st.button("Clear", key="clear", on_click=new_canvas)


def _undo():
    """Take back the last stroke that the canvas has reported, which it does a fifth of a second after pen up."""
    new_canvas(this_visitor().sketches[:-1])
