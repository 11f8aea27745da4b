"""Convolution: a small kernel slides over an input; each output cell is a sum of products.

    B[co][h][w] = Σ_ci Σ_m Σ_n  A[ci][s·h + d·m − p][s·w + d·n − p] · W[co][ci][m][n]  + b[co]

Symbols
    A  input    (C_in, H, W)          s  stride      co, ci  output and input channel
    W  kernel   (C_out, C_in, kH, kW) p  padding     h, w    row and column of the output
    b  bias     (C_out,)              d  dilation    m, n    row and column of the kernel
    B  output   (C_out, H_out, W_out)

Source: the lecture's five loops, with stride, padding and dilation as PyTorch's conv2d has them. Like every
deep-learning library this is a cross-correlation: the mathematician's convolution turns the kernel by 180° first.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError

Array = NDArray[np.float64]

MOST_CELLS = 400_000_000  # of the padded input, 3 GB: a picture of 100 megapixels in colour, and some padding
BAND = 32  # output rows computed at a time: their windows stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Convolution:
    """All of one convolution; `windows[ci, h, w]` is what the output cell (h, w) sees: a view, never a copy."""

    A: Float[Array, "C_in H W"]
    W: Float[Array, "C_out C_in kH kW"]
    b: Float[Array, " C_out"]
    stride: int
    padding: int
    dilation: int
    padded: Float[Array, "C_in Hp Wp"]
    windows: Float[Array, "C_in H_out W_out kH kW"]
    B: Float[Array, "C_out H_out W_out"]


@dataclass(frozen=True, eq=False)
class OutputCell:
    """One output cell as a person works it out.

    Args:
        turn: how many cells the loops have come to, this one counted.
        rows, columns: those of the unpadded input that its window covers.
        on_padding: whether a part of the window lies outside the input.
    """

    turn: int
    co: int
    h: int
    w: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    on_padding: bool
    window: Float[Array, "C_in kH kW"]
    kernel: Float[Array, "C_in kH kW"]
    products: Float[Array, "C_in kH kW"]
    channel_sums: Float[Array, " C_in"]
    bias: float
    total: float


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1; below 1 where the kernel does not fit.

    >>> output_size(28, 3, 1, 0, 1), output_size(5, 3, 2, 1, 1), output_size(2, 3, 1, 0, 1)
    (26, 3, 0)
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def convolve(
    A: Float[Array, "C_in H W"],
    W: Float[Array, "C_out _ kH kW"],
    b: Float[Array, " _"] | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Convolution:
    """B[co][h][w] = Σ_ci Σ_m Σ_n A[ci][h+m][w+n] · W[co][ci][m][n] + b[co].

    Args:
        b: None for no bias, kept as zeros.
        padding: rows and columns of zeros on each side.

    Raises:
        InputError: the channels of A and W differ, an array is empty, stride or dilation is below 1, padding is
            below 0 or makes more than `MOST_CELLS` of the input, or the kernel is larger than the padded input.
    """
    b = np.zeros(len(W)) if b is None else b
    _check(A, W, b, stride, padding, dilation)
    padded = np.pad(A, ((0, 0), (padding, padding), (padding, padding)))  # (C_in, H + 2p, W + 2p)
    windows = _windows(padded, W.shape[2:], stride, dilation)  # (C_in, H_out, W_out, kH, kW)
    return Convolution(A, W, b, stride, padding, dilation, padded, windows, _correlate(windows, W, b))


def work_out(record: Convolution, h: int, w: int, co: int = 0) -> OutputCell:
    """The window of one output cell times the kernel, product by product, channel by channel.

    Raises:
        InputError: the output has no such cell.
    """
    C_out, H_out, W_out = record.B.shape
    if not (0 <= co < C_out and 0 <= h < H_out and 0 <= w < W_out):
        raise InputError(
            f"the output has no cell {h},{w}" + (f" in channel {co}" if C_out > 1 else ""),
            hint=f"rows go from 0 to {H_out - 1}, columns from 0 to {W_out - 1}",
        )
    window, kernel = record.windows[:, h, w], record.W[co]  # (C_in, kH, kW)
    products = window * kernel
    channel_sums = products.sum(axis=(1, 2))
    rows, columns = (
        tuple(place * record.stride - record.padding + record.dilation * k for k in range(size))
        for place, size in zip((h, w), kernel.shape[1:], strict=True)
    )
    return OutputCell(
        turn=(co * H_out + h) * W_out + w + 1,
        co=co,
        h=h,
        w=w,
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


def cells_to_show(record: Convolution, first: int) -> list[OutputCell]:
    """The `first` cells in the order of the loops, then the one with the largest |B| if it is not among them."""
    strongest = int(np.argmax(np.abs(record.B)))
    places = list(range(min(first, record.B.size)))
    if first and strongest not in places:
        places.append(strongest)
    cells = [np.unravel_index(place, record.B.shape) for place in places]
    return [work_out(record, int(h), int(w), int(co)) for co, h, w in cells]


def agreement(record: Convolution, cells: list[OutputCell]) -> float:
    """max |total − B| over the cells: the written-out sums against the matrix product that gave the whole map."""
    return max((abs(cell.total - float(record.B[cell.co, cell.h, cell.w])) for cell in cells), default=0.0)


@dataclass(frozen=True)
class Cost:
    """What a convolution and a dense layer with as many outputs need: weights (without biases), multiply-adds."""

    inputs: int
    outputs: int
    weights: int
    multiply_adds: int
    dense_weights: int


def cost(record: Convolution) -> Cost:
    """weights = C_out·C_in·kH·kW; multiply-adds = weights · H_out·W_out; dense = (C_in·H·W) · (C_out·H_out·W_out)."""
    inputs, outputs, weights = record.A.size, record.B.size, record.W.size
    return Cost(inputs, outputs, weights, weights * outputs // len(record.W), inputs * outputs)


def letters(shape: tuple[int, int, int]) -> NDArray[np.object_]:
    """The slide's names of an input's cells: a b c … z aa ab …, with the channel's number where there are several.

    >>> letters((1, 2, 2)).ravel().tolist(), letters((2, 1, 2)).ravel().tolist()
    (['a', 'b', 'c', 'd'], ['a1', 'b1', 'a2', 'b2'])
    """
    C, H, W = shape
    names = [_letter(i) for i in range(H * W)]
    channels = [names if C == 1 else [f"{name}{channel + 1}" for name in names] for channel in range(C)]
    return np.array(channels, dtype=object).reshape(shape)


def letter_windows(record: Convolution) -> NDArray[np.object_]:
    """`record.windows` with the letters of A in the cells; a padded cell is `0`."""
    p = ((0, 0), (record.padding, record.padding), (record.padding, record.padding))
    padded = np.pad(letters(record.A.shape), p, constant_values="0")
    return _windows(padded, record.W.shape[2:], record.stride, record.dilation)


def _letter(i: int) -> str:
    return (_letter(i // 26 - 1) if i >= 26 else "") + chr(ord("a") + i % 26)


def _windows(padded: NDArray, kernel: tuple[int, ...], stride: int, dilation: int) -> NDArray:
    reach = [dilation * (k - 1) + 1 for k in kernel]
    every = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2))
    return every[:, ::stride, ::stride, ::dilation, ::dilation]


def _correlate(windows: Array, W: Array, b: Array) -> Array:
    """W · windows + b, a band of output rows at a time, so that a large picture's windows are never copied whole."""
    C_in, H_out, W_out, kH, kW = windows.shape
    B = np.empty((len(W), H_out, W_out))
    kernel = W.reshape(len(W), -1)  # (C_out, C_in·kH·kW)
    columns = np.empty((C_in, kH, kW, min(BAND, H_out), W_out))
    for top in range(0, H_out, BAND):
        band = windows[:, top : top + BAND].transpose(0, 3, 4, 1, 2)  # (C_in, kH, kW, rows, W_out)
        rows = band.shape[3]
        columns[:, :, :, :rows] = band
        product = kernel @ columns[:, :, :, :rows].reshape(kernel.shape[1], -1)  # (C_out, rows·W_out)
        B[:, top : top + rows] = product.reshape(len(W), rows, W_out) + b[:, None, None]
    return B


