"""Networks to and from .npz files. A file may come from a stranger: nothing in it is trusted before it is checked."""

import os
import zipfile

import numpy as np

from .files import open_regular, replacing
from .images.preparations import PREPARATIONS
from .network import N_DIGITS, N_PIXELS, Network, is_finite, shapes

MAX_HIDDEN = 5_000
MAX_BYTES = 8 * (N_PIXELS + N_DIGITS + 1) * MAX_HIDDEN + 100_000  # of a network in float64 with MAX_HIDDEN units
ARRAYS = ("W_h", "b_h", "W_out", "b_out", "pixel_max")
PREPARATION = "preparation"  # not in files from before there were several preparations
STEP = "W_h_step"  # only in compact files, where W_h holds whole numbers: a weight is that many of its unit's steps
FORMER_NAMES = {"evened": "normalized"}  # of preparations, in files saved before they were renamed
TOO_LARGE = f"This network file is too large: at most {MAX_HIDDEN:,} hidden units are allowed."


class _Refused(ValueError):
    """A file that is refused; the message is a sentence for the user."""


def save_network(network, path, *, compact=False):
    """Write a network to path (or an open binary file) as .npz: its four arrays, pixel_max and preparation.

    In a compact file each weight of the hidden layer has one byte: it is rounded to one of 255 values that are evenly
    spaced up to its unit's largest weight. The step from one to the next is stored too, and the rest in float32.

    What was at path before stays until the new file is complete. Raises OSError if it can't be written, and ValueError
    for a compact file of weights that are not finite.
    """
    arrays = {name: np.asarray(getattr(network, name)) for name in (*ARRAYS, PREPARATION)}
    if compact:
        if not is_finite(network):
            raise ValueError("Weights that are not finite numbers can't be rounded.")
        steps = (np.abs(network.W_h).max(axis=0, initial=0) / 127).astype(np.float32)
        arrays[STEP] = np.where(steps > 0, steps, 1)
        arrays["W_h"] = np.rint(network.W_h / arrays[STEP]).astype(np.int8)
        arrays |= {name: arrays[name].astype(np.float32) for name in ("b_h", "W_out", "b_out")}
    if hasattr(path, "write"):
        np.savez_compressed(path, **arrays)
    else:
        with replacing(path) as file:
            np.savez_compressed(file, **arrays)


def load_network(path):
    """Read a Network from path (or an open binary file) that save_network wrote.

    Safe for files of unknown origin: nothing is unpickled, and names, sizes, types and shapes are checked from the
    headers before any array is read.

    Raises
    ------
    ValueError
        If it isn't such a file; the message is a sentence for the user.
    OSError
        If the file can't be opened, or isn't a regular file.
    """
    if not hasattr(path, "read"):
        with open_regular(path) as file:
            return load_network(file)
    try:
        if path.seek(0, os.SEEK_END) > MAX_BYTES:  # it is compressed, so it must be smaller than what is in it
            raise _Refused(TOO_LARGE)
        with zipfile.ZipFile(path) as archive:
            arrays = _read(archive)
        pixel_max, preparation = float(arrays.pop("pixel_max")), str(arrays.pop(PREPARATION, "mnist"))
        if STEP in arrays:
            with np.errstate(invalid="ignore", over="ignore"):  # what isn't finite is refused below
                arrays["W_h"] = arrays["W_h"] * arrays.pop(STEP)
    except _Refused:
        raise
    # Of a dozen kinds: zipfile, zlib and NumPy's reader of headers each have their own, and a string of invalid code
    # points is a SystemError.
    except Exception as error:
        raise _Refused("This is not a network file, or it is damaged.") from error
    if pixel_max not in (1.0, 255.0):
        raise _Refused(f"This network file says that white is {pixel_max:g}; only 1 and 255 are known.")
    preparation = FORMER_NAMES.get(preparation, preparation)
    if preparation not in PREPARATIONS:
        raise _Refused("This network file asks for a preparation of drawings that is not known here.")
    network = Network(**arrays, pixel_max=pixel_max, preparation=preparation)
    if not is_finite(network):
        raise _Refused("This network file holds weights that are not finite numbers, or are absurdly large.")
    return network


def _read(archive):
    """The arrays of an opened network file, each checked before it is read."""
    members = archive.infolist()
    names = (*ARRAYS, *(name for name in (PREPARATION, STEP) if f"{name}.npy" in archive.namelist()))
    if sorted(member.filename for member in members) != sorted(f"{name}.npy" for name in names):
        raise _Refused("This is not a network file: it does not hold " + ", ".join(ARRAYS) + ".")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise _Refused("This is not a network file: it is compressed in an unknown way.")
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise _Refused(TOO_LARGE)

    headers = {name: _header(archive, name) for name in names}
    H = headers["b_h"][0][0] if len(headers["b_h"][0]) == 1 else -1
    expected = shapes(H) | {"pixel_max": (), PREPARATION: (), STEP: (H,)}
    for name, (shape, dtype, size) in headers.items():
        if not 0 <= H <= MAX_HIDDEN or shape != expected[name]:
            raise _Refused(f"This is not a network file: {name} has the wrong shape.")
        is_short_text = dtype.kind == "U" and dtype.itemsize <= 100
        numbers = (np.int8,) if name == "W_h" and STEP in names else (np.float32, np.float64)
        known = is_short_text if name == PREPARATION else dtype in numbers
        if not known or size != dtype.itemsize * np.prod(shape, dtype=int):
            raise _Refused(f"This is not a network file: {name} does not hold the right kind of data.")
    arrays = {}
    for name in names:
        with archive.open(f"{name}.npy") as file:
            arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    return arrays


def _header(archive, name):
    """Shape, type and the number of bytes that follow, of one array in the archive."""
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
        if read is None:
            raise _Refused(f"This is not a network file: {name} has an unknown format.")
        shape, _, dtype = read(file)
        return shape, dtype, archive.getinfo(f"{name}.npy").file_size - file.tell()
