"""Compare: the last eight trainings in one chart and one table; two of their networks read the same drawing."""

from functools import partial
from html import escape

import streamlit as st

from ...analysis.evaluation import read
from ...files.saved_work import network_of
from ...recipe import differences
from ..charts.curves import COLOURS, places, trainings_data, trainings_spec
from ..html import answer_html
from ..session.current_image import current_image
from ..session.layout import chart, is_projector
from ..session.shared import pretrained_network
from ..session.state import KEEP, this_session
from ..session.trainings import bring_back

QUANTITIES = {"Accuracy": "accuracy", "Cost": "cost"}
HEIGHT = 260  # pixels
PRETRAINED = 0  # the number of the pre-trained network, in the choice of two


def panel(view, recipe):
    """Draw the chart, the table, and two readings."""
    trainings = [*this_session().kept, *(() if view.training is None else (view.training,))]  # the present one is last
    if not trainings:
        st.info(
            "Your last eight trainings appear here with their curves, settings and networks. Press **Train**, change a "
            "setting, and train again."
        )
        return
    words = dict(zip([one.number for one in trainings], in_words(trainings)))
    for column, draw in zip(st.columns([0.55, 0.45], gap="medium"), (_curves, _table)):
        with column:
            draw(trainings, words)
    _two_readings(view, trainings, words)


def in_words(trainings):
    """The differences between these trainings: a list of words, one for each."""
    different = differences([one.recipe for one in trainings])
    return [", ".join(filter(None, (one.origin, words))) for one, words in zip(trainings, different)]


def _curves(trainings, words):
    how = {"default": "Accuracy", "required": True, "label_visibility": "collapsed"}
    quantity = st.segmented_control("What the curves show", list(QUANTITIES), key="compared_quantity", **how, **KEEP)
    curves = [(one.number, words[one.number], one.state) for one in trainings]
    data = trainings_data(curves, QUANTITIES[quantity])
    spec = trainings_spec(curves, QUANTITIES[quantity], HEIGHT + 100 * is_projector())
    chart(data, spec, alt=f"{quantity} on unseen images of your last trainings; the table has the last values")
    st.caption("On unseen images, over the images learnt from. The bold curve is your latest training.")


def _table(trainings, words):
    """A row for each training, the best first: where it ended, and a button that brings it back."""
    colours = {number: COLOURS[place] for number, place in places([one.number for one in trainings]).items()}
    with st.container(key="compared_rows"):
        for one in sorted(trainings, key=lambda one: -one.accuracy):
            with st.container(horizontal=True, vertical_alignment="center", key=f"compared_{one.number}"):
                st.html(row_html(one, words[one.number], one is trainings[-1], colours[one.number]), width="stretch")
                if one.weights:
                    why = "Its settings, its curves, and its network, with weights rounded to 8 bits."
                    key, click = f"bring_back_{one.number}", {"on_click": bring_back, "args": (one.number,)}
                    st.button("Bring back", key=key, help=why, **click)


def row_html(one, words, is_present, colour):
    """A Training as a row: its curve's colour, its number, words, and its last accuracy and cost; HTML."""
    state, epochs = one.state, one.recipe.epochs
    point = state.history[-1] if state.history else None
    how = f"<b>{point.test_accuracy:.1%}</b> <small>J {point.test_cost:.3f}</small>" if point else "–"
    end = "diverged" if state.diverged else f"epoch {state.epoch:.3g} of {epochs}"
    now = " · now" if is_present else ""
    return (
        f'<div class="nn-compared"><i style="background:{colour}"></i><span>{one.number}</span><span>{how}</span>'
        f"<span>{escape(words) or 'the same settings'}<small>{end}{now}</small></span></div>"
    )


def _two_readings(view, trainings, words):
    names = {one.number: f"{one.number}: {words[one.number] or 'your network'}" for one in reversed(trainings)}
    names |= {PRETRAINED: "The pre-trained network"}
    networks = {PRETRAINED: pretrained_network} | {one.number: partial(network_of, one) for one in trainings}
    numbers = list(names)
    st.markdown(f"**Two networks read the same image:** {current_image(view).name}, prepared for each.")
    for place, key, default in zip(st.columns(2, gap="medium"), ("left_network", "right_network"), numbers):
        with place:
            how = {"index": numbers.index(default), "format_func": lambda number: names.get(number, str(number))}
            chosen = st.selectbox("Network", numbers, key=key, label_visibility="collapsed", **how, **KEEP)
            network = networks[chosen]()
            image = current_image(view, network.preparation).image
            st.html(answer_html(image, *read(network, image)))
