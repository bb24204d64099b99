"""The board: what a class has in common. A student sees it on their own page, and all see it on the wall."""

import statistics
from dataclasses import replace

import numpy as np
import streamlit as st

from ...classroom.names import name_of
from ...classroom.rooms import ClassError
from ...questions.predictions import QUESTIONS
from ...recipe import DEFAULT
from ..charts.classroom import SHAPES, dots_data, dots_spec, guesses_data, guesses_spec, shift_data, shift_spec
from ..charts.matrices import confusion_data, confusion_spec
from ..html import numbers_html
from ..session.layout import chart, is_projector
from ..session.render_lock import release_render_lock
from ..session.shared import PRETRAINED_ACCURACY, pretrained_network
from ..session.state import KEPT, Key, this_visitor, value_of
from .digits import COLUMNS, digits_wall, wall_data
from .here import exchange
from .readings import BEST, PRETRAINED, Readings, confusion_of

TRAININGS, DIGITS, GUESSES = VIEWS = "Trainings", "Our digits", "Guess first"
READERS = {PRETRAINED: "Pre-trained network", BEST: "The class's best network"}
PLAIN = {"required": True, "label_visibility": "collapsed"} | KEPT  # of a choice without a title
TOP = 10
HEIGHTS = {False: 300, True: 700}  # pixels of the charts: on a page of one's own, and on the wall


def class_board(board, number=None, teacher=None):
    """Draw a Board. number is the visitor's in the room, or None.

    teacher : function of a drawing's id that takes it out, for the teacher, or None
    """
    chosen = st.segmented_control("What to show", VIEWS, default=TRAININGS, key=Key.BOARD_VIEW, **PLAIN)
    release_render_lock()
    draw = {TRAININGS: _trainings, DIGITS: _digits, GUESSES: _guesses}[chosen]
    draw(board, number, teacher)


def _trainings(board, number, teacher):
    """Everybody's trainings as dots, and the best ten."""
    if not board.trainings:
        st.info("No training is over yet. Each one will be a dot here: how much it reads, over its learning rate η.")
        return
    left, right = st.columns([0.64, 0.36], gap="medium")
    rows = {row.id: row for row in board.trainings}
    with left:
        shape = st.segmented_control("Shape of the dots", SHAPES, default=SHAPES[0], key=Key.DOT_SHAPE, **PLAIN)
        clickable = number is not None

        def take_settings():
            row = rows.get(_clicked_id())
            if row is not None and row.recipe.is_offered:
                this_visitor().to_set = row.recipe
                this_visitor().redraws = True

        more = {"key": Key.DOTS, "on_select": take_settings} if clickable else {}
        spec = dots_spec(HEIGHTS[is_projector()], shape, clickable)
        alt = "Everybody's trainings: held-out accuracy over the learning rate; the table beside it has the best ten"
        chart(dots_data([_dot(row, number) for row in board.trainings]), spec, alt=alt, **more)
        words = f"{len(board.trainings):,} trainings of {len(board.finished)} people."
        if clickable:
            words += " Yours have a rim. Click a dot to put its settings into your sidebar."
        st.caption(words + " Dots lie a little beside their η, so that none hides another.")
    with right:
        st.html(_best_html(board, number))


def _clicked_id():
    """The id of the dot that was clicked, or None. A browser can send anything."""
    try:
        return int(value_of(Key.DOTS)["selection"]["dot"][0]["id"])
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def _dot(row, number):
    return {
        "id": row.id,
        "eta": row.recipe.eta,
        "accuracy": row.accuracy,
        "n_hidden": row.recipe.n_hidden,
        "batch_size": min(row.recipe.batch_size, row.recipe.n_images),
        "n_images": row.recipe.n_images,
        "who": name_of(row.number).words,
        "settings": _in_words(row),
        "mine": row.number == number,
    }


def _in_words(row):
    """What sets a training apart from the sidebar's defaults; the seed is left out, it says nothing."""
    return replace(row.recipe, seed=DEFAULT.seed).changes(DEFAULT) or "the usual settings"


def _best_html(board, number):
    """The best trainings, one of each person, as a table; HTML."""
    best = {}
    for row in sorted(board.trainings, key=lambda row: -row.accuracy):
        best.setdefault(row.number, row)
    rows = [
        (
            f"{place}. {_chip(row.number, number)}",
            f"{row.accuracy:.1%}",
            f'<span class="nn-wrap">{_in_words(row)}</span>',
        )
        for place, row in enumerate(list(best.values())[:TOP], start=1)
    ]
    table = numbers_html("The best ten, one training of each", ("", "read", "settings"), rows)
    return f'<div class="nn-best">{table}</div>'


def _chip(number, mine):
    name = name_of(number)
    you = " (you)" if number == mine else ""
    return f'<span class="nn-chip"><i style="background:{name.colour}"></i>{name.words}{you}</span>'


@st.cache_resource(show_spinner=False, max_entries=20, ttl="1h")
def readings(code):
    """The Readings of a room."""
    return Readings(pretrained_network(), PRETRAINED_ACCURACY)


