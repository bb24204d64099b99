"""Numbers as text, with a real minus. An absurd one is of a training that went astray."""


def signed(value, digits=2):
    """A number with its sign and so many digits after the point; an absurd one as a power of ten."""
    value = round(float(value), digits) + 0.0  # so that there is no −0.00
    text = f"{value:+.{digits}f}" if abs(value) < 1e5 else f"{value:+.1e}"
    return text.replace("-", "−")


def latex(value):
    """The same in LaTeX, with three digits."""
    if abs(value) < 1e5:
        return f"{value:+.3f}"
    mantissa, power = f"{value:+.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}"


def amount(value):
    """A number of at least 0 as text: an absurd one as a power of ten."""
    return f"{value:.6f}" if value < 1e5 else f"{value:.1e}"


def short(value, digits=3):
    """A number with so many digits that count, for what may be very small."""
    return f"{value + 0.0:.{digits}g}".replace("-", "−")  # adding 0.0 makes -0.0 a 0
