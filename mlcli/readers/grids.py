"""What a convolution slides over: a picture or a matrix, as channel × height × width."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.images import MOST_PIXELS, read_image
from mlcli.readers.matrices import NPY, read_matrix
from mlcli.readers.resizing import resized
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


def part_of(grid: GridInput, rows: slice, columns: slice) -> GridInput:
    """The grid cut to these rows and columns.

    Raises:
        InputError: it has fewer.
    """
    _, H, W = grid.values.shape
    if rows.stop > H or columns.stop > W:
        raise InputError(f"{grid.name} has {H} rows and {W} columns", "--crop", "give a part that lies on it")
    said = f"cut to rows {rows.start} to {rows.stop - 1}, columns {columns.start} to {columns.stop - 1}"
    return replace(grid, values=grid.values[:, rows, columns], read=(*grid.read, said))


def resize(grid: GridInput, height: int, width: int) -> GridInput:
    """The grid brought to another size.

    Raises:
        InputError: it would have more than `MOST_PIXELS` cells.
    """
    if height * width > MOST_PIXELS:
        raise InputError(f"{height:,}×{width:,} is too large", "--resize", f"at most {MOST_PIXELS:,} cells")
    before = "×".join(map(str, grid.values.shape[1:]))
    said = f"resized from {before} to {height}×{width}, bilinear"
    return replace(grid, values=resized(grid.values, height, width), read=(*grid.read, said))


def _is_matrix(content: bytes) -> bool:
    """Text, but not the pictures that are written as text: P2 and its like."""
    head = content[:1000].decode("utf-8", "replace")
    text = all(character.isprintable() or character.isspace() for character in head.replace("\ufffd", "\0"))
    return content.startswith(NPY) or (text and not (head[:1] == "P" and head[1:2].isdigit()))
