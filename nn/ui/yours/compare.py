"""Compare: the last eight trainings in one chart and one table, and two of their networks read the same drawing."""

from dataclasses import dataclass
from functools import partial
from html import escape

import streamlit as st

from ...network import Network, read
from ...training import Run
from ..charts.trainings import COLOURS, trainings_data, trainings_spec
from ..controls import Controls
from ..current_image import current_image, current_image_as
from ..html import answer_html
from ..kept import Kept
from ..opening import bring_back
from ..resources import pretrained_network
from ..state import KEPT, Key, this_visitor
from ..view import chart, is_projector
from ..words import told_apart

QUANTITIES = {"Accuracy": "accuracy", "Cost": "cost"}
HEIGHT = 260  # pixels
PRETRAINED = 0  # the number of the pre-trained network, in the choice of two


@dataclass(frozen=True, eq=False)
class Compared:
    """A training to compare: the visitor's present one, or a Kept one (kept is None for the present one)."""

    number: int
    controls: Controls
    origin: str
    run: Run
    kept: Kept | None

    @property
    def network(self) -> Network:
        """Its network."""
        return self.run.network if self.kept is None else self.kept.network

    @property
    def accuracy(self):
        """The held-out accuracy where it was measured last, -1 before."""
        return self.run.history[-1].test_accuracy if self.run.history else -1.0


def panel(moment, controls):
    """Draw the chart, the table, and two readings."""
    trainings = compared(moment)
    if not trainings:
        st.info(
            "Your last eight trainings come together here: their curves, what was different, and their networks. Press "
            "**Train**, change a setting, and train again."
        )
        return
    words = dict(zip([one.number for one in trainings], in_words(trainings)))
    left, right = st.columns([0.55, 0.45], gap="medium")
    with left:
        _curves(trainings, words)
    with right:
        _table(trainings, words)
    _two_readings(moment, trainings, words)


def compared(moment):
    """The visitor's trainings, the present one last, as a list of Compared."""
    found = [Compared(kept.number, kept.controls, kept.origin, kept.run, kept) for kept in this_visitor().kept]
    training = moment.training
    if training is not None:
        found.append(Compared(moment.number, training.controls, training.origin, training.run, None))
    return found


def in_words(trainings):
    """What tells these trainings apart, in words for each of them."""
    different = told_apart([one.controls for one in trainings])
    return [", ".join(filter(None, (one.origin, words))) for one, words in zip(trainings, different)]


def _curves(trainings, words):
    quantity = st.segmented_control(
        "What the curves show",
        list(QUANTITIES),
        default="Accuracy",
        key=Key.QUANTITY,
        required=True,
        label_visibility="collapsed",
        **KEPT,
    )
    curves = [(one.number, words[one.number], one.run) for one in trainings]
    data = trainings_data(curves, QUANTITIES[quantity])
    spec = trainings_spec(curves, QUANTITIES[quantity], HEIGHT + 100 * is_projector())
    chart(data, spec, alt=f"{quantity} on held-out images of your last trainings; the table has the last values")
    st.caption("On held-out images, over the images seen. The strong curve is the present training.")


def _table(trainings, words):
    """A row for each training, the best first: where it ended, and the way back to it."""
    present = trainings[-1]
    colours = {one.number: colour for one, colour in zip(trainings, COLOURS)}
    with st.container(key="compared_rows"):
        for one in sorted(trainings, key=lambda one: -one.accuracy):
            with st.container(horizontal=True, vertical_alignment="center", key=f"compared_{one.number}"):
                st.html(row_html(one, words[one.number], one is present, colours[one.number]), width="stretch")
                if one is not present or one.kept is not None:
                    st.button(
                        "Bring back",
                        key=f"bring_back_{one.number}",
                        on_click=bring_back,
                        args=(one.number,),
                        help="Its settings, its curves, and its network, with weights rounded to 8 bits.",
                    )


def row_html(one, words, is_present, colour):
    """A Compared training as a row: its curve's colour, its number, words, and how well it read at the end; HTML."""
    run, epochs = one.run, one.controls.settings.epochs
    point = run.history[-1] if run.history else None
    how = f"<b>{point.test_accuracy:.1%}</b> <small>J {point.test_cost:.3f}</small>" if point else "–"
    end = "diverged" if run.diverged else f"epoch {run.epoch:.3g} of {epochs}"
    now = " · now" if is_present else ""
    return (
        f'<div class="nn-compared"><i style="background:{colour}"></i><span>{one.number}</span><span>{how}</span>'
        f"<span>{escape(words) or 'the same settings'}<small>{end}{now}</small></span></div>"
    )


def _two_readings(moment, trainings, words):
    """Two networks of the visitor's choice read the same image."""
    names = {PRETRAINED: "The pre-trained network"}
    names |= {one.number: f"{one.number}: {words[one.number] or 'your network'}" for one in reversed(trainings)}
    networks = {PRETRAINED: pretrained_network} | {one.number: partial(getattr, one, "network") for one in trainings}
    numbers = [one.number for one in reversed(trainings)] + [PRETRAINED]
    st.markdown(f"**Two networks read the same image:** {current_image(moment).name}, each as it was taught to see.")
    for place, key, default in zip(st.columns(2, gap="medium"), (Key.LEFT, Key.RIGHT), numbers):
        with place:
            chosen = st.selectbox(
                "Network",
                numbers,
                index=numbers.index(default),
                format_func=lambda number: names.get(number, str(number)),
                key=key,
                label_visibility="collapsed",
                **KEPT,
            )
            network = networks[chosen]()
            image = current_image_as(moment, network.preparation).image
            st.html(answer_html(image, *read(network, image)))
