"""Numbers as text, with a real minus. An absurd one is of a training that went astray."""

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent):
    """10 to the power of a whole number, as it is written by hand: 10⁻⁵."""
    return f"10{str(int(exponent)).translate(SUPERSCRIPT)}"


def _as_text(number):
    """A number that Python has formatted, with a real minus and such a power."""
    mantissa, _, exponent = number.partition("e")
    return mantissa.replace("-", "−") + (f"·{power_of_ten(exponent)}" if exponent else "")


def signed(value, digits=2):
    """A number with its sign and so many digits after the point; an absurd one as a power of ten."""
    value = round(float(value), digits) + 0.0  # so that there is no −0.00
    return _as_text(f"{value:+.{digits}f}" if abs(value) < 1e5 else f"{value:+.1e}")


def latex(value):
    """The same in LaTeX, with three digits."""
    if abs(value) < 1e5:
        return f"{value:+.3f}"
    mantissa, power = f"{value:+.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}"


def amount(value):
    """A number of at least 0 as text: an absurd one as a power of ten."""
    return _as_text(f"{value:.6f}" if value < 1e5 else f"{value:.1e}")


def short(value, digits=3):
    """A number with so many digits that count, zeros at its end too, for what may be very small."""
    return _as_text(f"{value:#.{digits}g}".removesuffix(".")) if value else "0"
