"""Files: nothing that was there is lost, and nothing that never ends is read."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nn.disk import LEFT_OVER, check_writable, open_regular, replacing

ROOT = Path(__file__).resolve().parent.parent


def everything_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_takes_the_old_ones_place_at_the_end_and_through_a_link(tmp_path):
    (tmp_path / "net.npz").write_bytes(b"old")
    (tmp_path / "net.npz").chmod(0o600)
    (tmp_path / "link").symlink_to("net.npz")
    for name, content in [("net.npz", b"new"), ("link", b"newer")]:
        before = (tmp_path / "net.npz").read_bytes()
        with replacing(tmp_path / name) as file:
            file.write(content)
            assert (tmp_path / "net.npz").read_bytes() == before
        assert everything_in(tmp_path) == {"net.npz": content, "link": content}
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "net.npz").stat().st_mode & 0o777 == 0o600  # those who could read it still can, and no others


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_after_an_error_in_the_middle_the_old_file_is_there_and_nothing_else(tmp_path, error):
    (tmp_path / "net.npz").write_bytes(b"old")
    with pytest.raises(type(error)), replacing(tmp_path / "net.npz") as file:
        file.write(b"half")
        raise error
    assert everything_in(tmp_path) == {"net.npz": b"old"}


def test_a_process_that_is_killed_in_the_middle_leaves_the_old_file_and_is_cleaned_up_later(tmp_path):
    (tmp_path / "net.npz").write_bytes(b"old")
    code = "import os, signal, sys\nfrom nn.disk import replacing\nwith replacing(sys.argv[1]) as file:\n"
    code += "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    killed = subprocess.run([sys.executable, "-c", code, tmp_path / "net.npz"], cwd=ROOT, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "net.npz").read_bytes() == b"old"
    (left,) = tmp_path.glob(".*.unfinished")
    with replacing(tmp_path / "other") as file:
        file.write(b"")
    assert left.exists()  # it might belong to a process that is still at work
    os.utime(left, times=(time.time() - LEFT_OVER - 60,) * 2)
    with replacing(tmp_path / "net.npz") as file:
        file.write(b"new")
    assert everything_in(tmp_path) == {"net.npz": b"new", "other": b""}


def test_only_a_regular_file_is_read_or_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="not a regular file"):
            open_regular(path)
        with pytest.raises(OSError, match="not a regular file"), replacing(path):
            pytest.fail("it was opened")
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "nowhere")
    assert Path("/dev/zero").is_char_device() and (tmp_path / "pipe").is_fifo()


def test_a_file_is_found_to_be_writable_or_not_without_a_trace(tmp_path, monkeypatch):
    (tmp_path / "net.npz").write_bytes(b"old")
    check_writable(tmp_path / "net.npz", "The network")
    check_writable(tmp_path / "other.npz", "The network")
    for path in (tmp_path / "no" / "net.npz", tmp_path / "net.npz" / "net.npz", "/proc/net.npz"):
        with pytest.raises(ValueError, match=f"^The network can't be saved as {path}: .*[^.]\\.$"):
            check_writable(path, "The network")
    monkeypatch.setattr(os, "access", lambda *_: False)  # write-protected, even for root
    with pytest.raises(ValueError, match="Permission denied"):
        check_writable(tmp_path / "net.npz", "The network")
    assert everything_in(tmp_path) == {"net.npz": b"old"}
