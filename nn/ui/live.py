"""What changes while a network learns: its answer, its picture, the progress and the curves, in one fragment.

A fragment costs the server as much as what it shows, so a page that watches a training has only this one to repeat.
"""

from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from .answer_panel import show_answer
from .curves_panel import show_curves
from .pace import fragment
from .training_panel import measurements_for, show_progress


class Places(NamedTuple):
    """The containers that are filled again at every tick. No widgets may be in them, except in the network's."""

    answer: DeltaGenerator
    network: DeltaGenerator
    stages: DeltaGenerator
    progress: DeltaGenerator
    curves: DeltaGenerator


def live(moment, controls, places):
    """Fill the places; during a training, or while it is measured how long one takes, they refresh themselves."""
    measurements = measurements_for(controls)

    def active(moment):
        return moment.active or any(measurement.active for measurement in measurements)

    with places.network:
        fragment(_live, moment, controls, places, measurements, ticks=1, active=active)


def _live(moment, controls, places, measurements):
    show_answer(moment, places.answer, places.stages)
    with places.progress:
        show_progress(moment, controls, measurements)
    with places.curves:
        show_curves(moment, controls)
