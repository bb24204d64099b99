"""Take it home: a training as a Jupyter notebook in plain NumPy, in a .zip with its images.

What the notebook says is in lesson.md, to be read from top to bottom. It is a text with code, of which each visitor
gets what concerns their own settings:

    <!-- if hidden -->   only for networks with hidden units; `if not hidden`, `else`, and `end` do what they say
    {{n_hidden}}         a value

On the same machine, with one thread, the notebook gets the weights of descent.py bit for bit: it takes the same
products of the same shapes in the same order. If you change one, change the other; tests/test_notebook.py compares
them.
"""

import io
import re
import zipfile
from pathlib import Path

import numpy as np

from ..descent import PART
from ..images import NON_DIGIT

LESSON = Path(__file__).with_name("lesson.md")
FOLDER, NOTEBOOK = "neural_network", "neural_network.ipynb"  # in the .zip
DIRECTIVE = re.compile(r"<!-- (?:if (not )?(\w+)|(else)|(end)) -->")

REQUIREMENTS = "jupyterlab>=4\nmatplotlib>=3.8\nnumpy>=2.0,<3\n"
READ_ME = f"""Your neural network, taken home

1. Install Python 3.10 or newer.
2. In this folder, install what the notebook needs:   python -m pip install -r requirements.txt
3. Start it:                                          python -m jupyterlab {NOTEBOOK}

Then choose Run > Run All Cells. It reads images.npz{{and_drawings}}, so keep the files together.
"""


def notebook_zip(recipe, mnist, drawings=(), labels=(), words=""):
    """A training to take home: a notebook that repeats it, its images, the visitor's drawings, and how to start.

    The same arguments give the same bytes. The notebook begins with the initial weights and trains all epochs with
    these settings. So it repeats no training that was stopped early or continued with other settings; and one that was
    taken step by step only up to rounding, because blocks of images were cut in two.

    Parameters
    ----------
    settings : Settings
    mnist : Mnist
        The images of the training as they were learnt from: prepared, perhaps distorted, in their order.
    drawings : floats (n, 28, 28) in 0..1, or uint8
        Drawings, prepared as settings.preparation says.
    labels : int (n,)
        The digits that they were meant to be.
    words : str
        A line for the notebook's beginning, such as the settings in words.

    Returns
    -------
    bytes
        A .zip of one folder: the notebook; images.npz with X_train, X_test, uint8 (n, 784), and y_train, y_test, int8
        (n,); drawings.npz with images, uint8 (n, 28, 28), and labels, if there are any; requirements.txt; README.txt.

    Raises
    ------
    ValueError
        If the drawings don't have this shape, or not as many labels.
    """
    drawings, labels = _checked(drawings, labels)
    files = {
        NOTEBOOK: notebook(recipe, mnist, len(drawings), words),
        "images.npz": _npz(
            X_train=mnist.X_train,
            y_train=mnist.y_train.astype(np.int8),
            X_test=mnist.X_test,
            y_test=mnist.y_test.astype(np.int8),
        ),
        "requirements.txt": REQUIREMENTS,
        "README.txt": READ_ME.format(and_drawings=" and drawings.npz" if len(drawings) else ""),
    }
    if len(drawings):
        files["drawings.npz"] = _npz(images=drawings, labels=labels)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        for name, content in files.items():
            file = zipfile.ZipInfo(f"{FOLDER}/{name}")  # without the time, which would change the bytes
            file.external_attr = 0o644 << 16
            is_compressed = name.endswith(".npz")
            file.compress_type = zipfile.ZIP_STORED if is_compressed else zipfile.ZIP_DEFLATED
            archive.writestr(file, content)
    return result.getvalue()


