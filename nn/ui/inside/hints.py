"""Hints: what the visitor's own training says about its settings, each with the button that mends it."""

import math
from dataclasses import replace

import streamlit as st

from ... import hints as rules
from ..controls import BATCHES, ETAS, IMAGES, MOST_EPOCHS, MOST_HIDDEN, set_sidebar
from ..session import own, slot


def section(controls):
    """What could be better in the visitor's own training, or what to do first."""
    if "train_now" in st.session_state:  # a hint's button was clicked: the sidebar and Train are not in this fragment
        st.rerun()
    training = slot().active  # asked first: what has not begun when it is over never will
    mine = own()
    if mine is None:
        st.markdown(
            "Hints come from the curves of **your own** training, and you have none yet. Press **Train** above, and look "
            "here while it learns. Or set something unwise first, a learning rate of 5 or 100 training images, and "
            "see whether it is noticed."
        )
        return
    images, run, settings = mine.images.mnist, mine.run, mine.controls.settings
    ends = rules.epoch_ends(run)
    if images is None or len(ends) < 2 and not run.diverged:
        begun = "It has only begun: there is something to judge when its first epoch is over."
        st.markdown(
            begun if training else "Stopped before its first epoch was over, with nothing to judge: press **Train**."
        )
        return
    flat = rules.flat_share(run.network, images.X_test[: rules.LOOKED_AT])
    st.markdown(numbers_seen(run, settings, flat))
    found = rules.hints(run, settings, flat, training)
    for hint in found:
        with st.container(border=True, key=f"hint_{hint.mend}"):
            st.markdown(f"**{hint.name}.** {hint.seen}")
            _mend(hint, mine.controls)
            with st.expander("How this is judged", key=f"rule_{hint.mend}"):
                st.markdown(hint.rule)
    if not found:
        so_far = " so far" if training else ""
        st.markdown(f"Nothing is amiss{so_far}: none of the faults that these rules know shows in the curves.")


def numbers_seen(run, settings, flat):
    """What the hints are judged by, as a sentence."""
    last = rules.epoch_ends(run)[-1]
    hidden = ""
    if run.network.n_hidden:
        normal = f", which is normal after training, up to {rules.FLAT_SHARE:.0%}" if flat < rules.FLAT_SHARE else ""
        hidden = f"; {flat:.0%} of its hidden activations are flat{normal}"
    return (
        f"Your network after epoch {last.epoch:.0f} of {settings.epochs}, η = {settings.eta:g}, {run.n_images:,} training "
        f"images: cost **{last.cost:.3g}** on training images, **{last.test_cost:.3g}** on held-out ones, of which it reads "
        f"**{last.test_accuracy:.1%}** right{hidden}."
    )


def mended(hint, controls):
    """What a hint's button says, the Controls that it sets, and the training's button that it clicks: "train" or "continue".

    None where the sidebar goes no further.
    """
    settings, value = controls.settings, hint.value
    if hint.mend == "images":
        return _against_overfitting(controls, value)
    if hint.mend == "eta":
        value = min(ETAS, key=lambda eta: abs(math.log(eta / value)))
        label = f"Train with η = {value:g}"
    elif hint.mend == "batch_size":
        value = max(int(size) for size in BATCHES if size.isdigit() and int(size) <= value)
        label = f"Train with a batch size of {value}"
    elif hint.mend == "n_hidden":
        value = min(value, MOST_HIDDEN)
        label = f"Train with {value} hidden units"
    elif hint.mend == "epochs":
        if settings.epochs == MOST_EPOCHS < value:
            return None
        value = min(value, MOST_EPOCHS)
        return f"Continue to epoch {value}", replace(controls, settings=replace(settings, epochs=value)), "continue"
    else:
        better = replace(controls, settings=replace(settings, scale=True, eta=value))
        return f"Train with inputs scaled to 0..1 and η = {value:g}", better, "train"
    if value == getattr(settings, hint.mend):
        return None
    return label, replace(controls, settings=replace(settings, **{hint.mend: value})), "train"


def _against_overfitting(controls, best_epoch):
    """All training images there are; if it has them, bent copies as well; if it has these, no more epochs than the best."""
    most = IMAGES[controls.source][-1]
    if controls.n_images < most:
        return f"Train on {most:,} images", replace(controls, n_images=most), "train"
    if not controls.distorted:
        return "Train on distorted images too", replace(controls, distorted=True), "train"
    epochs = max(1, best_epoch)
    if epochs >= controls.settings.epochs:
        return None
    fewer = replace(controls, settings=replace(controls.settings, epochs=epochs))
    return f"Train for {epochs} epoch{'' if epochs == 1 else 's'} only", fewer, "train"


def _mend(hint, controls):
    way_out = mended(hint, controls)
    if way_out is not None:
        label, better, click = way_out
        st.button(label, key=f"mend_{hint.mend}", icon=":material/build:", on_click=_take, args=(better, click))


def _take(controls, click):
    set_sidebar(controls)
    st.session_state.train_now = click
