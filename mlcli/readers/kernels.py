"""Kernels as the user gives them: by name, as numbers, or in a file; one for each output channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.kernels import named_kernel, random_kernel
from mlcli.readers.grids import MATRIX_SUFFIXES
from mlcli.readers.matrices import parse_matrix, read_matrix
from mlcli.readers.wording import counted

MOST_FILTERS = 4096


@dataclass(frozen=True, eq=False)
class KernelInput:
    """The kernels of a convolution, a filter for each output channel.

    Args:
        name: what the user calls them, for titles.
        values: (C_out, C_in / G, kH, kW).
        filters: what each filter is called.
        notice: what a large output means, where it is known; a sentence each.
        read: what was done while reading, a sentence each.
    """

    name: str
    values: NDArray[np.float64]
    filters: tuple[str, ...]
    notice: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


def read_kernels(
    texts: Sequence[str], channels: int, groups: int = 1, filters: int | None = None, seed: int = 0
) -> KernelInput:
    """The kernels that `texts` name, spell out or point to.

    A single matrix is repeated for each input channel. A stack of as many matrices as there are channels is one
    filter; over one channel each of its matrices is a filter; with `filters` it is cut into so many.

    Args:
        texts: names (`sobel-x`, `random`), numbers (`"1 0 -1; 2 0 -2; 1 0 -1"`), or files (`kernel.csv`).
        channels: those of the input.
        filters: how many there are to be; None for as many as are given.
        seed: for `random`.

    Raises:
        InputError: no such name, not numbers, an unreadable file, or matrices that are too few or too many.
    """
    each = max(channels // groups, 1)
    given = [_read(text, each, filters if len(texts) == 1 else None, seed) for text in texts]
    sizes = {one.values.shape[2:] for one in given}
    if len(sizes) > 1:
        first, second = ("×".join(map(str, one)) for one in list(dict.fromkeys(o.values.shape[2:] for o in given))[:2])
        raise InputError(f"the kernels differ in size: {first} and {second}", "--kernel", "filters of one layer do not")
    values = np.concatenate([one.values for one in given])
    names = tuple(name for one in given for name in one.filters)
    read = tuple(dict.fromkeys(note for one in given for note in one.read))
    if len(values) == 1 and groups > 1:
        values, names = np.repeat(values, groups, axis=0), names * groups
        read = (*read, f"the filter is repeated for each of the {groups} groups")
    if filters not in (None, len(values)):
        raise InputError(
            f"{counted(filters, 'filter')} asked for, {len(values)} given",
            "--filters",
            "--kernel random draws as many as you ask for; or give --kernel once for each",
        )
    notice = tuple(dict.fromkeys(sentence for one in given for sentence in one.notice))
    return KernelInput(", ".join(dict.fromkeys(one.name for one in given)), values, names, notice, read)


def _read(text: str, channels: int, filters: int | None, seed: int) -> KernelInput:
    notice: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    if Path(text).suffix.lower() in MATRIX_SUFFIXES:
        matrix = read_matrix(text, axes=4)
        name, values, read = matrix.name, matrix.values, matrix.read
    elif text == "random":
        kernel = random_kernel(seed, (filters or 1) * channels)
        name, values, notice = text, kernel.values.reshape(-1, channels, *kernel.values.shape[1:]), (kernel.notice,)
    elif text[:1].isalpha():
        kernel = named_kernel(text)
        name, values, notice = text, kernel.values, (kernel.notice,)
    else:
        name, values = "kernel", parse_matrix(text, "--kernel")
    if values.ndim < 4:
        values, said = _filters(values.reshape(-1, *values.shape[-2:]), channels, filters, name)
        read = (*read, *said)
    if values.shape[1] != channels:
        raise InputError(
            f"{name}: a filter has {counted(values.shape[1], 'channel')}, the input {channels}",
            "--kernel",
            "a kernel file holds filters × channels × rows × columns",
        )
    names = (name,) if len(values) == 1 else tuple(f"{name} {i}" for i in range(len(values)))
    return KernelInput(name, values, names, notice, read)


def _filters(
    stack: NDArray[np.float64], channels: int, filters: int | None, name: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """(filters, channels, kH, kW) of a stack of matrices."""
    M, kH, kW = stack.shape
    if filters is not None and filters * channels == M:
        return stack.reshape(filters, channels, kH, kW), ()
    if channels in (1, M) and filters is None:
        return (stack[:, np.newaxis] if channels == 1 else stack[np.newaxis]), ()
    if M in (1, filters):
        said = f"the kernel is repeated for each of the {channels} input channels"
        return stack[:, np.newaxis].repeat(channels, axis=1), ((said,) if channels > 1 else ())
    raise InputError(
        f"{name} holds {M} matrices; the input has {counted(channels, 'channel')}"
        + (f", and {counted(filters, 'filter')} asked for" if filters else ""),
        "--kernel",
        "one matrix, one for each channel, or one for each channel of each filter",
    )
