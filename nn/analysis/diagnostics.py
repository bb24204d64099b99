"""Hints: what a training's own numbers say about its settings. Each rule is a function with named thresholds.

The thresholds were chosen from a hundred trainings: learning rates from 0.001 to 10, 0 to 300 hidden units, 100 to
8,000 images, batches from 1 to all, and raw pixels. The rules look at the ends of epochs, and at the training cost
unless they say otherwise.

With long steps, rounding decides how the cost moves: the same seed gives another curve on another kind of processor. So
a rule judges the state that a training is in, by whichever of its signs is there, and never one particular curve.
"""

from dataclasses import dataclass

import numpy as np

from ..network import N_DIGITS, forward

FLAT = 0.01  # a sigmoid is flat, and its unit saturated, if a is within this of 0 or 1: its slope is then below 0.01
N_INSPECTED = 200  # held-out images whose activations are inspected
# Too large a share of flat activations. An eta of 0.1 led to 0.77, an eta of 0.3, which still learns well, to 0.96; raw
# pixels begin at 0.98.
FLAT_SHARE = 0.97
FEWEST_UNITS = N_DIGITS  # fewer units than digits become flat with any eta: each has to tell several digits apart
# A good eta for scaled inputs. The eta for raw pixels can't be reused: there W_h gets 255 squared times as much of it.
SCALED_ETA = 0.1
WHERE_FLAT = f"below {FLAT} or above {1 - FLAT} (on {N_INSPECTED} unseen images)"
THAN_BEFORE = "in the last quarter of the epochs than in the quarter before"
LOOK_BACK = 10  # epochs: earlier ones may have had another learning rate
A_JUMP, JUMPS = 1.05, 3  # an epoch's cost over that of the epoch before, and how many of these are too many
KNOWS_NOTHING = 3.0  # a cost: answering the share of each digit for every image costs 3.25
SLOW_COST, SLOW_EPOCHS = 0.5, 3  # slow: the cost is still above this after this many epochs ...
FALLING = 0.95  # ... but in the last quarter of the epochs it is below this share of that in the quarter before
FAR_COST = 1.5  # above it, a learning rate that is too small is raised tenfold, below it threefold
STILL_COST, STILL_EPOCHS = 0.3, 5  # stuck: the cost no longer falls and is above this after this many epochs
FEW_STEPS = 100  # updates per epoch
PARTED, LEARNT_BY_HEART = 1.1, 0.8  # the held-out cost over its lowest, and the training cost now over that at the time
GAP = 5  # the held-out cost over the training cost, if the held-out cost no longer falls
RECENT = 3  # epochs whose mean is the present held-out cost: a single epoch's may be chance
LOST = 0.005  # held-out accuracy
# The held-out cost of the last quarter of the epochs, over the lowest before: above this it isn't falling. One epoch's
# may differ from the next by 5 %, so the mean of the quarter before is no measure: it may just have been a bad one.
WORTHWHILE = 0.98


@dataclass(frozen=True)
class Hint:
    """One thing that could be better: its name, a sentence with the numbers that show it, and how it is judged.

    fix, value : what would fix it: another "eta", "batch_size" (at most value) or "n_hidden", or more "epochs" (in
        total); "scale": scaled inputs, with value as eta; "images": more of them, or else at most value epochs
    """

    name: str
    seen: str
    rule: str
    fix: str
    value: float


def is_flat(a):
    """Where the sigmoid is flat at activations a (any shape): within FLAT of 0 or 1. Booleans of the same shape."""
    return (a < FLAT) | (a > 1 - FLAT)


def flat_share(network, images):
    """The share (0..1) of hidden activations, on images (n, 784), where the sigmoid is flat; 0 without hidden units."""
    return float(is_flat(forward(network, network.inputs(images)).a_h).mean()) if network.n_hidden else 0.0


def epoch_ends(state):
    """The Points of a TrainingState's history at the ends of epochs, starting with the untrained network."""
    return [point for point in state.history if point.epoch.is_integer()]


