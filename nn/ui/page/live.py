"""What changes while a network learns: the progress, and in another fragment its answer, its picture and the curves.

For the server a fragment costs as much as what it shows, so there are only two: a small one that moves often even if
hundreds watch, and one with all that takes longer.
"""

from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from ..session.refresh import fragment, keep_seconds, picture_seconds, tick_seconds
from ..session.state import this_visitor
from .answer import show_answer
from .curves import show_curves
from .training import measurements_for, show_progress


class Places(NamedTuple):
    """The containers that are filled again and again. No widgets may be in them, except in the network's."""

    answer: DeltaGenerator
    network: DeltaGenerator
    stages: DeltaGenerator
    progress: DeltaGenerator
    curves: DeltaGenerator


def live(moment, recipe, places):
    """Fill the places; during a training, or while it is measured how long one takes, they refresh themselves."""
    measurements = measurements_for(recipe)

    def active(moment):
        return moment.active or any(measurement.active for measurement in measurements)

    with places.network:
        fragment(_pictures, moment, recipe, places, every=picture_seconds)
    with places.progress:
        fragment(show_progress, moment, recipe, measurements, every=tick_seconds, active=active)


def _pictures(moment, recipe, places):
    show_answer(moment, places.answer, places.stages)
    with places.curves:
        show_curves(moment, recipe)
    if moment.active and this_visitor().browser.is_due("trainings", keep_seconds()):
        this_visitor().redraws = True  # so that the browser keeps what has been learnt so far
