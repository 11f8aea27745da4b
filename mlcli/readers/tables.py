"""Rows of cells as numbers, with the names that a header or a first column gives them."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.readers.delimited import Delimited, Row
from mlcli.readers.names import NAME_WORDS
from mlcli.readers.wording import counted, quoted

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers with names.

    Args:
        values: (rows, columns) float64, all finite.
        row_names, column_names: None where the file has none.
        lines: the line of each row, for errors.
    """

    values: NDArray[np.float64]
    row_names: tuple[str, ...] | None
    column_names: tuple[str, ...] | None
    lines: tuple[int, ...]


def is_number(cell: str) -> bool:
    """Also for inf and nan: they are numbers, though not finite."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python's 1_000


def to_number(cell: str, where: str, place: str, hint: str | None = None) -> float:
    """A finite number.

    Args:
        place: of the cell, for the message: `column 3`, `row 2, column 3`.
        hint: how to mend it, if there is more to say than that it takes a number.

    Raises:
        InputError: the cell is empty, no number, or not finite.
    """
    if not cell:
        raise InputError(f"{place} is empty", where, hint or "write a number there")
    if not is_number(cell):
        raise InputError(f"{place} {quoted(cell)} is not a number", where, hint or "write a number such as 0.5 or -2e3")
    if not np.isfinite(float(cell)):
        raise InputError(f"{place} {quoted(cell)} is not finite", where, hint or "write a finite number there")
    return float(cell)


def table(rows: Iterable[Row], where: str, named: bool | None = None) -> Table:
    """The rows as numbers.

    A first line without numbers is a header, and so is one that pandas writes (an empty cell, then 0, 1, 2, …). The
    first column holds names if its second cell is no number, or if the header leaves it out or calls it by one of
    `NAME_WORDS`.

    Args:
        rows: at least one; none of them without cells.
        where: the file, for errors.
        named: whether the first column holds names; None finds it.

    Raises:
        InputError: a row has more or fewer cells than the first; a cell is empty, no number, or not finite.
    """
    rows = iter(rows)
    first = next(rows)
    second = next(rows, None)
    header, named = _names(first[1], second[1] if second else None, named)
    start = 1 if named else 0  # of the numbers in a row
    if header and second:
        (line, cells), body = second, chain([second], rows)
        short = len(first[1]) + 1 == len(cells)  # the names' column has no header
        columns = tuple(first[1] if short else first[1][start:])
        width, of = (len(cells), line) if short else (len(first[1]), first[0])
    else:
        columns, width, of = None, len(first[1]), first[0]
        body = chain([first], [second] if second else [], rows)

    names: list[str] = []
    values: list[NDArray[np.float64]] = []
    lines: list[int] = []
    for line, cells in body:
        if len(cells) != width:
            message = f"{counted(len(cells), 'value')} where line {of} has {width}"
            raise InputError(message, f"{where}:{line}", "every row needs as many")
        if named and not cells[0]:
            raise InputError("the name in column 1 is empty", f"{where}:{line}", "write a name there")
        if named:
            names.append(cells[0])
        values.append(_numbers(cells, start, f"{where}:{line}"))
        lines.append(line)
    return Table(np.stack(values), tuple(names) if named else None, columns, tuple(lines))


def with_decimal_points(text: Delimited, names: Collection[int] = ()) -> tuple[Iterator[Row], tuple[str, ...]]:
    """The rows, `1,5` turned into `1.5` where no number has a point; and what to say of it.

    Args:
        names: columns that hold no numbers: a node may be called `1,5`.

    Raises:
        InputError: every comma may as well set thousands apart.
    """
    if text.delimiter == "," or b"," not in text.content:
        return text.rows(), ()

    def numbers() -> Iterator[str]:
        return (cell for _, row in text.rows() for column, cell in enumerate(row) if column not in names)

    commas = [cell for cell in numbers() if DECIMAL_COMMA.fullmatch(cell)]
    if not commas or any("." in cell and is_number(cell) for cell in numbers()):
        return text.rows(), ()
    if all(THOUSANDS.fullmatch(cell) for cell in commas):
        message = f'"{commas[0]}" may be {commas[0].replace(",", ".")} or {commas[0].replace(",", "")}'
        raise InputError(message, text.where, "write decimals with a point, and thousands without a comma")

    def mended(cell: str) -> str:
        return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell

    rows = (
        (line, [cell if column in names else mended(cell) for column, cell in enumerate(row)])
        for line, row in text.rows()
    )
    return rows, (f"decimal commas: {commas[0]} is {mended(commas[0])}",)


def _names(first: list[str], second: list[str] | None, named: bool | None) -> tuple[bool, bool]:
    """Whether the first row is a header, whether the first column holds names."""
    if second is None:
        return False, len(first) > 1 and _is_word(first[0]) if named is None else named
    words = [not is_number(cell) for cell in first]
    numbered = first[1:] == [str(column) for column in range(len(first) - 1)]
    corner = len(first) > 1 and first[0].lower() in NAME_WORDS and (numbered or all(words))
    short = named is not False and all(words) and len(first) + 1 == len(second)
    if named is None:
        named = corner or short or (len(second) > 1 and _is_word(second[0]))
    return corner or short or all(words[1:] if named and len(first) > 1 else words), named


def _is_word(cell: str) -> bool:
    return bool(cell) and not is_number(cell)


def _numbers(cells: list[str], start: int, where: str) -> NDArray[np.float64]:
    cells = cells[start:]
    try:
        values = np.array(list(map(float, cells)))
    except ValueError:
        values = np.array([np.nan])
    if np.isfinite(values).all() and not any("_" in cell for cell in cells):
        return values
    hint = "values are set apart by commas, semicolons, tabs or spaces" if len(cells) == 1 else None
    numbered = enumerate(cells, start=1 + start)
    return np.array([to_number(cell, where, f"column {column}", hint) for column, cell in numbered])