def notebook(recipe, mnist, n_drawings=0, words=""):
    """The notebook alone, as JSON text (.ipynb, version 4.5); the arguments are those of notebook_zip."""
    import nbformat  # imported here because only the download needs it
    from nbformat import v4

    n, batch_size = len(mnist.X_train), recipe.batch_size
    conditions = {
        "hidden": recipe.n_hidden > 0,
        "scaled": recipe.scale,
        "shuffled": recipe.shuffle,
        "batches": batch_size > 1,
        "whole": batch_size >= n,
        "parts": min(batch_size, n) > PART,
        "straightened": recipe.preparation == "normalized",
        "non_digits": bool((mnist.y_train == NON_DIGIT).any()),
        "sorted": bool((np.diff(mnist.y_train) >= 0).all()) and n > 1,
        "drawings": n_drawings > 0,
    }
    values = {
        "words": words,
        "source": mnist.name,
        "n_hidden": f"{recipe.n_hidden:,}",
        "batch_size": f"{batch_size:,}",
        "n_images": f"{n:,}",
        "n_batches": f"{-(-n // batch_size):,}",
        "numbers_compared": "(1, 10, 100)" if batch_size == 1 else "(100,)",
        "settings": _settings_as_code(recipe),
    }
    cells = []
    for number, (kind, text) in enumerate(cells_of(lesson(conditions, values))):
        make = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
        cells.append(make(text, id=f"cell-{number:02}"))
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    made = v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(made)
    return nbformat.writes(made)


def lesson(conditions, values):
    """The text of lesson.md for these conditions (dict of name -> bool) and values (dict of name -> str).

    Raises KeyError for a name in the text that isn't there, and ValueError for an `if` without an `end`.
    """
    lines, holds = [], []  # holds: for each `if` around the line, whether its lines are taken
    for line in LESSON.read_text(encoding="utf-8").splitlines():
        directive = DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            if all(holds):
                lines.append(line)
            continue
        negated, condition, is_else, _ = directive.groups()
        if condition:
            holds.append(conditions[condition] != bool(negated))
        elif is_else:
            holds[-1] = not holds[-1]
        else:
            holds.pop()
    if holds:
        raise ValueError(f"In {LESSON.name} an `if` has no `end`.")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], "\n".join(lines))


def cells_of(text):
    """The cells of a text, pairs ("markdown" or "code", text): code between fences, and a new cell at every heading."""
    cells = []
    for number, part in enumerate(re.split(r"^```(?:python)?$", text, flags=re.MULTILINE)):
        if number % 2:
            cells.append(("code", part.strip("\n")))
            continue
        for section in re.split(r"^(?=##+ )", part, flags=re.MULTILINE):
            section = re.sub(r"\n{3,}", "\n\n", section).strip()
            if section:
                cells.append(("markdown", section))
    return cells


def _settings_as_code(recipe):
    """The settings as assignments. A batch size of 1 isn't among them: that code takes the images one by one."""
    notes = {
        "n_hidden": "hidden units" if recipe.n_hidden else "",
        "eta": "the learning rate",
        "epochs": "how many times every image is used",
        "batch_size": "images for one update" if recipe.batch_size > 1 else "",
        "seed": "of all random numbers",
        "shuffle": "whether every epoch has an order of its own",
    }
    return "\n".join(f"{name} = {getattr(recipe, name)!r}  # {note}" for name, note in notes.items() if note)


def _checked(drawings, labels):
    """Drawings as uint8 (n, 28, 28) and labels as int8 (n,); raises ValueError if they don't fit."""
    drawings, labels = np.asarray(drawings), np.asarray(labels, dtype=np.int8)
    if drawings.size == 0:
        drawings = np.zeros((0, 28, 28), np.uint8)
    if drawings.shape[1:] != (28, 28) or labels.shape != (len(drawings),):
        raise ValueError(f"Drawings {drawings.shape} and labels {labels.shape} don't fit: (n, 28, 28) and (n,).")
    if drawings.dtype != np.uint8:
        drawings = np.rint(255 * np.clip(drawings, 0, 1)).astype(np.uint8)
    return drawings, labels


def _npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()
