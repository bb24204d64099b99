"""Pictures, of which one is chosen with a click or a key. A browser draws a component sooner than as many buttons."""

from pathlib import Path

from ..html import png_address
from ..session.layout import component


def choice(value, image, alt="", lines=()):
    """One of the pictures: the whole number that stands for it, its image, uint8 (28, 28), and words about it.

    alt : str, a text alternative, needless if there are lines
    lines : tuple of str, the words below it
    """
    return {"value": value, "address": png_address(image), "alt": alt, "lines": lines}


def picture_choice(choices, key, on_value_change, name, chosen=None, look="grid"):
    """Draw the pictures; in the callback on_value_change, value_of(key, ...) has the one that was clicked as `value`.

    choices : list of choice()
    name : str, label of the group, for a screen reader
    chosen : int, the value of the picture that is marked; None marks none
    look : str, "grid", or "strip" for pictures below one another without space
    """
    data = {"choices": choices, "name": name, "chosen": chosen, "look": look}
    component("picture_choice", Path(__file__).with_name("choice"))(data=data, key=key, on_value_change=on_value_change)