def _digits(board, number, teacher):
    """The class's own digits, and how they are read."""
    if not board.drawings:
        st.info(
            "No digit has come yet. Draw one, say which digit you meant, and switch on **Share my labelled drawings**."
        )
        return
    try:
        found = readings(board.code).of(board, exchange().classroom)
    except ClassError as error:
        st.warning(str(error))
        return
    labels = np.array([drawing.label for drawing in board.drawings])
    left, right = st.columns([0.58, 0.42], gap="medium")
    with left:
        _wall(board, teacher)
    with right:
        st.html(_shift_html(found, labels, number))
        points = [
            {
                "who": reading.who,
                "kind": "yours" if number is not None and reading.number == number else reading.kind,
                "mnist": reading.mnist,
                "hands": reading.share(labels),
            }
            for reading in found
        ]
        alt = "Each network's accuracy on MNIST and on the class's digits; the table above has the most important ones"
        chart(shift_data(points), shift_spec(HEIGHTS[is_projector()] * 2 // 3), alt=alt)
    with left, st.container(horizontal=True, key="class_matrix"):
        readers = [reading.kind for reading in found[:2]]
        reader = st.radio("Read by", readers, format_func=READERS.get, key=Key.CLASS_READER)
        answers = next(reading.answers for reading in found if reading.kind == reader)
        alt = "The class's confusion matrix"
        chart(confusion_data(confusion_of(labels, answers), None), confusion_spec(), width="content", alt=alt)


def _wall(board, teacher):
    """The digits as a wall; the teacher may take some out."""
    n, people = len(board.drawings), len({drawing.number for drawing in board.drawings})
    st.markdown(
        f"**{n:,} digits by {people} {'person' if people == 1 else 'people'}**, of each digit the latest {COLUMNS}"
    )
    take_out = teacher is not None and st.toggle("Take out drawings that aren't what they say", key=Key.TAKE_OUT)

    def taken():
        drawing = value_of(Key.WALL).taken
        if take_out and type(drawing) is int:
            teacher(drawing)

    digits_wall(wall_data(board.drawings, take_out), Key.WALL, taken)


def _shift_html(found, labels, number):
    """How much the pre-trained, the best, the middle and one's own network read, of MNIST and of the class; HTML."""

    def row(name, mnist, hands):
        return name, f"{mnist:.1%}", f"{hands:.0%}"

    rows = [row("Pre-trained network", found[0].mnist, found[0].share(labels))]
    own = [reading for reading in found if reading.kind != PRETRAINED]
    if own:
        best = next(reading for reading in own if reading.kind == BEST)
        rows.append(row(f"The best: {_chip(best.number, number)}", best.mnist, best.share(labels)))
        middle = [statistics.median(values) for values in zip(*((one.mnist, one.share(labels)) for one in own))]
        rows.append(row(f"The median of {len(own)} networks", *middle))
        mine = [reading for reading in own if reading.number == number]
        if mine:
            rows.append(row("Yours", mine[-1].mnist, mine[-1].share(labels)))
    table = numbers_html("Read correctly", ("", "of MNIST", "of our digits"), rows)
    return f'<div class="nn-best nn-shift">{table}</div>'


def question_results(board, question):
    """The trainings on a Board that answer a question; the latest of each person."""
    asked = QUESTIONS[question]
    return list({row.number: row for row in board.trainings if asked.is_answered_by(row)}.values())


def _guesses(board, number, teacher):
    """Guesses and results of the question that is asked, or of those that were."""
    asked = [name for name in QUESTIONS if name == board.question or board.guesses.get(name)]
    if not asked:
        st.info("The teacher has not asked anything yet. A question will appear here, and on every page of the class.")
        return
    chosen = board.question if board.question in asked else asked[-1]
    if len(asked) > 1:
        names = {name: QUESTIONS[name].name for name in asked}
        chosen = st.segmented_control(
            "Question", asked, default=chosen, format_func=names.get, key=f"{Key.ASKED}{board.question}", required=True
        )
    question = QUESTIONS[chosen]
    guesses = list(board.guesses.get(chosen, {}).values())
    results = [row.accuracy for row in question_results(board, chosen)]
    st.markdown(f"**{question.words}**")
    words = f"{_counted(guesses, 'guess', 'guesses')}; {_counted(results, 'result', 'results')}"
    st.markdown(f"{words}.")
    data = guesses_data(guesses, results)
    levels = [0, *data.column("level").to_pylist()]
    alt = f"Guesses and results on one axis: {words}"
    chart(data, guesses_spec(HEIGHTS[is_projector()], min(levels), max(levels)), alt=alt)
    if is_projector() and st.toggle("Show the solution", key=f"{Key.SOLUTION}{chosen}"):
        st.info(question.solution)


def _counted(shares, one, many):
    """How many shares there are, and their median, in words."""
    n = f"{len(shares)} {one if len(shares) == 1 else many}"
    return f"{n}, the median {statistics.median(shares):.0%}" if shares else n
