"""The window that slides over a map: how many places it has, and what its last step leaves over.

    H_out = ⌊(H + top + bottom − d·(k − 1) − 1) / s⌋ + 1

Symbols
    k  kernel    (rows, columns)    p  padding   ((top, bottom), (left, right))
    s  stride    (rows, columns)    d  dilation  (rows, columns)

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mlcli.core.errors import InputError

Pair = tuple[int, int]
Sides = tuple[Pair, Pair]

AXES = ("height", "width")


@dataclass(frozen=True)
class Window:
    """What one cell of the output sees of its input; each setting for rows, then for columns."""

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Sides = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)

    @property
    def reach(self) -> Pair:
        """d·(k − 1) + 1: rows and columns from its first cell to its last."""
        (kH, kW), (dH, dW) = self.kernel, self.dilation
        return dH * (kH - 1) + 1, dW * (kW - 1) + 1

    def output(self, size: Pair) -> Pair:
        """Rows and columns of the output over an input of `size`.

        Raises:
            InputError: the window is larger than the padded input.
        """
        places = []
        for axis, (n, k, d, s, reach, (before, after)) in enumerate(self._axes(size)):
            padded = n + before + after
            if reach > padded:
                raise InputError(
                    f"the kernel does not fit: its {AXES[axis]} is {reach}"
                    + (f" ({k} with dilation {d})" if d > 1 else "")
                    + f", the input's is {padded}"
                    + (f" ({n} with padding {before}" if padded > n else "")
                    + (f" and {after}" if before != after else "")
                    + (")" if padded > n else ""),
                    hint="use a smaller kernel, a larger input, or more padding",
                )
            places.append((padded - reach) // s + 1)
        return places[0], places[1]

    def dropped(self, size: Pair) -> Pair:
        """Rows and columns at the end that no place of the window covers: the floor's remainder."""
        rows, columns = ((n + sum(p) - reach) % s for n, _, _, s, reach, p in self._axes(size))
        return rows, columns

    def _axes(self, size: Pair) -> Iterator[tuple[int, int, int, int, int, Pair]]:
        return zip(size, self.kernel, self.dilation, self.stride, self.reach, self.padding, strict=True)


def even(padding: Pair) -> Sides:
    """As many rows above as below, as many columns left as right."""
    return (padding[0], padding[0]), (padding[1], padding[1])


def same(kernel: Pair, dilation: Pair = (1, 1)) -> Sides:
    """The padding with which a stride of 1 keeps the size; of an odd number the larger half goes below and right.

    >>> same((3, 3)), same((2, 5))
    (((1, 1), (1, 1)), ((0, 1), (2, 2)))
    """
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    rows, columns = ((t // 2, t - t // 2) for t in total)
    return rows, columns


def pair(value: int | Pair) -> Pair:
    """One number for rows and columns alike, as two."""
    return (value, value) if isinstance(value, int) else value


def sides(padding: int | Pair | Sides) -> Sides:
    """One number for all sides, or one for rows and one for columns, as one for each side."""
    if isinstance(padding, int):
        return even((padding, padding))
    rows, columns = padding
    return even((rows, columns)) if isinstance(rows, int) and isinstance(columns, int) else (pair(rows), pair(columns))