def _check(A: Array, W: Array, b: Array, stride: int, padding: int, dilation: int) -> None:
    for name, value, least in [("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)]:
        if value < least:
            raise InputError(f"must be at least {least}, not {value}", f"--{name}", "give a larger one")
    if not (A.size and W.size):
        raise InputError("input and kernel need at least one cell each", hint="give each a number")
    if A.shape[0] != W.shape[1]:
        raise InputError(
            f"the input has {_channels(A.shape[0])}, the kernel is for {_channels(W.shape[1])}",
            hint="a kernel needs as many channels as its input; a single-channel kernel is repeated for each of them",
        )
    cells = A.shape[0] * (A.shape[1] + 2 * padding) * (A.shape[2] + 2 * padding)
    if cells > MOST_CELLS:
        raise InputError(
            f"the padded input would have {cells:,} cells",
            "--padding",
            f"give a smaller one: at most {MOST_CELLS:,} cells",
        )
    if b.shape != W.shape[:1]:
        raise InputError(f"{len(b)} biases for {len(W)} output channels", hint="one bias for each output channel")
    for side, size, k in [("height", A.shape[1], W.shape[2]), ("width", A.shape[2], W.shape[3])]:
        if output_size(size, k, 1, padding, dilation) < 1:
            raise InputError(
                f"the kernel does not fit: its {side} is {dilation * (k - 1) + 1}"
                + (f" ({k} with dilation {dilation})" if dilation > 1 else "")
                + f", the input's is {size + 2 * padding}"
                + (f" ({size} with padding {padding})" if padding else ""),
                hint="use a smaller kernel, a larger input, or more --padding",
            )


def _channels(count: int) -> str:
    return f"{count} channel" + ("s" if count != 1 else "")
