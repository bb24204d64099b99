"""Teach it your handwriting: a copy of a network goes on learning, from the visitor's own labelled drawings."""

from dataclasses import dataclass, replace

import streamlit as st

from ...engine.fine_tuning import NOT_READ, cross_validate, fine_tune
from ...engine.task import Task
from ...engine.training import Training
from ...files.drawings import OWN, PRETRAINED
from ...images.drawing_set import MNIST_IMAGES, DrawingSet
from ...images.preprocessing import find_ink
from ...network import Network
from ...recipe import Recipe, counted
from ..html import figures_html, numbers_html, picture
from ..numbers import with_article
from ..session.refresh import fragment, picture_seconds
from ..session.shared import mnist, pretrained_network, scheduler, training_set
from ..session.state import KEEP, part, take_view, this_session
from ..session.trainings import ENOUGH_DRAWINGS, start
from ..words import IN_A_SENTENCE

MOST = 200  # drawings to learn from
FORGOTTEN = 0.01  # of MNIST: a larger loss of accuracy is called forgetting


@dataclass(eq=False)
class FineTuning:
    """A visitor's latest fine-tuning: the network before it, its name, and the images.

    validation : Task of cross_validate, or None before the first fine-tuning
    """

    network: Network | None = None
    reader: str = ""
    drawing_set: DrawingSet | None = None
    with_mnist: bool = True
    validation: Task | None = None

    @property
    def active(self):
        """Whether its validation is under way."""
        return self.validation is not None and self.validation.active

    def close(self):
        """Cancel its validation when the connection breaks."""
        if self.validation is not None:
            self.validation.cancel()


def panel(view, recipe):
    """Draw the choices, and the results of the latest fine-tuning; it refreshes itself meanwhile."""
    fragment(_panel, view, every=picture_seconds, active=lambda view: view.active or part(FineTuning).active)


def _panel(view):
    n = len(this_session().labelled)
    st.markdown(
        "Draw a digit the way **you** write it, say which one you meant, press **Clear**, and draw the next: ten or "
        "more, some several times. Then a copy of a network goes on learning from them and from distorted copies of "
        "them. Is there a digit that it always misreads, such as your own kind of 7? Draw it three times."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="teach_line"):
        reader = PRETRAINED
        if view.training is not None:
            choice = {"default": OWN, "required": True, "label_visibility": "collapsed"}
            reader = st.segmented_control(
                "Which network learns", [OWN, PRETRAINED], key="network_to_teach", **choice, **KEEP
            )
        why = f"{MNIST_IMAGES:,} of MNIST's images, beside the drawings. Off: see how much it forgets."
        with_mnist = st.toggle("Learn from MNIST too", True, key="with_mnist", help=why, **KEEP)
        teach = {"on_click": _teach, "args": (reader, with_mnist), "disabled": n < ENOUGH_DRAWINGS, "type": "primary"}
        st.button("Learn from my drawings", key="teach", icon=":material/school:", **teach)
        st.markdown(f"{n} labelled drawings" if n >= ENOUGH_DRAWINGS else f"{n} of {ENOUGH_DRAWINGS} labelled drawings")
    if part(FineTuning).validation is not None:
        _results(view, part(FineTuning))


def _teach(reader, with_mnist):
    """Begin to learn from the visitor's latest drawings. This is a callback."""
    visitor, latest = this_session(), part(FineTuning)
    visitor.trouble = ""
    drawn = [(find_ink(one.sketch.pixels), one.label) for one in list(visitor.labelled.values())[-MOST:]]
    drawn = [(ink, label) for ink, label in drawn if ink.any()]  # others came blank, from a file
    if len(drawn) < ENOUGH_DRAWINGS:
        visitor.trouble = f"Only {len(drawn)} of your drawings have ink; {ENOUGH_DRAWINGS} are needed."
        visitor.redraws = True
        return
    own = take_view().training
    if reader == PRETRAINED:
        network = pretrained_network()
    elif own.images is latest.drawing_set:
        network, reader = latest.network, latest.reader  # once more: it begins where it began then
    else:
        network = own.state.network
    beside = training_set(Recipe(n_images=MNIST_IMAGES, preparation=network.preparation))
    drawing_set = DrawingSet(*zip(*drawn), beside, with_mnist)
    recipe, state = fine_tune(network, drawing_set.n_images)
    origin = f"{IN_A_SENTENCE[reader]}, taught {len(drawn)} drawings{' and MNIST' if with_mnist else ''}"
    training = Training(replace(recipe, n_images=MNIST_IMAGES), state, drawing_set, origin=origin)
    latest.close()
    start(training)
    validation = Task(cross_validate, scheduler(), network, drawing_set, name="cross-validation").start()
    latest.network, latest.reader, latest.drawing_set, latest.with_mnist = network, reader, drawing_set, with_mnist
    latest.validation = validation


