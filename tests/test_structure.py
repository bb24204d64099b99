"""The folders: imports point one way, the core knows nothing of the page, and a fast start imports little."""

import ast
import functools
import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "streamlit_app.py", *sorted((ROOT / "nn").rglob("*.py"))]
ENTRY_POINTS = "nn/__init__.py", "nn/__main__.py"  # they may import everything but the page

# What the files of each folder may import: from this project, and from others. The longest matching name counts.
FOLDERS = {
    "nn": ({"nn", "nn.images"}, {"numpy", "PIL"}),
    "nn/network.py": ({"nn.images", "nn.images.preparations"}, {"numpy"}),
    "nn/checks.py": (set(), {"numpy"}),
    "nn/recipe.py": ({"nn.checks", "nn.images"}, set()),
    "nn/training.py": ({"nn", "nn.analysis", "nn.images"}, {"numpy"}),
    "nn/files.py": (set(), set()),
    "nn/npz.py": (set(), {"numpy"}),
    "nn/notebook.py": ({"nn.descent", "nn.images"}, {"numpy", "nbformat"}),
    "nn/workers.py": ({"nn"}, {"numpy", "joblib", "distributed"}),
    "nn/sweep.py": ({"nn", "nn.analysis", "nn.images"}, {"joblib", "threadpoolctl", "distributed", "ray"}),
    "nn/results.py": ({"nn.checks", "nn.files", "nn.recipe"}, set()),
    "nn/heat_map.py": ({"nn.files"}, {"PIL"}),
    "nn/images": ({"nn.images", "nn.files"}, {"numpy", "PIL", "sklearn"}),
    "nn/classroom": ({"nn.classroom", "nn.checks", "nn.recipe"}, {"numpy", "sqlalchemy"}),
    "nn/analysis": ({"nn.analysis", "nn.images", "nn.network"}, {"numpy", "sklearn"}),
    "nn/ui": ({"nn", "nn.images", "nn.analysis", "nn.ui"}, {"numpy", "PIL", "streamlit", "streamlit_drawable_canvas"}),
    "nn/ui/classroom": (
        {"nn", "nn.images", "nn.classroom", "nn.ui", "nn.ui.charts"},
        {"numpy", "PIL", "streamlit", "segno"},
    ),
    "nn/ui/charts": ({"nn.ui.charts", "nn.network"}, {"numpy", "pyarrow"}),
    "nn/ui/html.py": ({"nn.ui"}, {"numpy", "PIL"}),
    "streamlit_app.py": ({"nn.ui"}, {"streamlit"}),
}
OPTIONAL = {"distributed", "ray"}  # only a cluster needs them
# In nn/ui: what does without streamlit, so that it can be tested without a page. It builds on nothing else there.
WITHOUT_STREAMLIT = ["html.py", "numbers.py", "charts", "challenge.py", "feedback.py", "film.py", "step_report.py"]
WITHOUT_STREAMLIT += ["network_picture/data.py", "sketch.py", "classroom/file.py", "classroom/readings.py"]


@functools.cache
def imports(path, root=ROOT):
    """The full names of all modules that a file imports, in any form, also within functions."""
    package, found = path.relative_to(root).parts[:-1], set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                module = root.joinpath(*base.split("."), alias.name)
                is_module = base.startswith("nn") and (module.is_dir() or module.with_suffix(".py").is_file())
                found.add(f"{base}.{alias.name}" if is_module else base)
    return found


def name(path):
    return path.relative_to(ROOT).as_posix()


def rule(path):
    """What the files of this file's folder may import."""
    folder = max((folder for folder in FOLDERS if f"{name(path)}/".startswith(f"{folder}/")), key=len)
    return FOLDERS[folder]


def ours(path):
    """The modules of this project that a file imports."""
    return {module for module in imports(path) if module.split(".")[0] in ("nn", "streamlit_app")}


def others(path):
    """The packages that a file imports, except ours and Python's own."""
    return {module.split(".")[0] for module in imports(path) - ours(path)} - sys.stdlib_module_names


