"""One token's way through a sublayer, cell by cell, as a person works it out: without a matrix product.

    attention     Q[t][d] = Σ_i x[t][i] W_Q[i][d] + b_Q[d]      then one head's scores, weights and output (`work_out`)
                  A[t][d] = Σ_j concat[t][j] W_O[j][d] + b_O[d]
    feed-forward  hidden[t][j] = Σ_i x[t][i] W_1[i][j] + b_1[j]      F[t][d] = Σ_j active[t][j] W_2[j][d] + b_2[d]
    norm          γ (x − mean) / √(variance + ε) + β

Symbols: t the token, d, i places of d_model, j of what is multiplied last, h the head that is looked at.
Source: Vaswani et al., Attention Is All You Need, 2017, section 3.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.attention import QueryRow, one_head, work_out
from mlcli.core.attention import agreement as head_agreement
from mlcli.core.multi_head_attention import MultiHead, Parameters
from mlcli.core.transformer import EPSILON, Sublayer
from mlcli.core.transformer_weights import FeedForwardParameters, Kind, NormParameters, SublayerParameters

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sum:
    """One cell: total = Σ_i x[i] · w[i] + bias."""

    x: Float[Array, " n"]
    w: Float[Array, " n"]
    products: Float[Array, " n"]
    bias: float
    total: float


@dataclass(frozen=True, eq=False)
class NormRow:
    """One token's numbers, from x to out.

    Args:
        centred: x − mean.
        divisor: √(variance + ε).
        unit: centred / divisor.
    """

    x: Float[Array, " d_model"]
    mean: float
    variance: float
    centred: Float[Array, " d_model"]
    divisor: float
    unit: Float[Array, " d_model"]
    gain: Float[Array, " d_model"]
    shift: Float[Array, " d_model"]
    out: Float[Array, " d_model"]


@dataclass(frozen=True, eq=False)
class SublayerRow:
    """What one sublayer does to one token.

    Args:
        x: what came into the sublayer, which is added again.
        first: the cells of Q of the head, or of hidden.
        head: of attention, else None.
        active: of feed-forward, else None.
        second: the cells of what the sublayer's work gives.
        added: x + that.
        difference: between these cells and those of the matrix products, at most.
    """

    kind: Kind
    t: int
    x: Float[Array, " d_model"]
    norm: NormRow
    first: tuple[Sum, ...]
    head: QueryRow | None
    active: Float[Array, " d_ff"] | None
    second: tuple[Sum, ...]
    added: Float[Array, " d_model"]
    difference: float


def work_out_sublayer(sublayer: Sublayer, own: SublayerParameters, t: int, h: int) -> SublayerRow:
    """Every sum that leads to one token's row, and to the query of one head."""
    work = sublayer.work
    if isinstance(work, MultiHead):
        assert isinstance(own.work, Parameters)
        head, active = one_head(work.heads, h), None
        columns = slice(h * head.Q.shape[1], (h + 1) * head.Q.shape[1])
        x, W, b = work.projection.X[t], own.work.W_Q[:, columns], own.work.b_Q[columns]
        first, row = sums(x, W, b), work_out(head, t)
        second = sums(work.joined.concat[t], own.work.W_O, own.work.b_O)
        apart = [_apart(first, head.Q[t]), head_agreement(head, row)]
    else:
        assert isinstance(own.work, FeedForwardParameters)
        active, row = work.active[t], None
        first = sums(work.x[t], own.work.W_1, own.work.b_1)
        second = sums(active, own.work.W_2, own.work.b_2)
        apart = [_apart(first, work.hidden[t])]
    norm = norm_row(sublayer.norm.x[t], own.norm)
    apart += [_apart(second, work.out[t]), float(np.abs(norm.out - sublayer.norm.out[t]).max())]
    return SublayerRow(
        sublayer.kind, t, sublayer.X[t], norm, first, row, active, second, sublayer.added[t], max(apart)
    )  # fmt: skip


def sums(x: Float[Array, " n"], W: Float[Array, "n m"], b: Float[Array, " m"]) -> tuple[Sum, ...]:
    """A sum for each column of W.

    >>> [cell.total for cell in sums(np.array([1.0, 2.0]), np.array([[3.0, 0.0], [4.0, 1.0]]), np.array([0.0, 5.0]))]
    [11.0, 7.0]
    """
    cells = ((w, x * w, float(bias)) for w, bias in zip(W.T, b, strict=True))
    return tuple(Sum(x, w, products, bias, float(products.sum() + bias)) for w, products, bias in cells)


def norm_row(x: Float[Array, " d_model"], own: NormParameters) -> NormRow:
    """γ (x − mean) / √(variance + ε) + β."""
    mean = float(x.sum() / len(x))
    centred = x - mean
    variance = float((centred * centred).sum() / len(x))
    divisor = float(np.sqrt(variance + EPSILON))
    unit = centred / divisor
    return NormRow(x, mean, variance, centred, divisor, unit, own.gain, own.shift, own.gain * unit + own.shift)


def _apart(cells: Iterable[Sum], row: Float[Array, " m"]) -> float:
    return float(np.abs(np.array([cell.total for cell in cells]) - row).max())
