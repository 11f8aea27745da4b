"""Matrices, and stacks of them, as text or as NumPy's own files."""

import io
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.delimited import delimited
from mlcli.readers.source import Source, read_source
from mlcli.readers.tables import Table, table, to_number, with_decimal_points
from mlcli.readers.wording import counted, quoted

NPY = b"\x93NUMPY"


@dataclass(frozen=True, eq=False)
class MatrixInput:
    """Numbers as they stand in a file.

    Args:
        name: the file's name, for titles.
        values: (rows, columns) or (matrices, rows, columns) float64, all finite; a fourth axis comes first.
        row_names, column_names: None where the file has none; of a stack, those of its first matrix.
        read: what was done to the file while reading it, a sentence each.
    """

    name: str
    values: NDArray[np.float64]
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    read: tuple[str, ...] = ()


def read_matrix(path: str | Path | Source, delimiter: str | None = None, axes: int = 3) -> MatrixInput:
    """The matrix in `path`, or on standard input if it is `-`: CSV, TSV, semicolons, spaces, or .npy.

    Empty lines between blocks of rows make a stack of matrices. Names are found as `table` says.

    Args:
        delimiter: see `delimited`.
        axes: how many an .npy file may have: 3 is a stack of matrices, 4 several stacks.

    Raises:
        InputError: the file cannot be read (see `read_source`, `delimited`); a row has more or fewer values than the
            first; a value is missing, no number or not finite; the matrices of a stack differ in size; an .npy file is
            damaged, holds no real numbers, or has no or more than `axes` axes.
    """
    source = read_source(path)
    if source.content.startswith(NPY):
        return _npy(source, axes)
    blocks, read = read_blocks(source, delimiter)
    first = blocks[0]
    if len(blocks) == 1:
        return MatrixInput(source.name, first.values, first.row_names, first.column_names, read)

    height, width = first.values.shape
    for block in blocks[1:]:
        if block.values.shape != (height, width):
            found = "×".join(map(str, block.values.shape))
            hint = "empty lines part the matrices of a stack; a single matrix has none"
            message = f"a matrix of {found} where the first has {height}×{width}"
            raise InputError(message, f"{source.where}:{block.lines[0]}", hint)
    read += (f"a stack of {len(blocks)} matrices, parted by empty lines",)
    values = np.stack([block.values for block in blocks])
    return MatrixInput(source.name, values, first.row_names, first.column_names, read)


def read_blocks(source: Source, delimiter: str | None = None) -> tuple[list[Table], tuple[str, ...]]:
    """The matrices of a text that empty lines part, of whatever sizes, and what was done while reading it.

    Raises:
        InputError: see `read_matrix`.
    """
    text = delimited(source, delimiter)
    rows, commas = with_decimal_points(text)
    blocks = [table(block, text.where) for filled, block in groupby(rows, lambda row: bool(row[1])) if filled]
    read = text.read + commas
    if blocks[0].column_names is not None:
        read += ("the first line is a header",)
    if blocks[0].row_names is not None:
        read += ("the first column holds the rows' names",)
    return blocks, read


def parse_matrix(text: str, where: str | None = None) -> NDArray[np.float64]:
    """(rows, columns) of `1 2 3; 4 5 6`: rows parted by semicolons, values by spaces or commas; 1/9 is a value.

    Args:
        where: the place of the text, for errors: `--kernel`.

    Raises:
        InputError: no value; a row has more or fewer values than the first; a value is no finite number.
    """
    rows = [re.split(r"\s*,\s*|\s+", row.strip()) for row in text.strip().removesuffix(";").split(";")]
    if rows == [[""]]:
        raise InputError("holds no values", where, 'write it as "1 2 3; 4 5 6"')
    values: list[list[float]] = []
    for number, cells in enumerate(rows, start=1):
        here = f"{where}, row {number}" if where else f"row {number}"
        if len(cells) != len(rows[0]):
            raise InputError(
                f"{counted(len(cells), 'value')} where row 1 has {len(rows[0])}", here, "rows are parted by semicolons"
            )
        values.append([_fraction(cell, here, f"column {column}") for column, cell in enumerate(cells, start=1)])
    return np.array(values)


def _fraction(cell: str, where: str, place: str) -> float:
    above, slash, below = cell.partition("/")
    if not slash:
        return to_number(cell, where, place)
    numerator, denominator = to_number(above, where, place), to_number(below, where, place)
    if denominator == 0:
        raise InputError(f"{place} {quoted(cell)} divides by zero", where, "write another denominator")
    return numerator / denominator


def _npy(source: Source, axes: int) -> MatrixInput:
    try:
        values = np.load(io.BytesIO(source.content), allow_pickle=False)
    except Exception as error:  # given a damaged header, the parser raises almost anything
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"is no .npy file of numbers: {cause}", source.where, "save it with numpy.save") from error
    if values.dtype.kind not in "buif":
        raise InputError(f"holds {values.dtype}, not real numbers", source.where, "save it as float64")
    if not 1 <= values.ndim <= axes or values.size == 0:
        raise InputError(
            f"has the shape {values.shape}", source.where, "give one row, a matrix, or a stack of matrices"
        )
    read = ("a single row",) if values.ndim == 1 else ()
    values = np.atleast_2d(values).astype(np.float64)
    if not np.isfinite(values).all():
        at = np.argwhere(~np.isfinite(values))[0]
        raise InputError(
            f"the value at {', '.join(map(str, at))} is not finite: {values[tuple(at)]}", source.where, "replace it"
        )
    return MatrixInput(source.name, values, read=read)
