"""The progress of learning: the report of the latest step, the learning curves, and the network as a file."""

from html import escape

import streamlit as st

from ...analysis.evaluation import MEASURED_IMAGES
from ...files.networks import network_bytes
from ...recipe import MAX_HIDDEN
from ..charts import BLUE, GREY, curves
from ..html import empty_html, hidden_html, legend_html
from ..session.layout import chart
from ..session.shared import mnist
from ..session.state import LINEAR_AXIS, SWITCH, part, this_session, value_of
from ..session.trainings import STEP, chosen_pace
from .step_report import step_html
from .training import TrainingPart

CHART_HEIGHT = 130  # pixels


def curves_panel(view, recipe):
    """Draw the line below the curves; returns the container for the curves, which show_curves fills."""
    training = view.training
    recipe, n_images = _of(training, recipe)
    curves = st.container(key="taught_and_curves")
    with st.container(horizontal=True, vertical_alignment="center", key="curves_foot"):
        st.toggle("Linear axis", key=LINEAR_AXIS, help="Off: logarithmic, so that the first epoch is large.")
        if training is not None and not view.active:
            st.download_button(
                "Save this network",
                lambda: network_file(training.state.network),
                "network.npz",
                key="save",
                on_click="ignore",  # a rerun would replace the file before the browser has asked for it
                icon=":material/download:",
            )
        n_unseen = len(mnist(recipe.source).X_test)
        st.caption(
            f"Unseen: {min(n_unseen, MEASURED_IMAGES):,} images that it never learns from. "
            f"Training: {min(n_images, MEASURED_IMAGES):,} of the images that it learns from. "
            "J: the mean cost per image."
        )
    return curves


def show_curves(view, recipe):
    """Show the curves of the visitor's own training here, and the report of the latest step."""
    training, subscription, step = view.training, view.subscription, part(TrainingPart)
    recipe, n_images = _of(training, recipe)
    if subscription is not None and subscription.error is not None:
        st.error(f"The training ended with an error: {type(subscription.error).__name__}: {subscription.error}")
    if chosen_pace() == STEP:  # from the choice of this pace on, so that no step moves the curves
        report = "Let it learn from 1, 10 or 100 images: the changes appear here."
        if step.before is not None and training is not None:
            report = step.report.of(training.state.network, lambda: step_html(*step.before, training))
        st.html(f'<div class="nn-step">{report}</div>')
    with st.container(horizontal=True, key="curves"):
        _curves(training, recipe, n_images)


def _of(training, recipe):
    """The Recipe and the number of images of the visitor's own Training, or without one those of the next."""
    if training is None:
        return recipe, recipe.n_images_in_all
    return training.recipe, training.state.n_images


def _curves(training, recipe, n_images):
    """Draw both curves, with faint lines for the visitor's previous training."""
    history, kept = training.state.history if training else (), this_session().kept
    before, earlier, n_earlier = "", (), 1
    if kept:
        before = kept[-1].origin or kept[-1].recipe.changes(recipe) or "same settings"
        earlier, n_earlier = kept[-1].state.history, kept[-1].state.n_images
    logarithmic = not value_of(LINEAR_AXIS, SWITCH, False)
    axes = n_images, recipe.epochs, logarithmic, CHART_HEIGHT, curves.log_limits([*history, *earlier])
    for quantity, title in [("accuracy", "Accuracy"), ("cost", "Cost J")]:
        with st.container(key=f"chart_{quantity}"):  # as high as the chart from the start, see style.css
            legend = _legend(title, history[-1] if history else None, quantity, before if history else "")
            if not history:  # an empty chart would make every first visit wait for the chart library
                st.html(legend + empty_html("Your learning curve", CHART_HEIGHT))
                continue
            st.html(legend + hidden_html(curves.curve_in_words(history, n_images, quantity)))
            # constant alt: a new one would rebuild the chart at every tick; the numbers are in the words above it
            data = curves.curves_data(history, n_images, quantity, earlier, n_earlier)
            chart(data, curves.curves_spec(quantity, *axes), alt=f"{title} over the images seen")


def _legend(title, point, quantity, before):
    """The title of a chart, the present values of its curves in their colours, and words for the faint line; HTML."""
    form = curves.FORMS[quantity]
    names = [("unseen", BLUE, f"test_{quantity}"), ("training", GREY, quantity)]
    values = [f"{getattr(point, attribute):{form}}" if point else "" for _, _, attribute in names]
    items = [(colour, f"{name} <b>{value}</b>") for (name, colour, _), value in zip(names, values)]
    words = f"Faint line: your last run ({escape(before)})" if before else "&nbsp;"  # the curves stay where they are
    return legend_html(f"<b>{title}</b>", items, words)


def network_file(network):
    """A network as the bytes of its .npz file: compact if it is larger than the page can make, so that it opens it."""
    return network_bytes(network, compact=network.n_hidden > MAX_HIDDEN)
