"""What lies around a map where a window reaches over its edge: zeros, or cells of the map itself.

    rows of a map of 4, with 2 more on each side:   zeros  · · 0 1 2 3 · ·    replicate  0 0 0 1 2 3 3 3
                                                    reflect  2 1 0 1 2 3 2 1  circular   2 3 0 1 2 3 0 1

Symbols: A map, (C, H, W); places: for each padded row (or column) the row of A that is read there.

Source: the padding modes of PyTorch's Conv2d; a map is never copied with its padding, only the part that is looked at.
"""

from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.windows import Pair

Mode = Literal["zeros", "reflect", "replicate", "circular"]
MODES: tuple[Mode, ...] = get_args(Mode)
OUTSIDE = -2  # where a zero lies

Places = Int[NDArray[np.int64], " _"]


def around(size: int, padding: Pair, mode: Mode) -> Places:
    """Which of `size` rows is read at each row, with `padding` before and after.

    Raises:
        InputError: a map of `size` rows has too few to fill the padding from.

    >>> around(4, (2, 1), "reflect").tolist(), around(4, (1, 1), "zeros").tolist()
    ([2, 1, 0, 1, 2, 3, 2], [-2, 0, 1, 2, 3, -2])
    """
    most = {"reflect": size - 1, "circular": size}.get(mode, max(padding))
    if max(padding) > most:
        raise InputError(
            f"{mode} cannot fill a padding of {max(padding)} from {size} row{'s' * (size > 1)} or columns",
            "--pad-mode",
            f"at most {most}; or zeros, replicate",
        )
    places = np.arange(-padding[0], size + padding[1])
    match mode:
        case "zeros":
            return np.where((places < 0) | (places >= size), OUTSIDE, places)
        case "reflect":
            places = np.abs(places)
            return np.where(places >= size, 2 * (size - 1) - places, places)
        case "replicate":
            return np.clip(places, 0, size - 1)
        case "circular":
            return places % size


def gathered(A: Float[NDArray[np.float64], "C H W"], rows: Places, columns: Places) -> Float[NDArray, "C _ _"]:
    """A at these rows and columns, zero where one is `OUTSIDE`; a view where they follow each other."""
    across = A[:, int(rows[0]) : int(rows[-1]) + 1] if _follow(rows) else np.take(A, rows, axis=1)
    across = _zeroed(across, rows, 1)
    if _follow(columns):
        return across[:, :, int(columns[0]) : int(columns[-1]) + 1]
    first, last = _longest_run(columns)
    rest = [*range(first), *range(last, len(columns))]
    out = np.empty((*across.shape[:2], len(columns)))
    out[:, :, first:last] = across[:, :, int(columns[first]) : int(columns[first]) + last - first]
    out[:, :, rest] = across[:, :, columns[rest]]
    return _zeroed(out, columns, 2)


def _follow(places: Places) -> bool:
    return int(places[0]) >= 0 and bool(np.all(np.diff(places) == 1))


def _longest_run(places: Places) -> Pair:
    """Where those begin and end that follow each other: most of a row is copied at once."""
    ends = np.flatnonzero(np.diff(places) != 1) + 1
    runs = list(pairwise([0, *ends.tolist(), len(places)]))
    return max(runs, key=lambda run: run[1] - run[0] if places[run[0]] >= 0 else 0)


def _zeroed(taken: NDArray[np.float64], places: Places, axis: int) -> NDArray[np.float64]:
    if places.min() < 0:
        np.moveaxis(taken, axis, 0)[places < 0] = 0.0
    return taken
