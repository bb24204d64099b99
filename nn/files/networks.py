"""Networks to and from .npz files. A file may come from a stranger: nothing in it is trusted before it is checked."""

from contextlib import nullcontext
from functools import partial

import numpy as np

from ..disk import open_regular, replacing
from ..images import PREPARATIONS
from ..network import N_DIGITS, N_PIXELS, Network, shapes
from ..training import is_finite
from .arrays import Refused, npz, read_arrays

LARGEST = 5_000  # hidden units of a network in a file
LARGEST_ON_PAGE = 2_400  # as many as the pre-trained one has: 15 MB of the server's memory, for each of its visitors
ARRAYS = ("W_h", "b_h", "W_out", "b_out", "pixel_max")
PREPARATION = "preparation"  # not in files from before there were several preparations
STEP = "W_h_step"  # only in compact files, where W_h holds whole numbers: a weight is that many of its unit's steps
FORMER_NAMES = {"evened": "normalized"}  # of preparations, in files saved before they were renamed


def save_network(network, path, *, compact=False):
    """Write a network to path (or an open binary file) as .npz: its four arrays, pixel_max and preparation.

    In a compact file each weight of the hidden layer has one byte: it is rounded to one of 255 values that are evenly
    spaced up to its unit's largest weight. The step from one to the next is stored too, and the rest in float32.

    What was at path before stays until the new file is complete. Raises OSError if it can't be written, and ValueError
    for a compact file of weights that are not finite.
    """
    content = network_bytes(network, compact=compact)
    with nullcontext(path) if hasattr(path, "write") else replacing(path) as file:
        file.write(content)


def network_bytes(network, *, compact=False):
    """The bytes of the file that save_network writes."""
    arrays = {name: np.asarray(getattr(network, name)) for name in (*ARRAYS, PREPARATION)}
    if compact:
        if not is_finite(network):
            raise ValueError("Weights that are not finite numbers can't be rounded.")
        steps = (np.abs(network.W_h).max(axis=0, initial=0) / 127).astype(np.float32)
        arrays[STEP] = np.where(steps > 0, steps, 1)
        arrays["W_h"] = np.rint(network.W_h / arrays[STEP]).astype(np.int8)
        arrays |= {name: arrays[name].astype(np.float32) for name in ("b_h", "W_out", "b_out")}
    return npz(**arrays)


def load_network(path, largest=LARGEST):
    """Read a Network from path (or an open binary file) that save_network wrote. Safe for files of unknown origin.

    A network of more than `largest` hidden units is refused before its weights are read.

    Raises ValueError, a sentence for the user, if it isn't such a file, and OSError if it can't be opened or isn't a
    regular file.
    """
    if not hasattr(path, "read"):
        with open_regular(path) as file:
            return load_network(file, largest)
    max_bytes = 8 * (N_PIXELS + N_DIGITS + 1) * LARGEST + 100_000  # in float64
    arrays = read_arrays(path, "a network file", max_bytes, partial(_check, largest))
    with np.errstate(invalid="ignore", over="ignore"):  # weights that aren't finite are refused below
        if STEP in arrays:
            arrays["W_h"] = arrays["W_h"] * arrays.pop(STEP)
        pixel_max = float(arrays.pop("pixel_max"))
    preparation = str(arrays.pop(PREPARATION, "mnist"))
    if pixel_max not in (1.0, 255.0):
        raise Refused(f"This network file says that white is {pixel_max:g}; only 1 and 255 are known.")
    preparation = FORMER_NAMES.get(preparation, preparation)
    if preparation not in PREPARATIONS:
        raise Refused("This network file asks for a preparation of drawings that is not known here.")
    network = Network(**arrays, pixel_max=pixel_max, preparation=preparation)
    if not is_finite(network):
        raise Refused("This network file holds weights that are not finite numbers, or are absurdly large.")
    return network


def _check(n_max, headers):
    """Raises Refused if names, shapes and types are not those of a network file."""
    names = (*ARRAYS, *(name for name in (PREPARATION, STEP) if name in headers))
    if sorted(headers) != sorted(names):
        raise Refused("This is not a network file: it does not hold " + ", ".join(ARRAYS) + ".")
    (H,) = headers["b_h"][0] if len(headers["b_h"][0]) == 1 else (-1,)
    expected = shapes(H) | {"pixel_max": (), PREPARATION: (), STEP: (H,)}
    for name, (shape, dtype) in headers.items():
        if n_max < H:
            raise Refused(f"This network has {H:,} hidden units: at most {n_max:,} are allowed here.")
        if H < 0 or shape != expected[name]:
            raise Refused(f"This is not a network file: {name} has the wrong shape.")
        is_short_text = dtype.kind == "U" and dtype.itemsize <= 100
        numbers = (np.int8,) if name == "W_h" and STEP in names else (np.float32, np.float64)
        if not (is_short_text if name == PREPARATION else dtype in numbers):
            raise Refused(f"This is not a network file: {name} does not hold the right kind of data.")
