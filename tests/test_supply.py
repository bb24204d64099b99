"""What is installed and what the workflow runs: exactly what was tested, for as long as nobody changes it."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def lines(path):
    """The lines of a file of requirements, without comments."""
    return [line.partition(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_constraint_is_one_version_from_any_index_on_any_machine():
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == []
    names = [canonicalize_name(line.partition("==")[0]) for line in CONSTRAINTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt"])
def test_every_requirement_allows_its_constraint(file):
    pinned = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in CONSTRAINTS)}
    requirements = [Requirement(line) for line in lines(ROOT / file) if not line.startswith("-")]
    assert requirements
    for requirement in requirements:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"constraints.txt lacks {requirement.name}"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} forbids {version}"


def test_the_requirements_use_the_constraints():
    assert "-c constraints.txt" in lines(ROOT / "requirements.txt")
    assert "-r ../requirements.txt" in lines(ROOT / "tests" / "requirements.txt")


def test_the_workflow_runs_actions_by_their_commit_and_may_only_read():
    assert WORKFLOWS
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        for action in re.findall(r"uses: *(.*)", text):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
        assert re.findall(r"permissions:\n +(.*)", text) == ["contents: read"]
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")
