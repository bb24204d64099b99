"""The notebook to take home: it trains as the page does, and says what concerns its visitor and no more."""

import ast
import io
import re
import warnings
import zipfile
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import lecture
import nbformat
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from nn import Recipe, load_mnist, train
from nn.files.notebook import NOTEBOOK, notebook, notebook_zip
from nn.images.training_set import TrainingSet
from nn.network import initial_network
from nn.training import TrainingState

pytestmark = [pytest.mark.trains, pytest.mark.filterwarnings("error")]
COMBINATIONS = list(product((1, 32), (0, 30), (True, False), (True, False)))  # batch size, hidden, scaled, shuffled
DISTORTED = {"preparation": "normalized", "distorted": True}


@pytest.fixture(autouse=True)
def one_thread():
    """As in the page's worker processes, and in the notebook."""
    with threadpool_limits(1):
        yield


@cache
def images(n=200, n_test=100, **how):
    """The Mnist of a TrainingSet."""
    mnist = load_mnist().first(n)
    made = TrainingSet(replace(mnist, X_test=mnist.X_test[:n_test], y_test=mnist.y_test[:n_test]), Recipe(**how))
    while made.mnist is None:
        made.step()
    return made.mnist


def trained(recipe, mnist):
    """The last state of the page's training."""
    *_, state = train(recipe, *mnist_arrays(mnist))
    return state


def mnist_arrays(mnist):
    return mnist.X_train, mnist.y_train, mnist.X_test, mnist.y_test


def weights(state):
    """Its weights and biases; those of a hidden layer only if there is one."""
    return state.network.parameters if state.network.n_hidden else state.network.parameters[2:]


def unpacked(folder, *arguments, **keywords):
    """The notebook of a .zip that was unpacked into a folder; returns (the folder with it, the notebook)."""
    zipfile.ZipFile(io.BytesIO(notebook_zip(*arguments, **keywords))).extractall(folder)
    place = folder / "neural_network"
    return place, nbformat.read(place / NOTEBOOK, as_version=4)


def code_cells(book):
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


def text_of(book):
    return "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")


def run_code(folder, monkeypatch, recipe, mnist, changes=(), drawings=(), labels=(), pictures=False, initial=None):
    """Run the code up to the end of the training, without pictures, or all of it; returns its names.

    changes : pairs of code and what takes its place
    """
    place, book = unpacked(folder, recipe, mnist, drawings, labels, initial=initial)
    monkeypatch.chdir(place)
    cells = code_cells(book)
    if not pictures:
        last = next(i for i, source in enumerate(cells) if "Training is over" in source)
        cells = [source.replace("import matplotlib.pyplot as plt\n", "") for source in cells[: last + 1]]
        cells = [source for source in cells if "plt." not in source]
    source = "\n\n".join(cells)
    for old, new in changes:
        assert source.count(old) >= 1, old
        source = source.replace(old, new)
    names = {}
    exec(source, names)
    return names


def assert_agree(names, state, recipe):
    """Fail unless weights and measurements agree: the page takes batches, and measures, in float32."""
    digits = 1e-10 if recipe.batch_size == 1 else 1e-4
    assert lecture.relative_difference(names["parameters"], weights(state)) < digits, recipe
    history = np.array(names["history"])
    points = [(p.epoch * state.n_images, p.cost, p.accuracy, p.test_cost, p.test_accuracy) for p in state.history]
    assert np.allclose(history[:, [0, 1, 3]], np.array(points)[:, [0, 1, 3]], rtol=1e-3), recipe
    assert np.abs(history[:, [2, 4]] - np.array(points)[:, [2, 4]]).max() < 0.0101, recipe  # an image of 100


# The same training


