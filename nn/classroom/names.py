"""The codes of rooms, people's names in them, and secrets."""

import hashlib
import secrets

# No two look alike on a projector (no B and 8, G and 6, I, L and 1, O, Q and 0, S and 5, U and V, Z and 2), and without
# vowels they make no words.
LETTERS = "CDFHJKMNPRTVWXY"
CODE_LENGTH = 6
# Colours that can be told apart, on white and on black, as people call them. With the animals they make 256 names.
COLOURS = {"teal": "#0d9488", "coral": "#f0635a", "amber": "#d99a06", "violet": "#8b5cf6", "green": "#2f9e44"}
COLOURS |= {"pink": "#e0559f", "blue": "#2f7bf0", "brown": "#a0683b", "turquoise": "#14a9c4", "red": "#d6293e"}
COLOURS |= {"lime": "#7fa80c", "indigo": "#5b5bd6", "orange": "#e8710a", "grey": "#808a9c", "plum": "#a3479c"}
COLOURS["olive"] = "#8a8a2b"
ANIMALS = ["heron", "otter", "fox", "owl", "hare", "lynx", "wren", "badger", "swan", "newt", "mole", "ibex"]
ANIMALS += ["crane", "seal", "moth", "stork"]


def name_of(number):
    """The name of the person with this number in a room, from 1; the first sixteen differ in colour and in animal."""
    row, column = divmod((number - 1) % 256, 16)
    return f"{list(COLOURS)[(column + row) % 16]} {ANIMALS[column]}"


def colour_of(number):
    """The colour in this person's name, as CSS has it."""
    return COLOURS[name_of(number).split()[0]]


def new_code():
    """A random code of a room: 11 million are possible.

    Everybody with a right code gets in, however many wrong ones are tried: a limit on those would let anybody lock all
    classes, and an old link do so by accident. A try costs the server a run of the page, and so protects the codes:
    a stranger who keeps it busy with 20 a second finds the code of one room with a chance of 0.5 % in a lesson of 45
    minutes and of 15 % in a day. The stranger is then one more animal, whose drawings the teacher can remove.
    """
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def read_code(typed):
    """A code as somebody typed it, or None if it can't be one; case, spaces and hyphens are ignored."""
    letters = [letter for letter in str(typed)[:40].upper() if letter not in " -"]
    return "".join(letters) if len(letters) == CODE_LENGTH and set(letters) <= set(LETTERS) else None


def new_secret():
    """A random secret: it identifies the teacher or a returning student."""
    return secrets.token_urlsafe(16)


def digest(secret):
    """The SHA-256 of a secret. Only this is stored: the secret can't be found from it."""
    return hashlib.sha256(str(secret)[:100].encode("utf-8", "replace")).hexdigest()
