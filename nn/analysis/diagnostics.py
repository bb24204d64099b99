"""Hints: what a training's own numbers say about its settings. Each rule is a function of a Run, with its thresholds named.

The thresholds were chosen from a hundred trainings: learning rates from 0.001 to 10, 0 to 300 hidden units, 100 to 8,000
images, batches from 1 to all, and raw pixels. Judged is where epochs end, by the training cost unless said otherwise.
"""

from dataclasses import dataclass

import numpy as np

from ..network import FLAT, forward, is_flat

N_INSPECTED = 200  # held-out images on which the activations are looked at
FLAT_SHARE = (
    0.97  # of the activations: with eta = .1 it came to .77, with .3, still good, to .96; raw pixels begin with .98
)
SCALED_ETA = (
    0.1  # good for scaled inputs; what was good for raw ones is another matter: W_h gets 255 squared times as much
)
WHERE_FLAT = f"below {FLAT} or above {1 - FLAT} (on {N_INSPECTED} held-out images)"
THAN_BEFORE = "in the last quarter of the epochs than in the quarter before"
LOOK_BACK = 10  # epochs: what lies further back may have been another learning rate's
A_JUMP, JUMPS = 1.05, 3  # the cost of an epoch over that of the epoch before, and how many of these are too many
KNOWS_NOTHING = 3.0  # a cost: who always answers the share of each digit, whatever the image, has 3.25
SLOW_COST, SLOW_EPOCHS = 0.5, 3  # a cost still as high after so many epochs ...
FALLING = (
    0.95  # ... and in the last quarter of the epochs below so much of that in the quarter before: slow, but on its way
)
FAR_COST = 1.5  # above it a learning rate that is too small is raised tenfold, below it threefold
STILL_COST, STILL_EPOCHS = 0.3, 5  # a cost that stands still, and is as high after so many epochs
FEW_STEPS = 100  # updates an epoch
PARTED, LEARNT_BY_HEART = 1.1, 0.8  # the held-out cost over its lowest, and the training cost now over that at the time
GAP = 5  # the held-out cost over the training cost, where the held-out cost no longer falls
RECENT = 3  # epochs whose mean is the held-out cost of now: that of a single one may be chance
LOST = 0.005  # of the held-out accuracy
WORTHWHILE = 0.98  # the held-out cost of the last quarter of the epochs over that of the quarter before


@dataclass(frozen=True)
class Hint:
    """One thing that could be better.

    name : str, what it is, short
    seen : str, a sentence with the numbers that it was seen in
    rule : str, how it is judged
    fix, value : what would fix it: another "eta", "batch_size" (at most) or "n_hidden", or more "epochs" (all in all);
        "scale": scaled inputs, with the eta in value; "images": more of them, or else no more epochs than value says
    """

    name: str
    seen: str
    rule: str
    fix: str
    value: object


def flat_share(network, images):
    """The share (0..1) of hidden activations on images (n, 784) where the sigmoid is flat; 0 without hidden units."""
    a_h = forward(network, network.inputs(images)).a_h
    return float(is_flat(a_h).mean()) if network.n_hidden else 0.0


def epoch_ends(run):
    """The Points of a Run's history where an epoch ended, the untrained network's first."""
    return [point for point in run.history if point.epoch.is_integer()]


def hints(run, settings, flat, training):
    """The Hints for a Run under Settings: none before an epoch is over, and of several causes of a high cost the first.

    flat : the flat_share of its network; training : whether it is still under way. Its history has held-out costs.
    """
    ends = epoch_ends(run)
    if len(ends) < 2 and not run.diverged:
        return ()
    for cause in _raw_pixels, _too_large, _saturated, _too_small, _too_few_units:
        hint = cause(run, settings, ends, flat)
        if hint is not None:
            break
    more = None if hint or training else _more_epochs(settings, ends)
    return tuple(found for found in (hint, _overfitting(ends), more) if found is not None)


def _raw_pixels(run, settings, ends, flat):
    wrong = run.diverged or flat >= FLAT_SHARE or ends[-1].cost > KNOWS_NOTHING
    if settings.scale or not wrong:
        return None
    what = "its steps are far too long"
    if flat >= FLAT_SHARE:
        what = f"{flat:.0%} of its hidden activations are near 0 or 1, where a sigmoid is flat and hardly learns"
    return Hint(
        "The inputs are too large",
        f"With pixels of 0..255 {what}; the cost is {ends[-1].cost:.3g}.",
        f"The pixels are not scaled, and at least {FLAT_SHARE:.0%} of a_h are {WHERE_FLAT}, or the cost is above "
        f"{KNOWS_NOTHING:g}, or the training diverged.",
        "scale",
        SCALED_ETA,
    )


def _too_large(run, settings, ends, flat):
    jumps, looked_at = _jumps(ends), min(LOOK_BACK, len(ends) - 1)
    if run.diverged:
        seen = f"With η = {settings.eta:g} the cost rose so far that the training was ended."
    elif ends[-1].cost > ends[0].cost:
        seen = f"With η = {settings.eta:g} the cost is {ends[-1].cost:.3g}; untrained it was {ends[0].cost:.3g}."
    elif jumps >= JUMPS:
        seen = f"With η = {settings.eta:g} the cost rose instead of falling in {jumps} of the last {looked_at} epochs."
    else:
        return None
    return Hint(
        "The learning rate is too large",
        f"{seen} The steps are too long, and end beyond the valley.",
        f"The training diverged, or costs more than the untrained network, or in at least {JUMPS} of the last {LOOK_BACK} "
        f"epochs the cost was over {A_JUMP - 1:.0%} higher than in the epoch before.",
        "eta",
        settings.eta / 10,
    )


