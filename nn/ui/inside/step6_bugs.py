"""Step 6, spot the bug: the lecture's notebook as it was written, with either of its two bugs fixed, and with both."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from ...analysis.diagnostics import FLAT_SHARE, N_INSPECTED, WHERE_FLAT, epoch_ends, flat_share
from ...images.training_set import TrainingSet
from ...job import Job
from ...network import initial_network
from ...training import Settings, initial_run
from ..charts import BLUE, ORANGE
from ..charts.comparison import compared_data, compared_spec
from ..html import empty_html, legend_html, numbers_html
from ..pace import fragment
from ..resources import gate, mnist, training_set
from ..state import KEPT, Key, job_holder, this_visitor

EPOCHS, N_HIDDEN, N_IMAGES = 10, 30, 8_000
CHART_HEIGHT = 300  # pixels
ETAS = [0.001, 0.01, 0.1]
AS_IN_THE_FILE, BY_DIGIT = "mixed, as in MNIST's file", "sorted: first all 0, then all 1, …"
ORDERS = [AS_IN_THE_FILE, BY_DIGIT]
SAME = 0.01  # accuracies that differ by less are called the same: it is what another seed changes, too


@dataclass(frozen=True)
class Preset:
    """One way to train: its name, whether pixels are scaled, whether the shuffle is used, and the colour of its curve."""

    name: str
    scale: bool
    shuffle: bool
    colour: str

    def settings(self, eta):
        """The notebook's Settings with this preset's changes."""
        return Settings(N_HIDDEN, eta, EPOCHS, batch_size=1, scale=self.scale, shuffle=self.shuffle)


AS_WRITTEN = Preset("As written", False, False, ORANGE)
SCALED = Preset("Inputs scaled", True, False, BLUE)
SHUFFLED = Preset("Shuffle used", False, True, "#c0569b")
BOTH = Preset("Both fixed", True, True, "#16a085")
PRESETS = [AS_WRITTEN, SCALED, SHUFFLED, BOTH]


@st.cache_resource(show_spinner=False)
def _images(order):
    plain = training_set("bundled", N_IMAGES, "mnist", False)
    if order == AS_IN_THE_FILE:
        return plain
    images = plain.mnist
    sorted_ = np.argsort(images.y_train, kind="stable")
    return TrainingSet(replace(images, X_train=images.X_train[sorted_], y_train=images.y_train[sorted_]))


def start(eta, order, preset):
    """Train so, anew if it was done before: the same seed gives the same curve again."""
    images, settings, key = _images(order), preset.settings(eta), (eta, order, preset)
    jobs = job_holder().bug_trainings
    if key in jobs:
        jobs[key].stop()
    this_visitor().bug_errors.pop(key, None)
    jobs[key] = Job(gate(), settings, images, initial_run(settings, images.n_images))


def is_training(moment=None):
    """Whether one of the four is under way, with any eta and order."""
    return any(job.active for job in job_holder().bug_trainings.values())


def take_runs():
    """Take what the jobs have done into the Visitor, who keeps it when a connection breaks and the jobs are gone.

    Jobs that are over are let go: each remembers dozens of snapshots that nobody looks at here.
    """
    visitor, jobs = this_visitor(), job_holder().bug_trainings
    for key, job in list(jobs.items()):
        over = not job.active  # before its run: a job that isn't active has its last one
        visitor.bug_runs[key] = job.run
        if over:
            del jobs[key]
            if job.error is not None:
                visitor.bug_errors[key] = job.error


def section(moment, controls):
    """The bugs, what to change, and what comes of it."""
    st.markdown(
        "The lecture's notebook trains 784-30-10 with η = 0.001. It runs, it learns, and it has **two bugs**. In short:"
    )
    st.code(
        "X, y = mnist  # pixels 0 to 255\n"
        "for epoch in range(epochs):\n"
        "    np.random.shuffle(indices)\n"
        "    for x, label in zip(X, y):\n"
        "        # forward, backward, update\n"
        "        ...",
        language="python",
    )
    st.markdown(
        "1. **The inputs are not scaled.** With pixels up to 255, a net input z_h is in the hundreds before anything is "
        "learnt, and the sigmoid is flat there: its slope a(1 − a) is nearly 0, and so is δ_h. Fixed: `X / 255`.\n"
        "2. **`indices` is shuffled and never used.** Every epoch takes the images in the same order. Fixed: "
        "`for i in indices`, and then `X[i], y[i]`.\n\n"
        f"Train it with the bugs and without: {N_IMAGES:,} images, {EPOCHS} epochs, one seed. Your own network stays as it "
        "is."
    )
    eta = st.radio("Learning rate η", ETAS, format_func="{:g}".format, horizontal=True, key=Key.BUG_ETA, **KEPT)
    order = st.radio("The images in the file are", ORDERS, horizontal=True, key=Key.BUG_ORDER, **KEPT)
    with st.container(horizontal=True, key="bug_presets"):
        for number, preset in enumerate(PRESETS):
            if st.button(preset.name, key=f"bug_{number}", icon=":material/play_arrow:"):
                start(eta, order, preset)
        if st.button("All four", key="bug_all", icon=":material/play_arrow:", type="primary"):
            for preset in PRESETS:
                start(eta, order, preset)
    fragment(_results, moment, eta, order, ticks=1, active=is_training)
    with st.expander("The mathematics", key="bug_mathematics"):
        _mathematics()


def _results(moment, eta, order):
    take_runs()
    visitor = this_visitor()
    there = {
        preset: visitor.bug_runs[eta, order, preset] for preset in PRESETS if (eta, order, preset) in visitor.bug_runs
    }
    for preset in PRESETS:
        error = visitor.bug_errors.get((eta, order, preset))
        if error is not None:
            st.error(f"{preset.name}: the training ended with an error: {type(error).__name__}: {error}")
    st.html(curves_legend(there))
    with st.container(key="bug_chart"):  # as high as the chart from the start, see style.css
        if there:
            names, colours = [preset.name for preset in PRESETS], [preset.colour for preset in PRESETS]
            data = compared_data({preset.name: epoch_ends(run) for preset, run in there.items()}, names, EPOCHS)
            alt = "Accuracy on held-out images over the epochs; the table below has its ends"
            st.vega_lite_chart(data, compared_spec(names, colours, EPOCHS, CHART_HEIGHT), alt=alt)
        else:
            st.html(empty_html("Four learning curves", CHART_HEIGHT))
    st.html(results_html(there))
    if any_learnt_flat(there.values()):
        st.markdown(
            "Then what did it learn, if its hidden units are flat? Above all **W_out**: its error, δ_out, doesn't pass "
            "through the hidden sigmoids."
        )
    for finding in findings(there, eta, order):
        st.markdown(finding)


def curves_legend(there):
    """What the chart shows, and whose colour is whose."""
    items = [(preset.colour, preset.name + _latest(there.get(preset))) for preset in PRESETS]
    return legend_html("<b>Held-out accuracy</b>", items, "dashed: shuffled")


def _latest(run):
    return f" <b>{epoch_ends(run)[-1].test_accuracy:.1%}</b>" if run and run.history else ""


def results_html(there):
    """The four as a table: epochs, accuracy and cost on held-out images, and the share of hidden activations that are flat."""
    images = mnist("bundled").X_test[:N_INSPECTED]
    rows = []
    for preset in PRESETS:
        run = there.get(preset)
        ends = epoch_ends(run) if run else []
        settings = preset.settings(ETAS[0])
        before = flat_share(initial_network(N_HIDDEN, settings.seed, settings.pixel_max), images)
        if ends:
            far = f"diverged at {run.epoch:.1f}" if run.diverged else f"{ends[-1].epoch:.0f}"
            flat = f"{before:.0%} → {flat_share(run.network, images):.0%}"
            cells = far, f"{ends[-1].test_accuracy:.1%}", f"{ends[-1].test_cost:.2f}", flat
        else:
            cells = "", "", "", f"{before:.0%} →"
        rows.append((preset.name, *cells))
    heads = ["", "epochs", "accuracy", "cost J", "flat"]
    caption = f"On held-out images. Flat: the share of a_h {WHERE_FLAT}, before and after training."
    return numbers_html(caption, heads, rows)


def any_learnt_flat(runs):
    """Whether one of the Runs reads more than half of the images although nearly all its hidden units are flat."""
    images = mnist("bundled").X_test[:N_INSPECTED]
    learnt = (run for run in runs if run.history and epoch_ends(run)[-1].test_accuracy > 0.5)
    return any(flat_share(run.network, images) >= FLAT_SHARE for run in learnt)


def findings(there, eta, order):
    """What the finished trainings show, in sentences: about scaling and about the shuffle, where there are both to compare.

    there : dict of Preset -> Run
    """
    ends = {preset: epoch_ends(run) for preset, run in there.items() if run.finished and len(epoch_ends(run)) > 1}
    scalings = [(AS_WRITTEN, SCALED), (SHUFFLED, BOTH)]
    if order == BY_DIGIT:  # without a shuffle nothing is learnt then, scaled or not
        scalings = scalings[1:]
    shuffles = [(SCALED, BOTH), (AS_WRITTEN, SHUFFLED)]
    found = [_scaling(ends[a], ends[b], eta) for a, b in scalings if a in ends and b in ends][:1]
    return found + [_shuffling(ends[a], ends[b], order) for a, b in shuffles if a in ends and b in ends][:1]


def _scaling(raw, scaled, eta):
    first, last = (raw[1].test_accuracy, scaled[1].test_accuracy), (raw[-1].test_accuracy, scaled[-1].test_accuracy)
    in_the_end = f"in the end {last[0]:.1%} right with raw pixels, {last[1]:.1%} with scaled ones"
    if last[1] - last[0] < SAME:
        return f"**Scaling**: {in_the_end}. With η = {eta:g} and so few epochs it doesn't show in the accuracy."
    words = f"**Scaling pays**: {in_the_end}."
    if first[0] - first[1] >= SAME:
        words += (
            f" Yet after the first epoch raw pixels were ahead, {first[0]:.1%} against {first[1]:.1%}: hidden units that "
            "are at 0 or 1 tell images apart at once. But there they stay: W_h can only be thrown about, not refined."
        )
    if eta == ETAS[0]:
        words += f" The scaled network is still climbing, because steps of η = {eta:g} are short. "
        words += f"Try η = {ETAS[-1]:g}, which raw pixels can't stand."
    return words


def _shuffling(fixed, shuffled, order):
    last = fixed[-1].test_accuracy, shuffled[-1].test_accuracy
    in_the_end = f"{last[0]:.1%} right without it, {last[1]:.1%} with it"
    if order == BY_DIGIT and last[1] - last[0] >= SAME:
        return (
            f"**The shuffle decides**: {in_the_end}. Without it every epoch ends with hundreds of nines in a row, and what "
            "was learnt about the other digits is overwritten."
        )
    if abs(last[1] - last[0]) < SAME:
        words = f"**The shuffle makes next to no difference here**: {in_the_end}."
        if order == AS_IN_THE_FILE:
            words += " MNIST's file is already mixed. The bug waits for a file that isn't: sort the images by digit."
        return words
    return f"**The shuffle**: {in_the_end}."


def _mathematics():
    st.markdown("A step for one image x changes that image's own net input by")
    st.latex(r"\Delta z_h = -\eta\,(\|x\|^2 + 1)\,\delta_h")
    st.markdown("since")
    st.latex(r"W_h \leftarrow W_h - \eta\,x^T\delta_h \qquad b_h \leftarrow b_h - \eta\,\delta_h")
    st.markdown(
        "(the 1 is from the bias). On average ‖x‖² is 88 with scaled pixels, and 255² times that, 5.7 million, with raw ones. "
        "With η = 0.001 that is 0.09 δ_h or 5,700 δ_h. A sigmoid goes from 0.01 to 0.99 while z grows by 9: where an image "
        "does find a slope, one step throws the unit over it, and far out onto the flat. And there"
    )
    st.latex(r"\delta_h = \delta_{out} W_{out}^T \odot a_h \odot (1 - a_h) \approx 0")
    st.markdown("Raw pixels are even exactly the same as scaled ones with other weights and another learning rate, for")
    st.latex(r"(255\,x)\,W_h = x\,(255\,W_h)")
    st.latex(r"255\,W_h \leftarrow 255\,W_h - 255^2\,\eta\;x^T\delta_h")
    st.markdown(
        "So the notebook trains the scaled network, but with first weights 255 times as large, and with a learning rate for "
        "W_h of 65,025 η = 65, while W_out and the biases have 0.001. Whatever η is, W_h gets 65,025 times as much of it. "
        "Scaling fixes that, and leaves room for a larger η."
    )
