"""The shift test: is what comes out of a shifted image the shifted output, or even the same?

    equivariant  f(shift A) = shift f(A)        invariant  f(shift A) = f(A)

Symbols: A image, f a convolution, or one followed by pooling; t = (dy, dx) the shift, down and to the right; s stride.

Source: Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 9.2 and 9.3; Zhang, "Making convolutional
networks shift-invariant again" (2019) on strides. A stride of s is equivariant only to shifts that s divides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.convolution import Convolution, convolve
from mlcli.core.errors import InputError
from mlcli.core.padding import MODES, Mode, around, gathered
from mlcli.core.pooling import pool
from mlcli.core.windows import Pair, Sides, Window, same

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stage:
    """One map that comes out, compared.

    Args:
        what: `convolution`, `max pool 2×2`, `global max`.
        step: rows and columns of the image from one cell of this map to the next.
        moved: the shift in cells of this map; None where step does not divide it, or the map has one cell.
        inside: largest |f(shift A) − shift f(A)| where no window reaches over the image's edge; None where nothing can
            be compared.
        border: the same in the other cells.
        unmoved: largest |f(shift A) − f(A)|: 0 for an invariant f.
    """

    what: str
    step: Pair
    moved: Pair | None
    inside: float | None
    border: float | None
    unmoved: float


@dataclass(frozen=True, eq=False)
class ShiftTest:
    """What became of a shift at every stage, and of the convolution alone under each padding mode.

    Args:
        by_mode: a convolution with stride 1 and a padding that keeps the size, for each mode that can fill it.
        tolerance: what may be rounding.
    """

    shift: Pair
    shifted: Array
    stages: tuple[Stage, ...]
    by_mode: tuple[tuple[Mode, Stage], ...]
    tolerance: float


def shift_test(record: Convolution, shift: Pair, over: Window, tolerance: float) -> ShiftTest:
    """The image moved by `shift`, sent through the same convolution, max pooling and global pooling.

    What enters at the edge is what the padding mode says lies there; with `circular` what leaves comes in again.

    Args:
        over: the pooling window.

    Raises:
        InputError: the shift leaves nothing of the image, or is more than the padding mode can fill.
    """
    refuse_shift(shift, record.A.shape[1:])
    moved = shifted(record.A, shift, record.pad_mode)
    again = _again(record, moved, record.pad_mode, record.over.stride, record.over.padding)
    image, wrap = record.A.shape[1:], record.pad_mode == "circular"
    stages = [_stage("convolution", record.B, again.B, record.over, image, shift, wrap)]
    if all(k <= n for k, n in zip(over.kernel, record.B.shape[1:], strict=True)):
        before, after = (pool(B, "max", over).P for B in (record.B, again.B))
        name = f"max pool {over.kernel[0]}×{over.kernel[1]}"
        stages.append(_stage(name, before, after, _through(record.over, over), image, shift, wrap))
    for how in ("max", "avg"):
        before, after = (pool(B, how, None).P for B in (record.B, again.B))
        stages.append(Stage(f"global {how}", (0, 0), None, None, None, float(np.abs(after - before).max())))
    return ShiftTest(shift, moved, tuple(stages), tuple(_by_mode(record, shift)), tolerance)


def refuse_shift(shift: Pair, size: tuple[int, ...]) -> None:
    """Called before anything is computed, too.

    Raises:
        InputError: nothing of an image of this size would be left.
    """
    if any(abs(d) >= n for d, n in zip(shift, size, strict=True)):
        H, W = size
        raise InputError(f"nothing is left of a {H}×{W} image", "--shift", "shift by fewer cells than it has")


def shifted(A: Array, shift: Pair, mode: Mode) -> Array:
    """A moved down and to the right; what comes in at the edge is what `mode` says lies around A."""
    places = []
    for n, d in zip(A.shape[1:], shift, strict=True):
        every = around(n, (max(d, 0), max(-d, 0)), mode)
        places.append(every[:n] if d >= 0 else every[-n:])
    return np.array(gathered(A, *places))


def _by_mode(record: Convolution, shift: Pair) -> list[tuple[Mode, Stage]]:
    keeps = same(record.over.kernel, record.over.dilation)
    found: list[tuple[Mode, Stage]] = []
    for mode in MODES:
        try:
            before = _again(record, record.A, mode, (1, 1), keeps)
            after = _again(record, shifted(record.A, shift, mode), mode, (1, 1), keeps)
        except InputError:  # the image is too small to fill so much from
            continue
        found.append(
            (mode, _stage("convolution", before.B, after.B, before.over, record.A.shape[1:], shift, mode == "circular"))
        )
    return found


def _again(record: Convolution, A: Array, mode: Mode, stride: Pair, padding: Sides) -> Convolution:
    return convolve(A, record.W, record.b, stride, padding, record.over.dilation, mode, record.groups)


def _through(conv: Window, over: Window) -> Window:
    """The convolution's window and the pool's behind it as one: what a pooled cell sees of the image."""
    kernel, stride = zip(
        *(
            (r + (k - 1) * s, s * t)
            for r, s, k, t in zip(conv.reach, conv.stride, over.kernel, over.stride, strict=True)
        ),
        strict=True,
    )
    return Window(kernel, stride, conv.padding)


def _stage(what: str, before: Array, after: Array, over: Window, image: Pair, shift: Pair, wrap: bool) -> Stage:
    unmoved = float(np.abs(after - before).max())
    if any(d % s for d, s in zip(shift, over.stride, strict=True)):
        return Stage(what, over.stride, None, None, None, unmoved)
    moved = shift[0] // over.stride[0], shift[1] // over.stride[1]
    if wrap and all(
        out * s == n for out, s, n in zip(before.shape[1:], over.stride, image, strict=True)
    ):  # the map closes on itself as the image does
        expected, found = np.roll(before, moved, axis=(1, 2)), after
        places = [np.arange(n) for n in after.shape[1:]]
    else:
        own, source = zip(*(_overlap(n, d) for n, d in zip(after.shape[1:], moved, strict=True)), strict=True)
        expected, found = before[:, source[0], source[1]], after[:, own[0], own[1]]
        places = [np.arange(n)[part] for n, part in zip(after.shape[1:], own, strict=True)]
    if found.size == 0:
        return Stage(what, over.stride, moved, None, None, unmoved)
    difference = np.abs(found - expected).max(axis=0)
    rows, columns = (
        _inside(at, d, over.stride[i], over.reach[i], over.padding[i][0], image[i])
        for i, (at, d) in enumerate(zip(places, moved, strict=True))
    )
    inside = np.outer(rows, columns)
    return Stage(what, over.stride, moved, _largest(difference, inside), _largest(difference, ~inside), unmoved)


def _overlap(n: int, d: int) -> tuple[slice, slice]:
    """The cells of the output whose counterpart, d cells before, is there; and those counterparts."""
    return (slice(d, n), slice(0, max(n - d, 0))) if d >= 0 else (slice(0, max(n + d, 0)), slice(-d, n))


def _inside(at: NDArray, moved: int, stride: int, reach: int, before: int, size: int) -> NDArray[np.bool_]:
    """Whether the windows of a cell and of its counterpart both lie wholly on the image."""
    first = at * stride - before
    counterpart = first - moved * stride
    return (np.minimum(first, counterpart) >= 0) & (np.maximum(first, counterpart) + reach <= size)


def _largest(difference: Array, where: NDArray[np.bool_]) -> float | None:
    return float(difference[where].max()) if where.any() else None
