"""The steps of "Look inside", in the page's order: their numbers follow from the order of the lines."""

NAMES = {
    "data": "The data",
    "perceptron": "From perceptron to network",
    "hidden_units": "Hidden units",
    "forward": "Forward",
    "backward": "Backward",
    "bugs": "Spot the bug",
    "time": "Through time",
    "metrics": "How good is it?",
    "hints": "Hints",
}
NUMBERS = {identifier: number for number, identifier in enumerate(NAMES, start=1)}
TITLES = {identifier: f"{number} {NAMES[identifier]}" for identifier, number in NUMBERS.items()}
SHOW_THE_CURRENT_IMAGE = "hidden_units", "forward", "backward", "time"


def numbers_of(identifiers, conjunction="and"):
    """The numbers of some steps as text: "3, 4, 5 and 7"."""
    *first, last = (str(NUMBERS[identifier]) for identifier in identifiers)
    return f"{', '.join(first)} {conjunction} {last}" if first else last
