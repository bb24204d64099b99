"""Teach it your hand: a copy of a network goes on learning, from the visitor's own labelled drawings."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from ...engine.fine_tuning import NOT_READ, cross_validate, fine_tune
from ...engine.task import Task
from ...engine.training import Training
from ...files.drawings import OWN, PRETRAINED
from ...images.drawing_set import MNIST_IMAGES, HandSet
from ...images.preprocessing import find_ink
from ...network import Network
from ...recipe import Recipe
from ..html import figures_html, numbers_html, picture
from ..numbers import with_article
from ..session.refresh import fragment, picture_seconds
from ..session.shared import mnist, pretrained_network, scheduler, training_set
from ..session.state import KEPT, Key, take_moment, this_visitor
from ..session.trainings import ENOUGH_DRAWINGS, start
from ..words import IN_A_SENTENCE

MOST = 200  # drawings of a lesson
FORGOTTEN = 0.01  # of MNIST: a larger loss of accuracy is called forgetting


@dataclass(frozen=True, eq=False)
class FineTuning:
    """A network that was fine-tuned and its name, the images, the Task of cross_validate, and the Training's number."""

    network: Network
    reader: str
    drawing_set: HandSet
    with_mnist: bool
    validation: Task
    number: int


def panel(moment, recipe):
    """Draw how a lesson begins, and what the latest one has brought; it refreshes itself meanwhile."""

    def active(moment):
        latest = this_visitor().fine_tuning
        return moment.active or (latest is not None and latest.validation.active)

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
    if visitor.fine_tuning is not None:
        _results(moment, visitor.fine_tuning)


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
    own, before = take_moment().training, visitor.fine_tuning
    if reader == PRETRAINED:
        network = pretrained_network()
    elif before is not None and own.number == before.number:
        network, reader = before.network, before.reader  # once more: it begins where that lesson began
    else:
        network = own.state.network
    beside = training_set(Recipe(n_images=MNIST_IMAGES, preparation=network.preparation))
    drawing_set = HandSet(inks, labels, beside, with_mnist)
    recipe, state = fine_tune(network, drawing_set.n_images)
    origin = f"{IN_A_SENTENCE[reader]}, taught {len(inks)} drawings{' and MNIST' if with_mnist else ''}"
    training = Training(replace(recipe, n_images=MNIST_IMAGES), state, drawing_set, origin=origin)
    if before is not None:
        before.validation.cancel()
    start(training)
    validation = Task(cross_validate, scheduler(), network, drawing_set, name="cross-validation").start()
    visitor.fine_tuning = FineTuning(network, reader, drawing_set, with_mnist, validation, visitor.n_trainings)


def _results(moment, fine_tuning):
    """Draw what a fine-tuning has brought: before and after, and drawing by drawing."""
    validation, images = fine_tuning.validation, fine_tuning.drawing_set
    active, answers = validation.active, validation.progress  # in this order: the progress is the last if it is over
    training = moment.training
    is_latest = training is not None and training.number == fine_tuning.number
    learns = is_latest and moment.active
    if validation.error is not None:
        st.error(f"The lesson ended with an error: {type(validation.error).__name__}: {validation.error}")
        return
    if not active and (answers is None or (answers[1] == NOT_READ).any()):
        st.markdown("The lesson was cut off. **Learn from my drawings** begins it again.")
        return
    if answers is None:
        st.progress(images.share, f"Making {images.n_images:,} images of your drawings: {images.share:.0%}")
        return
    history = training.state.history if is_latest else ()
    labels = images.labels
    st.html(before_and_after_html(labels, *answers, history, learns))
    st.markdown(in_words(labels, *answers, history, learns, fine_tuning.with_mnist))
    st.html(figures_html(drawings(images, *answers), side=56))


def before_and_after_html(labels, before, after, history, active):
    """How many drawings are read right before and after, as a table; HTML. history: () without its training."""
    known, n = after != NOT_READ, len(labels)
    right = int((after == labels)[known].sum())
    read = f"<b>{right} of {n}</b>" if known.all() else f"{right} of {known.sum()} so far"
    rows = [("your drawings, each by a copy that did not learn from it", f"{(before == labels).sum()} of {n}", read)]
    if history:
        now = f"{history[-1].test_accuracy:.1%}" + (" so far" if active else "")
        n_held_out = len(mnist("bundled").X_test)
        name = f"MNIST's {n_held_out:,} held-out images"
        rows.append((name, f"{history[0].test_accuracy:.1%}", now if active else f"<b>{now}</b>"))
    return numbers_html("Read right", ("", "before", "after"), rows)


def in_words(labels, before, after, history, active, with_mnist):
    """What a fine-tuning has brought, in sentences."""
    if (after == NOT_READ).any() or active:
        return "It is learning. Watch what is read in your drawing above."
    words, gained = [], (before != labels) & (after == labels)
    change = int((after == labels).sum() - (before == labels).sum())
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
        if lost > FORGOTTEN and not with_mnist:
            words.append(
                f"Of MNIST it has forgotten {100 * lost:.1f} points: new images overwrite what it doesn't practise. "
                "This is **catastrophic forgetting**. Switch on **Learn from MNIST too**, and teach it once more."
            )
        elif lost > FORGOTTEN:
            words.append(f"Of MNIST it has forgotten {100 * lost:.1f} points, although it learnt from MNIST too.")
    return " ".join(words)


def drawings(images, before, after):
    """The drawings of a DrawingSet as pairs (<img>, HTML) for figures_html: those read now first."""
    figures = []
    for image, label, earlier, now in zip(images.drawings, images.labels, before, after):
        later = "…" if now == NOT_READ else f"<b>{now}</b>"
        right = now == label
        mark = "" if now == NOT_READ or right else ' <span class="nn-doubt">✗</span>'
        place = 2 if now in (NOT_READ, earlier) else 0 if right else 1
        figures.append((place, picture(image.reshape(28, 28) / 255, f"your {label}"), f"{earlier} → {later}{mark}"))
    order = np.argsort([place for place, _, _ in figures], kind="stable")
    return [(figures[i][1], figures[i][2]) for i in order]