def _results(view, fine_tuning):
    validation, images = fine_tuning.validation, fine_tuning.drawing_set
    active, answers = validation.active, validation.progress  # in this order: the progress is the last if it is over
    is_latest = view.training is not None and view.training.images is images
    learns = is_latest and view.active
    if validation.error is not None:
        st.error(f"Learning ended with an error: {type(validation.error).__name__}: {validation.error}")
        return
    if not active and (answers is None or (answers[1] == NOT_READ).any()):
        st.markdown("Learning was interrupted. Press **Learn from my drawings** to start again.")
        return
    if answers is None:
        st.progress(images.share, f"Making {images.n_images:,} images of your drawings: {images.share:.0%}")
        return
    history, labels = view.training.state.history if is_latest else (), images.labels
    st.html(before_and_after_html(labels, *answers, history, learns))
    st.markdown(in_words(labels, *answers, history, learns, fine_tuning.with_mnist))
    st.html(figures_html(drawings(images, *answers), side=56))


def before_and_after_html(labels, before, after, history, active):
    """How many drawings are read right before and after, as a table; HTML. history: () without its training."""
    known, n = after != NOT_READ, len(labels)
    right = int((after == labels)[known].sum())
    read = f"<b>{right} of {n}</b>" if known.all() else f"{right} of {known.sum()} so far"
    rows = [("each drawing, read by a copy that never saw it", f"{(before == labels).sum()} of {n}", read)]
    if history:
        first, last = (f"{point.test_accuracy:.1%}" for point in (history[0], history[-1]))
        name = f"MNIST's {len(mnist('bundled').X_test):,} unseen images"
        rows.append((name, first, f"{last} so far" if active else f"<b>{last}</b>"))
    return numbers_html("Got right", ("", "before", "after"), rows)


def in_words(labels, before, after, history, active, with_mnist):
    """The results of a fine-tuning, in sentences."""
    if (after == NOT_READ).any() or active:
        return "It is learning. Watch its answer to your drawing above."
    gained = (before != labels) & (after == labels)
    n, change = int(gained.sum()), int((after == labels).sum() - (before == labels).sum())
    if change > 0:
        named = ", ".join(with_article(digit) for digit in sorted({int(digit) for digit in labels[gained]}))
        lost = f", but misreads {n - change} that it got right" if n > change else ""
        words = f"**It now gets {counted(n, 'drawing')} right that it misread before** ({named}){lost}. Draw one of "
        words += "them again: your network has learnt your handwriting."
    elif change < 0:
        words = "It gets fewer of them right than before: a few drawings can mislead a network."
    else:
        words = "It gets no more of them right than before. Draw more of those that it misreads, and teach it again."
    lost = history[0].test_accuracy - history[-1].test_accuracy if history else 0
    if lost <= FORGOTTEN:
        return words
    words += f" On MNIST it has forgotten {100 * lost:.1f} percentage points"
    if with_mnist:
        return f"{words}, although it learnt from MNIST too."
    words += ": new images overwrite what it doesn't practise. This is **catastrophic forgetting**. Switch on "
    return f"{words}**Learn from MNIST too**, and teach it again."


def drawings(images, before, after):
    """The drawings of a DrawingSet as pairs (<img>, HTML) for figures_html: those read now first."""
    figures = []
    for image, label, earlier, now in zip(images.drawings, images.labels, before, after):
        later = "…" if now == NOT_READ else f"<b>{now}</b>"
        mark = "" if now in (NOT_READ, label) else ' <span class="nn-doubt">✗</span>'
        place = 2 if now in (NOT_READ, earlier) else 0 if now == label else 1
        figures.append((place, picture(image.reshape(28, 28) / 255, f"your {label}"), f"{earlier} → {later}{mark}"))
    return [figure for _, *figure in sorted(figures, key=lambda one: one[0])]
