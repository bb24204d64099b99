"""Files from which worker processes map images into memory. They go with their pool, or when the next one starts."""

import functools
import logging
import shutil
import tempfile
import uuid
import weakref
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there, files of killed processes stay
    fcntl = None

log = logging.getLogger(__name__)

FOLDER, LOCK = "nn-images-", "lock"  # the names begin so; a process locks this file in each of its folders


def sharing_in_files():
    """A function share(mnist, arrays), as mapped_or_sent with a new folder, which is deleted with the function."""
    remove_abandoned()
    folder, lock = Path(tempfile.gettempdir(), f"{FOLDER}{uuid.uuid4().hex}"), None
    with suppress(OSError):  # on a full disk, say: then there will be no files, either
        lock = _make_and_lock(folder)
    share = functools.partial(mapped_or_sent, folder)
    weakref.finalize(share, _remove, folder, lock)
    return share


def _make_and_lock(folder):
    """Make a folder, and return an open file in it: its lock is free as soon as this process ends, even if killed."""
    folder.mkdir(mode=0o700)
    if fcntl is None:
        return None
    lock = (folder / uuid.uuid4().hex).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    Path(lock.name).rename(folder / LOCK)  # from now on, it is known whether the folder is in use
    return lock


def _remove(folder, lock):
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        lock.close()


def remove_abandoned():
    """Remove the folders whose processes have ended without doing so."""
    for file in Path(tempfile.gettempdir()).glob(f"{FOLDER}*/{LOCK}") if fcntl else ():
        with suppress(OSError):  # it is in use, or it has just been removed
            with file.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(file.parent)


def mapped_or_sent(folder, mnist, arrays):
    """The name of a new file in a folder with the arrays, to map into memory; on a full disk the arrays.

    The file is deleted with the Mnist.
    """
    import joblib

    file = folder / f"{uuid.uuid4().hex}.joblib"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        joblib.dump(arrays, file)
        weakref.finalize(mnist, file.unlink, missing_ok=True)
        return str(file)
    except OSError as failure:
        log.warning("The images can't be put into files: %r. They are sent with every slice.", failure)
        with suppress(OSError):
            file.unlink()  # what was written of it
        return arrays


@functools.lru_cache(maxsize=8)
def mapped(file):
    """The arrays in a file of mapped_or_sent."""
    import joblib

    return joblib.load(file, mmap_mode="r")
