"""How `mlcli predict` reads an input that is a file: a line a kind of data; of other kinds the input is what is typed.

A picture is brought to the size and channels that the network looks at, and what was done to it is said. The networks
learned bright strokes on a dark ground; a picture whose border is brighter than its middle is the other way round.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mlcli.core.errors import InputError
from mlcli.core.prediction import Given
from mlcli.readers.grids import MATRIX_SUFFIXES, GridInput, read_grid
from mlcli.readers.matrices import read_matrix
from mlcli.readers.resizing import fitted


def read_given(text: str, made: Any, invert: bool) -> Given:
    """The input, as the task of the run takes it.

    Args:
        made: the `training.task.Task` that is asked.
        invert: bright becomes dark.

    Raises:
        InputError: its file cannot be read, or does not fit.
    """
    read = READERS.get(made.data.kind)
    if invert and read is not _picture:
        raise InputError("is for pictures", "--invert", "leave it out")
    return Given(text) if read is None else read(text, made, invert)


def _picture(text: str, made: Any, invert: bool) -> Given:
    _, C, H, W = made.data.values.shape
    if text.isdecimal() and not Path(text).exists():
        return Given(text)
    grid = read_grid(text, gray=C == 1)
    grid = _in_shades(grid, text)
    if len(grid.values) != C:
        raise InputError(f"has {len(grid.values)} channels, the network looks at {C}", text, "give a picture in colour")
    values, done = fitted(grid.values, H, W)
    values, read = np.clip(values, 0, 1), (*grid.read, *done)
    if invert:
        values, read = 1 - values, (*read, "inverted: bright is dark")
    elif _bright_border(values):
        read = (*read, "its border is brighter than its middle: dark on bright? --invert turns that round")
    return Given(Path(text).name, values, read)


def _in_shades(grid: GridInput, text: str) -> GridInput:
    """A matrix in its own numbers comes to 0..1 by its largest, as pictures have it."""
    if Path(text).suffix.lower() not in MATRIX_SUFFIXES:
        return grid
    if (low := float(grid.values.min())) < 0:
        raise InputError(f"holds {low:g}, which is no shade", text, "0 is dark, the largest number bright")
    high = float(grid.values.max())
    if high <= 1:
        return grid
    brightest = 255.0 if high > 16 else 16.0 if high > 9 else high
    return replace(grid, values=grid.values / brightest, read=(*grid.read, f"divided by {brightest:g}: 1 is bright"))


def _bright_border(values: np.ndarray) -> bool:
    grey = values.mean(axis=0)
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    return bool(border.mean() > max(0.5, grey[1:-1, 1:-1].mean() if min(grey.shape) > 2 else 1.0))


def _steps(text: str, made: Any, invert: bool) -> Given:
    matrix = read_matrix(text)
    return Given(matrix.name, matrix.values, matrix.read)


READERS: dict[str, Callable[[str, Any, bool], Given]] = {
    "pictures": _picture,
    "sequence regression": _steps,
}
