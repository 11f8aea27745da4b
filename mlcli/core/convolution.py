"""Convolution: a small kernel slides over an input; each output cell is a sum of products.

    B[co][h][w] = Σ_ci Σ_m Σ_n  A[ci][s·h + d·m − p][s·w + d·n − p] · W[co][ci][m][n]  + b[co]

Symbols
    A  input    (C_in, H, W)                  s  stride      co, ci  output and input channel
    W  kernel   (C_out, C_in / G, kH, kW)     p  padding     h, w    row and column of the output
    b  bias     (C_out,)                      d  dilation    m, n    row and column of the kernel
    B  output   (C_out, H_out, W_out)         G  groups: each has its share of the input and of the output channels

Source: the lecture's five loops, with stride, padding, dilation and groups as PyTorch's conv2d has them. Like every
deep-learning library this is a cross-correlation: the mathematician's convolution turns the kernel by 180° first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.padding import Mode, around, gathered
from mlcli.core.windows import Pair, Sides, Window, pair, sides

Array = NDArray[np.float64]
Places = Int[NDArray[np.int64], " _"]

MOST_CELLS = 400_000_000  # of the padded input, 3 GB: a picture of 100 megapixels in colour, and some padding
BAND = 800_000  # cells of the windows that are copied at a time: 6 MB, which stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Convolution:
    """All of one convolution.

    Args:
        over: kernel size, stride, padding, dilation.
        rows, columns: which row and column of A lies at each row and column of the padded input; `OUTSIDE` for a zero.
    """

    A: Float[Array, "C_in H W"]
    W: Float[Array, "C_out _ kH kW"]
    b: Float[Array, " C_out"]
    over: Window
    pad_mode: Mode
    groups: int
    rows: Places
    columns: Places
    B: Float[Array, "C_out H_out W_out"]

    @property
    def padded(self) -> Float[Array, "C_in Hp Wp"]:
        """A with its padding around it: A itself where there is none."""
        return gathered(self.A, self.rows, self.columns)

    @property
    def windows(self) -> Float[Array, "C_in H_out W_out kH kW"]:
        """windows[ci, h, w] is what the output cell (h, w) sees: a view of `padded`, never a copy of each."""
        return _windows(self.padded, self.over)


@dataclass(frozen=True, eq=False)
class OutputCell:
    """One output cell as a person works it out.

    Args:
        turn: how many cells the loops have come to, this one counted.
        channels: the input channels that it sees: those of its group.
        rows, columns: those of the unpadded input that its window covers; below 0 or beyond the last on padding.
        on_padding: whether a part of the window lies outside the input.
    """

    turn: int
    co: int
    h: int
    w: int
    channels: range
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    on_padding: bool
    window: Float[Array, "_ kH kW"]
    kernel: Float[Array, "_ kH kW"]
    products: Float[Array, "_ kH kW"]
    channel_sums: Float[Array, " _"]
    bias: float
    total: float


def convolve(
    A: Float[Array, "C_in H W"],
    W: Float[Array, "C_out _ kH kW"],
    b: Float[Array, " _"] | None = None,
    stride: int | Pair = 1,
    padding: int | Pair | Sides = 0,
    dilation: int | Pair = 1,
    pad_mode: Mode = "zeros",
    groups: int = 1,
) -> Convolution:
    """B[co][h][w] = Σ_ci Σ_m Σ_n A[ci][h+m][w+n] · W[co][ci][m][n] + b[co].

    Args:
        b: None for no bias, kept as zeros.
        stride, padding, dilation: one number, or one for rows and one for columns; padding also for each side.
        pad_mode: what lies around the input: zeros, or its own cells mirrored, repeated, or from the other side.
        groups: the input channels and the filters are parted into so many groups; a filter sees those of its group.

    Raises:
        InputError: the channels of A and W differ, an array is empty, stride or dilation is below 1, padding is
            below 0, is more than its mode can fill or makes more than `MOST_CELLS` of the input, or the kernel is
            larger than the padded input.
    """
    b = np.zeros(len(W)) if b is None else b
    over = Window((W.shape[2], W.shape[3]), pair(stride), sides(padding), pair(dilation))
    _check(A, W, b, over, groups)
    rows, columns = (around(n, p, pad_mode) for n, p in zip(A.shape[1:], over.padding, strict=True))
    return Convolution(A, W, b, over, pad_mode, groups, rows, columns, _correlate(A, W, b, over, groups, rows, columns))


def turned(record: Convolution) -> Convolution:
    """The same with W[co][ci][kH−1−m][kW−1−n] in the place of W: the convolution of mathematics."""
    W = np.ascontiguousarray(record.W[:, :, ::-1, ::-1])
    over = record.over
    return convolve(record.A, W, record.b, over.stride, over.padding, over.dilation, record.pad_mode, record.groups)


def work_out(record: Convolution, h: int, w: int, co: int = 0) -> OutputCell:
    """The window of one output cell times the kernel, product by product, channel by channel.

    Raises:
        InputError: the output has no such cell.
    """
    refuse_no_cell(record.B.shape, h, w, co)
    C_out, H_out, W_out = record.B.shape
    kernel = record.W[co]  # (C_in / G, kH, kW)
    first = co // (C_out // record.groups) * len(kernel)
    channels = range(first, first + len(kernel))
    at = [
        np.array([place * s + d * k for k in range(size)])
        for place, s, d, size in zip(
            (h, w), record.over.stride, record.over.dilation, record.over.kernel, strict=True
        )  # rows and columns of the padded input
    ]
    own = record.A[channels.start : channels.stop]
    window = gathered(own, record.rows[at[0]], record.columns[at[1]])  # (C_in / G, kH, kW)
    products = window * kernel
    channel_sums = products.sum(axis=(1, 2))
    rows, columns = (
        tuple(int(place) - before for place in places)
        for places, (before, _) in zip(at, record.over.padding, strict=True)
    )
    return OutputCell(
        turn=(co * H_out + h) * W_out + w + 1,
        co=co,
        h=h,
        w=w,
        channels=channels,
        rows=rows,
        columns=columns,
        on_padding=min(rows + columns) < 0 or rows[-1] >= record.A.shape[1] or columns[-1] >= record.A.shape[2],
        window=window,
        kernel=kernel,
        products=products,
        channel_sums=channel_sums,
        bias=float(record.b[co]),
        total=float(channel_sums.sum() + record.b[co]),
    )


def refuse_no_cell(shape: tuple[int, ...], h: int, w: int, co: int) -> None:
    """Called before the map is computed, too: only its shape is looked at.

    Raises:
        InputError: a map of this shape has no such cell.
    """
    C_out, H_out, W_out = shape
    if not (0 <= co < C_out and 0 <= h < H_out and 0 <= w < W_out):
        raise InputError(
            f"the output has no cell {h},{w}" + (f" in channel {co}" if C_out > 1 else ""),
            "--at",
            f"rows go from 0 to {H_out - 1}, columns from 0 to {W_out - 1}"
            + (f", channels from 0 to {C_out - 1}" if C_out > 1 else ""),
        )


def cells_to_show(record: Convolution, first: int) -> list[OutputCell]:
    """The `first` cells in the order of the loops, then the one with the largest |B| if it is not among them."""
    ends = sorted((int(record.B.argmax()), int(record.B.argmin())))  # without a copy of |B|
    strongest = max(ends, key=lambda place: abs(record.B.flat[place]))
    places = list(range(min(first, record.B.size)))
    if first and strongest not in places:
        places.append(strongest)
    cells = [np.unravel_index(place, record.B.shape) for place in places]
    return [work_out(record, int(h), int(w), int(co)) for co, h, w in cells]


def agreement(record: Convolution, cells: list[OutputCell]) -> float:
    """max |total − B| over the cells: the written-out sums against the matrix product that gave the whole map."""
    return max((abs(cell.total - float(record.B[cell.co, cell.h, cell.w])) for cell in cells), default=0.0)


def magnitude(record: Convolution) -> float:
    """max_co Σ |W[co]| · max |A| + |b[co]|: no |B| is larger; rounding grows with it. At least 1."""
    largest = max(float(record.A.max()), -float(record.A.min()))
    return max(1.0, float((np.abs(record.W).sum(axis=(1, 2, 3)) * largest + np.abs(record.b)).max()))


def _windows(padded: NDArray, over: Window) -> NDArray:
    (sH, sW), (dH, dW) = over.stride, over.dilation
    every = np.lib.stride_tricks.sliding_window_view(padded, over.reach, axis=(1, 2))
    return every[:, ::sH, ::sW, ::dH, ::dW]


def _correlate(
    A: Array, W: Array, b: Array, over: Window, groups: int, rows: Places, columns: Places
) -> Float[Array, "C_out H_out W_out"]:
    """W · windows + b, a part of the output at a time: only that part's windows are ever copied."""
    C_in, C_out = len(A), len(W)
    H_out, W_out = over.output(A.shape[1:])
    B = np.empty((C_out, H_out, W_out))
    flat = B.reshape(groups, C_out // groups, -1)
    kernel = W.reshape(groups, C_out // groups, -1)  # (G, C_out / G, C_in / G · kH · kW)
    terms = C_in * prod(over.kernel)
    room = np.empty(min(max(BAND, terms), terms * H_out * W_out))
    for top, left, height, width in _parts(H_out, W_out, max(1, BAND // terms)):
        (sH, sW), (rH, rW) = over.stride, over.reach
        below, right = top * sH + (height - 1) * sH + rH, left * sW + (width - 1) * sW + rW
        strip = gathered(A, rows[top * sH : below], columns[left * sW : right])
        windows = _windows(strip, over).transpose(0, 3, 4, 1, 2)  # (C_in, kH, kW, height, width)
        copy = room[: windows.size].reshape(windows.shape)
        copy[:] = windows
        part = flat[:, :, top * W_out + left :][:, :, : height * width]  # (G, C_out / G, height · width)
        np.matmul(kernel, copy.reshape(groups, kernel.shape[2], -1), out=part)
        if b.any():
            part += b.reshape(groups, -1, 1)
    return B


def _parts(H: int, W: int, most: int) -> Iterator[tuple[int, int, int, int]]:
    """Whole rows where `most` cells allow, else parts of a row: top, left, height, width."""
    height, width = max(1, most // W), min(W, most)
    for top in range(0, H, height):
        for left in range(0, W, width):
            yield top, left, min(height, H - top), min(width, W - left)


def _check(A: Array, W: Array, b: Array, over: Window, groups: int) -> None:
    least = [("stride", over.stride, 1), ("dilation", over.dilation, 1), ("groups", (groups,), 1)]
    for name, values, smallest in [*least, ("padding", over.padding[0] + over.padding[1], 0)]:
        if min(values) < smallest:
            raise InputError(f"must be at least {smallest}, not {min(values)}", f"--{name}", "give a larger one")
    if not (A.size and W.size):
        raise InputError("input and kernel need at least one cell each", hint="give each a number")
    if A.shape[0] % groups or W.shape[0] % groups:
        raise InputError(
            f"{_channels(A.shape[0])} of the input and {W.shape[0]} of the output cannot both be parted into {groups}",
            "--groups",
            "it has to divide both",
        )
    if A.shape[0] // groups != W.shape[1]:
        each = f", {A.shape[0] // groups} in each of {groups} groups" if groups > 1 else ""
        raise InputError(
            f"the input has {_channels(A.shape[0])}{each}, the kernel is for {_channels(W.shape[1])}",
            hint="a kernel needs as many channels as its input; a single-channel kernel is repeated for each of them",
        )
    cells = A.shape[0] * prod(n + sum(p) for n, p in zip(A.shape[1:], over.padding, strict=True))
    if cells > MOST_CELLS:
        raise InputError(
            f"the padded input would have {cells:,} cells",
            "--padding",
            f"give a smaller one: at most {MOST_CELLS:,} cells",
        )
    if b.shape != W.shape[:1]:
        raise InputError(f"{len(b)} biases for {len(W)} output channels", "--bias", "one bias for each output channel")
    H_out, W_out = over.output(A.shape[1:])
    if len(W) * H_out * W_out > MOST_CELLS:
        raise InputError(
            f"the output would have {len(W) * H_out * W_out:,} cells", hint="use fewer filters, or a stride"
        )


def _channels(count: int) -> str:
    return f"{count} channel" + ("s" if count != 1 else "")
