"""The Results of a sweep's trainings in a CSV file, a row for each, that can be continued."""

import csv
import io
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial

from ..checks import flag, number
from ..disk import open_regular
from ..engine.sweep import Result
from ..recipe import Recipe

LARGEST_FILE = 10_000_000  # bytes: about 100,000 results
SHARE, POSITIVE = partial(number, low=0, high=1), partial(number, low=0, high=sys.float_info.max)
RESULTS = {"test_accuracy": SHARE, "test_cost": POSITIVE, "accuracy": SHARE, "cost": POSITIVE, "diverged": flag}
RESULTS |= {"seconds": POSITIVE}
TYPES = {field.name: field.type for field in fields(Recipe)} | {"diverged": bool}  # of the columns; otherwise float
FORMER_NAMES = {"images": "n_images", "data": "source"}  # of columns, in files from before there were recipes
FORMER = "n_hidden,eta,epochs,batch_size,seed,scale,shuffle,preparation,images,data"
HEADERS = tuple(",".join([*names, *RESULTS]).encode() for names in ([one.name for one in fields(Recipe)], [FORMER]))


def read_results(path):
    """The Results in a CSV file, in its order; none if there is no file. A half-written last line is passed over.

    Raises ValueError if the file holds something else, and OSError if it can't be read.
    """
    if not os.path.exists(path):
        return []
    try:
        header, *lines = (_whole_lines(path) or HEADERS[0]).decode().splitlines()
        names = [FORMER_NAMES.get(name, name) for name in header.split(",")]
        return [_result(zip(names, row, strict=True)) for row in csv.reader(lines, strict=True)]
    except (ValueError, KeyError, csv.Error) as error:
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
    """The Result of a row, pairs of a column and its text; raises ValueError or KeyError if it is none."""
    values = {name: _value(TYPES.get(name, float), text) for name, text in row}
    results = {name: check(name, values.pop(name)) for name, check in RESULTS.items()}
    return Result(Recipe(**values), **results)


def _value(kind, text):
    return {"True": True, "False": False}[text] if kind is bool else kind(text)


@contextmanager
def appending_to(path):
    """A function that appends a Result to a CSV file that read_results has read, or to a new one.

    Every row is written at once, when it is given. Raises OSError if the file can't be written.
    """
    content = _whole_lines(path) if os.path.exists(path) else b""
    header = (content or HEADERS[0]).splitlines()[0]
    names = [FORMER_NAMES.get(name, name) for name in header.decode().split(",")]
    with open(path, "ab") as file:
        file.truncate(len(content))
        if not content:
            file.write(header + b"\n")

        def append(result):
            values, line = asdict(result.recipe) | result._asdict(), io.StringIO()
            csv.writer(line, lineterminator="\n").writerow([values[name] for name in names])
            file.write(line.getvalue().encode())
            file.flush()

        yield append