# (the images, settings): every combination; batches of any size, with a last batch of one image; straightened,
# distorted and sorted images; and trainings that diverge. Steps are short enough that no difference can grow.
PREPARED = [{"preparation": "normalized"}, DISTORTED, {"distorted": True, "is_sorted": True}]
TRAININGS = {
    "every combination": [
        ({}, Recipe(n_hidden, 0.01 if scale else 1e-7, 3, batch_size, 7, scale, shuffle))
        for batch_size, n_hidden, scale, shuffle in COMBINATIONS
    ],
    "any batch": [
        ({"n": 301}, Recipe(n_hidden, 0.05, 2, batch_size))
        for n_hidden, batch_size in product((0, 5), (2, 100, 250, 251, 300, 1_000_000))
    ],
    "prepared images": [
        ({"n": 60, **how}, Recipe(5, epochs=2, batch_size=batch_size, preparation=how.get("preparation", "mnist")))
        for how, batch_size in product(PREPARED, (1, 32))
    ],
    "diverging": [  # after three epochs or at once: with these, every seed does
        ({}, Recipe(n_hidden, eta, 6, batch_size, scale=False))
        for n_hidden, eta, batch_size in [(30, 10.0, 1), (30, 20.0, 32), (0, 10.0, 1), (0, 0.5, 32)]
    ],
}


@pytest.mark.parametrize("which", TRAININGS)
def test_it_trains_as_the_page_does(tmp_path, monkeypatch, capsys, which):
    for number, (how, recipe) in enumerate(TRAININGS[which]):
        mnist = images(**how)
        names, state = run_code(tmp_path / str(number), monkeypatch, recipe, mnist), trained(recipe, mnist)
        assert np.array_equal(names["X_train"], mnist.X_train) and np.array_equal(names["y_train"], mnist.y_train)
        assert (-1 in mnist.y_train) == ("distorted" in how)
        if which != "diverging":
            assert_agree(names, state, recipe)
        assert names["diverged"] == state.diverged and all(np.isfinite(p).all() for p in names["parameters"]), recipe
        printed = capsys.readouterr().out
        assert (
            state.diverged == ("Training has diverged" in printed) == (which == "diverging") and "nan" not in printed
        ), recipe
        untrained = initial_network(recipe.n_hidden, recipe.seed)
        assert state.diverged or not np.array_equal(state.network.W_out, untrained.W_out)
        if recipe.scale:  # with raw pixels the sigmoids are flat: to try shows little
            back, tried = re.search(r"back propagation (\S+), by trying (\S+)", printed).groups()
            assert float(back) == pytest.approx(float(tried), rel=1e-4) and float(back) != 0, recipe


@pytest.mark.parametrize("batch_size, n_hidden, digits", [(1, 0, 10), (1, 30, 10), (32, 0, 5), (32, 30, 5)])
def test_after_1000_images_its_weights_agree_as_it_says(tmp_path, monkeypatch, batch_size, n_hidden, digits):
    recipe, mnist = Recipe(n_hidden, epochs=1, batch_size=batch_size), images(1_000)
    words = {10: "to ten digits", 5: "to five digits"}[digits]
    assert words in " ".join(text_of(book_of(recipe, mnist)).split())
    names, state = run_code(tmp_path, monkeypatch, recipe, mnist), trained(recipe, mnist)
    assert lecture.relative_difference(names["parameters"], weights(state)) < 10.0**-digits


@pytest.mark.parametrize("batch_size, n_hidden", [(1, 0), (1, 5), (32, 0), (32, 5)])
def test_its_functions_are_the_lectures(tmp_path, monkeypatch, batch_size, n_hidden):
    recipe, mnist = Recipe(n_hidden, epochs=1, batch_size=batch_size, shuffle=False), images(64)
    names = run_code(tmp_path, monkeypatch, recipe, mnist)
    initial, X = initial_network(n_hidden, recipe.seed).parameters, mnist.X_train / 255
    expected = lecture.epoch(initial, X, mnist.y_train, recipe.eta, range(64), batch_size)
    expected = expected if n_hidden else expected[2:]
    assert lecture.relative_difference(names["parameters"], expected) < 1e-10
    full = list(names["parameters"]) if n_hidden else [np.zeros((784, 0)), np.zeros(0), *names["parameters"]]
    assert names["history"][-1][1] == pytest.approx(lecture.cost(full, X, mnist.y_train), rel=1e-9)
    assert names["history"][-1][2] == lecture.accuracy(full, X, mnist.y_train)


# The questions at its end


