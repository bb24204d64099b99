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
FACES = "nn/__init__.py", "nn/ui/__init__.py"

# What the files of each room may import: which rooms of this project, and which packages of others. The longest
# matching name counts. Rooms further down import only those further up, so nothing is imported in a circle.
ROOMS = {
    "nn/checks.py": ("", {"numpy"}),
    "nn/disk.py": ("", set()),
    "nn/images": ("images checks disk", {"numpy", "PIL", "platformdirs", "sklearn"}),
    "nn/network.py": ("images", {"numpy"}),
    "nn/recipe.py": ("checks images", set()),
    "nn/descent.py": ("images network", {"numpy"}),
    "nn/analysis": ("analysis images network", {"numpy", "sklearn"}),
    "nn/training.py": ("analysis descent images network recipe", {"numpy"}),
    "nn/engine": (
        "engine analysis images network recipe training",
        {"numpy", "joblib", "threadpoolctl", "distributed"},
    ),
    "nn/files": (
        "files analysis checks descent disk engine images network recipe training",
        {"numpy", "PIL", "jinja2", "nbformat"},
    ),
    "nn/cli.py": ("analysis disk engine files images recipe training", set()),
    "nn/questions": ("recipe", set()),
    "nn/classroom": ("classroom checks disk questions recipe", {"numpy", "platformdirs", "sqlalchemy"}),
    "nn/ui/numbers.py": ("", set()),
    "nn/ui/charts": ("ui.charts network", {"numpy", "pyarrow"}),
    "nn/ui/html.py": ("ui.charts ui.numbers", {"numpy", "PIL"}),
    "nn/ui/words.py": ("analysis files recipe ui.numbers", set()),
    "nn/ui/session": (
        "ui.session ui.html ui.numbers ui.words analysis engine files images network recipe training",
        {"numpy", "PIL", "streamlit"},
    ),
    "nn/ui/picture_choice": ("ui.session ui.html", set()),
    "nn/ui/inside": (
        "ui.inside ui.picture_choice ui.session ui.charts ui.html ui.numbers ui.words analysis engine images network "
        "recipe training",
        {"numpy", "PIL", "streamlit"},
    ),
    "nn/ui/yours": (
        "ui.yours ui.session ui.charts ui.html ui.numbers ui.words analysis engine files images network recipe "
        "training",
        {"numpy", "streamlit"},
    ),
    "nn/ui/page": (
        "ui.page ui.inside ui.picture_choice ui.session ui.charts ui.html ui.numbers ui.words analysis files images "
        "network recipe training",
        {"numpy", "PIL", "streamlit", "streamlit_drawable_canvas"},
    ),
    "nn/ui/classroom": (
        "ui.classroom ui.page ui.inside ui.session ui.charts ui.html classroom files images network questions recipe "
        "engine",
        {"numpy", "PIL", "streamlit", "segno"},
    ),
    "streamlit_app.py": ("ui", {"streamlit"}),
}
OPTIONAL = {"distributed"}  # only a cluster needs it
# In the rooms that import streamlit: what does without, so that it can be tested without a page.
WITHOUT_STREAMLIT = ["page/step_report.py", "page/network_picture/data.py", "page/challenge.py", "inside/film.py"]
WITHOUT_STREAMLIT += [
    "classroom/file.py",
    "classroom/predictions.py",
    "inside/step5_tables.py",
    "inside/step6_findings.py",
]


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


def room(path):
    """The room of a file."""
    return max((room for room in ROOMS if f"{name(path)}/".startswith(f"{room}/")), key=len)


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
        "from .. import Recipe, store\n"
        "from ..network import forward\n"
        "from . import charts\n"
        "def late():\n    from streamlit.runtime import exists\n"
    )
    found = {"os.path", "nn.store", "nn", "nn.network", "nn.ui.charts", "streamlit.runtime"}
    assert imports(folder / "page.py", tmp_path) == found


@pytest.mark.parametrize("which", ROOMS)
def test_a_room_imports_only_what_it_may(which):
    files = [path for path in FILES if path.name != "__main__.py" and name(path) not in FACES and room(path) == which]
    assert files, "there is a rule for files that don't exist"
    rooms, packages = ROOMS[which]
    allowed = {f"nn.{one}" for one in rooms.split()}
    for path in files:
        for module in ours(path):
            known = module == "nn" and "nn/ui" in name(path)
            known |= any(f"{module}.".startswith(f"{one}.") for one in allowed)
            assert known, f"{name(path)} imports {module}"
        assert others(path) <= packages, name(path)


def test_the_pure_part_of_the_page_needs_no_streamlit():
    for pure in WITHOUT_STREAMLIT:
        assert "streamlit" not in others(ROOT / "nn" / "ui" / pure), pure


def test_only_one_file_touches_the_session_state():
    holders = [name(path) for path in FILES if "session_state" in path.read_text(encoding="utf-8")]
    assert holders == ["nn/ui/session/protocol.py", "nn/ui/session/state.py"]  # the first only asks which widgets exist


def test_streamlits_cache_holds_nothing_that_must_not_be_lost():
    """Any browser can send a message that empties it: only limited caches, and those of one visitor, are in it."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for decorator in getattr(node, "decorator_list", ()):
                if "cache_resource" in ast.unparse(decorator):
                    keywords = {keyword.arg for keyword in getattr(decorator, "keywords", ())}
                    assert keywords & {"max_entries", "scope"}, f"{name(path)}, {node.name}"


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
    slow |= {"sklearn", "scipy", "joblib", "nbformat"}
    assert {"nn", "numpy", "PIL"} <= imported and not slow & imported


@pytest.mark.slow
def test_a_visitor_alone_never_loads_the_database(tmp_path):
    code = f"""
import json, os, sys
from streamlit.testing.v1 import AppTest
os.environ["XDG_DATA_HOME"] = {str(tmp_path)!r}  # without a class of before
page = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
print(json.dumps([len(page.exception), sorted({{"sqlalchemy", "segno", "nn.classroom.names"}} & set(sys.modules))]))
"""
    assert in_a_fresh_interpreter(code) == [0, []]


def test_the_public_names_are_there():
    import nn

    promised = {"load_mnist", "DataError", "Recipe", "train", "TrainingState", "Network", "prepare_drawing"}
    assert promised | {"save_network", "load_network", "load_pretrained", "sgd"} <= set(nn.__all__)
    for public in nn.__all__:
        assert getattr(nn, public).__doc__, f"{public} has no docstring"


def test_no_field_and_no_argument_is_of_type_object():
    """It would hide what a lower room knows of a higher one."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            annotation = getattr(node, "annotation", None)  # of a field, a variable or an argument
            names = {one.id for one in ast.walk(annotation) if isinstance(one, ast.Name)} if annotation else set()
            assert "object" not in names, f"{name(path)}, line {node.lineno}"
