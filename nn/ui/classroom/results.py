"""The results of a class: trainings, digits and guesses, on each student's page and on the board."""

import statistics
import threading
from dataclasses import replace
from functools import lru_cache

import streamlit as st

from ...classroom.names import colour_of, name_of
from ...classroom.rooms import ClassError
from ...questions.predictions import QUESTIONS
from ...recipe import DEFAULT, counted
from ..charts.classroom import (
    SHAPES,
    dots_data,
    dots_spec,
    guesses_data,
    guesses_spec,
    outlined,
    shift_data,
    shift_spec,
)
from ..charts.matrices import confusion_data, confusion_spec
from ..html import numbers_html
from ..session.layout import chart, is_projector
from ..session.render_lock import release_render_lock
from ..session.shared import PRETRAINED_ACCURACY, pretrained_network
from ..session.state import KEEP, pick, this_session, value_of
from .digits import COLUMNS, class_digits, digits_data
from .membership import sync
from .predictions import BEST, PRETRAINED, confusion_of, predictions

TRAININGS, DIGITS, GUESSES = VIEWS = "Trainings", "Our digits", "Guess first"
TOP_TEN = "Top ten (each student's best)"
READERS = {PRETRAINED: "Pre-trained network", BEST: "The class's best network"}
PLAIN = {"required": True, "label_visibility": "collapsed"} | KEEP  # of a choice without a title
# For what all pages show alike: computed once for each version of a room, and not for each board and refresh.
once_for_all = st.cache_resource(show_spinner=False, max_entries=20, ttl="1h")
HEIGHTS = {False: 300, True: 520}  # pixels of the charts: on a student's page, and on a projector of 1280 x 800


def results(board, number=None, remove=None):
    """Draw a Board. number is the visitor's in the room; remove(id) removes a drawing, for the teacher. Or None."""
    chosen = st.segmented_control("What to show", VIEWS, default=TRAININGS, key="board_view", **PLAIN)
    release_render_lock()
    if chosen == TRAININGS:
        _trainings(board, number)
    elif chosen == DIGITS:
        _digits(board, number, remove)
    else:
        _guesses(board)


def attendance(board):
    """How many are in the room, train, and have finished a training."""
    return f"{len(board.present)} here, {len(board.in_training)} training, {len(board.finished)} have trained"


def _trainings(board, number):
    if not board.trainings:
        st.info("No results yet. Each finished training appears here as a dot: accuracy against learning rate.")
        return
    left, right = st.columns([0.64, 0.36], gap="medium")
    with left:
        shape = st.segmented_control("Shape of the dots", SHAPES, default=SHAPES[0], key="dot_shape", **PLAIN)
        clickable = number is not None

        def use_settings():
            id = _clicked_id()
            recipe = next((row.content.recipe for row in board.trainings if row.id == id), None)
            if recipe is not None and recipe.is_offered:
                this_session().to_set, this_session().redraws = recipe, True

        more = {"key": "dots", "on_select": use_settings} if clickable else {}
        spec = dots_spec(HEIGHTS[is_projector()], shape, clickable)
        alt = "Everyone's trainings: accuracy on unseen images against learning rate; the table has the top ten"
        data = _dots(board.code, board.version, board)
        if clickable:
            data = outlined(data, [row.number == number for row in board.trainings])
        chart(data, spec, alt=alt, **more)
        people = counted(len(board.finished), "person", "people")
        own = " Yours are outlined. Click a dot to use its settings." if clickable else ""
        words = f"{counted(len(board.trainings), 'training')} by {people}.{own}"
        st.caption(f"{words} Dots are nudged sideways so they don't overlap.")
    with right:
        st.html(_top_ten_html(board, number))


@once_for_all
def _top_ten(code, version, _board):
    best = {}
    for row in sorted(_board.trainings, key=lambda row: -row.content.accuracy):
        best.setdefault(row.number, row)
    return list(best.values())[:10]


def _top_ten_html(board, number):
    rows = []
    for place, row in enumerate(_top_ten(board.code, board.version, board), start=1):
        settings = f'<span class="nn-wrap">{_in_words(row.content.recipe)}</span>'
        rows.append((f"{place}. {_chip(row.number, number)}", f"{row.content.accuracy:.1%}", settings))
    return f'<div class="nn-best">{numbers_html(TOP_TEN, ("", "accuracy", "settings"), rows)}</div>'


def _clicked_id():
    """The id of the dot that was clicked, or None."""
    return value_of("dots", lambda state: int(state["selection"]["dot"][0]["id"]))


@once_for_all
def _dots(code, version, _board):
    return dots_data(list(map(_dot, _board.trainings)))


def _dot(row):
    recipe, dot = row.content.recipe, {"id": row.id, "who": name_of(row.number)}
    dot |= {name: getattr(recipe, name) for name in ("eta", "n_hidden", "n_images")}
    batch_size = min(recipe.batch_size, recipe.n_images)
    return dot | {"batch_size": batch_size, "accuracy": row.content.accuracy, "settings": _in_words(recipe)}


@lru_cache(maxsize=10_000)
def _in_words(recipe):
    """How a Recipe differs from the defaults, apart from its seed."""
    return replace(recipe, seed=DEFAULT.seed).changes(DEFAULT) or "the usual settings"