def test_imports_are_found_in_every_form(tmp_path):
    folder = tmp_path / "nn" / "ui"
    (folder / "charts").mkdir(parents=True)
    (tmp_path / "nn" / "store.py").touch()
    (folder / "page.py").write_text(
        "import os.path, nn.store\n"
        "from .. import Settings, store\n"
        "from ..network import forward\n"
        "from . import charts\n"
        "def late():\n    from streamlit.runtime import exists\n"
    )
    found = {"os.path", "nn.store", "nn", "nn.network", "nn.ui.charts", "streamlit.runtime"}
    assert imports(folder / "page.py", tmp_path) == found


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_what_it_may(folder):
    files = [path for path in FILES if rule(path) is FOLDERS[folder] and name(path) not in ENTRY_POINTS]
    assert files, "there is a rule for files that don't exist"
    modules, packages = FOLDERS[folder]
    for path in files:
        for module in ours(path):
            assert any(module == allowed or module.rpartition(".")[0] == allowed for allowed in modules) or (
                "nn.ui" in modules and module.startswith("nn.ui")
            ), f"{name(path)} imports {module}"
            if path.is_relative_to(ROOT / "nn") and not path.is_relative_to(ROOT / "nn" / "ui"):
                assert module != "nn", f"{name(path)} imports the package, which imports it"
        assert others(path) <= packages, name(path)


def test_nothing_imports_the_page_and_its_pure_part_needs_no_streamlit():
    for path in FILES:
        if not path.is_relative_to(ROOT / "nn" / "ui") and path.name != "streamlit_app.py":
            assert not [module for module in ours(path) if module.startswith("nn.ui")], name(path)
        assert "streamlit_app" not in ours(path), name(path)
    for pure in WITHOUT_STREAMLIT:
        place = ROOT / "nn" / "ui" / pure
        for path in [place] if place.is_file() else place.glob("*.py"):
            assert "streamlit" not in others(path), name(path)
            inner = {module.split(".")[2] for module in ours(path) if module.startswith("nn.ui.")}
            assert inner <= {pure.removesuffix(".py") for pure in WITHOUT_STREAMLIT}, name(path)


def test_only_one_file_touches_the_session_state():
    holders = [name(path) for path in FILES if "session_state" in path.read_text(encoding="utf-8")]
    assert holders == ["nn/ui/state.py"]


def test_imports_form_no_circle():
    modules = {name(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in FILES}
    left = {module: ours(path) & set(modules) - {module, "nn"} for module, path in modules.items()}
    while left:
        ready = {module for module, needed in left.items() if not needed & set(left)}
        assert ready, f"a circle among {sorted(left)}"
        left = {module: needed for module, needed in left.items() if module not in ready}


def test_every_imported_package_is_in_the_requirements():
    named = {re.split("[<>=]", line)[0] for line in (ROOT / "requirements.txt").read_text().split()}
    distributions = packages_distributions()
    for path in [*FILES, *(ROOT / "assets").glob("*.py")]:
        for package in others(path) - {"make_network"} - OPTIONAL:
            assert named & {found.lower() for found in distributions[package]}, f"{name(path)} imports {package}"


def in_a_fresh_interpreter(code):
    """The JSON that this code prints in a new Python process."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_core_the_bundled_images_and_the_pre_trained_network_need_nothing_slow():
    pages = ("ui", "classroom", "__init__.py", "streamlit_app.py")
    core = [name(path) for path in FILES if not {*path.relative_to(ROOT).parts} & {*pages}]
    modules = [path.removesuffix(".py").replace("/", ".") for path in core]
    assert {"nn.network", "nn.images.mnist", "nn.analysis.metrics"} <= set(modules)
    code = f"""
import json, sys, {", ".join(modules)}
mnist, network = nn.load_mnist(), nn.load_pretrained()
assert (network.predict(mnist.X_test[:100]) == mnist.y_test[:100]).mean() > 0.9
*_, run = nn.train(nn.Recipe(epochs=1, n_hidden=2), mnist.X_train[:50], mnist.y_train[:50])
assert run.finished
print(json.dumps([name for name in sys.modules if "." not in name]))
"""
    imported, slow = set(in_a_fresh_interpreter(code)), {"streamlit", "pandas", "altair", "pyarrow", "sqlalchemy"}
    assert {"nn", "numpy", "PIL"} <= imported and not {*slow, "sklearn", "scipy", "joblib", "nbformat"} & imported


@pytest.mark.slow
def test_a_visitor_alone_never_loads_the_database():
    code = """
import json, sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
print(json.dumps([len(page.exception), sorted({"sqlalchemy", "segno", "nn.classroom"} & set(sys.modules))]))
"""
    assert in_a_fresh_interpreter(code) == [0, []]


def test_the_public_names_are_there():
    import nn

    promised = {"load_mnist", "DataError", "Recipe", "train", "TrainingState", "Network", "prepare_drawing"}
    assert promised | {"save_network", "load_network", "load_pretrained", "sgd"} <= set(nn.__all__)
    for public in nn.__all__:
        assert getattr(nn, public).__doc__, f"{public} has no docstring"
