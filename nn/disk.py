"""Files: only regular ones are read, and they are written as a whole or not at all."""

import errno
import os
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

LEFT_OVER = 24 * 3600  # seconds: an unfinished file of this age belongs to a process that was killed


def open_regular(path):
    """Open a regular file to read bytes. Raises OSError, also for a device or a pipe: reading might never end."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(f"{path} is not a regular file")
    return open(path, "rb")


@contextmanager
def replacing(path):
    """A new binary file, which takes the place of path at the end; after an error, path is as it was before.

    Raises OSError if it can't be written, or if path is something else than a regular file.
    """
    path = _replaceable(path)
    unfinished = path.with_name(f".{os.getpid()}-{threading.get_ident()}.unfinished")
    try:
        with open(unfinished, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # before the old file goes
        if path.exists():
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    remove_leftovers(path.parent, ".*-*.unfinished")


def check_writable(path, what):
    """Raises ValueError, a sentence, if replacing(path) would fail now: better before the work than after it."""
    try:
        with tempfile.TemporaryFile(dir=_replaceable(path).parent):
            pass
    except OSError as error:
        raise ValueError(f"{what} can't be saved as {path}: {error.strerror or error}.") from error


def _replaceable(path):
    """The path without links; raises OSError if something is there that can't be replaced."""
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is not a regular file")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return path


def remove_leftovers(folder, pattern):
    """Remove old files and folders of this pattern from a folder: killed processes have left them."""
    for left in Path(folder).glob(pattern):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_OVER:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
