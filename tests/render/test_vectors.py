import csv
from pathlib import Path

import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.render.vectors import names_beside, refuse_names, refuse_vectors, write_vectors

NAMES = ("Ann", "[/red]", "\x1b[31mEve", 'x,"y"', "ü")
X = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    names = (*NAMES, "two words", "two\nlines")
    write_vectors(path, names, np.concatenate([X, X[:2]]))
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["node", "x0", "x1", "x2"]
    assert tuple(row[0] for row in rows) == names
    assert np.array_equal(np.array([row[1:] for row in rows[:5]], np.float32), X)


def test_npy_with_the_names_beside(tmp_path: Path) -> None:
    path = tmp_path / "x.NPY"
    write_vectors(path, NAMES, X)
    assert np.load(path).tobytes() == X.tobytes()
    assert names_beside(path) == tmp_path / "x.names.txt"
    assert names_beside(path).read_text("utf-8").split("\n") == [*NAMES, ""]


def test_word2vec_text_is_what_gensim_reads(tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    path = tmp_path / "x.txt"
    write_vectors(path, NAMES, X)
    read = KeyedVectors.load_word2vec_format(str(path))
    assert tuple(read.index_to_key) == NAMES
    assert np.array_equal(read.vectors, X)


def test_keyed_vectors_are_those_of_gensim(tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    write_vectors(tmp_path / "x.kv", NAMES, X)
    read = KeyedVectors.load(str(tmp_path / "x.kv"))
    assert tuple(read.index_to_key) == NAMES
    assert np.array_equal(read.vectors, X)
    assert read.most_similar("Ann", topn=4)
    assert [path.name for path in tmp_path.iterdir()] == ["x.kv"]


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    for suffix in (".csv", ".npy", ".txt", ".kv"):
        for stem in ("a", "b"):
            write_vectors(tmp_path / (stem + suffix), NAMES, X)
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("file", "name"), [("x.txt", "two words"), ("x.txt", ""), ("x.txt", "a\u2003b"), ("x.npy", "two\nlines")]
)
def test_names_that_a_file_cannot_keep(tmp_path: Path, file: str, name: str) -> None:
    with pytest.raises(InputError, match="keeps no") as error:
        write_vectors(tmp_path / file, ("Ann", name), X[:2])
    assert error.value.hint == f"{tmp_path / 'x.csv'} keeps any name"
    assert not list(tmp_path.iterdir())
    refuse_names(tmp_path / "x.csv", (name,))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this suffix is not known"):
        refuse_vectors(tmp_path / "x.vec", force=False)
    with pytest.raises(InputError, match="the folder does not exist"):
        refuse_vectors(tmp_path / "no" / "x.csv", force=False)
    path = tmp_path / "x.npy"
    names_beside(path).write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_vectors(path, NAMES, X)
    with pytest.raises(InputError, match="exists already"):
        refuse_vectors(path, force=False)
    assert not path.exists()
    assert names_beside(path).read_text() == "mine"
    write_vectors(path, NAMES, X, force=True)
    assert names_beside(path).read_text("utf-8").startswith("Ann\n")
