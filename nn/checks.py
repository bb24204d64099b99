"""Checks of values, which may come from a stranger: each returns the value in Python's own type, or raises ValueError.

The fields of a dataclass say how they are checked: check_fields does so for an object that has just been made.
"""

import math
import numbers
from dataclasses import field, fields

import numpy as np


def whole(name, value, low, high):
    """A whole number from low to high."""
    if not _is_a(numbers.Integral, value) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low:,} to {high:,}, not {value!r:.80}.")
    return int(value)  # NumPy's whole numbers overflow


def number(name, value, low, high):
    """A number from low to high."""
    if not _is_a(int | float | np.integer | np.floating, value) or not low <= value <= high:  # NaN isn't
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r:.80}.")
    return float(value)


def positive(name, value):
    """A finite number above 0."""
    try:
        result = float(value) if _is_a(numbers.Real, value) else math.nan
    except OverflowError:  # a whole number of hundreds of digits
        result = math.inf
    if not 0 < result < math.inf:
        raise ValueError(f"{name} must be a finite number above 0, not {value!r:.80}.")
    return result


def flag(name, value):
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, not {value!r:.80}.")
    return bool(value)


def one_of(name, value, values):
    """One of these strings."""
    if not isinstance(value, str) or value not in values:
        raise ValueError(f"{name} must be one of {', '.join(values)}, not {value!r:.80}.")
    return value


def text(name, value, longest):
    """A string of at most this many letters."""
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"{name} must be a text of at most {longest} letters, not {value!r:.80}.")
    return value


def checked(check, **more):
    """A field of a frozen dataclass with its check, a function of name and value; more as for dataclasses.field."""
    return field(metadata={"check": check}, **more)


def check_fields(instance):
    """Check all fields of a frozen dataclass that have a check, and keep what it returns."""
    for one in fields(instance):
        if "check" in one.metadata:
            object.__setattr__(instance, one.name, one.metadata["check"](one.name, getattr(instance, one.name)))


def _is_a(kind, value):
    return isinstance(value, kind) and not isinstance(value, bool | np.timedelta64)  # Python and NumPy say they are
