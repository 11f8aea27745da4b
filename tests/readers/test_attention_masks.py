from pathlib import Path

import numpy as np
import pytest

from mlcli.core.attention_masks import band, causal, padding
from mlcli.core.errors import InputError
from mlcli.readers.attention_masks import read_mask


def test_words_and_what_they_hide() -> None:
    assert read_mask([], 3, 5).mask is None and read_mask(["none"], 3, 5).name == ""
    for text, mask in [("causal", causal(3, 5)), ("padding:2", padding(3, 5, 2)), ("band:1", band(3, 5, 1))]:
        given = read_mask([text], 3, 5)
        assert np.array_equal(given.mask, mask)
        assert given.name == f"{text} mask" and len(given.rule) == 1


def test_masks_are_laid_over_each_other() -> None:
    both = read_mask(["causal", "padding:2"], 5, 5)
    assert np.array_equal(both.mask, causal(5, 5) & padding(5, 5, 2))
    assert both.name == "causal and padding:2 mask"
    assert len(both.rule) == 2


def test_a_file_of_ones_and_zeros_or_one_row_for_all(tmp_path: Path) -> None:
    (tmp_path / "mask.csv").write_text("1,0,1\n0,1,1\n")
    (tmp_path / "row.csv").write_text("1,0,1\n")
    given = read_mask([str(tmp_path / "mask.csv")], 2, 3)
    assert given.mask is not None and given.mask.tolist() == [[True, False, True], [False, True, True]]
    assert given.name == "mask.csv mask"
    row = read_mask([str(tmp_path / "row.csv")], 2, 3).mask
    assert row is not None and row.tolist() == [[True, False, True]] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("padded", '"padded" is no mask and no file'),
        ("causal:2", '"causal:2" is no mask and no file'),
        ("padding:", "needs a whole number"),
        ("padding:-1", "needs a whole number"),
        ("band:1.5", "needs a whole number"),
        ("padding:6", "there are 5 keys, 6 of which"),
        ("missing.csv", "does not exist"),
    ],
)
def test_what_is_no_mask(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_mask([text], 3, 5)


def test_a_mask_of_the_wrong_shape_or_of_other_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mask.csv"
    path.write_text("1,0\n0,1\n")
    with pytest.raises(InputError, match="the mask is 2×2, but there are 3 queries and 5 keys") as refused:
        read_mask([str(path)], 3, 5)
    assert refused.value.where == str(path)
    with pytest.raises(InputError, match=r"row 2, column 1 holds 0\.5"):
        path.write_text("1,0\n0.5,1\n")
        read_mask([str(path)], 2, 2)
