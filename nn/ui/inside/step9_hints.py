"""Step 9, hints on the settings of the visitor's own training, each with a button that fixes it."""

import math
from dataclasses import replace

import streamlit as st

from ...analysis import diagnostics as rules
from ...recipe import BATCH_SIZES, ETAS, MAX_EPOCHS, MAX_HIDDEN, N_IMAGES, counted
from ..session.state import this_session
from ..session.trainings import begin, new_training
from .teaching import text


def section(view, recipe):
    """Draw the hints on the visitor's own training, or the way to get some."""
    training = view.training
    if training is None:
        st.markdown(text("hints", "no_training"))
        return
    if training.origin:
        st.markdown(text("hints", "learnt_before"))
        return
    images, state, recipe = training.images.mnist, training.state, training.recipe
    ends = rules.epoch_ends(state)
    if images is None or len(ends) < 2 and not state.diverged:
        st.markdown(text("hints", "first_epoch" if view.active else "stopped"))
        return
    flat = rules.flat_share(state.network, images.X_test[: rules.N_INSPECTED])
    st.markdown(numbers_seen(state, recipe, flat))
    found = rules.hints(state, recipe, flat, view.active)
    for hint in found:
        with st.container(border=True, key=f"hint_{hint.fix}"):
            st.markdown(f"**{hint.name}.** {hint.seen}")
            _fix_button(hint, training)
            with st.expander("How this is judged", key=f"rule_{hint.fix}"):
                st.markdown(hint.rule)
    if not found:
        st.markdown(text("hints", "none", so_far=" so far" if view.active else ""))


def numbers_seen(state, recipe, flat):
    """The numbers behind the hints, as a sentence."""
    last = rules.epoch_ends(state)[-1]
    hidden = ""
    if state.network.n_hidden:
        normal = f" (below {rules.FLAT_SHARE:.0%} is normal after training)" if flat < rules.FLAT_SHARE else ""
        hidden = f"; {flat:.0%} of its hidden activations are flat{normal}"
    values = vars(last) | {"epochs": recipe.epochs, "eta": recipe.eta, "n_images": state.n_images, "hidden": hidden}
    return text("hints", "numbers_seen", **values)


def fix_of(hint, recipe):
    """A hint's button: its label, the Recipe that it sets, and whether the same training continues (else a new one).

    None if the sidebar offers nothing better.
    """
    value = hint.value
    if hint.fix == "images":
        return _against_overfitting(recipe, value)
    if hint.fix == "scale":
        better = replace(recipe, scale=True, eta=value)
        return f"Train with inputs scaled to 0..1 and η = {value:g}", better, False
    if hint.fix == "epochs":
        epochs = min(value, MAX_EPOCHS)
        better = f"Continue to epoch {epochs}", replace(recipe, epochs=epochs), True
        return None if recipe.epochs == MAX_EPOCHS < value else better
    if hint.fix == "eta":
        value = min(ETAS, key=lambda eta: abs(math.log(eta / value)))
        words = f"η = {value:g}"
    elif hint.fix == "batch_size":
        value = max(size for size in BATCH_SIZES if size <= value)
        words = f"a batch size of {value}"
    else:
        value = min(value, MAX_HIDDEN)
        words = f"{value} hidden units"
    is_new = value != getattr(recipe, hint.fix)
    return (f"Train with {words}", replace(recipe, **{hint.fix: value}), False) if is_new else None


def _against_overfitting(recipe, best_epoch):
    """More training images; if it has all, distorted copies too; if it has those, no more epochs than the best had."""
    all_images = N_IMAGES[recipe.source][-1]
    if recipe.n_images < all_images:
        return f"Train on {all_images:,} images", replace(recipe, n_images=all_images), False
    if not recipe.distorted:
        return "Train on distorted images too", replace(recipe, distorted=True), False
    epochs = max(1, best_epoch)
    if epochs >= recipe.epochs:
        return None
    return f"Train for {counted(epochs, 'epoch')} only", replace(recipe, epochs=epochs), False


def _fix_button(hint, training):
    fix = fix_of(hint, training.recipe)
    if fix is not None:
        label, recipe, go_on = fix
        st.button(label, key=f"fix_{hint.fix}", icon=":material/build:", on_click=_apply, args=(recipe, go_on))


def _apply(recipe, go_on):
    """Set the sidebar, and continue the visitor's Training or begin a new one by this Recipe."""
    this_session().to_set = recipe
    begin(replace(this_session().training, recipe=recipe) if go_on else new_training(recipe))
