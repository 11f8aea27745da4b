"""Queries, keys and values that the user computed elsewhere: as `numpy.savez` writes them, or as text."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.matrices import NPY, read_blocks, read_matrix
from mlcli.readers.source import LARGEST, Source, read_source

NAMES = ("Q", "K", "V")
ZIP = b"PK"
SAVE = 'save it with numpy.savez("qkv.npz", Q=Q, K=K, V=V)'


@dataclass(frozen=True, eq=False)
class QKVInput:
    """One head's matrices, all finite.

    Args:
        name: the file's name, for titles.
        Q, K, V: (T, d_k), (S, d_k), (S, d_v) float64.
        queries, keys: what each of them is called; q0, q1, … where the file gives no names.
        read: what was done while reading, a sentence each.
    """

    name: str
    Q: NDArray[np.float64]
    K: NDArray[np.float64]
    V: NDArray[np.float64]
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    read: tuple[str, ...] = ()


def read_qkv(path: str | Path) -> QKVInput:
    """Q, K and V: the arrays of an .npz, three blocks of a text parted by empty lines, or three files parted by commas.

    Args:
        path: `qkv.npz`, `qkv.csv`, `Q.csv,K.csv,V.npy`; `-` is standard input.

    Raises:
        InputError: a file cannot be read (see `read_source`, `read_matrix`), or the .npz is larger than `LARGEST` once
            unpacked; one of the three is missing, empty, no matrix, damaged, or of other things than finite real
            numbers; a query is not as long as a key, or a key lacks a value.
    """
    parts = str(path).split(",")
    if len(parts) == len(NAMES) and not Path(path).exists():
        return _from_files(parts)
    source = read_source(path)
    if source.content.startswith(ZIP) or Path(path).suffix.lower() == ".npz":
        return _from_archive(source)
    if source.content.startswith(NPY):
        raise InputError("is a single matrix", source.where, "name three files: --qkv Q.npy,K.npy,V.npy")
    blocks, read = read_blocks(source)
    if len(blocks) != len(NAMES):
        found = "1 matrix" if len(blocks) == 1 else f"{len(blocks)} matrices"
        raise InputError(
            f"holds {found}, not Q, K and V", source.where, "an empty line stands between them; or name three files"
        )
    Q, K, V = (block.values for block in blocks)
    names = blocks[0].row_names, blocks[1].row_names
    return _checked(source.name, source.where, Q, K, V, *names, read)


def _from_files(paths: list[str]) -> QKVInput:
    Q, K, V = matrices = [read_matrix(path.strip()) for path in paths]
    for name, matrix, path in zip(NAMES, matrices, paths, strict=True):
        if matrix.values.ndim > 2:
            raise InputError(f"holds {len(matrix.values)} matrices, not one for {name}", path, "one head at a time")
    name = ", ".join(matrix.name for matrix in matrices)
    read = tuple(f"{matrix.name}: {note}" for matrix in matrices for note in matrix.read)
    return _checked(name, ",".join(paths), Q.values, K.values, V.values, Q.row_names, K.row_names, read)


def _from_archive(source: Source) -> QKVInput:
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise InputError("is no .npz file", source.where, SAVE) from error
    if unpacked > LARGEST:
        raise InputError(f"is larger than {LARGEST // 2**20} MiB once unpacked", source.where, "give a part of it")
    with np.load(io.BytesIO(source.content), allow_pickle=False) as arrays:
        missing = [name for name in NAMES if name not in arrays.files]
        if missing:
            held = ", ".join(arrays.files) or "none"
            raise InputError(f"has no array {missing[0]}; its arrays: {held}", source.where, SAVE)
        Q, K, V = (_matrix(source, arrays, name) for name in NAMES)
        unread = [name for name in arrays.files if name not in NAMES]
    read = (f"other arrays are left unread: {', '.join(unread)}",) if unread else ()
    return _checked(source.name, source.where, Q, K, V, None, None, read)


def _checked(
    name: str,
    where: str,
    Q: NDArray[np.float64],
    K: NDArray[np.float64],
    V: NDArray[np.float64],
    queries: tuple[str, ...] | None,
    keys: tuple[str, ...] | None,
    read: tuple[str, ...],
) -> QKVInput:
    sizes = ", ".join(f"{name} {len(values)}×{values.shape[1]}" for name, values in zip(NAMES, (Q, K, V), strict=True))
    if Q.shape[1] != K.shape[1]:
        raise InputError(f"a query is not as long as a key: {sizes}", where, "Q and K need as many columns")
    if len(K) != len(V):
        raise InputError(f"each key needs one value: {sizes}", where, "K and V need as many rows")
    queries = queries or tuple(f"q{t}" for t in range(len(Q)))
    keys = keys or tuple(f"k{s}" for s in range(len(K)))
    return QKVInput(name, Q, K, V, queries, keys, read)


def _matrix(source: Source, arrays: np.lib.npyio.NpzFile, name: str) -> NDArray[np.float64]:
    try:
        values = arrays[name]
    except Exception as error:  # given a damaged member, NumPy raises almost anything
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"array {name} is no matrix of numbers: {cause}", source.where, SAVE) from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "buif":
        held = getattr(values, "dtype", "no array")
        raise InputError(f"array {name} holds {held}, not real numbers", source.where, "save it as float64")
    if values.ndim != 2 or values.size == 0:
        raise InputError(
            f"array {name} has the shape {values.shape}",
            source.where,
            "give a matrix: a row a token, one head at a time",
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        t, d = np.argwhere(~np.isfinite(values))[0]
        raise InputError(f"{name}[{t}][{d}] is not finite: {values[t, d]}", source.where, "give finite numbers")
    return values
