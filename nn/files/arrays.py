"""Arrays in .npz files. A file may come from a stranger: nothing in it is trusted before it is checked."""

import io
import os
import zipfile

import numpy as np


class Refused(ValueError):
    """A file that is refused; the message is a sentence for the user."""


def npz(**arrays):
    """Arrays as the bytes of a compressed .npz file."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def read_arrays(file, kind, max_bytes, check):
    """The arrays by name in an open .npz file, a binary file that can be searched.

    Nothing is unpickled, and no array is read before names, types, shapes and sizes are known.

    kind : str, what the file should be, in words: "a network file"
    max_bytes : int, the largest size of the file, packed and unpacked
    check : function that raises Refused if such a file doesn't hold these arrays: a dict of name -> (shape, dtype)

    Raises Refused if it isn't such a file, is damaged or too large.
    """
    try:
        if file.seek(0, os.SEEK_END) > max_bytes:  # it is compressed, so it must be smaller than its content
            raise Refused(f"This is not {kind}: it is too large.")
        with zipfile.ZipFile(file) as archive:
            return _read(archive, kind, max_bytes, check)
    except Refused:
        raise
    except Exception as error:  # of a dozen kinds: zipfile, zlib and NumPy's reader of headers each have their own
        raise Refused(f"This is not {kind}, or it is damaged.") from error


def check_members(archive, kind, max_bytes):
    """Raises Refused if an open ZipFile is compressed in an unknown way, or holds more than max_bytes when unpacked."""
    members = archive.infolist()
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise Refused(f"This is not {kind}: it is compressed in an unknown way.")
    if sum(member.file_size for member in members) > max_bytes:
        raise Refused(f"This is not {kind}: it is too large.")


def _read(archive, kind, max_bytes, check):
    files = archive.namelist()
    if len(set(files)) < len(files) or not all(file.endswith(".npy") for file in files):
        raise Refused(f"This is not {kind}: it holds something else than arrays.")
    check_members(archive, kind, max_bytes)
    names = [file.removesuffix(".npy") for file in files]
    check({name: _header(archive, name, kind) for name in names})
    arrays = {}
    for name in names:
        with archive.open(f"{name}.npy") as file:
            arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
        if arrays[name].dtype.kind == "U":
            arrays[name].tolist()  # raises SystemError if its numbers are no characters
    return arrays


def _header(archive, name, kind):
    """The shape and the type of an array in an open ZipFile."""
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
        if read is None:
            raise Refused(f"This is not {kind}: {name} has an unknown format.")
        shape, _, dtype = read(file)
        if archive.getinfo(f"{name}.npy").file_size - file.tell() != dtype.itemsize * np.prod(shape, dtype=int):
            raise Refused(f"This is not {kind}: {name} does not hold the right kind of data.")
        return shape, dtype
