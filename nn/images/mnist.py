"""MNIST: the bundled 10,000 images, or all 70,000 from OpenML. The only file that reads data sets."""

import os
import socket
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from ..disk import open_regular, remove_leftovers, replacing

BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "mnist_10k.npz"
BUNDLED_TRAIN, BUNDLED_TEST = 8_000, 2_000
OPENML_TRAIN, OPENML_TEST = 60_000, 10_000
OPENML_BYTES = 15_000_000  # what OpenML sends, about: compressed
REPORTING = 0.5  # seconds between two reports of progress
SILENCE = 30  # seconds in which OpenML sends nothing: then this try has failed
FOLDER = "nn-mnist-"  # how the name of a folder for what is being downloaded begins


class DataError(Exception):
    """Data that is not available; the message is a sentence for the user."""


@dataclass(frozen=True, eq=False)
class Mnist:
    """Images to train on, and held-out images, which nothing is trained on.

    X_train, X_test : uint8 (n, 784), pixels from 0 (background) to 255 (ink), row by row, not writeable
    y_train, y_test : int64 (n,), the digits 0..9; y_train may hold NON_DIGIT once non-digits were added
    name : str, what to call this data set on a page
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    name: str

    def first(self, n):
        """The same with the first n training images only; raises ValueError if there are fewer than n."""
        if not 1 <= n <= len(self.X_train):
            raise ValueError(f"The number of training images must be from 1 to {len(self.X_train):,}, not {n:,}.")
        return replace(self, X_train=self.X_train[:n], y_train=self.y_train[:n])


def load_mnist(source="bundled", *, fetch=True, progress=None):
    """MNIST as Mnist, from "bundled" (8,000 to train on, 2,000 held out) or "openml" (60,000 and 10,000).

    OpenML is asked once, and only if fetch allows it; from then on a copy in cache_path() is used. progress, a
    function, is called twice a second, in its own thread, with the share (0..1) of OpenML's images that has arrived.

    Raises DataError if OpenML can't be reached or sends something else, or the copy is broken, or missing and not to be
    fetched, and ValueError for any other source.
    """
    if source == "bundled":
        X, y = _read(BUNDLED, BUNDLED_TRAIN + BUNDLED_TEST)
        n, name = BUNDLED_TRAIN, "MNIST, the bundled 10,000 images"
    elif source == "openml":
        X, y = _openml(fetch, progress)
        n, name = OPENML_TRAIN, "MNIST, all 70,000 images from OpenML"
    else:
        raise ValueError(f'source must be "bundled" or "openml", not {source!r}.')
    X.flags.writeable = y.flags.writeable = False  # one copy serves every session of the page
    return Mnist(X[:n], y[:n], X[n:], y[n:], name)


def without_bundled_test(mnist):
    """The 70,000 images without the 2,000 training images that the bundled data hold out: rows 8,000 to 9,999.

    The pre-trained network doesn't learn from them, so that the page can measure it on them.
    """
    spared = slice(BUNDLED_TRAIN, BUNDLED_TRAIN + BUNDLED_TEST)
    X, y = np.delete(mnist.X_train, spared, axis=0), np.delete(mnist.y_train, spared)
    return replace(mnist, X_train=X, y_train=y, name=f"{mnist.name}, without the bundled held-out {BUNDLED_TEST:,}")


def cache_path():
    """The path of the copy of OpenML's MNIST in this user's cache (on Linux, $XDG_CACHE_HOME or ~/.cache)."""
    return user_cache_path("nn-mnist", appauthor=False) / "mnist_784.npz"


def _read(path, n):
    """X uint8 (n, 784) and y (n,) from an .npz file; raises DataError. A broken copy of OpenML's images is removed."""
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as arrays:
            return _checked(arrays["X"], arrays["y"], n)
    except OSError as error:
        raise DataError(f"The images in {path.name} can't be read: {error.strerror or error}.") from error
    except MemoryError as error:
        raise DataError(f"There is not enough memory for the images in {path.name}.") from error
    except Exception as error:  # of many kinds: zipfile, zlib and NumPy each have their own
        raise DataError(_broken(path)) from error