SOFTMAX = [
    ("a_out = sigmoid(z_out)", "a_out = np.exp(z_out - np.logaddexp.reduce(z_out, axis=1, keepdims=True))"),
    ("return each.sum(axis=1).mean()", "return (np.logaddexp.reduce(z_out, axis=1) - (Y * z_out).sum(axis=1)).mean()"),
]
MINI_BATCHES = [
    ("for i in chosen:", "for start in range(0, len(chosen), 32):\n        batch = chosen[start : start + 32]"),
    ("inputs(X_train[i : i + 1]), onehot(y_train[i : i + 1])", "inputs(X_train[batch]), onehot(y_train[batch])"),
]
EXPERIMENTS = {
    "squared error": [("delta_out = a_out - Y", "delta_out = (a_out - Y) * a_out * (1 - a_out)")],
    "weight decay": [("p - eta * gradient for", "p - eta * (gradient + 0.0001 * p) for")],
    "softmax": SOFTMAX,
    "mini-batches": MINI_BATCHES,
}


@pytest.mark.parametrize("n_hidden", [0, 10])
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_experiments_of_its_questions_run_and_learn(tmp_path, monkeypatch, experiment, n_hidden):
    recipe = Recipe(n_hidden, epochs=8, eta=0.3)
    names = run_code(tmp_path, monkeypatch, recipe, images(), EXPERIMENTS[experiment])
    before, after = names["history"][0], names["history"][-1]
    assert after[1] < before[1] / 2 and after[2] > before[2] + 0.1
    if experiment != "squared error":  # whose gradient isn't that of the cost
        parameters, X, Y = names["initial_parameters"](), names["X"], names["Y"]
        gradients = names["backward"](parameters, X, names["forward"](parameters, X), Y)
        costs = []
        for step in (1e-6, -2e-6):
            parameters[-1][3] += step
            costs.append(names["cost"](names["forward"](parameters, X)[-2], Y))
        assert gradients[-1][3] == pytest.approx((costs[0] - costs[1]) / 2e-6, rel=1e-5)


def test_weights_that_begin_at_0_make_hidden_units_that_are_all_the_same(tmp_path, monkeypatch):
    changes = [("rng.normal", "0 * rng.normal")]
    names = run_code(tmp_path, monkeypatch, Recipe(4, epochs=3), images(), changes)
    W_h = names["parameters"][0]
    assert W_h.any() and np.abs(W_h - W_h[:, :1]).max() < 1e-12


# Its words


def book_of(recipe, mnist, n_drawings=0):
    return nbformat.reads(notebook(recipe, mnist, n_drawings, "my words"), as_version=4)


def test_it_is_valid_needs_nothing_of_ours_and_reads_well():
    combinations = [*COMBINATIONS, (1_000_000, 5, True, True), (300, 0, False, True)]
    for (batch_size, n_hidden, scale, shuffle), n_drawings in product(combinations, (0, 2)):
        recipe = Recipe(n_hidden, batch_size=batch_size, scale=scale, shuffle=shuffle)
        book = book_of(recipe, images(301), n_drawings)
        nbformat.validate(book)
        assert book.metadata.kernelspec.name == "python3" and len({cell.id for cell in book.cells}) == len(book.cells)
        text, everything = text_of(book), "\n".join(cell.source for cell in book.cells)
        assert text.count("*Hint: ") >= 7 and ("## Your drawings" in text) == (n_drawings > 0), recipe
        assert not any(mark in everything for mark in ("{%", "{{", "```")), recipe
        assert "my words" in text and text.count("$$") % 2 == 0 and text.replace("$$", "").count("$") % 2 == 0
        for source in code_cells(book):
            lines = source.splitlines()
            assert len(lines) <= 21 and max(map(len, lines)) <= 100, source
            imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
            names = {alias.name for node in imported for alias in node.names}
            assert names <= {"os", "numpy", "matplotlib.pyplot"}
            for line in lines:
                code, _, comment = line.partition("#")
                assert " @ " not in code or "->" in comment, f"no shapes beside {line}"


