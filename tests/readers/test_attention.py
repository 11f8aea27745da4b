import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mlcli.core.errors import InputError
from mlcli.readers.attention import read_qkv

RNG = np.random.default_rng(2)
QKV = {"Q": RNG.standard_normal((2, 5)), "K": RNG.standard_normal((3, 5)), "V": RNG.standard_normal((3, 7))}


def saved(folder: Path, **arrays: object) -> Path:
    path = folder / "qkv.npz"
    np.savez(path, **{**QKV, **arrays})  # type: ignore[arg-type]
    return path


def test_reads_what_numpy_wrote(tmp_path: Path) -> None:
    given = read_qkv(saved(tmp_path, more=np.zeros(3)))
    assert given.name == "qkv.npz"
    for name, values in QKV.items():
        assert np.array_equal(getattr(given, name), values)
    assert given.read == ("other arrays are left unread: more",)


def test_whole_and_half_precision_numbers_become_64_bit_ones(tmp_path: Path) -> None:
    given = read_qkv(saved(tmp_path, Q=np.ones((2, 5), dtype=np.int8), V=np.ones((3, 7), dtype=np.float16)))
    assert given.Q.dtype == given.V.dtype == np.float64
    assert given.read == ()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"Q": np.ones((2, 3))}, "a query is not as long as a key: Q 2×3, K 3×5, V 3×7"),
        ({"V": np.ones((2, 7))}, "each key needs one value: Q 2×5, K 3×5, V 2×7"),
        ({"K": np.ones(5)}, r"array K has the shape \(5,\)"),
        ({"K": np.ones((2, 3, 5))}, r"array K has the shape \(2, 3, 5\)"),
        ({"Q": np.ones((0, 5))}, r"array Q has the shape \(0, 5\)"),
        ({"V": np.full((3, 7), np.nan)}, r"V\[0\]\[0\] is not finite: nan"),
        ({"V": np.full((3, 7), 1j)}, "array V holds complex128"),
        ({"V": np.full((3, 7), "a")}, "array V holds <U1"),
        ({"V": np.full((3, 7), None)}, "array V is no matrix of numbers: Object arrays cannot be loaded"),
    ],
)
def test_arrays_that_are_no_attention(tmp_path: Path, arrays: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read_qkv(saved(tmp_path, **arrays))
    assert refused.value.where == str(tmp_path / "qkv.npz")


def test_an_array_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "qkv.npz"
    np.savez(path, Q=QKV["Q"], k=QKV["K"], V=QKV["V"])
    with pytest.raises(InputError, match="has no array K; its arrays: Q, k, V") as refused:
        read_qkv(path)
    assert "numpy.savez" in str(refused.value.hint)


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "q.npy", QKV["Q"])
    with pytest.raises(InputError, match="is a single matrix"):
        read_qkv(tmp_path / "q.npy")
    for name, content in [("text.npz", b"1,2,3\n"), ("cut.npz", saved(tmp_path).read_bytes()[:-9])]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=r"is no \.npz file"):
            read_qkv(tmp_path / name)


def test_a_damaged_member(tmp_path: Path) -> None:
    content = bytearray(saved(tmp_path).read_bytes())
    content[200] ^= 255  # within the numbers of Q: the checksum does not hold
    (tmp_path / "qkv.npz").write_bytes(content)
    with pytest.raises(InputError, match="array Q is no matrix of numbers"):
        read_qkv(tmp_path / "qkv.npz")


def test_a_member_that_is_no_array(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "qkv.npz", "w") as archive:
        for name in "QKV":
            archive.writestr(name, "text")
    with pytest.raises(InputError, match="array Q holds no array"):
        read_qkv(tmp_path / "qkv.npz")


def test_an_archive_that_unpacks_to_more_than_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    np.savez_compressed(packed, **QKV | {"V": np.zeros((3, 1_000_003))})
    (tmp_path / "qkv.npz").write_bytes(packed.getvalue())
    monkeypatch.setattr("mlcli.readers.attention.LARGEST", 2**20)
    with pytest.raises(InputError, match="larger than 1 MiB once unpacked"):
        read_qkv(tmp_path / "qkv.npz")


BLOCKS = "1,2\n3,4\n\n5,6\n7,8\n9,10\n\n1,0,0\n0,1,0\n0,0,1\n"


def test_three_blocks_of_one_text_may_differ_in_size(tmp_path: Path) -> None:
    (tmp_path / "qkv.csv").write_text(BLOCKS)
    given = read_qkv(tmp_path / "qkv.csv")
    assert (given.Q.shape, given.K.shape, given.V.shape) == ((2, 2), (3, 2), (3, 3))
    assert given.K.tolist() == [[5, 6], [7, 8], [9, 10]]
    assert (given.queries, given.keys) == (("q0", "q1"), ("k0", "k1", "k2"))


def test_three_files_one_of_them_with_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Q.csv").write_text("cat,1,2\nmat,3,4\n")
    Path("K.tsv").write_text("5\t6\n7\t8\n9\t10\n")
    np.save("V.npy", np.eye(3))
    given = read_qkv("Q.csv, K.tsv,V.npy")
    assert given.queries == ("cat", "mat") and given.keys == ("k0", "k1", "k2")
    assert given.name == "Q.csv, K.tsv, V.npy"
    assert "Q.csv: the first column holds the rows' names" in given.read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2\n", "holds 1 matrix, not Q, K and V"),
        ("1,2\n\n3,4\n", "holds 2 matrices, not Q, K and V"),
        ("1,2\n\n3,4,5\n\n6\n", "a query is not as long as a key: Q 1×2, K 1×3, V 1×1"),
        ("1,2\n\n3,4\n\n5\n6\n", "each key needs one value: Q 1×2, K 1×2, V 2×1"),
        ("1,2\n\n3,x\n\n5\n", 'column 2 "x" is not a number'),
    ],
)
def test_texts_that_are_no_attention(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "qkv.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        read_qkv(tmp_path / "qkv.csv")


def test_a_stack_in_the_place_of_a_matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("Q.npy", np.ones((2, 3, 5)))
    np.save("K.npy", np.ones((3, 5)))
    with pytest.raises(InputError, match="holds 2 matrices, not one for Q"):
        read_qkv("Q.npy,K.npy,K.npy")
