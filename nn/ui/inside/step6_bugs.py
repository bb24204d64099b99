"""Step 6, spot the bug: a riddle, then trainings of the notebook as written, with either bug fixed, and with both."""

from dataclasses import dataclass, field

import streamlit as st

from ...analysis.diagnostics import N_INSPECTED, epoch_ends
from ...training import initial_state
from ..charts.curves import compared_data, compared_spec
from ..html import empty_html
from ..session.layout import chart
from ..session.refresh import fragment, picture_seconds
from ..session.shared import mnist, scheduler, training_set
from ..session.state import KEEP, part, this_session, value_of
from . import step6_findings as step6
from .step6_findings import CLEAREST_ETA, EPOCHS, ETAS, N_IMAGES, ORDERS, PRESETS, recipe_of
from .teaching import text

CHART_HEIGHT = 300  # pixels
AT_ONCE = 8  # trainings under way, two sets of four: each takes a thread and memory of the server
CODE = text("bugs", "code")
LINES = range(1, len(CODE.splitlines()) + 1)
BUGS = {  # a section of texts/bugs.md -> the lines that count as found, and one line that the fix replaces
    "not_scaled": ({1, 2}, 2, "X = images.reshape(-1, 784) / 255"),
    "not_shuffled": ({5, 6}, 6, "for x, label in zip(X[indices], y[indices]):"),
}


@dataclass
class BugTrainings:
    """A visitor's trainings of this step."""

    subscriptions: dict = field(default_factory=dict)  # Recipe -> Subscription to the latest training by it
    revealed: bool = False  # whether the visitor sees the bugs

    def close(self):
        """Stop them when the connection breaks; their curves stay."""
        for subscription in list(self.subscriptions.values()):  # a click may add one meanwhile
            subscription.stop()


def start(recipe):
    """Train by the Recipe of a preset, again if it was trained before: the same seed gives the same curve.

    If AT_ONCE are under way, the one started first is stopped; its curve stays.
    """
    images, subscriptions = training_set(recipe), part(BugTrainings).subscriptions
    if recipe in subscriptions:
        subscriptions.pop(recipe).stop()  # the new one comes last
    under_way = [one for one in subscriptions.values() if one.active]
    for one in under_way[::-1][AT_ONCE - 1 :]:
        one.stop()
    state = initial_state(recipe, images.n_images)
    subscriptions[recipe] = scheduler().train(recipe, images, state, snapshots=None, owner=this_session())


def is_training(view):
    """Whether any of the four trainings is under way, with any eta and order."""
    return any(subscription.active for subscription in part(BugTrainings).subscriptions.values())


def section(view, recipe):
    """Draw the riddle and, once it is revealed, the trainings that show the effect of the bugs."""
    if _riddle():
        _trainings(view)


def _riddle():
    """Show the code and ask for its bugs; return whether they are revealed."""
    revealed = part(BugTrainings).revealed
    st.markdown(text("bugs", "riddle"))
    with st.container(key="bug_code"):
        st.code(CODE, language="python", line_numbers=True)
    guess = st.pills(
        "Which lines are wrong?", LINES, selection_mode="multi", key="bug_guess", disabled=revealed, wrap=True, **KEEP
    )
    st.button(
        "Hide the bugs" if revealed else "Reveal",
        key="bug_reveal",
        type="secondary" if revealed else "primary",
        on_click=setattr,
        args=(part(BugTrainings), "revealed", not revealed),
    )
    if revealed:
        st.markdown(f"**{verdict(set(guess))}**")
        fixes = (text("bugs", name, line=line, fix=fix) for name, (_, line, fix) in BUGS.items())
        st.markdown("\n".join(f"1. {fix}" for fix in fixes))
    return revealed


def verdict(guess):
    """How good a guess is, a set of line numbers, in a sentence."""
    if not guess:
        return "You didn't guess. Here are the two bugs:"
    n_found = sum(not guess.isdisjoint(lines) for lines, _, _ in BUGS.values())
    n_fine = len(guess.difference(*(lines for lines, _, _ in BUGS.values())))
    words = ["You found neither bug this time", "You found one of the two bugs", "Well spotted! You found both bugs"]
    fine = "1 line that is" if n_fine == 1 else f"{n_fine} lines that are"
    return words[n_found] + (f", and suspected {fine} fine." if n_fine else ".")


def _trainings(view):
    """Let the visitor choose and start trainings, and show the results."""
    st.markdown(text("bugs", "trainings", n_images=N_IMAGES, epochs=EPOCHS, eta=CLEAREST_ETA))
    first = ETAS.index(CLEAREST_ETA)
    st.radio("Learning rate η", ETAS, first, step6.name_of_eta, horizontal=True, key="bug_eta", **KEEP)
    eta = value_of("bug_eta", ETAS, CLEAREST_ETA)  # Streamlit takes any number that is shown like one of them
    order = st.radio("The images in the file are", ORDERS, horizontal=True, key="bug_order", **KEEP)
    with st.container(horizontal=True, key="bug_presets"):
        for number, preset in enumerate(PRESETS):
            if st.button(preset, key=f"bug_{number}", icon=":material/play_arrow:"):
                start(recipe_of(preset, eta, order))
        if st.button("All four", key="bug_all", icon=":material/play_arrow:", type="primary"):
            for preset in PRESETS:
                start(recipe_of(preset, eta, order))
    fragment(_results, view, eta, order, every=picture_seconds, active=is_training)
    with st.expander("The mathematics", key="bug_mathematics"):
        st.markdown(text("bugs", "mathematics"))


def _results(view, eta, order):
    started, runs, stopped = part(BugTrainings).subscriptions, {}, []
    for preset in PRESETS:
        training = started.get(recipe_of(preset, eta, order))
        if training is not None:
            active = training.active  # asked before its state, which is then its last
            runs[preset] = training.state
            if training.error is not None:
                name = type(training.error).__name__
                st.error(f"{preset}: the training ended with an error: {name}: {training.error}")
            elif not (active or training.state.finished):
                stopped.append(preset)
    if stopped:
        words = f"At most {AT_ONCE} of these trainings go on at the same time: press again to start over."
        st.markdown(f"Stopped early: **{', '.join(stopped)}**. {words}")
    st.html(step6.curves_legend(runs))
    with st.container(key="bug_chart"):  # as high as the chart from the start, see style.css
        if runs:
            colours = [colour for colour, _ in PRESETS.values()]
            data = compared_data({preset: epoch_ends(state) for preset, state in runs.items()}, PRESETS, EPOCHS)
            alt = "Accuracy on unseen images over the epochs; the table below has the last values"
            chart(data, compared_spec([*PRESETS], colours, EPOCHS, CHART_HEIGHT), alt=alt)
        else:
            st.html(empty_html("Four learning curves", CHART_HEIGHT))
    images = mnist("bundled").X_test[:N_INSPECTED]
    st.html(step6.results_html(runs, images))
    if step6.any_learnt_flat(runs.values(), images):
        st.markdown(text("bugs", "flat"))
    for finding in step6.findings(runs, eta, order):
        st.markdown(finding)