@pytest.mark.parametrize(
    "changes, said, unsaid",
    [
        ({"n_hidden": 0}, ["ten logistic regressions"], ["W_h", "delta_h", "What the hidden units"]),
        ({}, ["one image at a time"], ["mini-batches of", "ten logistic", "you trained with raw", "float32"]),
        ({"scale": False}, ["hidden unit with a flat sigmoid", "they overshoot"], ["between 0 and 1. Small inputs"]),
        ({"eta": 0.2}, ["they overshoot"], ["digits. at the end of every epoch"]),
        ({"eta": 0.07}, ["agree to ten digits", "within half a point"], ["they overshoot"]),
        ({"eta": 1.0, "batch_size": 32}, ["agree to five digits", "within half a point"], ["they overshoot"]),
        ({"eta": 1.0, "batch_size": 8}, ["they overshoot"], ["digits. at the end of every epoch"]),
        ({"scale": False, "n_hidden": 0}, ["the sigmoid is flat"], ["hidden unit with a flat", "grows fast"]),
        (
            {"batch_size": 32},
            ["mini-batches of 32 images", "7 for 200", "float32"],
            ["one image at a time", "ten digits"],
        ),
        ({"batch_size": 1_000_000}, ["all 200 images at once"], ["mini-batches of"]),
        ({"shuffle": False}, ["switched shuffling off"], ["in a new order each time"]),
    ],
)
def test_it_says_what_concerns_the_visitor(changes, said, unsaid):
    text = " ".join(text_of(book_of(Recipe(**changes), images())).split("## Questions")[0].split())
    for words in said:
        assert words in text, words
    for words in unsaid:
        assert words.lower() not in text.lower(), words


def test_it_says_how_the_images_were_made():
    words = {"distorted copies": "distorted", "stroke width": "preparation", "sorted by": "is_sorted"}
    for how in ({}, DISTORTED, {"is_sorted": True}):
        text = text_of(book_of(Recipe(preparation=how.get("preparation", "mnist")), images(60, **how)))
        for said, reason in words.items():
            assert (said in text) == (reason in how), (said, how)
    assert "They come from a few digits." in text_of(book_of(Recipe(), replace(images(), name="a few digits")))


# The file


def test_the_file_holds_what_it_needs_and_is_always_the_same(tmp_path):
    rng, mnist = np.random.default_rng(0), images(60, **DISTORTED)
    drawings, labels = rng.random((3, 28, 28)), [1, 2, 3]
    recipe = Recipe(preparation="normalized")
    made = notebook_zip(recipe, mnist, drawings, labels, "words")
    assert made == notebook_zip(recipe, mnist, drawings, labels, "words")
    for place in (Path.home(), Path(__file__).parents[2], tmp_path.parent):
        assert str(place) == "/" or str(place) not in notebook(recipe, mnist, 3, "words"), "a path of this machine"
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        names = {NOTEBOOK, "images.npz", "drawings.npz", "requirements.txt", "README.txt"}
        assert {*archive.namelist()} == {f"neural_network/{name}" for name in names}
        read = {name: archive.read(f"neural_network/{name}") for name in names}
    arrays = np.load(io.BytesIO(read["images.npz"]))
    for name in ("X_train", "y_train", "X_test", "y_test"):
        assert np.array_equal(arrays[name], getattr(mnist, name))
    assert arrays["X_train"].dtype == np.uint8 and -1 in arrays["y_train"]
    own = np.load(io.BytesIO(read["drawings.npz"]))
    assert own["images"].dtype == np.uint8 and np.abs(own["images"] / 255 - drawings).max() < 0.5 / 255 + 1e-9
    assert own["labels"].tolist() == labels
    assert {"numpy", "matplotlib"} <= {line.split(">")[0] for line in read["requirements.txt"].decode().split()}
    assert NOTEBOOK in read["README.txt"].decode() and "drawings.npz" in read["README.txt"].decode()


