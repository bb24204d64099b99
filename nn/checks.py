"""Checks of values, which may come from a stranger: each returns the value in Python's own type, or raises ValueError.

The fields of a dataclass say how they are checked: check_fields does so for an object that has just been made.
"""

import math
import numbers
from dataclasses import field, fields

import numpy as np


def whole(name, value, low, high):
    """A whole number from low to high."""
    fits = _is_a(numbers.Integral, value) and low <= value <= high
    return int(_fitting(fits, name, value, f"a whole number from {low:,} to {high:,}"))  # NumPy's can overflow


def number(name, value, low, high):
    """A number from low to high."""
    fits = _is_a(int | float | np.integer | np.floating, value) and low <= value <= high  # NaN doesn't
    return float(_fitting(fits, name, value, f"a number from {low:g} to {high:g}"))


def positive(name, value):
    """A finite number above 0."""
    try:
        result = float(value) if _is_a(numbers.Real, value) else math.nan
    except OverflowError:  # a whole number of hundreds of digits
        result = math.inf
    _fitting(0 < result < math.inf, name, value, "a finite number above 0")
    return result


def flag(name, value):
    """True or False."""
    return bool(_fitting(isinstance(value, bool | np.bool_), name, value, "True or False"))


def one_of(name, value, values):
    """One of these strings."""
    return _fitting(isinstance(value, str) and value in values, name, value, f"one of {', '.join(values)}")


def text(name, value, longest):
    """A string of at most this many letters."""
    fits = isinstance(value, str) and len(value) <= longest
    return _fitting(fits, name, value, f"a text of at most {longest} letters")


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


def _fitting(fits, name, value, expected):
    if not fits:
        raise ValueError(f"{name} must be {expected}, not {value!r:.80}.")
    return value
