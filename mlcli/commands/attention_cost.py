"""What a long text takes, said before it starts."""

import time

import numpy as np
from numpy.typing import NDArray

from mlcli.core.attention import attention, cost, measure
from mlcli.render.show import say

WORTH_SAYING = 2**20  # weights
LARGE = 64 * 10**6  # bytes of a document
DIGITS = 22  # bytes that a number takes in JSON, with its comma
PROBE = 256  # queries and keys of a small attention that is timed first


def announce(queries: int, keys: int, d_k: int, H: int = 1, written: float = 0) -> None:
    """On standard error, where there will be many weights: how many, their memory, how long, and how that grows.

    Args:
        written: how many arrays of queries × keys a JSON document will hold; 0 if none was asked for.
    """
    will, size = cost(queries, keys, d_k, d_k, H), DIGITS * written * queries * keys
    if will.weights < WORTH_SAYING and size < LARGE:
        return
    probe = np.zeros((PROBE, d_k))
    seconds = min(_timed(probe) for _ in range(3)) * will.weights / PROBE**2
    of_heads = f" × {H} heads" if H > 1 else ""
    less = "--query WORD writes one token's row only" + (", --head 0 one head" if H > 1 else "")
    document = f" The JSON will have about {size / 1e6:,.0f} MB, as it holds every digit: {less}."
    say(
        f"{queries:,} queries × {keys:,} keys{of_heads} = {will.weights:,} weights: {will.bytes / 2**20:,.0f} MiB for "
        f"scores, scaled, masked and weights, {will.multiply_adds:,} multiply-adds, about {max(seconds, 0.1):.1f} s. "
        "Memory and time grow as the square: twice the tokens, four times as much."
        f"{document if size >= LARGE else ''}"
    )


def _timed(X: NDArray[np.float64]) -> float:
    start = time.perf_counter()
    measure(attention(X, X, X))
    return time.perf_counter() - start