def _chip(number, mine):
    you = " (you)" if number == mine else ""
    return f'<span class="nn-chip"><i style="background:{colour_of(number)}"></i>{name_of(number)}{you}</span>'


@once_for_all
def _known(code):
    """A lock, and the networks of a room with their answers: see predictions()."""
    return threading.Lock(), {}


@once_for_all
def _predictions(code, version, _board):
    """predictions() for a room."""
    lock, known = _known(code)
    with lock:
        return predictions(_board, sync().classroom, known, pretrained_network(), PRETRAINED_ACCURACY)


@once_for_all
def _digits_data(code, version, removes, _board):
    return digits_data(_board.drawings, removes)


def _digits(board, number, remove):
    if not board.drawings:
        st.info("No digits yet. Draw one, say which digit you meant, and switch on **Share my labelled drawings**.")
        return
    try:
        found = _predictions(board.code, board.version, board)
    except ClassError as error:
        st.warning(str(error))
        return
    left, right = st.columns([0.58, 0.42], gap="medium")
    with left:
        people = counted(len({drawing.number for drawing in board.drawings}), "person", "people")
        st.markdown(f"**{counted(len(board.drawings), 'digit')} from {people}** (latest {COLUMNS} of each shown)")
        removes = remove is not None and st.toggle("Remove mislabelled drawings", key="remove_drawings")

        def clicked():
            drawing = value_of("class_digits", lambda state: pick([one.id for one in board.drawings], state.removed))
            if removes and drawing is not None:
                remove(drawing)

        class_digits(_digits_data(board.code, board.version, removes, board), "class_digits", clicked)
        with st.container(horizontal=True, key="class_matrix"):
            answers = {one["kind"]: one["answers"] for one in found[:2]}
            kind = st.radio("Read by", answers, format_func=READERS.get, key="class_reader")
            confusion = confusion_of([drawing.content.label for drawing in board.drawings], answers[kind])
            data, spec = confusion_data(confusion, None), confusion_spec()
            chart(data, spec, width="content", alt="The class's confusion matrix")
    with right:
        st.html(_shift_html(found, number))
        is_own = [number is not None and one["number"] == number for one in found]
        points = [one | {"kind": "yours"} if own else one for one, own in zip(found, is_own)]
        alt = "Each network's accuracy on MNIST and on the class's digits; the table above has the most important ones"
        chart(shift_data(points), shift_spec(HEIGHTS[is_projector()] * 2 // 3), alt=alt)


def _shift_html(predictions, number):
    """The accuracy of the pre-trained, the best, the median and one's own network, on MNIST and the class; HTML."""
    pretrained, *own = [(one["mnist"], one["hands"]) for one in predictions]
    rows = [(READERS[PRETRAINED], *pretrained)]
    if own:
        rows.append((f"Best: {_chip(predictions[1]['number'], number)}", *own[0]))
        rows.append((f"Median of {counted(len(own), 'network')}", *map(statistics.median, zip(*own))))
        rows += [("Yours", *both) for one, both in zip(predictions[1:], own) if one["number"] == number][-1:]
    rows = [(name, f"{mnist:.1%}", f"{ours:.0%}") for name, mnist, ours in rows]
    table = numbers_html("Read correctly", ("", "of MNIST", "of our digits"), rows)
    return f'<div class="nn-best nn-shift">{table}</div>'


def answers_to(board, question):
    """The trainings on a Board that answer a question; the latest of each person."""
    return _answers(board.code, board.version, question, board)


@once_for_all
def _answers(code, version, question, _board):
    rows = [row for row in _board.trainings if QUESTIONS[question].is_answered_by(row.content)]
    return list({row.number: row for row in rows}.values())


def _guesses(board):
    """Guesses and results of the present question, or of earlier ones."""
    asked = [name for name in QUESTIONS if name == board.question or board.guesses.get(name)]
    if not asked:
        st.info("No question yet. When the teacher asks one, it appears here and on every student's page.")
        return
    chosen = board.question if board.question in asked else asked[-1]
    if len(asked) > 1:
        names = {name: QUESTIONS[name].name for name in asked}
        more = {"key": f"asked_{board.question}", "required": True}
        chosen = st.segmented_control("Question", asked, default=chosen, format_func=names.get, **more)
    question, guesses = QUESTIONS[chosen], list(board.guesses.get(chosen, {}).values())
    accuracies = [row.content.accuracy for row in answers_to(board, chosen)]
    st.markdown(f"**{question.words}**")
    words = f"{_summary(guesses, 'guess', 'guesses')}, {_summary(accuracies, 'result', 'results')}"
    st.markdown(f"{words[0].upper()}{words[1:]}.")
    data = guesses_data(guesses, accuracies)
    levels = [0, *data.column("level").to_pylist()]
    spec = guesses_spec(HEIGHTS[is_projector()], min(levels), max(levels))
    chart(data, spec, alt=f"Guesses and results on one axis: {words}")
    if is_projector() and st.toggle("Show the solution", key=f"solution_{chosen}"):
        st.info(question.solution)


def _summary(shares, one, many):
    """How many shares there are, and their median, in words: "3 guesses (median 50)", "no results yet"."""
    n = counted(len(shares), one, many)
    return f"{n} (median {100 * statistics.median(shares):.0f})" if shares else f"no {many} yet"
