"""What came out of the trainings of a sweep: a Result each, in a CSV file that can be continued; and their means."""

import csv
import io
import math
import os
from contextlib import contextmanager
from dataclasses import asdict, fields
from statistics import fmean
from typing import NamedTuple

from .files import open_regular
from .training import Settings

LARGEST_FILE = 10_000_000  # bytes: about 100,000 results
DATA = ("bundled", "openml")


class Trial(NamedTuple):
    """What identifies a training: its Settings, and the first `images` training images of load_mnist(data)."""

    settings: Settings
    images: int
    data: str


class Result(NamedTuple):
    """What came out of a Trial.

    test_accuracy, test_cost : float   on all held-out images: a share in 0..1, and the mean per image
    accuracy, cost : float             the same on the training images
    diverged : bool                    as in Run; then the numbers are those of the last usable network
    seconds : float                    how long the training took, by the clock, without loading and evaluating
    """

    training: Trial
    test_accuracy: float
    test_cost: float
    accuracy: float
    cost: float
    diverged: bool
    seconds: float


class Cell(NamedTuple):
    """Accuracies of n trainings that differ only in their seed: mean, lowest and highest, shares in 0..1."""

    mean: float
    low: float
    high: float
    n: int


RESULTS = {"test_accuracy": float, "test_cost": float, "accuracy": float, "cost": float, "diverged": bool}
RESULTS |= {"seconds": float}
COLUMNS = {field.name: field.type for field in fields(Settings)} | {"images": int, "data": str} | RESULTS
HEADER = ",".join(COLUMNS)


def read_results(path):
    """The Results in a CSV file, in its order; none if there is no file. A half-written last line is passed over.

    Raises ValueError if the file holds something else, and OSError if it can't be read.
    """
    if not os.path.exists(path):
        return []
    try:
        header, *lines = _whole_lines(path).decode().splitlines() or [HEADER]
        if header != HEADER:
            raise ValueError("another header")
        return [_result(row) for row in csv.reader(lines, strict=True)]
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        reason = str(error).rstrip(".")
        raise ValueError(f"{path} is there already, and isn't the unchanged file of a sweep ({reason}).") from error


def _whole_lines(path):
    """The content of a file, in bytes, without a last line that has no end: its writer was killed."""
    with open_regular(path) as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"more than {LARGEST_FILE:,} bytes")
    whole = content[: content.rfind(b"\n") + 1]
    if not whole and not HEADER.encode().startswith(content):
        raise ValueError("another header")
    return whole


def _result(row):
    """The Result of a row; raises ValueError or KeyError if it is none."""
    if len(row) != len(COLUMNS):
        raise ValueError(f"a row of {len(row)} columns")
    of_text = {bool: {"True": True, "False": False}.__getitem__}
    value = {name: of_text.get(kind, kind)(text) for (name, kind), text in zip(COLUMNS.items(), row)}
    settings = Settings(**{field.name: value[field.name] for field in fields(Settings)})
    result = Result(Trial(settings, value["images"], value["data"]), *(value[name] for name in RESULTS))
    shares, amounts = (result.test_accuracy, result.accuracy), (result.test_cost, result.cost, result.seconds)
    if not (all(0 <= share <= 1 for share in shares) and all(0 <= amount < math.inf for amount in amounts)):
        raise ValueError("a number that no training has")
    if result.training.images < 1 or result.training.data not in DATA:
        raise ValueError("images that don't exist")
    return result


@contextmanager
def appending_to(path):
    """A function that appends a Result to a CSV file that read_results has read, or to a new one.

    Every row is written at once, when it is given. Raises OSError if the file can't be written.
    """
    n_bytes = len(_whole_lines(path)) if os.path.exists(path) else 0
    with open(path, "ab") as file:
        file.truncate(n_bytes)
        if n_bytes == 0:
            file.write(f"{HEADER}\n".encode())

        def append(result):
            settings, *others = result.training
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow([*asdict(settings).values(), *others, *result[1:]])
            file.write(line.getvalue().encode())
            file.flush()

        yield append


def cells(accuracies):
    """Mean and spread over the seeds: a dict of (eta, n_hidden) -> Cell, in the order of eta and then n_hidden.

    accuracies are triples (eta, n_hidden, accuracy), in any order; a training that diverged counts with its accuracy.
    """
    found = {}
    for eta, n_hidden, accuracy in accuracies:
        found.setdefault((eta, n_hidden), []).append(accuracy)
    return {
        place: Cell(fmean(values), min(values), max(values), len(values)) for place, values in sorted(found.items())
    }


def table(cells):
    """The lines of a plain table of cells(): a row for each eta, a column for each number of hidden units, in %."""
    hidden = sorted({n_hidden for _, n_hidden in cells})
    rows = [["eta", *map(str, hidden)]]
    for eta in sorted({eta for eta, _ in cells}):
        row = [cells.get((eta, n_hidden)) for n_hidden in hidden]
        texts = [f"{100 * c.mean:.2f} ({100 * c.low:.2f} to {100 * c.high:.2f})" if c else "" for c in row]
        rows.append([f"{eta:.12g}", *texts])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(f"{text:>{width}}" for text, width in zip(row, widths)).rstrip() for row in rows]
