"""Queries, keys and values that the user computed elsewhere, as `numpy.savez` writes them."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.source import LARGEST, Source, read_source

NAMES = ("Q", "K", "V")
SAVE = 'save it with numpy.savez("qkv.npz", Q=Q, K=K, V=V)'


@dataclass(frozen=True, eq=False)
class QKVInput:
    """One head's matrices, all finite.

    Args:
        name: the file's name, for titles.
        Q, K, V: (T, d_k), (S, d_k), (S, d_v) float64.
        read: what was done while reading, a sentence each.
    """

    name: str
    Q: NDArray[np.float64]
    K: NDArray[np.float64]
    V: NDArray[np.float64]
    read: tuple[str, ...] = ()


def read_qkv(path: str | Path) -> QKVInput:
    """The arrays Q, K and V of an .npz file, or of standard input if `path` is `-`; others in it are not read.

    Raises:
        InputError: the file cannot be read (see `read_source`), is no .npz, or is larger than `LARGEST` once unpacked;
            one of the arrays is missing, empty, no matrix, damaged, or of other things than finite real numbers; a
            query is not as long as a key, or a key lacks a value.
    """
    source = read_source(path)
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
    sizes = ", ".join(f"{name} {len(values)}×{values.shape[1]}" for name, values in zip(NAMES, (Q, K, V), strict=True))
    if Q.shape[1] != K.shape[1]:
        raise InputError(f"a query is not as long as a key: {sizes}", source.where, "Q and K need as many columns")
    if len(K) != len(V):
        raise InputError(f"each key needs one value: {sizes}", source.where, "K and V need as many rows")
    read = (f"other arrays are left unread: {', '.join(unread)}",) if unread else ()
    return QKVInput(source.name, Q, K, V, read)


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
