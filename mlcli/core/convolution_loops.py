"""The lecture's five loops, running: one multiplication a turn, in the order in which they come.

    for h: for w: sum = 0;  for ci: for m: for n: sum += A[ci][h+m][w+n] · W[ci][m][n];  B[h][w] = sum + b

Symbols: as in `convolution.py`; a sixth loop around them, over co, where there are several filters.

Source: the slide's code. It writes 5×5 outputs with a 3×3 kernel, and so reads A[ci][h+m][w+n] up to row and column 6:
its A is 7×7; the 5×5 letters have room for 3×3 outputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from mlcli.core.convolution import Convolution, OutputCell, work_out

MOST_TURNS = 200_000  # up to which the loops are run to their end, and their answer compared


@dataclass(frozen=True)
class Turn:
    """One turn of the innermost loop: `sum` after it, and how many multiply-adds there have been."""

    co: int
    h: int
    w: int
    ci: int
    m: int
    n: int
    a: float
    weight: float
    product: float
    sum: float
    operations: int


def turns(record: Convolution) -> Iterator[Turn]:
    """Every turn of the loops, from B[0][0] on."""
    C_out, H_out, W_out = record.B.shape
    places = ((co, h, w) for co in range(C_out) for h in range(H_out) for w in range(W_out))
    operations = 0
    for co, h, w in places:
        for turn in _inner(work_out(record, h, w, co), operations):
            operations = turn.operations
            yield turn


def _inner(cell: OutputCell, operations: int) -> Iterator[Turn]:
    total = 0.0
    _, kH, kW = cell.window.shape
    for i, ci in enumerate(cell.channels):
        for m in range(kH):
            for n in range(kW):
                a, weight = float(cell.window[i, m, n]), float(cell.kernel[i, m, n])
                total += a * weight
                operations += 1
                yield Turn(cell.co, cell.h, cell.w, ci, m, n, a, weight, a * weight, total, operations)


@dataclass(frozen=True)
class Loops:
    """The first turns, and how the loops end.

    Args:
        first: the turns to show.
        operations: multiply-adds in all.
        difference: max |sum + b − B| over every cell; None where there were too many turns to run them all.
    """

    first: tuple[Turn, ...]
    operations: int
    difference: float | None


def run_loops(record: Convolution, first: int) -> Loops:
    """The loops as they run; to their end if that takes at most `MOST_TURNS` turns."""
    operations = record.B.size * record.W[0].size
    if operations > MOST_TURNS:
        return Loops(tuple(islice(turns(record), first)), operations, None)
    every = list(turns(record))
    last = every[record.W[0].size - 1 :: record.W[0].size]  # the turn that completes each cell
    sums = (abs(turn.sum + float(record.b[turn.co]) - float(record.B[turn.co, turn.h, turn.w])) for turn in last)
    return Loops(tuple(every[:first]), operations, max(sums))
