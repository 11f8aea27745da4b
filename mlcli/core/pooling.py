"""Pooling: each window of a map becomes one number, its largest or its mean.

    max:  P[c][h][w] = max_m,n  B[c][s·h + m][s·w + n]        avg:  the mean of the same cells

Symbols
    B  map, (C, H, W)    k  window, s  stride: (rows, columns)    P  pooled map, (C, H_out, W_out)

Source: PyTorch's max_pool2d and avg_pool2d without padding; what a stride leaves over at the end is dropped.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.windows import Pair, Window

Array = NDArray[np.float64]
How = Literal["max", "avg"]


@dataclass(frozen=True, eq=False)
class Pooling:
    """One pooling: the map that goes in, the window, the map that comes out."""

    B: Float[Array, "C H W"]
    how: How
    over: Window
    whole: bool
    P: Float[Array, "C H_out W_out"]


@dataclass(frozen=True, eq=False)
class PooledCell:
    """One cell of P: the window that it comes from, in the rows and columns of B."""

    h: int
    w: int
    rows: range
    columns: range
    window: Float[Array, "kH kW"]
    marked: tuple[int, int] | None
    value: float


def pool(B: Float[Array, "C H W"], how: How, over: Window | None) -> Pooling:
    """P[c][h][w] = max or mean over the window at (h, w).

    Args:
        over: None takes the whole map, global pooling.

    Raises:
        InputError: the window is larger than the map.
    """
    whole = over is None
    over = over or Window((B.shape[1], B.shape[2]))
    H_out, W_out = pooled_size(over, (B.shape[1], B.shape[2]))
    if whole:
        P = (B.max if how == "max" else B.mean)(axis=(1, 2), keepdims=True)
        return Pooling(B, how, over, whole, P)
    (sH, sW), (kH, kW) = over.stride, over.kernel
    P = np.full((len(B), H_out, W_out), -np.inf if how == "max" else 0.0)
    for m in range(kH):
        for n in range(kW):
            cells = B[:, m : m + sH * (H_out - 1) + 1 : sH, n : n + sW * (W_out - 1) + 1 : sW]  # (C, H_out, W_out)
            (np.maximum if how == "max" else np.add)(P, cells, out=P)
    if how == "avg":
        P /= kH * kW
    return Pooling(B, how, over, whole, P)


def pooled_size(over: Window, size: Pair) -> Pair:
    """Rows and columns of what comes of a map of this size.

    Raises:
        InputError: the window is larger than the map.
    """
    try:
        return over.output(size)
    except InputError as error:
        window = "×".join(map(str, over.kernel))
        message = f"a window of {window} does not fit on a map of {size[0]}×{size[1]}"
        raise InputError(message, "--pool", "take a smaller one") from error


def pooled_cell(record: Pooling, h: int, w: int) -> PooledCell:
    """The window of P[0][h][w], its largest cell marked where that is what counts."""
    (sH, sW), (kH, kW) = record.over.stride, record.over.kernel
    rows, columns = range(sH * h, sH * h + kH), range(sW * w, sW * w + kW)
    window = record.B[0, rows.start : rows.stop, columns.start : columns.stop]
    m, n = divmod(int(window.argmax()), kW)
    return PooledCell(h, w, rows, columns, window, (m, n) if record.how == "max" else None, float(record.P[0, h, w]))
