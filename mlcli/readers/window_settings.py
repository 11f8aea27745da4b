"""A window's settings as they are typed: one number, or rows and columns; sizes, parts of a grid, places."""

import re

import numpy as np
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.pooling import How
from mlcli.core.windows import Pair, Sides, Window, even, same
from mlcli.readers.matrices import parse_matrix

LARGEST = 100_000


def read_pair(text: str, where: str, least: int = 1) -> Pair:
    """`2` is two rows and two columns, `2,3` (or `2x3`) two rows and three columns.

    Raises:
        InputError: no whole numbers, more than two, or one below `least`.
    """
    parts = [part.strip() for part in re.split("[,x×]", text)]
    if len(parts) > 2 or not all(re.fullmatch(r"-?[0-9]{1,9}", part) for part in parts):
        raise InputError(f'"{text}" is not one or two whole numbers', where, "such as 2, or 2,3 for rows and columns")
    numbers = [int(part) for part in parts]
    if not all(least <= number <= LARGEST for number in numbers):
        wrong = next(number for number in numbers if not least <= number <= LARGEST)
        limit = f"at least {least}" if wrong < least else f"at most {LARGEST:,}"
        raise InputError(f"must be {limit}, not {wrong}", where, "such as 2, or 2,3 for rows and columns")
    return numbers[0], numbers[-1]


def read_padding(text: str, kernel: Pair, stride: Pair, dilation: Pair) -> Sides:
    """A number, rows and columns, `valid` (none) or `same` (the output is as large as the input).

    Raises:
        InputError: none of these; `same` with a stride.
    """
    if text == "valid":
        return even((0, 0))
    if text == "same":
        if stride != (1, 1):
            raise InputError("same keeps the size at a stride of 1 only", "--padding", "give it as a number, such as 1")
        return same(kernel, dilation)
    if re.fullmatch("[a-z]+", text):
        raise InputError(f'"{text}" is no padding', "--padding", "a number, rows,columns, same, or valid")
    return even(read_pair(text, "--padding", 0))


def read_pool(text: str) -> tuple[How, Window | None]:
    """`max:2`, `avg:2`, `max:3/2` (a window of 3, a stride of 2), `global` (the mean of the map) or `global:max`.

    Raises:
        InputError: none of these.
    """
    how, _, size = text.partition(":")
    if how == "global" and size in ("", "avg", "max"):
        return ("max" if size == "max" else "avg"), None
    if how not in ("max", "avg") or not size:
        raise InputError(f'"{text}" is no pooling', "--pool", "max:2, avg:2, max:3/2 (window / stride), or global")
    window, slash, stride = size.partition("/")
    kernel = read_pair(window, "--pool")
    return how, Window(kernel, read_pair(stride, "--pool") if slash else kernel)


def read_bias(text: str) -> NDArray[np.float64]:
    """One number, or one for each filter: `0.5 -1`.

    Raises:
        InputError: not numbers.
    """
    values = parse_matrix(text, "--bias")
    if len(values) > 1:
        raise InputError("has several rows", "--bias", 'one number, or one for each filter: "0.5 -1"')
    return values[0]


def read_place(text: str) -> tuple[int, int, int]:
    """`H,W`, or `C,H,W` for another output channel than the first: channel, row, column.

    Raises:
        InputError: no whole numbers, or not two or three of them.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in (2, 3) or not all(re.fullmatch(r"-?[0-9]{1,9}", part) for part in parts):
        raise InputError(f'"{text}" is not a place', "--at", "row and column from 0, such as --at 10,12")
    *channel, h, w = map(int, parts)
    return channel[0] if channel else 0, h, w


def read_shift(text: str) -> Pair:
    """`dy,dx`: cells down and to the right; below 0 up and to the left.

    Raises:
        InputError: not two whole numbers.
    """
    if not re.fullmatch(r"\s*-?[0-9]{1,9}\s*,\s*-?[0-9]{1,9}\s*", text):
        raise InputError(f'"{text}" is no shift', "--shift", "cells down, cells to the right: --shift 0,3")
    dy, dx = map(int, text.split(","))
    return dy, dx


def read_part(text: str) -> tuple[slice, slice]:
    """`2:10,0:8`: rows 2 to 9 and columns 0 to 7, as on the trace `A[2:10, 0:8]`.

    Raises:
        InputError: not written so, or empty.
    """
    found = re.fullmatch(r"\s*([0-9]{1,9}):([0-9]{1,9})\s*,\s*([0-9]{1,9}):([0-9]{1,9})\s*", text)
    if not found:
        raise InputError(f'"{text}" is no part', "--crop", "rows, then columns, from 0: --crop 2:10,0:8")
    top, bottom, left, right = map(int, found.groups())
    if top >= bottom or left >= right:
        raise InputError(f'"{text}" is empty', "--crop", "the second number of each is the larger one")
    return slice(top, bottom), slice(left, right)
