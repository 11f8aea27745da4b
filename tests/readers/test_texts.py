from pathlib import Path

import pytest

from mlcli.core.errors import InputError
from mlcli.readers.texts import read_text


def test_a_text_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_bytes("\ufeffžluťoučký\nkůň".encode())
    assert read_text(tmp_path / "poem.txt") == "žluťoučký\nkůň"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_bytes(b"one\ntwo \xff")
    with pytest.raises(InputError, match="byte 0xff is no UTF-8") as refused:
        read_text(tmp_path / "poem.txt")
    assert str(refused.value.where).endswith("poem.txt:2")
    with pytest.raises(InputError, match="does not exist"):
        read_text(tmp_path / "prose.txt")