def hints(state, recipe, flat, training):
    """The Hints for a TrainingState: none before its first epoch is over, and at most one cause of a high cost.

    flat : the flat_share of its network; training : whether it is still under way. Its history needs held-out costs.
    """
    ends = epoch_ends(state)
    if len(ends) < 2 and not state.diverged:
        return ()
    causes = (rule(state, recipe, ends, flat) for rule in (_raw_pixels, _too_large, _too_small, _too_few_units))
    cause = next(filter(None, causes), None)
    more = None if cause or training else _more_epochs(recipe, ends)
    return tuple(filter(None, (cause, _overfitting(ends), more)))


def _raw_pixels(state, recipe, ends, flat):
    wrong = state.diverged or flat >= FLAT_SHARE or ends[-1].cost > KNOWS_NOTHING
    if recipe.scale or not wrong:
        return None
    why = "the steps are far too long"
    if flat >= FLAT_SHARE:
        why = f"{flat:.0%} of the hidden activations are near 0 or 1, where a sigmoid is flat and hardly learns"
    seen = f"With pixels of 0..255 {why}; the cost is {ends[-1].cost:.3g}."
    rule = f"The pixels are not scaled, and at least {FLAT_SHARE:.0%} of a_h are {WHERE_FLAT}, or the cost is above "
    rule += f"{KNOWS_NOTHING:g}, or the training diverged."
    return Hint("The inputs are too large", seen, rule, "scale", SCALED_ETA)


def _too_large(state, recipe, ends, flat):
    jumps, epochs = _jumps(ends), min(LOOK_BACK, len(ends) - 1)
    if state.diverged:
        seen = "the cost rose so far that the training was stopped."
    elif ends[-1].cost > ends[0].cost:
        seen = f"the cost is {ends[-1].cost:.3g}; untrained it was {ends[0].cost:.3g}."
    elif flat >= FLAT_SHARE and recipe.n_hidden >= FEWEST_UNITS:
        seen = f"the hidden sigmoids have become flat: {flat:.0%} of their activations are near 0 or 1, where the "
        seen += "slope a(1 − a) is nearly 0, and so is δ_h."
    elif jumps >= JUMPS:
        seen = f"the cost rose instead of falling in {jumps} of the last {epochs} epochs."
    else:
        return None
    seen = f"With η = {recipe.eta:g} {seen} The steps are so long that they overshoot the valley."
    rule = (
        f"The training diverged; or its cost is higher than the untrained network's; or at least {FLAT_SHARE:.0%} of "
        f"a_h are {WHERE_FLAT}, with {FEWEST_UNITS} hidden units or more; or in at least {JUMPS} of the last "
        f"{LOOK_BACK} epochs the cost was over {A_JUMP - 1:.0%} higher than in the epoch before."
    )
    return Hint("The learning rate is too large", seen, rule, "eta", recipe.eta / 10)


