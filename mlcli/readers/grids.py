"""What a convolution slides over: a picture or a matrix, as channel × height × width."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.readers.images import read_image
from mlcli.readers.matrices import NPY, read_matrix
from mlcli.readers.source import read_source

MATRIX_SUFFIXES = (".csv", ".tsv", ".txt", ".npy")


@dataclass(frozen=True, eq=False)
class GridInput:
    """The input of a convolution.

    Args:
        name: what the user calls it, for titles.
        values: (C, H, W) float64; a picture's in 0..1, a matrix's as they stand.
        channels: what each channel is, where that is known: `grey`; `red`, `green`, `blue`.
        read: what was done while reading, a sentence each.
    """

    name: str
    values: NDArray[np.float64]
    channels: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


def read_grid(path: str | Path, gray: bool | None = None) -> GridInput:
    """A matrix if the name ends as one (`MATRIX_SUFFIXES`), else a picture; `-` is either on standard input.

    Args:
        gray: for a picture: True one channel, False three, None as it is.

    Raises:
        InputError: see `read_image` and `read_matrix`.
    """
    source = read_source(path)
    if Path(path).suffix.lower() in MATRIX_SUFFIXES or (str(path) == "-" and _is_matrix(source.content)):
        matrix = read_matrix(source)
        H, W = matrix.values.shape[-2:]
        return GridInput(matrix.name, matrix.values.reshape(-1, H, W), read=matrix.read)
    image = read_image(source, gray)
    return GridInput(image.name, image.values, image.channels, image.read)


def _is_matrix(content: bytes) -> bool:
    """Text, but not the pictures that are written as text: P2 and its like."""
    head = content[:1000].decode("utf-8", "replace")
    text = all(character.isprintable() or character.isspace() for character in head.replace("\ufffd", "\0"))
    return content.startswith(NPY) or (text and not (head[:1] == "P" and head[1:2].isdigit()))
