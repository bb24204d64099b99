"""Numbers as text, with a real minus sign. Absurdly large ones come from trainings that diverged."""

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent):
    """10 to the power of a whole number, as in 10⁻⁵."""
    return f"10{str(int(exponent)).translate(SUPERSCRIPT)}"


def _typeset(number):
    """A number formatted by Python, with a real minus sign and its exponent as a power of ten."""
    mantissa, _, exponent = number.partition("e")
    return mantissa.replace("-", "−") + (f"·{power_of_ten(exponent)}" if exponent else "")


def signed(value, digits=2):
    """A number with its sign and this many digits after the point; an absurdly large one as a power of ten."""
    value = round(float(value), digits) + 0.0  # so that there is no −0.00
    return _typeset(f"{value:+.{digits}f}" if abs(value) < 1e5 else f"{value:+.1e}")


def latex(value):
    """A number with its sign and three digits after the point, in LaTeX."""
    if abs(value) < 1e5:
        return f"{value:+.3f}"
    mantissa, power = f"{value:+.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}"


def amount(value):
    """A number of at least 0 with six digits after the point; an absurdly large one as a power of ten."""
    return _typeset(f"{value:.6f}" if value < 1e5 else f"{value:.1e}")


def short(value, digits=3):
    """A number, which may be very small, with this many significant digits, trailing zeros included."""
    return _typeset(f"{value:#.{digits}g}".removesuffix(".")) if value else "0"


def with_article(digit):
    """A digit with its article: "a 7", "an 8"."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def duration(seconds):
    """Seconds in words, as precise as an estimate."""
    if seconds < 1:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