def _too_small(state, recipe, ends, flat):
    last, epochs = ends[-1].cost, len(ends) - 1
    slow = epochs >= SLOW_EPOCHS and last > SLOW_COST and _trend(ends) <= FALLING
    if _jumps(ends) or not (slow or last > KNOWS_NOTHING):
        return None
    steps = -(-state.n_images // recipe.batch_size)
    seen = f"After {_counted(epochs, 'epoch')} the cost is still {last:.2f}, and falling slowly: "
    rule = (
        f"The cost is still above {KNOWS_NOTHING:g}, hardly better than ignoring the image; or after "
        f"{SLOW_EPOCHS} epochs it is above {SLOW_COST}, and at least {1 - FALLING:.0%} lower {THAN_BEFORE}. And "
    )
    if recipe.batch_size > 1 and steps < FEW_STEPS:
        batch = min(recipe.batch_size, state.n_images)
        seen += f"with batches of {batch:,} an epoch has only {_counted(steps, 'step')}."
        rule += f"an epoch has fewer than {FEW_STEPS} updates."
        return Hint("Too few steps", seen, rule, "batch_size", max(1, state.n_images // FEW_STEPS))
    seen += f"steps of η = {recipe.eta:g} are short."
    rule += f"it hasn't risen by {A_JUMP - 1:.0%} in any of the last {LOOK_BACK} epochs."
    return Hint("The learning rate is too small", seen, rule, "eta", recipe.eta * (10 if last > FAR_COST else 3))


def _too_few_units(state, recipe, ends, flat):
    if len(ends) <= STILL_EPOCHS or ends[-1].cost <= STILL_COST or _trend(ends) <= FALLING:
        return None
    units = _counted(recipe.n_hidden, "hidden unit") if recipe.n_hidden else "no hidden layer"
    seen = f"The cost of the training images is stuck at {ends[-1].cost:.2f}: a network with {units} can't do better."
    rule = f"After {STILL_EPOCHS} epochs or more, the cost is above {STILL_COST} and less than {1 - FALLING:.0%} lower "
    return Hint("Too few hidden units", seen, rule + f"{THAN_BEFORE}.", "n_hidden", max(30, 2 * recipe.n_hidden))


def _overfitting(ends):
    if len(ends) < 2:
        return None  # it diverged at once
    best, last = min(ends, key=lambda point: point.test_cost), ends[-1]
    test_cost = float(np.mean([point.test_cost for point in ends[1:][-RECENT:]]))  # not the untrained network's
    if test_cost >= PARTED * best.test_cost and last.cost <= LEARNT_BY_HEART * best.cost:
        seen = (
            f"Since epoch {best.epoch:.0f} the training cost fell from {best.cost:.2f} to {last.cost:.2f}, but the "
            f"cost on unseen images rose from {best.test_cost:.2f} to {test_cost:.2f}."
        )
    elif test_cost >= GAP * last.cost and not _test_cost_is_falling(ends):
        seen = f"The training cost is {last.cost:.2f}, that on unseen images {test_cost:.2f} and no longer falling."
    else:
        return None
    lost = max(point.test_accuracy for point in ends) - last.test_accuracy
    compared = "about as many as at its best, but it is too confident when it is wrong"
    if lost >= LOST:
        compared = f"{100 * lost:.1f} percentage points fewer than at its best"
    seen += f" It gets {last.test_accuracy:.1%} of unseen images right, {compared}."
    rule = (
        f"The cost on unseen images (the mean of the last {RECENT} epochs) is at least {PARTED - 1:.0%} above its "
        f"lowest, while the training cost fell by {1 - LEARNT_BY_HEART:.0%} or more; or it is at least {GAP} times the "
        f"training cost, and in the last quarter of the epochs not {1 - WORTHWHILE:.0%} below its lowest before."
    )
    return Hint("It learns by heart: overfitting", seen, rule, "images", int(best.epoch))


def _more_epochs(recipe, ends):
    if not _test_cost_is_falling(ends):
        return None
    epochs = len(ends) - 1
    seen = f"After {_counted(epochs, 'epoch')} the cost on unseen images, {ends[-1].test_cost:.2f}, is still falling."
    rule = "The mean cost on unseen images over the last quarter of the epochs is at least "
    rule += f"{1 - WORTHWHILE:.0%} below its lowest before."
    more = recipe.epochs if epochs < recipe.epochs else max(10, 2 * epochs)
    return Hint("More epochs would help", seen, rule, "epochs", more)


def _test_cost_is_falling(ends):
    """Whether the held-out cost of the last quarter of the epochs (at least one) is clearly lower than ever before."""
    costs, k = [point.test_cost for point in ends], max(1, (len(ends) - 1) // 4)
    return float(np.mean(costs[-k:])) <= WORTHWHILE * min(costs[:-k])


def _jumps(ends):
    """The number of the last LOOK_BACK epochs in which the cost clearly rose."""
    costs = [point.cost for point in ends[-LOOK_BACK - 1 :]]
    return sum(after > A_JUMP * before for before, after in zip(costs, costs[1:]))


def _trend(ends):
    """The mean cost over the last quarter of the epochs (at least one) over that of the quarter before."""
    costs, k = [point.cost for point in ends], max(1, (len(ends) - 1) // 4)
    return float(np.mean(costs[-k:]) / max(np.mean(costs[-2 * k : -k]), 1e-12))


def _counted(number, thing):
    return f"{number} {thing}{'' if number == 1 else 's'}"
