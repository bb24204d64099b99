"""Teach it your hand: a copy of a network goes on learning, from the visitor's own labelled drawings."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import streamlit as st

from ...engine.fine_tuning import NOT_READ, lesson
from ...engine.training import Training
from ...engine.trials import CrossValidation
from ...files.drawings import OWN, PRETRAINED
from ...images.drawing_set import MNIST_IMAGES, DrawingSet
from ...images.preprocessing import find_ink
from ...network import Network
from ...recipe import Recipe
from ..html import figures_html, numbers_html, picture
from ..numbers import with_article
from ..session.refresh import fragment, picture_seconds
from ..session.shared import mnist, pretrained_network, training_set, trainings
from ..session.state import KEPT, Key, start, take_moment, this_visitor
from ..session.trainings import ENOUGH_DRAWINGS
from ..words import IN_A_SENTENCE

MOST = 200  # drawings of a lesson
FORGOTTEN = 0.01  # of MNIST: a larger loss of accuracy is called forgetting


class Lesson(NamedTuple):
    """A lesson: the network before it and its name, what it learns from, and who the pupil is.

    number : int, that of the Training
    """

    network: Network
    reader: str
    hand_set: DrawingSet
    with_mnist: bool
    validation: CrossValidation
    number: int


def panel(moment, recipe):
    """Draw how a lesson begins, and what the latest one has brought; it refreshes itself meanwhile."""

    def active(moment):
        lesson = this_visitor().lesson
        return moment.active or (lesson is not None and lesson.validation.active)

    fragment(_panel, moment, every=picture_seconds, active=active)


def _panel(moment):
    visitor = this_visitor()
    n = len(visitor.labelled)
    st.markdown(
        "Draw a digit the way **you** write it, say which one you meant, press **Clear**, and draw the next: ten or "
        "more, some several times. Then a copy of a network goes on learning from them and from distorted copies of "
        "them. Is there one that it never reads, such as a 7 of your own kind? Draw it three times."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="lesson"):
        reader = PRETRAINED
        if moment.training is not None:
            options = [OWN, PRETRAINED]
            reader = st.segmented_control(
                "Who learns", options, default=OWN, key=Key.PUPIL, required=True, label_visibility="collapsed", **KEPT
            )
        with_mnist = st.toggle(
            "Learn from MNIST too",
            True,
            key=Key.WITH_MNIST,
            help=f"{MNIST_IMAGES:,} of MNIST's images, beside the drawings. Off: see what it forgets.",
            **KEPT,
        )
        st.button(
            "Learn from my drawings",
            key="teach",
            icon=":material/school:",
            type="primary",
            disabled=n < ENOUGH_DRAWINGS,
            on_click=_teach,
            args=(reader, with_mnist),
        )
        st.markdown(f"{n} labelled drawings" if n >= ENOUGH_DRAWINGS else f"{n} of {ENOUGH_DRAWINGS} labelled drawings")
    if visitor.lesson is not None:
        _results(moment, visitor.lesson)


def _teach(reader, with_mnist):
    """Begin a lesson with the visitor's latest drawings. This is a callback."""
    visitor = this_visitor()
    visitor.trouble = ""
    inks, labels = [], []
    for drawing in list(visitor.labelled.values())[-MOST:]:
        ink = find_ink(drawing.sketch.pixels)
        if ink.any():
            inks.append(ink)
            labels.append(drawing.label)
    if len(inks) < ENOUGH_DRAWINGS:  # others came blank, from a file
        visitor.trouble = f"Only {len(inks)} of your drawings have ink: a lesson needs {ENOUGH_DRAWINGS}."
        visitor.redraws = True
        return
    own, before = take_moment().training, visitor.lesson
    if reader == PRETRAINED:
        network = pretrained_network()
    elif before is not None and own.number == before.number:
        network, reader = before.network, before.reader  # once more: it begins where that lesson began
    else:
        network = own.state.network
    beside = training_set(Recipe(n_images=MNIST_IMAGES, preparation=network.preparation))
    hand_set = DrawingSet(inks, labels, beside, with_mnist)
    recipe, state = lesson(network, hand_set.n_images)
    origin = f"{IN_A_SENTENCE[reader]}, taught {len(inks)} drawings{' and MNIST' if with_mnist else ''}"
    training = Training(replace(recipe, n_images=MNIST_IMAGES), state, hand_set, origin=origin)
    if before is not None:
        before.validation.stop()
    start(training)
    validation = CrossValidation(trainings(), network, hand_set)
    visitor.lesson = Lesson(network, reader, hand_set, with_mnist, validation, visitor.n_trainings)


