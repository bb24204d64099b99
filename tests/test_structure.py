"""The rooms: imports point one way, the core knows nothing of the page, and starting is fast because little is imported."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "nn").glob("*.py"))
UI = sorted((ROOT / "nn" / "ui").rglob("*.py"))

# Which siblings a module of the core may import: network <- descent <- training <- job, network <- store, and the pool puts
# together what drawing and augment can do; the others none.
MAY_IMPORT = {
    "network": set(),
    "descent": {"network"},
    "training": {"network", "descent"},
    "snapshots": {"network"},
    "job": {"training", "snapshots", "learning_set"},
    "store": {"network", "drawing"},  # of the latter the names of the preparations
    "pretraining": {"network", "augment"},
    "doubt": {"network"},
    "influence": {"network"},
    "data": set(),
    "evening": set(),
    "drawing": {"evening"},
    "templates": set(),
    "augment": {"templates"},
    "pool": {"augment", "drawing", "templates"},
    "labelling": set(),
    "learning_set": {"drawing", "pool"},
    "gradient": {"network"},
    "hints": {"network"},
    "scores": {"network"},
}


def imports(path):
    """The full names of all modules that a file imports, within functions too, whatever way it is written."""
    package = ("nn", *path.relative_to(ROOT / "nn").parts[:-1]) if ROOT / "nn" in path.parents else ()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)  # from . import charts


def siblings(path):
    """The modules of nn that a file imports, as network for nn.network; ui for all of nn.ui."""
    modules = {file.stem for file in CORE} | {"ui"}
    return {name.split(".")[1] for name in imports(path) if name.startswith("nn.")} & modules


def test_imports_are_found_however_they_are_written(tmp_path, monkeypatch):
    room = tmp_path / "nn" / "ui"
    room.mkdir(parents=True)
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (room / "page.py").write_text(
        "import os.path, nn.store\n"
        "from .. import Settings\n"
        "from ..network import forward\n"
        "from . import charts\n"
        "def late():\n    from streamlit.runtime import exists\n    from nn import data\n"
    )
    expected = {"os.path", "nn.store", "nn", "nn.network", "nn.ui", "nn.ui.charts", "streamlit.runtime", "nn.data"}
    assert expected <= set(imports(room / "page.py"))
    assert siblings(room / "page.py") == {"store", "network", "data", "ui"}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_imports_within_the_core_point_one_way(path):
    if path.stem in ("__init__", "__main__"):  # the doors, which may lead to every room but the page
        assert "ui" not in siblings(path)
    else:
        assert path.stem in MAY_IMPORT, "a new module: say above which siblings it may import"
        assert siblings(path) <= MAY_IMPORT[path.stem]
        assert "nn" not in imports(path), "the package imports its modules, so these cannot import it"


def test_the_allowed_imports_go_round_no_circle():
    done = set()
    while len(done) < len(MAY_IMPORT):
        ready = {name for name, others in MAY_IMPORT.items() if others <= done} - done
        assert ready, f"a circle among {set(MAY_IMPORT) - done}"
        done |= ready


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_streamlit_is_imported_by_the_page_only(path):
    assert not [
        name for name in imports(path) if name.split(".")[0] in ("streamlit", "altair", "pandas", "streamlit_app")
    ]


def test_nothing_imports_the_page_itself():
    for path in UI:
        assert "streamlit_app" not in imports(path), path.name


def in_a_fresh_interpreter(code):
    """What a new Python prints, as JSON."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_the_core_imports_nothing_slow():
    modules = [f"nn.{path.stem}" for path in CORE if path.stem != "__init__"]
    assert len(modules) >= 7
    code = f"""
import importlib, json, sys
import nn
for module in {modules}:
    importlib.import_module(module)
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""
    imported = in_a_fresh_interpreter(code)
    assert {"nn", "numpy", "PIL"} <= set(imported)
    assert not {"streamlit", "sklearn", "scipy", "pandas", "altair"} & set(imported)


def test_the_bundled_images_and_network_need_no_scikit_learn():
    code = """
import json, sys
import nn
mnist, network = nn.load_mnist(), nn.load_pretrained()
right = (network.predict(mnist.X_test[:100]) == mnist.y_test[:100]).mean()
*_, run = nn.train(nn.Settings(epochs=1, n_hidden=2), mnist.X_train[:50], mnist.y_train[:50])
print(json.dumps([right, run.finished, sorted({"sklearn", "streamlit", "pandas"} & set(sys.modules))]))
"""
    right, finished, slow = in_a_fresh_interpreter(code)
    assert right > 0.9 and finished and slow == []


def test_the_public_names_are_there():
    import nn

    promised = {
        "load_mnist",
        "DataError",
        "Settings",
        "train",
        "Run",
        "Network",
        "prepare_drawing",
        "load_pretrained",
        "save_network",
        "load_network",
    }
    assert promised <= set(nn.__all__)
    for name in nn.__all__:
        assert getattr(nn, name).__doc__, f"{name} says what it is"