def _saturated(run, settings, ends, flat):
    if flat < FLAT_SHARE:
        return None
    return Hint(
        "The hidden sigmoids are flat",
        f"{flat:.0%} of the hidden activations are near 0 or 1, where the slope a(1 − a) is nearly nothing, and δ_h with "
        f"it: steps of η = {settings.eta:g} have driven them there.",
        f"At least {FLAT_SHARE:.0%} of a_h are {WHERE_FLAT}.",
        "eta",
        settings.eta / 10,
    )


def _too_small(run, settings, ends, flat):
    last, epochs = ends[-1].cost, len(ends) - 1
    slow = epochs >= SLOW_EPOCHS and last > SLOW_COST and _trend(ends, "cost") <= FALLING
    if _jumps(ends) or not (slow or last > KNOWS_NOTHING):
        return None
    steps = -(-run.n_images // settings.batch_size)
    rule = (
        f"The cost is still above {KNOWS_NOTHING:g}, hardly better than not to look at the image; or after {SLOW_EPOCHS} "
        f"epochs above {SLOW_COST}, and at least {1 - FALLING:.0%} lower {THAN_BEFORE}. "
    )
    so_far = f"After {_so_many(epochs, 'epoch')} the cost is still {last:.2f}, and falling slowly"
    if settings.batch_size > 1 and steps < FEW_STEPS:
        return Hint(
            "Too few steps",
            f"{so_far}: with batches of {min(settings.batch_size, run.n_images):,} an epoch has only "
            f"{_so_many(steps, 'step')}.",
            rule + f"And an epoch has fewer than {FEW_STEPS} updates.",
            "batch_size",
            max(1, run.n_images // FEW_STEPS),
        )
    return Hint(
        "The learning rate is too small",
        f"{so_far}: steps of η = {settings.eta:g} are short.",
        rule + f"And it hasn't risen by {A_JUMP - 1:.0%} in any of the last {LOOK_BACK} epochs.",
        "eta",
        settings.eta * (10 if last > FAR_COST else 3),
    )


def _too_few_units(run, settings, ends, flat):
    epochs, last = len(ends) - 1, ends[-1].cost
    if epochs < STILL_EPOCHS or last <= STILL_COST or _trend(ends, "cost") <= FALLING:
        return None
    has = _so_many(settings.n_hidden, "hidden unit") if settings.n_hidden else "no hidden layer"
    return Hint(
        "Too few hidden units",
        f"The cost of the training images stands still at {last:.2f}: more is not to be had with {has}.",
        f"After {STILL_EPOCHS} epochs or more the cost is above {STILL_COST}, and less than {1 - FALLING:.0%} lower "
        f"{THAN_BEFORE}.",
        "n_hidden",
        max(30, 2 * settings.n_hidden),
    )


def _overfitting(ends):
    best, last = min(ends, key=lambda point: point.test_cost), ends[-1]
    test_cost = float(np.mean([point.test_cost for point in ends[-RECENT:]]))
    if test_cost >= PARTED * best.test_cost and last.cost <= LEARNT_BY_HEART * best.cost:
        seen = (
            f"Since epoch {best.epoch:.0f} the training cost fell from {best.cost:.2f} to {last.cost:.2f}, but the held-out "
            f"cost rose from {best.test_cost:.2f} to {test_cost:.2f}."
        )
    elif test_cost >= GAP * last.cost and _trend(ends, "test_cost") > WORTHWHILE:
        seen = f"The training cost is {last.cost:.2f}, the held-out cost {test_cost:.2f}, and it is no longer falling."
    else:
        return None
    lost = max(point.test_accuracy for point in ends) - last.test_accuracy
    so_much = "about its best, but it is too sure where it errs"
    if lost >= LOST:
        so_much = f"{100 * lost:.1f} points less than at its best"
    return Hint(
        "It learns by heart: overfitting",
        f"{seen} Of the held-out images it reads {last.test_accuracy:.1%} right, {so_much}.",
        f"The held-out cost (the mean of the last {RECENT} epochs) is at least {PARTED - 1:.0%} above its lowest, while the training cost fell by "
        f"{1 - LEARNT_BY_HEART:.0%} or more; or it is at least {GAP} times the training cost, and less than "
        f"{1 - WORTHWHILE:.0%} lower {THAN_BEFORE}.",
        "images",
        int(best.epoch),
    )


def _more_epochs(settings, ends):
    trend, epochs = _trend(ends, "test_cost"), len(ends) - 1
    if trend > WORTHWHILE:
        return None
    return Hint(
        "More epochs would pay",
        f"After {_so_many(epochs, 'epoch')} the held-out cost, {ends[-1].test_cost:.2f}, is still falling.",
        f"The held-out cost is at least {1 - WORTHWHILE:.0%} lower {THAN_BEFORE}.",
        "epochs",
        settings.epochs if epochs < settings.epochs else max(10, 2 * epochs),
    )


def _so_many(number, things):
    return f"{number} {things}{'' if number == 1 else 's'}"


def _jumps(ends):
    """In how many of the last LOOK_BACK epochs the cost rose clearly."""
    costs = [point.cost for point in ends[-LOOK_BACK - 1 :]]
    return sum(after > A_JUMP * before for before, after in zip(costs, costs[1:]))


def _trend(ends, quantity):
    """The mean of a quantity over the last quarter of the epochs (at least one), as a share of that of the one before."""
    values = [getattr(point, quantity) for point in ends]
    k = max(1, (len(values) - 1) // 4)
    return float(np.mean(values[-k:]) / max(np.mean(values[-2 * k : -k]), 1e-12))