def _results(moment, lesson):
    """Draw what a lesson has brought: before and after, and drawing by drawing."""
    validation, hand_set = lesson.validation, lesson.hand_set
    training = moment.training
    is_pupil = training is not None and training.number == lesson.number
    learns = is_pupil and moment.active
    if validation.error is not None:
        st.error(f"The lesson ended with an error: {type(validation.error).__name__}: {validation.error}")
        return
    if not validation.active and (validation.answers == NOT_READ).any():
        st.markdown("The lesson was cut off. **Learn from my drawings** begins it again.")
        return
    if validation.before is None:
        st.progress(hand_set.share, f"Making {hand_set.n_images:,} images of your drawings: {hand_set.share:.0%}")
        return
    history = training.state.history if is_pupil else ()
    st.html(before_and_after_html(lesson, history, learns))
    st.markdown(in_words(lesson, history, learns))
    st.html(figures_html(drawings(lesson), side=56))


def before_and_after_html(lesson, history, active):
    """How many are read before and after a lesson, as a table; HTML. history: of the pupil's Run, () if it is gone."""
    labels, validation = lesson.hand_set.labels, lesson.validation
    known = validation.answers != NOT_READ
    n = len(labels)
    before = int((validation.before == labels).sum())
    after = int((validation.answers == labels)[known].sum())
    read = f"<b>{after} of {n}</b>" if known.all() else f"{after} of {known.sum()} so far"
    rows = [("your drawings, each by a copy that did not learn from it", f"{before} of {n}", read)]
    if history:
        now = f"{history[-1].test_accuracy:.1%}" + (" so far" if active else "")
        n_held_out = len(mnist("bundled").X_test)
        name = f"MNIST's {n_held_out:,} held-out images"
        rows.append((name, f"{history[0].test_accuracy:.1%}", now if active else f"<b>{now}</b>"))
    return numbers_html("Read right", ("", "before", "after"), rows)


def in_words(lesson, history, active):
    """What a lesson has brought, in sentences."""
    labels, validation = lesson.hand_set.labels, lesson.validation
    gained = (validation.before != labels) & (validation.answers == labels)
    words = []
    if (validation.answers == NOT_READ).any() or active:
        return "It is learning. Watch what is read in your drawing above."
    change = int((validation.answers == labels).sum() - (validation.before == labels).sum())
    if change > 0:
        digits = sorted({int(digit) for digit in labels[gained]})
        named = ", ".join(with_article(digit) for digit in digits)
        n = int(gained.sum())
        lost = f", and {n - change} no longer" if n > change else ""
        words.append(
            f"**{n} drawing{' is' if n == 1 else 's are'} read now that {'was' if n == 1 else 'were'} misread before** "
            f"({named}){lost}. Draw one of them once more: your network has learnt your hand."
        )
    elif change < 0:
        words.append("It reads fewer of them than before: a lesson from few drawings can mislead.")
    else:
        words.append("It reads no more of them than before. Draw more of those that it misreads, and teach it again.")
    if history:
        lost = history[0].test_accuracy - history[-1].test_accuracy
        if lost > FORGOTTEN and not lesson.with_mnist:
            words.append(
                f"Of MNIST it has forgotten {100 * lost:.1f} points: new images overwrite what it doesn't practise. "
                "This is **catastrophic forgetting**. Switch on **Learn from MNIST too**, and teach it once more."
            )
        elif lost > FORGOTTEN:
            words.append(f"Of MNIST it has forgotten {100 * lost:.1f} points, although it learnt from MNIST too.")
    return " ".join(words)


def drawings(lesson):
    """A lesson's drawings as pairs (<img>, HTML) for figures_html: those read now first, then those read otherwise."""
    hand_set, validation = lesson.hand_set, lesson.validation
    figures = []
    for image, label, before, after in zip(hand_set.drawings, hand_set.labels, validation.before, validation.answers):
        later = "…" if after == NOT_READ else f"<b>{after}</b>"
        right = after == label
        mark = "" if after == NOT_READ or right else ' <span class="nn-doubt">✗</span>'
        words = f"{before} → {later}{mark}"
        place = 2 if after in (NOT_READ, before) else 0 if right else 1
        figures.append((place, picture(image.reshape(28, 28) / 255, f"your {label}"), words))
    order = np.argsort([place for place, _, _ in figures], kind="stable")
    return [(figures[i][1], figures[i][2]) for i in order]
