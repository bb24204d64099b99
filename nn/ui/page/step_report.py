"""The report of a step: its images, the answers to them before and after, and the weights that moved most."""

import numpy as np

from ...analysis.contributions import top_k_by_magnitude
from ...images import NON_DIGIT
from ...network import N_DIGITS
from ...recipe import counted
from ...training import images_between
from ..html import beside_html, figures_html, full_colour, picture, weight_figures
from ..numbers import with_article

SHOWN = 10  # images
MOVED, MOST_MOVED = 3, "In colour: the weights that moved most."  # of this many units


def step_html(before, recipe, training):
    """The report of the step by a Recipe from the TrainingState before to the present one of the Training; HTML."""
    after, mnist = training.state, training.images.mnist
    learnt = images_between(recipe, after.n_images, before.images_seen, after.images_seen)
    if mnist is None or not len(learnt):  # the images are still being prepared, or it has only begun
        return "<div></div>"
    images, labels = mnist.X_train[learnt], mnist.y_train[learnt]
    a_out = [state.network.predict_proba(images) for state in (before, after)]  # two arrays (n, 10)
    answers = [a.argmax(axis=1) for a in a_out]
    outputs = [np.where(labels == NON_DIGIT, a.max(axis=1), a[np.arange(len(a)), labels % N_DIGITS]) for a in a_out]
    shown = []
    for image, label, then, now in zip(images[:SHOWN], labels, *answers):
        words = "non-digit" if label == NON_DIGIT else f"{then} → <b>{now}</b>"
        shown.append((picture(image.reshape(28, 28) / 255, f"a training image, {_named(label)}"), words))
    words = f'<p class="nn-caption">{step_in_words(before.images_seen, labels, answers, outputs)}</p>'
    moved = moved_weights(before.network, after.network)
    return words + beside_html(figures_html(shown, side=48), figures_html(moved, side=48))


def step_in_words(n_before, labels, answers, outputs):
    """The report of a step in sentences; HTML.

    n_before : int, images learnt from before the step
    labels : array (n,), of the images of the step
    answers, outputs : pairs of arrays (n,), before and after the step: the digits read, and the output for the label
        (of a non-digit, the largest output)
    """
    if len(labels) == 1:
        (label,), (then, now), (low, high) = labels, (pair[0] for pair in answers), (pair[0] for pair in outputs)
        if label == NON_DIGIT:
            what = f"All ten outputs should be 0: the largest was {low:.2f} before and is {high:.2f} now."
        else:
            what = f"It read {then} before and {now} after; its output for {label} went from {low:.2f} to {high:.2f}."
        return f"It learnt from image {n_before + 1:,}, <b>{_named(label)}</b>. {what} {MOST_MOVED}"
    right = [int((pair == labels).sum()) for pair in answers]
    digits = int((np.asarray(labels) != NON_DIGIT).sum())
    of_them = "of them" if digits == len(labels) else f"of the {counted(digits, 'digit')} among them"
    few = f", of which the first {SHOWN} are shown" if len(labels) > SHOWN else ""
    learnt = f"It learnt from images {n_before + 1:,} to {n_before + len(labels):,}{few}."
    return f"{learnt} It got {right[0]:,} {of_them} right before and {right[1]:,} after. {MOST_MOVED}"


def _named(label):
    return "a non-digit" if label == NON_DIGIT else with_article(label)


def moved_weights(before, after):
    """The changes from one Network to the next in the weights of the units that moved most, for figures_html."""
    name, weights = ("unit", "W_h") if before.n_hidden else ("output", "W_out")
    change = getattr(after, weights) - getattr(before, weights)  # (784, H) or (784, 10)
    units = top_k_by_magnitude(np.linalg.norm(change, axis=0), MOVED)
    scale = full_colour(change[:, units])
    names = [f"{name} {unit}" for unit in units]
    return weight_figures(change[:, units], names, names, scale)
