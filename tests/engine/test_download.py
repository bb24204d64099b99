"""The download of OpenML's images in a process of its own: watched, cancelled, given up. Nothing here asks OpenML."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from waiting import wait_until

from nn.engine import download as module
from nn.engine.download import Download
from nn.images.mnist import cache_path


@pytest.fixture(autouse=True)
def nothing_is_stored(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def command(monkeypatch):
    """Let a download run this code instead."""
    return lambda code: monkeypatch.setattr(module, "COMMAND", [sys.executable, "-c", code])


class Visitor:
    """Somebody who waits."""


SOMEBODY = Visitor()
STORES = """
from nn.images.mnist import cache_path
cache_path().parent.mkdir(parents=True)
cache_path().write_text("the images")
"""


@pytest.fixture
def hold(tmp_path):
    """Code of a download that stands still at 42 % until `release` is called, at the latest when the test ends."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with open(os.open(pipe, os.O_RDWR), "wb", buffering=0) as held:
        yield SimpleNamespace(code=f"print('42 %', flush=True); open({str(pipe)!r}).read()", release=held.close)


def over(download):
    wait_until(lambda: not download.active)
    return download


def started():
    download = Download()
    download.start(SOMEBODY)
    return download


def test_its_progress_is_known_and_at_the_end_the_images_are_there(command, hold):
    command(hold.code + STORES)
    download = started()
    wait_until(lambda: download.share == 0.42)
    assert download.active and not cache_path().is_file()
    hold.release()
    over(download)
    assert cache_path().is_file() and download.error == ""


def test_it_is_started_once_for_all_and_ends_when_nobody_waits_for_it_any_more(command, hold, monkeypatch):
    command(hold.code)
    now, processes, popen = [1_000.0], [], subprocess.Popen
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(module.subprocess, "Popen", lambda *a, **k: processes.append(popen(*a, **k)) or processes[-1])
    first, second = Visitor(), Visitor()
    download = Download()
    download.start(first)
    download.start(second)
    assert len(processes) == 1
    download.leave(first)
    assert download.active
    download.wait(first)
    now[0] += module.WAITING + 1  # the second one's tab was closed
    download.leave(first)
    assert not download.active and download.error == "" and processes[0].wait(30) != 0
    download.start(first)  # and can begin again
    assert download.active
    download.leave(first)


@pytest.mark.parametrize(
    "code, reason",
    [
        ("import sys; print('error: It is so.', file=sys.stderr); sys.exit(2)", "It is so."),
        ("raise KeyError", "MNIST could not be loaded from OpenML: the download broke off."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "broke off."),
    ],
)
def test_a_failure_is_a_sentence(command, code, reason):
    command(code)
    download = over(started())
    assert download.error.endswith(reason) and not cache_path().is_file()
    command(STORES)
    download.start(SOMEBODY)
    assert over(download).error == "" and cache_path().is_file()  # another try


def test_a_download_that_takes_too_long_or_cannot_be_started_says_so(command, hold, monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 0.01)
    command(hold.code)
    assert "minutes" in over(started()).error
    monkeypatch.setattr(module, "COMMAND", ["/nowhere/python"])
    download = started()
    assert not download.active and "can't be started: No such file" in download.error


@pytest.mark.slow
def test_the_command_says_in_one_line_what_went_wrong_and_leaves_nothing(tmp_path):
    """There is no network in this test: a proxy that doesn't exist is asked."""
    environment = {"XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path), "https_proxy": "http://127.0.0.1:1"}
    done = subprocess.run(
        module.COMMAND,
        cwd=Path(module.__file__).parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: MNIST could not be loaded from OpenML: ")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
