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
    for name, content in [("q.npy", None), ("text.npz", b"1,2,3\n"), ("cut.npz", saved(tmp_path).read_bytes()[:-9])]:
        if content:
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
