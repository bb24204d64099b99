"""How images are prepared for a network: the names. What they mean is in preprocessing.py."""

PREPARATIONS = ("mnist", "normalized")


def check_preparation(preparation):
    """Raises ValueError if there is no preparation with this name."""
    if preparation not in PREPARATIONS:
        raise ValueError(f"preparation must be one of {', '.join(PREPARATIONS)}, not {preparation!r}.")