def test_without_drawings_there_is_no_file_of_them_and_wrong_ones_are_refused():
    with zipfile.ZipFile(io.BytesIO(notebook_zip(Recipe(), images()))) as archive:
        assert "neural_network/drawings.npz" not in archive.namelist()
        assert "drawings" not in archive.read("neural_network/README.txt").decode()
    for drawings, labels in [(np.zeros((2, 784)), [1, 2]), (np.zeros((2, 28, 28)), [1]), ([], [1])]:
        with pytest.raises(ValueError, match="don't fit"):
            notebook_zip(Recipe(), images(), drawings, labels)


# The whole notebook


AS_THE_LECTURE = {"n_hidden": 30}, {}, True  # settings, how the images are made, whether there are drawings
BATCHES_OF_RAW_PIXELS = {"n_hidden": 0, "batch_size": 32, "scale": False, "shuffle": False, "eta": 1e-6}
OTHERS = {
    "batches of raw pixels": (BATCHES_OF_RAW_PIXELS, {}, False),
    "distorted images": ({"n_hidden": 5, "batch_size": 1_000_000, "preparation": "normalized"}, DISTORTED, True),
    "diverging": ({"n_hidden": 30, "eta": 10.0, "scale": False, "epochs": 5}, {}, False),
}


def whole(changes, how, has_drawings):
    """The settings, the images, and drawings with their labels: held-out images in their place."""
    drawings = load_mnist().X_test[200:203].reshape(-1, 28, 28) / 255, load_mnist().y_test[200:203]
    return Recipe(**{"epochs": 2, **changes}), images(100, **how), *(drawings if has_drawings else ((), ()))


def assert_told(printed, n_pictures, state, drawings):
    assert "nan" not in printed.lower() and "inf" not in printed.lower()
    assert n_pictures == 6  # images, curves, confusion, mistakes, weights, drawings
    assert re.search(rf"[0-9]+ of {len(drawings) or 10} were read correctly", printed)
    assert ("Training has diverged" in printed) == state.diverged


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of matplotlib's import
@pytest.mark.parametrize("which", OTHERS)
def test_all_its_code_runs(tmp_path, monkeypatch, capsys, which):
    from matplotlib import pyplot as plt

    shown = []
    plt.switch_backend("agg")
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()) or plt.close("all"))
    recipe, mnist, drawings, labels = whole(*OTHERS[which])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = run_code(tmp_path, monkeypatch, recipe, mnist, (), drawings, labels, pictures=True)
    state = trained(recipe, mnist)
    assert_told(capsys.readouterr().out, len(shown), state, drawings)
    if not state.diverged:
        assert_agree(names, state, recipe)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_it_runs_in_a_kernel_of_its_own(tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "jupyter"))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    recipe, mnist, drawings, labels = whole(*AS_THE_LECTURE)
    place, book = unpacked(tmp_path, recipe, mnist, drawings, labels)
    book.cells.append(nbformat.v4.new_code_cell('np.savez("weights.npz", *parameters)'))
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(place)}}).execute()

    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "display_data"}
    assert {output.name for output in outputs if output.output_type == "stream"} == {"stdout"}, "a warning"
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    state = trained(recipe, mnist)
    assert_told(printed, sum("image/png" in output.get("data", {}) for output in outputs), state, drawings)
    with np.load(place / "weights.npz") as saved:
        found = [saved[name] for name in saved.files]
    assert lecture.relative_difference(found, weights(state)) < 1e-10


# A network that was taught more


@pytest.mark.parametrize("n_hidden", [0, 5])
def test_a_network_that_was_taught_begins_with_its_own_weights(tmp_path, monkeypatch, n_hidden):
    mnist, recipe = images(), Recipe(n_hidden, eta=0.03, epochs=3)
    before = trained(Recipe(n_hidden, epochs=1), images(100)).network
    *_, state = train(recipe, *mnist_arrays(mnist), state=TrainingState(before, len(mnist.X_train), began_trained=True))
    place, book = unpacked(tmp_path, recipe, mnist, words="taught", initial=before)
    text = text_of(book)
    assert "You taught a network your handwriting" in text and "network.npz" in text
    assert "untrained network guesses" not in text and "random weights" not in text and "rng.normal" not in text
    assert "network.npz" in (place / "README.txt").read_text()
    assert_agree(run_code(tmp_path / "run", monkeypatch, recipe, mnist, initial=before), state, recipe)
