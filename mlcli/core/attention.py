"""Attention: for each query a weighted average of the values; the weights come from the query and the keys.

    scores = Q Kᵀ      scaled = scores / √d_k      weights = softmax(scaled), row by row      out = weights V

Symbols
    Q  queries  (T, d_k)     t, T  query, how many     mask  True where a query may see a key
    K  keys     (S, d_k)     s, S  key, how many       fill  the score where it may not
    V  values   (S, d_v)

Several heads are a first axis H of all arrays but the mask: Q is (H, T, d_k), scores are (H, T, S).

Source: Vaswani et al., Attention Is All You Need, 2017, equation 1. The mask has the slide's sense (where it is 0 the
score is filled) and that of torch's scaled_dot_product_attention; torch's MultiheadAttention means the opposite.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.numerics import softmax

Array = NDArray[np.float64]
Mask = Bool[NDArray[np.bool_], "T S"]

MOST_WEIGHTS = 2**25  # H·T·S: a record keeps four such arrays, 1 GiB together


@dataclass(frozen=True, eq=False)
class Attention:
    """All of one attention, each line of the slide a field; `mask` is None where every query sees every key.

    Args:
        divisor: √d_k, or 1 where the scores are left as they are.
        weights: a query that sees no key at all has the weights 0 if fill is −∞ (its softmax would be 0/0), and
            equal ones if fill is finite.
    """

    Q: Float[Array, "*H T d_k"]
    K: Float[Array, "*H S d_k"]
    V: Float[Array, "*H S d_v"]
    scores: Float[Array, "*H T S"]
    divisor: float
    scaled: Float[Array, "*H T S"]
    mask: Mask | None
    fill: float
    masked: Float[Array, "*H T S"]
    weights: Float[Array, "*H T S"]
    out: Float[Array, "*H T d_v"]


def attention(
    Q: Float[Array, "*H T d_k"],
    K: Float[Array, "*H S d_k"],
    V: Float[Array, "*H S d_v"],
    mask: Mask | None = None,
    fill: float = -np.inf,
    divisor: float | None = None,
) -> Attention:
    """out = softmax(mask(Q Kᵀ / √d_k)) V.

    Args:
        mask: see the symbols; None hides nothing.
        divisor: None for √d_k.

    Raises:
        InputError: there would be more than `MOST_WEIGHTS` weights, or the scores are beyond 64-bit numbers.
    """
    _refuse_too_many(Q.size // Q.shape[-1], K.shape[-2])
    divisor = float(np.sqrt(Q.shape[-1])) if divisor is None else divisor
    with np.errstate(over="ignore", invalid="ignore"):
        scores = Q @ K.swapaxes(-1, -2)  # (T, S)
    if not np.isfinite(scores).all():
        raise InputError(
            "the scores Q Kᵀ are too large for 64-bit numbers", hint="divide Q or K by their largest value"
        )
    scaled = scores / divisor  # (T, S)
    masked = scaled if mask is None else np.where(mask, scaled, fill)  # (T, S)
    blind = np.isneginf(masked).all(axis=-1, keepdims=True)  # (T, 1)
    weights = np.where(blind, 0.0, softmax(np.where(blind, 0.0, masked)))  # (T, S)
    return Attention(Q, K, V, scores, divisor, scaled, mask, fill, masked, weights, weights @ V)


def one_head(record: Attention, h: int) -> Attention:
    """Head h alone, without the axis of heads.

    Raises:
        InputError: there is no such head.
    """
    H = len(record.Q) if record.Q.ndim == 3 else 1
    if not 0 <= h < H:
        there = f"heads go from 0 to {H - 1}" if H > 1 else "--heads says how many there are: one"
        raise InputError(f"there is no head {h}", "--head", there)
    if record.Q.ndim == 2:
        return record
    stacked = ("Q", "K", "V", "scores", "scaled", "masked", "weights", "out")
    return replace(record, **{name: getattr(record, name)[h] for name in stacked})


def causal(T: int, S: int) -> Mask:
    """mask[t][s] = s ≤ t: no query sees what comes after it.

    >>> causal(2, 3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0]]

    Raises:
        InputError: it would have more than `MOST_WEIGHTS` cells.
    """
    _refuse_too_many(T, S)
    return np.tri(T, S, dtype=bool)


@dataclass(frozen=True, eq=False)
class QueryRow:
    """One query as a person works it out, without a matrix product.

    Args:
        t: which query.
        products: q[d] · K[s][d]; a row's sum is a score.
        shifted: masked less its largest, so that no exponential overflows; the weights are the same.
        parts: weights[s] · V[s][d]; a column's sum is a cell of out.
    """

    t: int
    q: Float[Array, " d_k"]
    K: Float[Array, "S d_k"]
    V: Float[Array, "S d_v"]
    products: Float[Array, "S d_k"]
    scores: Float[Array, " S"]
    scaled: Float[Array, " S"]
    masked: Float[Array, " S"]
    shifted: Float[Array, " S"]
    exponentials: Float[Array, " S"]
    normaliser: float
    weights: Float[Array, " S"]
    parts: Float[Array, "S d_v"]
    out: Float[Array, " d_v"]


def work_out(record: Attention, t: int) -> QueryRow:
    """weights[s] = exp(masked[s] − largest) / Σ exp(masked[s'] − largest),  out = Σ_s weights[s] · V[s].

    Args:
        record: a single head's.
    """
    q, K, V = record.Q[t], record.K, record.V
    products = q * K  # (S, d_k)
    scores = products.sum(axis=1)  # (S,)
    scaled = scores / record.divisor
    masked = scaled if record.mask is None else np.where(record.mask[t], scaled, record.fill)
    largest = masked.max()
    shifted = masked - (largest if np.isfinite(largest) else 0.0)
    exponentials = np.exp(shifted)
    normaliser = float(exponentials.sum())
    weights = exponentials / (normaliser or 1.0)
    parts = weights[:, None] * V  # (S, d_v)
    out = parts.sum(axis=0)  # (d_v,)
    return QueryRow(
        t, q, K, V, products, scores, scaled, masked, shifted, exponentials, normaliser, weights, parts, out
    )


def agreement(record: Attention, row: QueryRow) -> float:
    """max |difference| of weights and out: the written-out row against the matrix products."""
    weights, out = record.weights[row.t] - row.weights, record.out[row.t] - row.out
    return float(max(np.abs(weights).max(), np.abs(out).max()))


def rounding(record: Attention) -> float:
    """How far out may lie from the same by another order of summation: it grows with the scores and the values."""
    score = np.abs(record.Q).max() * np.abs(record.K).max() * record.Q.shape[-1] / record.divisor
    return float(1e-13 * max(1.0, score) * max(1.0, np.abs(record.V).max()) * len(record.V))


@dataclass(frozen=True, eq=False)
class Measures:
    """What is read off the scores and the weights; theory is that of independent cells of mean 0.

    Args:
        entropy: of each query's weights, in nats: 0 where one key has them all.
        largest_entropy: its value where all keys that the query sees have the same weight: the log of their number.
    """

    variance: float
    variance_expected: float
    scaled_variance: float
    scaled_variance_expected: float
    entropy: Float[Array, "*H T"]
    largest_entropy: Float[Array, " T"]


def measure(record: Attention) -> Measures:
    """Var(q·k) = d_k · E[q²] · E[k²];  entropy[t] = −Σ_s weights[t][s] log weights[t][s]."""
    expected = record.Q.shape[-1] * float(np.mean(record.Q**2) * np.mean(record.K**2))
    logs = np.log(np.where(record.weights > 0, record.weights, 1.0))  # 0 log 0 = 0
    T, S = record.scores.shape[-2:]
    seen = np.full(T, S) if record.mask is None else record.mask.sum(axis=1)
    of_blind = 1 if np.isneginf(record.fill) else S
    return Measures(
        variance=float(record.scores.var()),
        variance_expected=expected,
        scaled_variance=float(record.scaled.var()),
        scaled_variance_expected=expected / record.divisor**2,
        entropy=-(record.weights * logs).sum(axis=-1),
        largest_entropy=np.log(np.where(seen == 0, of_blind, seen)),
    )


def _refuse_too_many(queries: int, keys: int) -> None:
    count = queries * keys
    if count > MOST_WEIGHTS:
        size = f"{count * 4 * 8 / 2**30:,.0f} GiB with the scores"
        raise InputError(
            f"{queries:,} queries (of all heads) and {keys:,} keys would give {count:,} weights: {size}",
            hint=f"use a shorter text: up to {MOST_WEIGHTS:,} weights",
        )
