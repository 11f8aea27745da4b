import os
from pathlib import Path

import pytest

from mlcli.core.errors import InputError, RequestFailed
from mlcli.files import refuse_existing, refuse_twice, write_whole


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail(beside: Path) -> None:
        beside.write_text("half")
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.txt"
    write_whole(path, "old")
    for content in ("new", fail):
        with pytest.raises(InputError, match="exists already"):
            write_whole(path, content)
    with pytest.raises(RequestFailed, match="cannot be written: No space left on device") as raised:
        write_whole(path, fail, force=True)
    assert raised.value.hint
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_a_link_that_leads_nowhere_is_not_replaced_either(tmp_path: Path) -> None:
    link = tmp_path / "a.txt"
    link.symlink_to("nowhere")
    with pytest.raises(InputError, match="exists already"):
        write_whole(link, "new")
    assert link.is_symlink()


def test_one_file_by_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refuse_twice(Path("a.txt"), None, Path("b.txt"), None, Path("b/a.txt"))
    for again in ("a.txt", "./a.txt", "b/../a.txt", str(tmp_path / "a.txt")):
        with pytest.raises(InputError, match="is named twice"):
            refuse_twice(Path("a.txt"), Path("b.txt"), Path(again))
        with pytest.raises(InputError, match="is named twice"):
            refuse_twice([Path("b.txt"), Path("a.txt")], [], [Path(again)])


def test_a_folder_that_cannot_be_written_to_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_existing(tmp_path / "new", force=False)
    monkeypatch.setattr(os, "access", lambda path, how: (path, how) != (tmp_path, os.W_OK))  # root may write anywhere
    with pytest.raises(RequestFailed, match="cannot be written to") as caught:
        refuse_existing(tmp_path / "new", force=False)
    assert caught.value.where == str(tmp_path) and caught.value.hint
