"""Two trainings in one folder: the second is told before it begins."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlcli.core.errors import InputError, RequestFailed
from mlcli.training.alone import alone_in

pytest.importorskip("fcntl")


def test_a_second_training_in_a_folder_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "gcn"
    with alone_in(folder, make=True):
        with pytest.raises(InputError, match="another training writes to it"), alone_in(folder):
            raise AssertionError("two at once")
        (folder / "kept").touch()
    with alone_in(folder, make=True):
        assert (folder / "kept").exists()


def test_a_folder_in_which_nothing_was_kept_is_gone_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone_in(tmp_path / "gcn", make=True):
        _ = 1 / 0
    assert not (tmp_path / "gcn").exists()
    (tmp_path / "mine").mkdir()
    with alone_in(tmp_path / "mine", make=True):
        pass
    assert (tmp_path / "mine").exists()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    held = (
        "import os, pathlib; from mlcli.training.alone import alone_in\n"
        f"with alone_in(pathlib.Path({str(tmp_path)!r})): os._exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", held]).returncode == 7
    with alone_in(tmp_path):
        pass


def test_what_is_in_the_way_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestFailed, match="cannot be made"), alone_in(tmp_path / "file" / "run", make=True):
        raise AssertionError("begun")
    monkeypatch.setattr(os, "access", lambda path, how: False)
    with pytest.raises(RequestFailed, match="cannot be written to"), alone_in(tmp_path, make=True):
        raise AssertionError("begun")


def test_the_processes_of_a_launcher_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with alone_in(tmp_path):
        monkeypatch.setenv("RANK", "1")
        with alone_in(tmp_path):
            pass
