"""A convolution in letters, as the slide has it: a b c … for the cells of the input, with the channel's number.

Symbols: A input, (C, H, W); its cell (ci, h, w) is the letter number h·W + w; ci + 1 stands after it where C > 1.

Source: the lecture's closer look at one channel (a … y) and at three (a1 b1 …).
"""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.convolution import Convolution, OutputCell
from mlcli.core.padding import OUTSIDE


def letters(shape: tuple[int, int, int]) -> NDArray[np.object_]:
    """The names of an input's cells: a b c … z aa ab ….

    >>> letters((1, 2, 2)).ravel().tolist(), letters((2, 1, 2)).ravel().tolist()
    (['a', 'b', 'c', 'd'], ['a1', 'b1', 'a2', 'b2'])
    """
    C, H, W = shape
    cells = [[[_name(ci, h * W + w, C) for w in range(W)] for h in range(H)] for ci in range(C)]
    return np.array(cells, dtype=object).reshape(shape)


def letters_under(record: Convolution, cell: OutputCell) -> NDArray[np.object_]:
    """The names of what one window covers; a zero around the input is `0`."""
    C, _, W = record.A.shape
    (top, _), (left, _) = record.over.padding
    rows = [int(record.rows[row + top]) for row in cell.rows]
    columns = [int(record.columns[column + left]) for column in cell.columns]
    names = [
        [["0" if OUTSIDE in (h, w) else _name(ci, h * W + w, C) for w in columns] for h in rows] for ci in cell.channels
    ]
    return np.array(names, dtype=object)


def _name(ci: int, place: int, channels: int) -> str:
    return _letter(place) + (f"{ci + 1}" if channels > 1 else "")


def _letter(i: int) -> str:
    return (_letter(i // 26 - 1) if i >= 26 else "") + chr(ord("a") + i % 26)
