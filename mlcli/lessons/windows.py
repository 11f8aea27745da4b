"""The window's settings in words and formulas, for convolution, pooling and whole networks."""

from mlcli.core.windows import Pair, Window


def times(sizes: tuple[int, ...]) -> str:
    """`64×55×55`."""
    return "×".join(map(str, sizes))


def by(pair: Pair) -> str:
    """`2`, or `2×3` where rows and columns differ."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"


def padded_by(window: Window) -> str:
    """`1`, `1×2`, or `0+1×1+1` where one side has more than the other."""
    rows, columns = (f"{a}" if a == b else f"{a}+{b}" for a, b in window.padding)
    return rows if rows == columns else f"{rows}×{columns}"


def size_formula(window: Window, axis: int, size: int) -> str:
    """⌊(224 + 2·2 − 1·(11−1) − 1) / 4⌋ + 1."""
    before, after = window.padding[axis]
    padding = f"2·{before}" if before == after else f"{before} + {after}"
    k, s, d = window.kernel[axis], window.stride[axis], window.dilation[axis]
    return f"⌊({size} + {padding} − {d}·({k}−1) − 1) / {s}⌋ + 1"


def left_over(rows: int, columns: int) -> str:
    """What the floor of the size drops, in words; empty for nothing."""
    if not rows and not columns:
        return ""
    below = f"{rows} row{'s' * (rows != 1)} below"
    return f"The floor drops what is left over: {below}, {columns} column{'s' * (columns != 1)} on the right."
