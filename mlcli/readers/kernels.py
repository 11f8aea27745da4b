"""A kernel as the user gives it: by name, as numbers, or in a file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.kernels import named_kernel, random_kernel
from mlcli.readers.grids import MATRIX_SUFFIXES
from mlcli.readers.matrices import parse_matrix, read_matrix


@dataclass(frozen=True, eq=False)
class KernelInput:
    """A kernel for one output channel.

    Args:
        name: what the user calls it, for titles.
        values: (1, C_in, kH, kW).
        notice: what a large output means, where it is known; a sentence each.
        read: what was done while reading, a sentence each.
    """

    name: str
    values: NDArray[np.float64]
    notice: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


def read_kernel(text: str, channels: int, seed: int = 0) -> KernelInput:
    """The kernel that `text` names, spells out or points to, repeated for each channel if it has only one.

    Args:
        text: a name (`sobel-x`, `random`), numbers (`"1 0 -1; 2 0 -2; 1 0 -1"`), or a file (`kernel.csv`).
        seed: for `random`.

    Raises:
        InputError: no such name, not numbers, or an unreadable file.
    """
    notice: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    if Path(text).suffix.lower() in MATRIX_SUFFIXES:
        matrix = read_matrix(text)
        name, values, read = matrix.name, matrix.values, matrix.read
    elif text[:1].isalpha():
        kernel = random_kernel(seed) if text == "random" else named_kernel(text)
        name, values, notice = text, kernel.values, (kernel.notice,)
    else:
        name, values = "kernel", parse_matrix(text, "--kernel")
    stack = values.reshape(-1, *values.shape[-2:])
    if len(stack) == 1 and channels > 1:
        stack = np.repeat(stack, channels, axis=0)
        read = (*read, f"the kernel is repeated for each of the {channels} input channels")
    return KernelInput(name, stack[np.newaxis], notice, read)
