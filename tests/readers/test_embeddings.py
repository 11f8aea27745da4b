from pathlib import Path

import pytest

from mlcli.core.errors import InputError
from mlcli.readers.embeddings import read_embeddings
from mlcli.render.vectors import write_vectors

GLOVE = "the 0.5 -1 2\n, 1 1 1\ncat 0 0.25 1e-3\nThe 9 9 9\nthe 7 7 7\n"


def written(folder: Path, content: str, name: str = "vectors.txt") -> Path:
    path = folder / name
    path.write_text(content, "utf-8")
    return path


def test_the_first_line_of_each_token(tmp_path: Path) -> None:
    given = read_embeddings(written(tmp_path, GLOVE), ("cat", "the", "cat"))
    assert given.values.tolist() == [[0, 0.25, 1e-3], [0.5, -1, 2], [0, 0.25, 1e-3]]
    assert given.read == ("vectors.txt: vectors of 3 numbers",)


@pytest.mark.parametrize("suffix", [".txt", ".csv"])
def test_what_mlcli_node2vec_writes(tmp_path: Path, suffix: str) -> None:
    import numpy as np

    values = np.random.default_rng(2).standard_normal((3, 5)).astype(np.float32)
    names = ("Ada", "node", 'B,"n') if suffix == ".csv" else ("Ada", "node", "3")
    write_vectors(tmp_path / f"v{suffix}", names, values)
    given = read_embeddings(tmp_path / f"v{suffix}", names[::-1])
    assert np.array_equal(given.values.astype(np.float32), values[::-1])


def test_headers_and_other_delimiters(tmp_path: Path) -> None:
    assert read_embeddings(written(tmp_path, "2 3\n2 1 2 3\n"), ("2",)).values.tolist() == [[1, 2, 3]]
    assert read_embeddings(written(tmp_path, "\ufeffcat\t1\t2\r\n"), ("cat",)).values.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("content", "tokens", "message", "hint"),
    [
        (GLOVE, ("cat", "mat", "dog"), 'has no vector for 2 tokens: "mat", "dog"', "leave them out"),
        (GLOVE, ("Cat",), 'has no vector for 1 token: "Cat"', 'it has "cat"'),
        ("cat 1 2\nmat 1\n", ("cat", "mat"), "1 number where the token before has 2", "every token"),
        ("cat 1 x\n", ("cat",), 'column 3 "x" is not a number', None),
        ("cat 1 nan\n", ("cat",), 'column 3 "nan" is not finite', None),
        ("a 1\ncat\n", ("cat",), "holds a token without numbers", None),
    ],
)
def test_what_a_file_lacks(tmp_path: Path, content: str, tokens: tuple, message: str, hint: str | None) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read_embeddings(written(tmp_path, content), tokens)
    assert hint is None or str(refused.value.hint).startswith(hint)
