"""A training as a Jupyter notebook in plain NumPy, in a .zip with its images.

Its text is notebook.md, a Jinja template: with its `if`s, each visitor gets what concerns their own settings. It trains
with the lecture's plain loop, which sums in a different order from descent.py. tests/benchmarks/notebook.py measures
how far the two agree, and the text says it.
"""

import io
import re
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..images import NON_DIGIT
from .arrays import npz
from .networks import network_bytes

TEXT = Path(__file__).with_name("notebook.md")
FOLDER, NOTEBOOK = "neural_network", "neural_network.ipynb"  # in the .zip

REQUIREMENTS = "jupyterlab>=4\nmatplotlib>=3.8\nnumpy>=2.0,<3\n"
READ_ME = f"""Your neural network as a notebook

1. Install Python 3.10 or newer.
2. In this folder, install what the notebook needs:   python -m pip install -r requirements.txt
3. Start it:                                          python -m jupyterlab {NOTEBOOK}

Then choose Run > Run All Cells. The notebook reads {{files}}, so keep the files together.
"""


def notebook_zip(recipe, mnist, drawings=(), labels=(), words="", initial=None):
    """A training as a Jupyter notebook: the bytes of a .zip with the notebook, its images, and the drawings.

    The same arguments give the same bytes. The notebook begins with random weights, or with those of a network that was
    taught more, and trains all epochs with this recipe. So it repeats no training that was stopped early or continued
    with other settings.

    mnist : Mnist, the images of the training as they were learnt from: prepared, perhaps distorted, in their order
    drawings : floats (n, 28, 28) in 0..1, or uint8, prepared as recipe.preparation says
    labels : int (n,), the digits that they were meant to be
    words : str, a line for the notebook's beginning, such as the settings in words
    initial : Network or None, the one that was taught; its inputs are those of the recipe

    In its one folder are the notebook; images.npz with X_train, X_test, uint8 (n, 784), and y_train, y_test, int8 (n,);
    drawings.npz with images, uint8 (n, 28, 28), and labels, if there are any; network.npz, if initial is given;
    requirements.txt; and README.txt. Raises ValueError if drawings and labels don't have these shapes.
    """
    drawings, labels = _checked(drawings, labels)
    y_train, y_test = mnist.y_train.astype(np.int8), mnist.y_test.astype(np.int8)
    files = {
        NOTEBOOK: notebook(recipe, mnist, len(drawings), words, initial is not None),
        "images.npz": npz(X_train=mnist.X_train, y_train=y_train, X_test=mnist.X_test, y_test=y_test),
    }
    if len(drawings):
        files["drawings.npz"] = npz(images=drawings, labels=labels)
    if initial is not None:
        files["network.npz"] = network_bytes(initial)
    names = " and ".join(name for name in files if name != NOTEBOOK)
    files |= {"requirements.txt": REQUIREMENTS, "README.txt": READ_ME.format(files=names)}
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        for name, content in files.items():
            file = zipfile.ZipInfo(f"{FOLDER}/{name}")  # without the time, which would change the bytes
            file.external_attr = 0o644 << 16
            file.compress_type = zipfile.ZIP_STORED if name.endswith(".npz") else zipfile.ZIP_DEFLATED
            archive.writestr(file, content)
    return result.getvalue()


def notebook(recipe, mnist, n_drawings=0, words="", was_taught=False):
    """The notebook alone, as JSON text (.ipynb, version 4.5); the arguments are like those of notebook_zip."""
    import nbformat  # these two are imported here because only the download needs them
    from jinja2 import Environment, StrictUndefined
    from nbformat import v4

    n = len(mnist.X_train)
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["thousands"] = "{:,}".format
    text = environment.from_string(TEXT.read_text(encoding="utf-8")).render(
        asdict(recipe),
        words=words,
        images_from=mnist.name,
        n=n,
        n_batches=-(-n // recipe.batch_size),
        n_drawings=n_drawings,
        was_taught=was_taught,
        has_non_digits=bool((mnist.y_train == NON_DIGIT).any()),
        is_in_order=bool((np.diff(mnist.y_train) >= 0).all()) and n > 1,
    )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = v4.new_notebook(metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    for number, part in enumerate(re.split(r"^```(?:python)?$", text, flags=re.MULTILINE)):
        if number % 2:  # between two fences
            made.cells.append(v4.new_code_cell(part.strip("\n")))
        else:  # a new cell at every heading
            sections = (re.sub(r"\n{3,}", "\n\n", one).strip() for one in re.split(r"^(?=##+ )", part, flags=re.M))
            made.cells += [v4.new_markdown_cell(section) for section in sections if section]
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number:02}"  # otherwise they are random
    nbformat.validate(made)
    return nbformat.writes(made)


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
