"""What came out of the trainings of a sweep: a Result each, in a CSV file that can be continued; and their means."""

import csv
import io
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict, fields

from ..checks import number
from ..disk import open_regular
from ..engine.sweep import Result
from ..recipe import Recipe

LARGEST_FILE = 10_000_000  # bytes: about 100,000 results


RESULTS = {"test_accuracy": float, "test_cost": float, "accuracy": float, "cost": float, "diverged": bool}
RESULTS |= {"seconds": float}
COLUMNS = {field.name: field.type for field in fields(Recipe)} | RESULTS
FORMER_NAMES = {"images": "n_images", "data": "source"}  # of columns, in files from before there were recipes
FORMER = (
    "n_hidden",
    "eta",
    "epochs",
    "batch_size",
    "seed",
    "scale",
    "shuffle",
    "preparation",
    "images",
    "data",
    *RESULTS,
)
HEADERS = tuple(",".join(names).encode() for names in (COLUMNS, FORMER))


def read_results(path):
    """The Results in a CSV file, in its order; none if there is no file. A half-written last line is passed over.

    Raises ValueError if the file holds something else, and OSError if it can't be read.
    """
    if not os.path.exists(path):
        return []
    try:
        header, *lines = (_whole_lines(path) or HEADERS[0]).decode().splitlines()
        names = [FORMER_NAMES.get(name, name) for name in header.split(",")]
        return [_result(dict(zip(names, row, strict=True))) for row in csv.reader(lines, strict=True)]
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
    is_known = whole.splitlines()[0] in HEADERS if whole else any(header.startswith(content) for header in HEADERS)
    if not is_known:
        raise ValueError("another header")
    return whole


def _result(row):
    """The Result of a row, a dict of text; raises ValueError, KeyError or TypeError if it is none."""
    of_text = {bool: {"True": True, "False": False}.__getitem__}
    value = {name: of_text.get(COLUMNS[name], COLUMNS[name])(text) for name, text in row.items()}
    results = [value.pop(name) for name in RESULTS]
    result = Result(Recipe(**value), *results)
    for name in ("test_accuracy", "accuracy"):
        number(name, getattr(result, name), 0, 1)
    for name in ("test_cost", "cost", "seconds"):
        number(name, getattr(result, name), 0, sys.float_info.max)
    return result


@contextmanager
def appending_to(path):
    """A function that appends a Result to a CSV file that read_results has read, or to a new one.

    Every row is written at once, when it is given. Raises OSError if the file can't be written.
    """
    content = _whole_lines(path) if os.path.exists(path) else b""
    header = (content or HEADERS[0]).splitlines()[0]
    with open(path, "ab") as file:
        file.truncate(len(content))
        if not content:
            file.write(header + b"\n")

        def append(result):
            values, line = asdict(result.recipe) | result._asdict(), io.StringIO()
            row = [values[FORMER_NAMES.get(name, name)] for name in header.decode().split(",")]
            csv.writer(line, lineterminator="\n").writerow(row)
            file.write(line.getvalue().encode())
            file.flush()

        yield append
