"""Step 6, spot the bug: a riddle, then trainings of the notebook as written, with either bug fixed, and with both."""

import streamlit as st

from ...analysis.diagnostics import N_INSPECTED, epoch_ends
from ...training import initial_state
from ..charts.curves import compared_data, compared_spec
from ..html import empty_html
from ..session.layout import chart
from ..session.refresh import fragment, picture_seconds
from ..session.shared import mnist, training_set, trainings
from ..session.state import KEPT, Key, job_holder, set_value, this_visitor, value_of
from .parts import text
from .step6_findings import (
    CLEAREST_ETA,
    EPOCHS,
    ETAS,
    N_IMAGES,
    ORDERS,
    PRESETS,
    any_learnt_flat,
    curves_legend,
    findings,
    name_of_eta,
    results_html,
)
from .step6_riddle import BUGS, CODE, LINES, verdict

CHART_HEIGHT = 300  # pixels


def start(recipe):
    """Train by the Recipe of a preset, again if it was trained before: the same seed gives the same curve."""
    images, jobs = training_set(recipe), job_holder().bug_trainings
    if recipe in jobs:
        jobs[recipe].stop()
    this_visitor().bug_errors.pop(recipe, None)
    jobs[recipe] = trainings().join(recipe, images, initial_state(recipe, images.n_images), snapshots=None)


def is_training(moment):
    """Whether any of the four trainings is under way, with any eta and order."""
    return any(job.active for job in job_holder().bug_trainings.values())


def take_runs():
    """Keep the jobs' progress in the Visitor, where it stays when a connection breaks and the jobs are gone.

    Finished jobs are dropped.
    """
    visitor, jobs = this_visitor(), job_holder().bug_trainings
    for recipe, job in list(jobs.items()):
        over = not job.active  # asked before job.state: the state of an inactive job is its last
        visitor.bug_states[recipe] = job.state
        if over:
            del jobs[recipe]
            if job.error is not None:
                visitor.bug_errors[recipe] = job.error


def section(moment, recipe):
    """Draw the riddle and, once it is revealed, the trainings that show what the bugs do."""
    if _riddle():
        _trainings(moment)


def _riddle():
    """Show the code and ask for its bugs; return whether they are revealed."""
    revealed = value_of(Key.BUG_REVEALED, False)
    st.markdown(text("bugs", "riddle"))
    with st.container(key="bug_code"):
        st.code(CODE, language="python", line_numbers=True)
    guess = st.pills(
        "Which lines are wrong?", LINES, selection_mode="multi", key=Key.BUG_GUESS, disabled=revealed, wrap=True, **KEPT
    )
    st.button(
        "Hide the bugs" if revealed else "Reveal",
        key="bug_reveal",
        type="secondary" if revealed else "primary",
        on_click=set_value,
        args=(Key.BUG_REVEALED, not revealed),
    )
    if revealed:
        st.markdown(f"**{verdict(set(guess))}**")
        st.markdown("\n".join(f"1. {bug.words} The fix is in line {bug.line}: `{bug.fix}`" for bug in BUGS))
    return revealed


def _trainings(moment):
    """Let the visitor choose what to train, and show the results."""
    st.markdown(text("bugs", "trainings", n_images=N_IMAGES, epochs=EPOCHS, eta=CLEAREST_ETA))
    eta = st.radio(
        "Learning rate η", ETAS, ETAS.index(CLEAREST_ETA), name_of_eta, horizontal=True, key=Key.BUG_ETA, **KEPT
    )
    order = st.radio("The images in the file are", ORDERS, horizontal=True, key=Key.BUG_ORDER, **KEPT)
    with st.container(horizontal=True, key="bug_presets"):
        for number, preset in enumerate(PRESETS):
            if st.button(preset.name, key=f"bug_{number}", icon=":material/play_arrow:"):
                start(preset.recipe(eta, order))
        if st.button("All four", key="bug_all", icon=":material/play_arrow:", type="primary"):
            for preset in PRESETS:
                start(preset.recipe(eta, order))
    fragment(_results, moment, eta, order, every=picture_seconds, active=is_training)
    with st.expander("The mathematics", key="bug_mathematics"):
        st.markdown(text("bugs", "mathematics"))


def _results(moment, eta, order):
    take_runs()
    visitor = this_visitor()
    recipes = {preset: preset.recipe(eta, order) for preset in PRESETS}
    runs = {preset: visitor.bug_states[one] for preset, one in recipes.items() if one in visitor.bug_states}
    for preset, recipe in recipes.items():
        error = visitor.bug_errors.get(recipe)
        if error is not None:
            st.error(f"{preset.name}: the training ended with an error: {type(error).__name__}: {error}")
    st.html(curves_legend(runs))
    with st.container(key="bug_chart"):  # as high as the chart from the start, see style.css
        if runs:
            names, colours = [preset.name for preset in PRESETS], [preset.colour for preset in PRESETS]
            data = compared_data({preset.name: epoch_ends(state) for preset, state in runs.items()}, names, EPOCHS)
            alt = "Accuracy on held-out images over the epochs; the table below has the last values"
            chart(data, compared_spec(names, colours, EPOCHS, CHART_HEIGHT), alt=alt)
        else:
            st.html(empty_html("Four learning curves", CHART_HEIGHT))
    images = mnist("bundled").X_test[:N_INSPECTED]
    st.html(results_html(runs, images))
    if any_learnt_flat(runs.values(), images):
        st.markdown(text("bugs", "flat"))
    for finding in findings(runs, eta, order):
        st.markdown(finding)
