import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlcli.core.errors import InputError
from mlcli.readers import source
from mlcli.readers.source import read_source


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2\xff")
    read = read_source(str(tmp_path / "a.csv"))
    assert (read.name, read.where, read.content) == ("a.csv", str(tmp_path / "a.csv"), b"1,2\xff")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1,2\xff")))
    read = read_source("-")
    assert (read.name, read.where, read.content) == ("stdin", "stdin", b"1,2\xff")


def test_standard_input_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # as Python has it after <&-
    with pytest.raises(InputError, match="is closed"):
        read_source("-")
    folder = os.open(tmp_path, os.O_RDONLY)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=SimpleNamespace(read=lambda size: os.read(folder, size))))
    with pytest.raises(InputError, match="cannot be read"):
        read_source("-")


def test_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").touch()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    for path, where in ((tmp_path / "a.csv", str(tmp_path / "a.csv")), ("-", "stdin")):
        with pytest.raises(InputError, match="is empty") as raised:
            read_source(path)
        assert raised.value.where == where
        assert raised.value.hint


def test_missing_file_names_the_likely_one(tmp_path: Path) -> None:
    (tmp_path / "image.png").touch()
    with pytest.raises(InputError, match="does not exist") as raised:
        read_source(tmp_path / "imgae.png")
    assert raised.value.hint == f"did you mean {tmp_path / 'image.png'}?"


@pytest.mark.parametrize("path", ["nothing-like-it", "no/such/folder/a.csv"])
def test_missing_file_with_no_likely_one(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="does not exist") as raised:
        read_source(tmp_path / path)
    assert "check the name" in str(raised.value.hint)


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_source(tmp_path)


def test_file_within_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(InputError, match="cannot be read: Not a directory"):
        read_source(tmp_path / "a.csv" / "b.csv")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("1")
    (tmp_path / "a.csv").chmod(0)
    if os.access(tmp_path / "a.csv", os.R_OK):  # the superuser may read all

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="may not be read"):
        read_source(tmp_path / "a.csv")


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST", 2**20)
    (tmp_path / "a.csv").write_bytes(b"1" * 2**20)
    assert len(read_source(tmp_path / "a.csv").content) == 2**20
    (tmp_path / "a.csv").write_bytes(b"1" * (2**20 + 1))
    with pytest.raises(InputError, match="is larger than 1 MiB"):
        read_source(tmp_path / "a.csv")
