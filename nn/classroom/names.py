"""The codes of rooms, and the names that people get in them."""

import hashlib
import secrets
from typing import NamedTuple

# No two look alike on a wall (no B and 8, G and 6, I, L and 1, O, Q and 0, S and 5, U and V, Z and 2), and without
# vowels they make no words.
LETTERS = "CDFHJKMNPRTVWXY"
CODE_LENGTH = 6
# Colours that can be told apart, on white and on black, as people call them. With the animals they make 256 names.
COLOURS = {
    "teal": "#0d9488",
    "coral": "#f0635a",
    "amber": "#d99a06",
    "violet": "#8b5cf6",
    "green": "#2f9e44",
    "pink": "#e0559f",
    "blue": "#2f7bf0",
    "brown": "#a0683b",
    "turquoise": "#14a9c4",
    "red": "#d6293e",
    "lime": "#7fa80c",
    "indigo": "#5b5bd6",
    "orange": "#e8710a",
    "grey": "#808a9c",
    "plum": "#a3479c",
    "olive": "#8a8a2b",
}
ANIMALS = (
    "heron",
    "otter",
    "fox",
    "owl",
    "hare",
    "lynx",
    "wren",
    "badger",
    "swan",
    "newt",
    "mole",
    "ibex",
    "crane",
    "seal",
    "moth",
    "stork",
)


class Name(NamedTuple):
    """What somebody is called in a room: "teal heron", and the colour as CSS has it."""

    words: str
    colour: str


def name_of(number):
    """The Name of a person's number in a room, from 1; the first sixteen differ in both colour and animal."""
    row, column = divmod((number - 1) % 256, 16)
    colour = list(COLOURS)[(column + row) % 16]
    return Name(f"{colour} {ANIMALS[column]}", COLOURS[colour])


def new_code():
    """A random code of a room: 11 million are possible."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def read_code(typed):
    """A code as somebody typed it, or None if it can't be one; small letters, spaces and hyphens are no matter."""
    letters = [letter for letter in str(typed)[:40].upper() if letter not in " -"]
    return "".join(letters) if len(letters) == CODE_LENGTH and set(letters) <= set(LETTERS) else None


def new_secret():
    """A random secret: who has it is the teacher, or the same person as before."""
    return secrets.token_urlsafe(16)


def digest(secret):
    """What the database keeps of a secret: its SHA-256, from which it can't be found."""
    return hashlib.sha256(str(secret)[:100].encode("utf-8", "replace")).hexdigest()
