from pathlib import Path

import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.readers.sequences import read_sequence, spell


def test_rows_are_steps_and_names_are_kept(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("day,warm,wet\nMon,1.5,2\nTue,3,4\nWed,5,6\n")
    read = read_sequence(tmp_path / "s.csv")
    assert read.values.tolist() == [[1.5, 2], [3, 4], [5, 6]]
    assert read.step_names == ("Mon", "Tue", "Wed") and read.value_names == ("warm", "wet")
    first = read.first(2)
    assert first.values.tolist() == [[1.5, 2], [3, 4]] and first.step_names == ("Mon", "Tue")
    with pytest.raises(InputError, match="ends at step 3, before 4"):
        read.first(4)


def test_an_array_and_a_single_row(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.arange(35).reshape(7, 5))
    assert read_sequence(tmp_path / "s.npy").values.shape == (7, 5)
    np.save(tmp_path / "row.npy", np.arange(5))
    single = read_sequence(tmp_path / "row.npy")
    assert single.values.shape == (1, 5) and any("one step" in sentence for sentence in single.read)


def test_a_stack_is_no_sequence(tmp_path: Path) -> None:
    np.save(tmp_path / "stack.npy", np.zeros((3, 5, 7)))
    with pytest.raises(InputError, match="holds 3 matrices"):
        read_sequence(tmp_path / "stack.npy")


def test_characters_are_one_hot_over_their_own_alphabet() -> None:
    hello = spell("hello")
    assert hello.value_names == ("e", "h", "l", "o")
    assert hello.step_names == ("h", "e", "l", "l", "o")
    assert hello.values.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert any("e h l o" in sentence for sentence in hello.read)


def test_spaces_have_a_name_and_long_texts_a_short_title() -> None:
    assert spell("a b").value_names == ("space", "a", "b")
    assert spell("\n\t").step_names == ("newline", "tab")
    assert len(spell("abc" * 31).name) < 30
    assert len(spell("abc" * 31).values) == 93


def test_no_character() -> None:
    with pytest.raises(InputError, match="no character"):
        spell("")
