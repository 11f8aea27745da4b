"""Masks: which keys a query may see, and what becomes of a query that may see none.

    masked = scaled where mask = 1, else fill      softmax(fill, fill, …): 0/0, or equal weights for what is hidden

Symbols
    t, T  query, how many     s, S  key, how many     fill  −∞, or a number so low that its exponential is 0

Source: a mask of −9e15 is the lecture's; it is no float16, whose lowest number is −65504, and becomes −∞ there.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.attention import Mask, refuse_too_many
from mlcli.core.errors import InputError

FILLS = (-np.inf, -9e15)
PRECISIONS = (np.float64, np.float32, np.float16)


def causal(T: int, S: int) -> Mask:
    """mask[t][s] = s ≤ t: no query sees what comes after it.

    >>> causal(2, 3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0]]

    Raises:
        InputError: it would have more cells than an attention may have weights.
    """
    refuse_too_many(T, S)
    return np.tri(T, S, dtype=bool)


def padding(T: int, S: int, n: int) -> Mask:
    """mask[t][s] = s < S − n: the last n keys fill up a batch and say nothing.

    >>> padding(2, 3, 1).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0]]

    Raises:
        InputError: there are fewer keys than n.
    """
    if n > S:
        raise InputError(f"there are {S} keys, {n} of which cannot be padding", "--mask", f"padding:0 to padding:{S}")
    return np.tile(np.arange(S) < S - n, (T, 1))


def band(T: int, S: int, width: int) -> Mask:
    """mask[t][s] = |t − s| ≤ width: a query sees its neighbourhood only.

    >>> band(3, 3, 1).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    """
    return np.abs(np.arange(T)[:, None] - np.arange(S)) <= width


@dataclass(frozen=True, eq=False)
class Filled:
    """What plain softmax, as in the lecture's code, makes of a row of scores once some are filled.

    Args:
        precision: float64, float32 or float16.
        stored: what the fill becomes in that precision.
        blind: the weights where every key is hidden.
        seeing: the weights where one key, the first, is left.
    """

    fill: float
    precision: str
    stored: float
    blind: Float[NDArray[np.float64], " S"]
    seeing: Float[NDArray[np.float64], " S"]


def fill_rows(scaled: Float[NDArray[np.float64], " S"]) -> tuple[Filled, ...]:
    """Each fill in each precision, on one query's scores."""
    return tuple(_filled(scaled, fill, precision) for fill in FILLS for precision in PRECISIONS)


def _filled(scaled: Float[NDArray[np.float64], " S"], fill: float, precision: type[np.floating]) -> Filled:
    with np.errstate(over="ignore", invalid="ignore"):
        row = scaled.astype(precision)
        hidden = np.full_like(row, fill)
        seeing = np.where(np.arange(len(row)) == 0, row, hidden)
        blind, left = _plain_softmax(hidden), _plain_softmax(seeing)
    return Filled(fill, precision.__name__, float(hidden[0]), blind.astype(np.float64), left.astype(np.float64))


def _plain_softmax(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """exp(x − max x) / Σ, in x's own precision, whatever comes out: −∞ less −∞ is no number."""
    powers = np.exp(x - x.max())
    return powers / powers.sum()
