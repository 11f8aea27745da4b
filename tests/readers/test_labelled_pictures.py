import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlcli.core.errors import InputError
from mlcli.readers.labelled_pictures import read_pictures


def folder(root: Path, counts: dict[str, int], size: tuple[int, int] = (5, 7), mode: str = "L") -> Path:
    rng = np.random.default_rng(0)
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for k in range(count):
            shape = size if mode == "L" else (*size, 3)
            Image.fromarray(rng.integers(256, size=shape).astype(np.uint8)).save(root / name / f"{k}.png")
    return root


def lines(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


GOOD = [f"{name},{k},0,255,9" for name in ("cat", "dog") for k in range(5)]


def test_a_sub_folder_is_a_class(tmp_path: Path) -> None:
    root = folder(tmp_path / "pets", {"dog": 5, "cat": 11})
    (root / ".hidden").mkdir()
    (root / "cat" / ".DS_Store").write_text("x")
    found = read_pictures(str(root), 3)
    assert (found.name, found.classes, found.values.shape) == ("pets", ("cat", "dog"), (16, 1, 5, 7))
    np.testing.assert_array_equal(found.values[11, 0], np.asarray(Image.open(root / "dog" / "0.png")))
    assert np.bincount(found.labels).tolist() == [11, 5]
    parts = [found.train, found.validation, found.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(16))
    assert [np.bincount(found.labels[part]).tolist() for part in parts] == [[7, 3], [2, 1], [2, 1]]
    assert (
        found.train.tolist() == read_pictures(str(root), 3).train.tolist() != read_pictures(str(root), 4).train.tolist()
    )


def test_grey_among_colours_becomes_colour_and_side_brings_all_to_one_size(tmp_path: Path) -> None:
    root = folder(tmp_path, {"cat": 3})
    folder(root, {"dog": 3}, (11, 13), "RGB")
    with pytest.raises(InputError, match="has 11×13 pixels, the first picture has 5×7") as told:
        read_pictures(str(root), 0)
    assert "--side" in (told.value.hint or "")
    found = read_pictures(str(root), 0, side=4)
    assert found.values.shape == (6, 3, 4, 4)
    assert (found.values[0, 0] == found.values[0, 2]).all() and (found.values[4, 0] != found.values[4, 2]).any()
    assert "3 grey pictures taken as red, green and blue" in found.read[0]


def test_a_line_of_a_csv_is_a_picture(tmp_path: Path) -> None:
    plain = read_pictures(str(lines(tmp_path / "a.csv", GOOD)), 0)
    headed = read_pictures(str(lines(tmp_path / "b.csv", ["label,p0,p1,p2,p3", *GOOD])), 0)
    assert plain.values.shape == (10, 1, 2, 2) and plain.values[7].tolist() == [[[2, 0], [255, 9]]]
    assert (plain.values == headed.values).all() and "header" in headed.read[0]
    numbered = [line.replace("cat", "10").replace("dog", "9") for line in GOOD]
    assert read_pictures(str(lines(tmp_path / "c.csv", numbered)), 0).classes == ("9", "10")
    assert read_pictures(str(tmp_path / "a.csv"), 0, side=4).values.shape == (10, 1, 4, 4)


@pytest.mark.parametrize(
    ("rows", "where", "said"),
    [
        ([*GOOD, "cat,1,2,3"], ":11", "4 columns where the first picture has 5"),
        ([*GOOD, "cat,1,2,3,256"], ":11", '"256" in column 5 is no pixel'),
        ([*GOOD, "cat,1,-2,3,4"], ":11", '"-2" in column 3 is no pixel'),
        ([*GOOD, "cat,1,2,x,4"], ":11", '"x" in column 4 is no pixel'),
        ([*GOOD, ",1,2,3,4"], ":11", "has no class"),
        (["cat,1,2,3"], ":1", "3 pixels are no square picture"),
        (["cat"], ":1", "0 pixels are no square picture"),
        (["label,a,b,c,d"], "", "has a header and no picture"),
        (GOOD[:5], "", 'has one class only, "cat"'),
        (GOOD[:7], "", 'class "dog" has 2 pictures'),
    ],
)
def test_a_bad_csv_is_told(tmp_path: Path, rows: list[str], where: str, said: str) -> None:
    path = lines(tmp_path / "a.csv", rows)
    with pytest.raises(InputError, match=re.escape(said)) as told:
        read_pictures(str(path), 0)
    assert told.value.where == f"{path}{where}"


def test_a_bad_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_pictures(str(tmp_path / "nope"), 0)
    with pytest.raises(InputError, match="has no sub-folder with pictures"):
        read_pictures(str(tmp_path), 0)
    root = folder(tmp_path / "pets", {"cat": 3, "dog": 3})
    (root / "dog" / "0.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="is not a picture"):
        read_pictures(str(root), 0)
