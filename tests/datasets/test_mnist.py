import gzip
import re
from functools import partial

import numpy as np
import pytest

from mlcli.core.errors import RequestFailed
from mlcli.datasets import mnist
from mlcli.datasets.catalogue import named
from mlcli.datasets.idx import read_idx

squeezed = partial(gzip.compress, mtime=0)  # else the hour is in the name of a test, and two workers disagree on it


def packed(values: np.ndarray, kind: int = 8, zeros: bytes = b"\0\0") -> bytes:
    head = zeros + bytes([kind, values.ndim]) + b"".join(length.to_bytes(4, "big") for length in values.shape)
    return squeezed(head + values.tobytes())


@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 5), (1, 2, 3, 5)])
def test_what_was_packed_is_read(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).integers(256, size=shape).astype(np.uint8)
    np.testing.assert_array_equal(read_idx(packed(values), "a.gz", shape), values)


ARRAY = np.arange(35, dtype=np.uint8).reshape(5, 7)
GOOD = packed(ARRAY)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is cut off"),
        (b"plain", "is not packed by gzip"),
        (GOOD[:-9], "is cut off"),
        (GOOD[:20], "is cut off"),
        (squeezed(b""), "is not an IDX file"),
        (squeezed(b"PK\3\4"), "is not an IDX file"),
        (packed(ARRAY, zeros=b"\0\1"), "is not an IDX file"),
        (packed(ARRAY, kind=13), "holds numbers of type 0x0d"),
        (squeezed(b"\0\0\x08\2\0\0\0\5"), "is cut off in its header"),
        (packed(ARRAY.T.copy()), "holds 7×5 numbers, not 5×7"),
        (packed(ARRAY.ravel()), "holds 35 numbers, not 5×7"),
        (squeezed(gzip.decompress(GOOD)[:-1]), "has 34 numbers where its header says 35"),
        (squeezed(gzip.decompress(GOOD) + b"\0"), "has 36 numbers"),
        (squeezed(gzip.decompress(GOOD) + bytes(10**7)), "has 36 numbers"),  # and no more is unpacked
    ],
)
def test_what_is_no_such_array_is_told(content: bytes, said: str) -> None:
    with pytest.raises(RequestFailed, match=re.escape(said)) as told:
        read_idx(content, "a.gz", (5, 7))
    assert told.value.where == "a.gz"


def small(monkeypatch: pytest.MonkeyPatch, highest: int = 9) -> dict[str, bytes]:
    """Files of 13 and 5 pictures, and constants to match."""
    for constant, value in {"SIDE": 3, "TRAIN": 11, "VALIDATION": 2, "TEST": 5}.items():
        monkeypatch.setattr(mnist, constant, value)
    rng, contents = np.random.default_rng(1), {}
    for part, count in (("train", 13), ("t10k", 5)):
        labels = rng.integers(10, size=count).astype(np.uint8)
        labels[0] = highest
        pixels = rng.integers(256, size=(count, 3, 3)).astype(np.uint8)
        contents[f"mnist/{part}-images-idx3-ubyte.gz"] = packed(pixels)
        contents[f"mnist/{part}-labels-idx1-ubyte.gz"] = packed(labels)
    return contents


def test_the_last_of_the_training_pictures_validate_and_the_test_ones_test(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = small(monkeypatch)
    found = mnist.parse("mnist", contents)
    assert found.values.shape == (18, 1, 3, 3) and found.brightest == 255
    assert [part.tolist() for part in (found.train, found.validation, found.test)] == [
        [*range(11)], [11, 12], [*range(13, 18)]
    ]  # fmt: skip
    test = read_idx(contents["mnist/t10k-images-idx3-ubyte.gz"], "", (5, 3, 3))
    np.testing.assert_array_equal(found.values[13:, 0], test)


def test_a_label_beyond_the_classes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestFailed, match="has a label 10"):
        mnist.parse("mnist", small(monkeypatch, highest=10))


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_there_are_four_files_and_ten_classes(name: str) -> None:
    assert len(named(name).files) == 4 and len(mnist.CLASSES[name]) == 10