def _broken(path):
    """Remove a file that holds something else than images, unless it is the bundled one; returns what happened."""
    if path == BUNDLED:
        return f"The images in {path.name} can't be read."
    try:
        path.unlink()
    except OSError:
        return f"The stored copy of OpenML's MNIST is broken and can't be removed: {path}."
    return "The stored copy of OpenML's MNIST was broken and was removed; the next try downloads it again."


def _checked(X, y, n):
    """X as uint8 and y as int64; raises ValueError if they aren't n images with their digits."""
    y = np.asarray(y).astype(np.int64)
    if X.shape != (n, 784) or y.shape != (n,):
        raise ValueError(f"{n:,} images of 784 pixels were expected, not an array {X.shape}.")
    if X.dtype.kind not in "uif" or not (X.min() >= 0 and X.max() <= 255) or not (y.min() >= 0 and y.max() <= 9):
        raise ValueError("The pixels are not numbers from 0 to 255, or the labels are not digits.")
    return X.astype(np.uint8, copy=False), y


def _openml(fetch, progress):
    path, n = cache_path(), OPENML_TRAIN + OPENML_TEST
    if os.path.exists(path):  # Path.exists raises an error where a directory may not be read
        return _read(path, n)
    if not fetch:
        raise DataError("OpenML's images are not stored on this machine yet.")
    try:
        with _download_folder(progress) as folder:
            X, y = _checked(*_fetch(folder), n)
    except MemoryError as error:
        raise DataError("There is not enough memory for OpenML's 70,000 images.") from error
    except Exception as error:  # of any kind, because fetch_openml doesn't check what it is sent
        inner = getattr(error, "reason", None)  # what a URLError is about
        cause = inner if isinstance(inner, OSError) else error
        message = str(getattr(cause, "strerror", None) or cause).strip().partition("\n")[0]
        is_clear = isinstance(error, (OSError, ValueError)) and 0 < len(message) < 200
        reason = message.rstrip(".") if is_clear else "it sent something else"
        raise DataError(f"MNIST could not be loaded from OpenML: {reason}.") from error
    with suppress(OSError):  # with a read-only or full disk, the next start has to download again
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.savez_compressed(file, X=X, y=y.astype(np.uint8))
    return X, y


def _fetch(folder):
    from sklearn.datasets import fetch_openml  # imported here because it takes longer than everything else

    # All columns are read as uint8, the labels too. That needs an eighth of the memory, and avoids the way of reading
    # labels that fails in scikit-learn up to 1.9 with pandas 3.1 (scikit-learn's pull request 34902). ARFF quotes
    # with '.
    table = {"dtype": np.uint8, "quotechar": "'"}
    how = {"version": 1, "as_frame": False, "return_X_y": True, "n_retries": 1, "read_csv_kwargs": table}
    return fetch_openml("mnist_784", data_home=folder, **how)


@contextmanager
def _download_folder(progress):
    """A folder for a download; progress is called with the share of OpenML's images that is in it.

    Meanwhile every silent connection of this process ends with an error. Leftovers of killed processes are removed.
    """
    remove_leftovers(tempfile.gettempdir(), f"{FOLDER}*")
    over, timeout = threading.Event(), socket.getdefaulttimeout()
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:

        def watch():
            while not over.wait(REPORTING):
                with suppress(OSError):  # a file may be moved meanwhile
                    size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
                    progress(min(size / OPENML_BYTES, 1.0))

        watcher = threading.Thread(target=watch, daemon=True, name="progress of OpenML")
        socket.setdefaulttimeout(SILENCE)
        try:
            if progress:
                watcher.start()
            yield folder
        finally:
            socket.setdefaulttimeout(timeout)
            over.set()
            if progress:
                watcher.join()
