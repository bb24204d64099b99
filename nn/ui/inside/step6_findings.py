"""Step 6's four trainings and the findings on them, without Streamlit.

The parameters of several functions:

runs : dict of a preset's name -> TrainingState, for those of the four that have begun
images : uint8 (n, 784), held-out images whose hidden activations are inspected
"""

from ...analysis.diagnostics import FLAT_SHARE, WHERE_FLAT, epoch_ends, flat_share
from ...network import initial_network
from ...recipe import Recipe
from ..charts import BLUE, ORANGE
from ..html import legend_html, numbers_html
from .teaching import text

EPOCHS, N_HIDDEN, N_IMAGES = Recipe.epochs, Recipe.n_hidden, Recipe.n_images
ETAS = [0.001, 0.01, 0.1]
NOTEBOOK_ETA, CLEAREST_ETA = 0.001, 0.1  # with the latter, and images BY_DIGIT, the bugs show most
AS_IN_THE_FILE, BY_DIGIT = "mixed, as in MNIST's file", "sorted: first all 0s, then all 1s, …"
ORDERS = [BY_DIGIT, AS_IN_THE_FILE]
SAME = 0.01  # accuracies that differ by less are called the same: another seed changes them as much
DECISIVE = 0.1  # accuracies that differ by more are another result, not only a better one
LEARNT = 0.5  # an accuracy: a network below it has learnt little, one above it has learnt something
AS_WRITTEN, SCALED, SHUFFLED, BOTH = "As written", "Inputs scaled", "Shuffle used", "Both fixed"
PRESETS = {  # the colour of its curve, and its changes to the notebook's recipe
    AS_WRITTEN: (ORANGE, {"scale": False, "shuffle": False}),
    SCALED: (BLUE, {"scale": True, "shuffle": False}),
    SHUFFLED: ("#c0569b", {"scale": False, "shuffle": True}),
    BOTH: ("#16a085", {"scale": True, "shuffle": True}),
}


def recipe_of(preset, eta, order):
    """The notebook's Recipe with a preset's changes, for images in one of ORDERS."""
    return Recipe(eta=eta, is_sorted=order == BY_DIGIT, **PRESETS[preset][1])


def name_of_eta(eta):
    """The name of one of ETAS on the page."""
    return f"{eta:g} (the notebook's)" if eta == NOTEBOOK_ETA else f"{eta:g}"


def curves_legend(runs):
    """The legend of the chart: the colour of each preset's curve, and its latest accuracy."""
    items = [(colour, preset + _latest(runs.get(preset))) for preset, (colour, _) in PRESETS.items()]
    return legend_html("<b>Accuracy on unseen images</b>", items, "dashed: shuffled")


def _latest(state):
    return f" <b>{epoch_ends(state)[-1].test_accuracy:.1%}</b>" if state and state.history else ""


def results_html(runs, images):
    """The four as a table: epochs, accuracy, cost, and the share of hidden activations on images that are flat."""
    flat_before, rows = {}, []
    for recipe in (Recipe(scale=True), Recipe(scale=False)):
        network = initial_network(N_HIDDEN, recipe.seed, recipe.pixel_max)
        flat_before[recipe.scale] = flat_share(network, images)
    for preset, (_, changes) in PRESETS.items():
        state = runs.get(preset)
        ends = epoch_ends(state) if state else []
        before = flat_before[changes["scale"]]
        if ends:
            far = f"diverged<br>at {state.epoch:.1f}" if state.diverged else f"{ends[-1].epoch:.0f}"
            flat = f"{before:.0%} → {flat_share(state.network, images):.0%}"
            cells = far, f"{ends[-1].test_accuracy:.1%}", f"{ends[-1].test_cost:.2f}", flat
        else:
            cells = "", "", "", f"{before:.0%} →"
        rows.append((preset, *cells))
    heads = ["", "epochs", "accuracy", "cost J", "flat"]
    caption = f"On unseen images. Flat: the share of a_h {WHERE_FLAT}, before and after training."
    return numbers_html(caption, heads, rows)


def any_learnt_flat(runs, images):
    """Whether one of the states reads more than half of the images although nearly all its hidden units are flat."""
    learnt = (state for state in runs if state.history and epoch_ends(state)[-1].test_accuracy > LEARNT)
    return any(flat_share(state.network, images) >= FLAT_SHARE for state in learnt)


def findings(runs, eta, order):
    """The findings on the finished trainings, in sentences: on both fixes together, on scaling, and on the shuffle.

    They hold for these very trainings: with raw pixels another processor, which rounds otherwise, may end elsewhere.
    """
    ends = {
        preset: epoch_ends(state) for preset, state in runs.items() if state.finished and len(epoch_ends(state)) > 1
    }
    scalings = [(AS_WRITTEN, SCALED, "neither shuffled"), (SHUFFLED, BOTH, "both shuffled")]
    if order == BY_DIGIT:  # without the shuffle little is learnt, scaled or not
        scalings = scalings[1:]
    shuffles = [(SCALED, BOTH, "both with scaled inputs"), (AS_WRITTEN, SHUFFLED, "both with raw pixels")]
    found = [_together(ends[SCALED], ends[SHUFFLED], ends[BOTH])] if {SCALED, SHUFFLED, BOTH} <= ends.keys() else []
    found += [_scaling(ends[a], ends[b], same, eta) for a, b, same in scalings if a in ends and b in ends][:1]
    found += [_shuffling(ends[a], ends[b], same, order) for a, b, same in shuffles if a in ends and b in ends][:1]
    return [words for words in found if words]


def _together(scaled, shuffled, both):
    one, other, together = (points[-1].test_accuracy for points in (scaled, shuffled, both))
    if together < LEARNT or max(one, other) > together / 2:
        return ""
    return text("bugs", "together", scaled=one, shuffled=other, both=together)


def _scaling(raw, scaled, same, eta):
    first, last = (raw[1].test_accuracy, scaled[1].test_accuracy), (raw[-1].test_accuracy, scaled[-1].test_accuracy)
    in_the_end = f"in the end {last[0]:.1%} right with raw pixels, {last[1]:.1%} with scaled ones, {same}"
    if last[1] - last[0] < SAME:
        return f"**Scaling**: {in_the_end}. With η = {eta:g} and only {EPOCHS} epochs, the accuracy doesn't show it."
    words = f"**Scaling pays off**: {in_the_end}."
    if first[0] - first[1] >= SAME:
        words += " " + text("bugs", "raw_ahead", raw=first[0], scaled=first[1])
    if eta == NOTEBOOK_ETA:
        if last[1] > scaled[-3:][0].test_accuracy:  # in the last two epochs
            words += f" The scaled network is still climbing, because steps of η = {eta:g} are short."
        words += f" Scaled inputs can take η = {CLEAREST_ETA:g}: try it with both."
    elif last[0] < LEARNT:
        words += f" For raw pixels, η = {eta:g} is far too large; try the notebook's {NOTEBOOK_ETA:g}."
    return words


def _shuffling(fixed, shuffled, same, order):
    last = fixed[-1].test_accuracy, shuffled[-1].test_accuracy
    in_the_end = f"{last[0]:.1%} right without it, {last[1]:.1%} with it, {same}"
    if order == BY_DIGIT and last[1] - last[0] >= DECISIVE:
        return text("bugs", "decisive", in_the_end=in_the_end)
    if abs(last[1] - last[0]) < SAME:
        why = "mixed_already" if order == AS_IN_THE_FILE else ""
        return text("bugs", "no_difference", why, in_the_end=in_the_end)
    return f"**The shuffle**: {in_the_end}."
