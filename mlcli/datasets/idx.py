"""IDX: arrays as MNIST's files hold them, packed by gzip.

    2 zero bytes · 1 byte of type (8: whole numbers from 0 to 255) · 1 byte: how many axes ·
    4 bytes for the length of each axis, the largest byte first · the numbers, the last axis running fastest

Source: LeCun, Cortes & Burges, THE MNIST DATABASE, where the format is described.
"""

import math
import zlib

import numpy as np
from numpy.typing import NDArray

from mlcli.datasets.storage import damaged

BYTES = 8  # the only type that pictures and their labels have
MOST_AXES = 4
GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for a gzip header


def read_idx(content: bytes, where: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The array in a packed IDX file.

    Args:
        where: the file, for errors.
        shape: that it has to have.

    Raises:
        RequestFailed: it is not gzip, or cut; it is not IDX, of another type or shape, or of another length than that.
    """
    head = 4 + 4 * len(shape)
    plain = _unpacked(content, where, head + math.prod(shape))
    if len(plain) < 4 or plain[:2] != b"\0\0" or not 1 <= plain[3] <= MOST_AXES:
        raise damaged("is not an IDX file", where)
    if plain[2] != BYTES:
        raise damaged(f"holds numbers of type {plain[2]:#04x}, not bytes (0x08)", where)
    if len(plain) < 4 + 4 * plain[3]:
        raise damaged("is cut off in its header", where)
    told = tuple(int.from_bytes(plain[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(plain[3]))
    if told != shape:
        raise damaged(f"holds {_times(told)} numbers, not {_times(shape)}", where)
    if len(plain) != head + math.prod(shape):
        raise damaged(f"has {len(plain) - head:,} numbers where its header says {math.prod(shape):,}", where)
    return np.frombuffer(plain, np.uint8, offset=head).reshape(shape)


def _unpacked(content: bytes, where: str, most: int) -> bytes:
    """At most one byte more than `most`, so that a small file cannot fill the memory."""
    gzip = zlib.decompressobj(GZIP)
    try:
        plain = gzip.decompress(content, most + 1)
    except zlib.error as error:
        raise damaged("is not packed by gzip, or damaged", where) from error
    if len(plain) <= most and not gzip.eof:
        raise damaged("is cut off", where)
    return plain


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(f"{length:,}" for length in shape)
