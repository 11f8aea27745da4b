"""Kernels that have a name: what each looks for, and its numbers, as a cross-correlation uses them.

Symbols: kH, kW height and width of the kernel.
"""

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError


@dataclass(frozen=True, eq=False)
class Kernel:
    """A small matrix, or one for each channel, and what a large output means."""

    values: Float[NDArray[np.float64], "*C kH kW"]
    notice: str


def _kernel(rows: str, notice: str, divisor: float = 1.0) -> Kernel:
    return Kernel(np.array([[float(v) for v in row.split()] for row in rows.split(";")]) / divisor, notice)


KERNELS = {
    "identity": _kernel("0 0 0; 0 1 0; 0 0 0", "B is A: only the middle cell counts."),
    "sobel-x": _kernel("-1 0 1; -2 0 2; -1 0 1", "Large |B| where left and right differ: it finds vertical edges."),
    "sobel-y": _kernel("-1 -2 -1; 0 0 0; 1 2 1", "Large |B| where above and below differ: it finds horizontal edges."),
    "prewitt": _kernel("-1 0 1; -1 0 1; -1 0 1", "Large |B| where left and right differ: it finds vertical edges."),
    "laplacian": _kernel("0 1 0; 1 -4 1; 0 1 0", "Large |B| where a cell differs from its four neighbours: any edge."),
    "sharpen": _kernel("0 -1 0; -1 5 -1; 0 -1 0", "B is A with each difference to the neighbours added once more."),
    "box": _kernel("1 1 1; 1 1 1; 1 1 1", "B is the mean of nine cells: a blur.", 9.0),
    "gaussian": _kernel("1 2 1; 2 4 2; 1 2 1", "B is a mean in which near cells count more: a softer blur.", 16.0),
    "emboss": _kernel("-2 -1 0; -1 1 1; 0 1 2", "B is lit from one corner: edges along the other diagonal stand out."),
    "corner": _kernel(
        "-1 -1 0; -1 1 1; 0 1 1", "Large B where it is brighter below and to the right: one kind of corner."
    ),
    "one-to-nine": _kernel("1 2 3; 4 5 6; 7 8 9", "The lecture's kernel: each product shows which cell it came from."),
    "one-to-nine-3": Kernel(
        np.arange(1.0, 10.0).reshape(3, 3) + np.array([0.1, 0.2, 0.3]).reshape(3, 1, 1),
        "The lecture's kernel of three channels: 4.2 is the fourth number of the second channel.",
    ),
}


def random_kernel(seed: int, count: int = 1) -> Kernel:
    """`count` times 3×3 standard normal numbers, as a network's kernels before training."""
    values = np.random.default_rng(seed).standard_normal((count, 3, 3))
    return Kernel(values, "Random weights: training would turn them into a detector.")


def named_kernel(name: str) -> Kernel:
    """The kernel of that name.

    Raises:
        InputError: there is none; the hint names those that there are, the nearest first.
    """
    if name in KERNELS:
        return KERNELS[name]
    near = get_close_matches(name, KERNELS, n=1)
    others = [other for other in KERNELS if other not in near]
    raise InputError(
        f'no kernel is called "{name}"',
        "--kernel",
        f'one of {", ".join(near + others)}, random; or numbers such as "1 0 -1; 2 0 -2; 1 0 -1"; or a file',
    )
