"""Attention: for each query a weighted average of the values; the weights come from the query and the keys.

    scores = Q Kᵀ      scaled = scores / √d_k      weights = softmax(scaled), row by row      out = weights V

Symbols
    Q  queries  (T, d_k)     t, T  query, how many     mask  True where a query may see a key
    K  keys     (S, d_k)     s, S  key, how many       fill  the score where it may not
    V  values   (S, d_v)     τ     temperature: scores are also divided by it; small ones sharpen the weights

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

ARRAYS = 4  # of H·T·S numbers that a record keeps
MOST_WEIGHTS = 2**25  # H·T·S: 1 GiB of such arrays


@dataclass(frozen=True, eq=False)
class Attention:
    """All of one attention, each line of the slide a field; `mask` is None where every query sees every key.

    Args:
        scale: whether the scores are divided by √d_k.
        divisor: of the scores: τ √d_k, or τ alone.
        weights: a query that sees no key at all has the weights 0 if fill is −∞ (its softmax would be 0/0), and
            equal ones if fill is finite.
    """

    Q: Float[Array, "*H T d_k"]
    K: Float[Array, "*H S d_k"]
    V: Float[Array, "*H S d_v"]
    scores: Float[Array, "*H T S"]
    scale: bool
    temperature: float
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
    scale: bool = True,
    temperature: float = 1.0,
) -> Attention:
    """out = softmax(mask(Q Kᵀ / (τ √d_k))) V.

    Args:
        mask: see the symbols; None hides nothing.
        scale: False leaves √d_k out.
        temperature: τ, above 0.

    Raises:
        InputError: there would be more than `MOST_WEIGHTS` weights, or the scores are beyond 64-bit numbers.
    """
    refuse_too_many(Q.size // Q.shape[-1], K.shape[-2])
    divisor = temperature * (float(np.sqrt(Q.shape[-1])) if scale else 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        scores = Q @ K.swapaxes(-1, -2)  # (T, S)
    if not np.isfinite(scores).all():
        raise InputError(
            "the scores Q Kᵀ are too large for 64-bit numbers", hint="divide Q or K by their largest value"
        )
    scaled = scores / divisor  # (T, S)
    masked = scaled if mask is None else np.where(mask, scaled, fill)  # (T, S)
    weights = _seeing_softmax(masked)  # (T, S)
    return Attention(Q, K, V, scores, scale, temperature, divisor, scaled, mask, fill, masked, weights, weights @ V)


def _seeing_softmax(masked: Float[Array, "*H T S"]) -> Float[Array, "*H T S"]:
    """softmax of each row; 0 in a row that is −∞ throughout, where it would be 0/0."""
    blind = np.isneginf(masked).all(axis=-1, keepdims=True)  # (T, 1)
    return np.where(blind, 0.0, softmax(np.where(blind, 0.0, masked)))


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


@dataclass(frozen=True)
class Spread:
    """How far the scores lie apart once divided, and what softmax makes of them.

    Args:
        expected: the variance in theory, for independent cells of mean 0: d_k · E[q²] · E[k²] / divisor².
        of_unit: the same for queries and keys of variance 1: d_k / divisor².
        entropy: of the weights, the mean over queries, in nats.
    """

    divisor: float
    variance: float
    expected: float
    of_unit: float
    entropy: float


@dataclass(frozen=True, eq=False)
class Measures:
    """What is read off the scores and the weights.

    Args:
        spreads: of the scores as they are, divided by √d_k, and as they were divided here; each once.
        entropy: of each query's weights, in nats: 0 where one key has them all.
        largest_entropy: its value where all keys that the query sees have the same weight: the log of their number.
    """

    spreads: tuple[Spread, ...]
    entropy: Float[Array, "*H T"]
    largest_entropy: Float[Array, " T"]


def measure(record: Attention) -> Measures:
    """Var(q·k) = d_k · E[q²] · E[k²];  entropy[t] = −Σ_s weights[t][s] log weights[t][s]."""
    T, S = record.scores.shape[-2:]
    seen = np.full(T, S) if record.mask is None else record.mask.sum(axis=1)
    of_blind = 1 if np.isneginf(record.fill) else S
    return Measures(
        spreads=tuple(
            _spread(record, divisor) for divisor in dict.fromkeys([1.0, np.sqrt(record.Q.shape[-1]), record.divisor])
        ),
        entropy=entropy_of(record.weights),
        largest_entropy=np.log(np.where(seen == 0, of_blind, seen)),
    )


def _spread(record: Attention, divisor: float) -> Spread:
    scaled = record.scores / divisor
    masked = scaled if record.mask is None else np.where(record.mask, scaled, record.fill)
    d_k = record.Q.shape[-1]
    of_unit = d_k / divisor**2
    return Spread(
        float(divisor),
        float(scaled.var()),
        of_unit * float(np.mean(record.Q**2) * np.mean(record.K**2)),
        of_unit,
        float(entropy_of(_seeing_softmax(masked)).mean()),
    )


def entropy_of(weights: Float[Array, "*H T S"]) -> Float[Array, "*H T"]:
    """−Σ_s weights[t][s] log weights[t][s], with 0 log 0 = 0.

    >>> entropy_of(np.array([[1.0, 0.0]])).tolist()
    [0.0]
    """
    logs = np.log(np.where(weights > 0, weights, 1.0))
    return 0.0 - (weights * logs).sum(axis=-1)


@dataclass(frozen=True)
class Cost:
    """What so many queries and keys take: all three grow as their product.

    Args:
        bytes: of the four arrays that a record keeps: scores, scaled, masked, weights.
    """

    weights: int
    bytes: int
    multiply_adds: int


def cost(queries: int, keys: int, d_k: int, d_v: int, H: int = 1) -> Cost:
    """H·T·S weights; each takes d_k multiply-adds for its score, and d_v to weigh a value."""
    weights = H * queries * keys
    return Cost(weights, ARRAYS * 8 * weights, weights * (d_k + d_v))


def refuse_too_many(queries: int, keys: int) -> None:
    """Called before anything of that size is made.

    Args:
        queries: those of all heads.

    Raises:
        InputError: there would be more than `MOST_WEIGHTS` weights.
    """
    count = queries * keys
    if count > MOST_WEIGHTS:
        size = f"{count * ARRAYS * 8 / 2**30:,.0f} GiB with the scores"
        raise InputError(
            f"{queries:,} queries (of all heads) and {keys:,} keys would give {count:,} weights: {size}",
            hint=f"use a shorter input: up to {MOST_WEIGHTS:,} weights; twice the tokens have four times as many",
        )
