"""The steps of "Look inside", in the page's order: their numbers follow from the order of the lines."""

from typing import NamedTuple


class Step(NamedTuple):
    """One step: its number, its name, and the module of this folder that draws it."""

    number: int
    name: str
    module: str

    @property
    def title(self):
        """Its name on the page."""
        return f"{self.number} {self.name}"


STEPS = {
    identifier: Step(number, name, module)
    for number, (identifier, name, module) in enumerate(
        [
            ("data", "The data", "step1_data"),
            ("perceptron", "From perceptron to network", "step2_perceptron"),
            ("hidden_units", "Hidden units", "step3_hidden_units"),
            ("forward", "Forward", "step4_forward"),
            ("backward", "Backward", "step5_backward"),
            ("bugs", "Spot the bug", "step6_bugs"),
            ("time", "Through time", "step7_time"),
            ("metrics", "How good is it?", "step8_metrics"),
            ("hints", "Hints", "step9_hints"),
        ],
        start=1,
    )
}
SHOW_THE_CURRENT_IMAGE = "hidden_units", "forward", "backward", "time"


def step_of(title):
    """The Step with this title, or None."""
    return next((step for step in STEPS.values() if step.title == title), None)


def neighbours_of(step):
    """The Steps before and after this one, None where there is none."""
    steps = [None, *STEPS.values(), None]
    return steps[step.number - 1], steps[step.number + 1]


def numbers_of(identifiers, conjunction="and"):
    """The numbers of some steps as text: "3, 4, 5 and 7"."""
    *first, last = (str(STEPS[identifier].number) for identifier in identifiers)
    return f"{', '.join(first)} {conjunction} {last}" if first else last
