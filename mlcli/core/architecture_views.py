"""What one cell of a network sees of the input: by the formula, and cell by cell back through the layers.

    first = start + h·j      last = first + r − 1

Symbols
    h  a cell's row; columns alike    r, j, start  see `architectures.py`

Source: every window turned round: the cell (h, w) sees the cells s·h + d·m − p of the layer before, for each row m of
its kernel, and these see theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from mlcli.core.architecture_layers import Add, Conv, Shape
from mlcli.core.architectures import Architecture, times
from mlcli.core.errors import InputError
from mlcli.core.windows import Pair, Window

Mask = Bool[NDArray[np.bool_], "_ _"]


@dataclass(frozen=True, eq=False)
class Seen:
    """What one cell of layer `at` sees.

    Args:
        place: (h, w), or (f,) of a dense layer.
        cells: which cells of the output of each layer up to `at`, the input first; None for a layer it does not see.
    """

    at: int
    place: tuple[int, ...]
    cells: tuple[Mask | None, ...]


def sees(network: Architecture, at: int, place: Sequence[int]) -> Seen:
    """Backwards from one cell, layer by layer: every cell that takes part in it.

    Args:
        at: the layer's position.
        place: h, w; of a dense layer the number of the cell.

    Raises:
        InputError: the layer has no such cell, or no rows and columns.
    """
    layer = network.layers[at]
    if layer.view is None:
        raise InputError(f"{layer.name} has no rows and columns to look back from", "--at", "take a layer of maps")
    size = layer.shape[1:] if len(layer.shape) == 3 else layer.shape
    if len(place) != len(size) or not all(0 <= p < n for p, n in zip(place, size, strict=True)):
        raise InputError(
            f"{layer.name} has no cell {','.join(map(str, place))}",
            "--at",
            f"it gives {times(layer.shape)}: {layer.name},{','.join(str(n - 1) for n in size)} is its last cell",
        )
    cells: list[Mask | None] = [None] * (at + 2)
    one = np.zeros(_rows_and_columns(layer.shape), dtype=bool)
    one[tuple(place) if len(size) == 2 else (0, 0)] = True
    cells[at + 1] = one
    for l in range(at, -1, -1):  # noqa: E741
        now, layer = cells[l + 1], network.layers[l]
        if now is None or layer.window is None:
            continue
        cells[l] = _or(cells[l], _back(now, layer.window, _rows_and_columns(layer.before)))
        if isinstance(layer.kind, Add):
            source = network.position(layer.kind.source)
            size = _rows_and_columns(network.layers[source].shape)
            cells[source + 1] = _or(cells[source + 1], _back(now, layer.kind.shortcut_window, size))
    return Seen(at, tuple(place), tuple(cells))


def middle(network: Architecture) -> tuple[int, Pair]:
    """The last convolution whose map has several cells, and the cell in the middle of it.

    Raises:
        InputError: there is none.
    """
    for i, layer in reversed(list(enumerate(network.layers))):
        if isinstance(layer.kind, Conv) and max(layer.shape[1:]) > 1:
            return i, (layer.shape[1] // 2, layer.shape[2] // 2)
    raise InputError("no convolution has rows and columns to look back from", "--image", "name a cell with --at")


def _rows_and_columns(shape: Shape) -> Pair:
    return (shape[1], shape[2]) if len(shape) == 3 else (1, 1)


def _back(cells: Mask, window: Window, size: Pair) -> Mask:
    """Which cells of a map of `size` lie in the windows of `cells`."""
    (top, bottom), (left, right) = window.padding
    (sH, sW), (dH, dW) = window.stride, window.dilation
    H_out, W_out = cells.shape
    padded = np.zeros((size[0] + top + bottom, size[1] + left + right), dtype=bool)
    for m in range(window.kernel[0]):
        for n in range(window.kernel[1]):
            covered = padded[dH * m : dH * m + sH * H_out : sH, dW * n : dW * n + sW * W_out : sW]
            covered[:H_out, :W_out] |= cells
    return padded[top : top + size[0], left : left + size[1]]


def _or(one: Mask | None, other: Mask) -> Mask:
    return other if one is None else one | other


@dataclass(frozen=True)
class Span:
    """Rows or columns of the input that one cell sees: by the formula, and those of them that the input has.

    Args:
        start, jump, cell, field: first = start + cell·jump, last = first + field − 1.
        inside: first and last of those inside the input.
    """

    start: int
    jump: int
    cell: int
    field: int
    first: int
    last: int
    inside: Pair


def spans(network: Architecture, seen: Seen) -> tuple[Span, Span]:
    """start + h·jump to start + h·jump + r − 1: the rows, then the columns, of the input that a cell sees."""
    layer = network.layers[seen.at]
    assert layer.view is not None  # else nothing could be seen
    found = []
    for axis in (0, 1):
        field, jump, start = layer.view.field[axis], layer.view.jump[axis], layer.view.start[axis]
        cell = seen.place[axis] if len(layer.shape) == 3 else 0
        first = start + cell * jump
        last = first + field - 1
        inside = max(first, 0), min(last, network.input[1 + axis] - 1)
        found.append(Span(start, jump, cell, field, first, last, inside))
    return found[0], found[1]


def box(cells: Mask) -> tuple[Pair, Pair]:
    """First and last row, first and last column, of the cells."""
    rows, columns = (np.flatnonzero(cells.any(axis=axis)) for axis in (1, 0))
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def disagreement(network: Architecture, seen: Seen) -> int | None:
    """How far the formula's corners lie from those found by going back layer by layer; None for a cell at the border.

    There the formula counts padding as seen, going back does not.
    """
    by_formula = [edge for span in spans(network, seen) for edge in (span.first, span.last)]
    if by_formula != [edge for span in spans(network, seen) for edge in span.inside]:
        return None
    assert seen.cells[0] is not None  # every layer comes from the input
    counted = [edge for side in box(seen.cells[0]) for edge in side]
    return max(abs(a - b) for a, b in zip(by_formula, counted, strict=True))


def spotlight(image: Float[NDArray[np.float64], "C H W"], cells: Mask) -> Float[NDArray[np.float64], "C H W"]:
    """The image, dimmed where `cells` is false."""
    return image * np.where(cells, 1.0, 0.3)
