"""What is said of attention, shown by running it: order, averages, graphs, and the reshape that goes wrong.

    shuffle   f(X[order]) = f(X)[order] without positions      hull    out[t] lies within the hull of V
    graph     α of graph attention = softmax of the same scores, masked by the graph
    split     Q.reshape(T, H, d_k) transposed, or Q.reshape(H, T, d_k) not: the same shape, other numbers

Symbols
    X  embeddings (T, d_model)     order  a permutation of the tokens     u  a direction in the space of the values
    A + I  the graph's neighbours, and each node itself (N, N)            e, α  scores and weights of graph attention
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.attention import Attention, Mask, attention
from mlcli.core.attention_masks import causal
from mlcli.core.errors import InputError
from mlcli.core.graph_attention import AttentionWeights, GraphAttention, graph_attention
from mlcli.core.multi_head_attention import Parameters, join, project, split
from mlcli.core.numerics import leaky_relu, softmax

Array = NDArray[np.float64]

DIRECTIONS = 1_000
MOST_RERUN = 64  # tokens, each of which is changed in a run of its own


@dataclass(frozen=True, eq=False)
class Shuffled:
    """What becomes of the outputs when the tokens come in another order.

    Args:
        out: f(X)[order]: the outputs, shuffled afterwards.
        shuffled_out: f(X[order]): the tokens, shuffled before.
    """

    order: Int[NDArray[np.int64], " T"]
    out: Float[Array, "T d"]
    shuffled_out: Float[Array, "T d"]
    difference: float


def shuffle(
    f: Callable[[Array], Array],
    E: Float[Array, "T d_model"],
    P: Float[Array, "T d_model"] | None,
    order: Int[NDArray[np.int64], " T"],
) -> Shuffled:
    """f(E[order] + P) against f(E + P)[order].

    Args:
        P: the positions, which stay where they are; None for none.
    """
    places = 0.0 if P is None else P
    out, shuffled_out = f(E + places)[order], f(E[order] + places)
    return Shuffled(order, out, shuffled_out, float(np.abs(out - shuffled_out).max()))


def draw_order(T: int, seed: int) -> Int[NDArray[np.int64], " T"]:
    """A permutation that moves a token, if there are two."""
    order = np.random.default_rng(seed).permutation(T)
    return np.roll(np.arange(T), 1) if np.array_equal(order, np.arange(T)) else order


@dataclass(frozen=True, eq=False)
class Hull:
    """Whether each output lies within the hull of the values that it averages.

    Args:
        least: of each query's weights; sums: of all of them, without what is only rounding.
        low, high: the least and the largest value in each column; out_low, out_high: of out.
        beyond: how far out reaches past the values in any of `DIRECTIONS` directions, at most; 0 or less inside.
        raw: the same values averaged by the scores themselves, divided by their sum, in the place of their softmax.
        raw_beyond: how far that reaches past them.
    """

    least: Float[Array, " T"]
    sums: Float[Array, " T"]
    low: Float[Array, " d_v"]
    high: Float[Array, " d_v"]
    out_low: Float[Array, " d_v"]
    out_high: Float[Array, " d_v"]
    out: Float[Array, "T d_v"]
    beyond: float
    raw: Float[Array, "T d_v"]
    raw_beyond: float


def hull(record: Attention, seed: int) -> Hull:
    """max over t and u of out[t] · u − max_s V[s] · u, for directions u of length 1.

    Args:
        record: one head's, each query of which sees a key.
    """
    V, weights = record.V, record.weights
    directions = np.random.default_rng(seed).standard_normal((V.shape[1], DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    reach = (V @ directions).max(axis=0)  # (DIRECTIONS,)
    raw = record.scaled / record.scaled.sum(axis=1, keepdims=True) @ V

    def beyond(points: Array) -> float:
        return float((points @ directions - reach).max())

    return Hull(
        weights.min(axis=1), weights.sum(axis=1).round(12), V.min(axis=0), V.max(axis=0),
        record.out.min(axis=0), record.out.max(axis=0), record.out, beyond(record.out), raw, beyond(raw),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class GraphAsMask:
    """Graph attention in its own way, arc by arc, and as attention with a mask, for one head.

    Args:
        by_arc: e and alpha of each arc, h' of each node.
        e: the scores of every pair, joined or not: e[v][u] of node v asking node u.
        masked, weights, out: what attention makes of them.
        hears_most: the node with the most arcs into it.
    """

    by_arc: GraphAttention
    mask: Mask
    e: Float[Array, "N N"]
    masked: Float[Array, "N N"]
    weights: Float[Array, "N N"]
    out: Float[Array, "N F_out"]
    weights_by_arc: Float[Array, "N N"]
    difference: float
    hears_most: int


def graph_as_mask(
    h: Float[Array, "N F_in"], weights: AttentionWeights, arcs: Int[NDArray[np.int64], "2 E"], slope: float = 0.2
) -> GraphAsMask:
    """weights = softmax(e where A + I, else −∞),  out = weights (h W), beside graph attention's own α and h'.

    Args:
        weights: of one head.
        arcs: u → v, each once, without loops.
    """
    by_arc = graph_attention(h, weights, arcs, slope=slope)
    source, target = by_arc.arcs
    N = len(by_arc.m)
    mask, weights_by_arc = np.zeros((N, N), dtype=bool), np.zeros((N, N))
    mask[target, source] = True
    weights_by_arc[target, source] = by_arc.alpha[:, 0]
    e = leaky_relu(by_arc.e_target + by_arc.e_source.T, slope)  # (N, N): row v, column u
    masked = np.where(mask, e, -np.inf)
    dense = softmax(masked)
    out = dense @ by_arc.m[:, 0]
    difference = max(np.abs(dense - weights_by_arc).max(), np.abs(out - by_arc.heads[:, 0]).max())
    hears_most = int(mask.sum(axis=1).argmax())
    return GraphAsMask(by_arc, mask, e, masked, dense, out, weights_by_arc, float(difference), hears_most)


def split_confused(values: Float[Array, "T d_model"], H: int) -> Float[Array, "H T d_k"]:
    """reshape(H, T, d_k): the shape that `attention` takes, but a row holds parts of several tokens.

    >>> split_confused(np.arange(8.0).reshape(2, 4), 2)[1].tolist()
    [[4.0, 5.0], [6.0, 7.0]]
    """
    T, d_model = values.shape
    return values.reshape(H, T, d_model // H)


Reshape = Literal["right", "split confused", "join confused"]
RESHAPES: tuple[Reshape, ...] = ("right", "split confused", "join confused")


@dataclass(frozen=True, eq=False)
class Reshaped:
    """Several heads under a causal mask, their columns dealt out and collected in one way.

    Args:
        way: right; split by `split_confused`, and joined likewise; or split well, but joined without transposing back.
        difference: of out from the right one's.
        reach: 1 where out[t] changes with token s: to be 1 for s ≤ t, and nowhere else.
        missing, leaked: how many of these are 0 that should be 1; how many the other way round.
    """

    way: Reshape
    out: Float[Array, "T d_model"]
    difference: float
    reach: Int[NDArray[np.int64], "T T"]
    missing: int
    leaked: int


@dataclass(frozen=True, eq=False)
class Confused:
    """Which token each cell of Q_h comes from (tokens[h][t][d]), split well and not; and what comes out."""

    tokens: Int[NDArray[np.int64], "H T d_k"]
    confused_tokens: Int[NDArray[np.int64], "H T d_k"]
    runs: tuple[Reshaped, ...]


def confuse(X: Float[Array, "T d_model"], parameters: Parameters, H: int) -> Confused:
    """Multi-head attention with a causal mask in each of `RESHAPES`; run again with each token in turn negated.

    Raises:
        InputError: H does not divide d_model; there are more than `MOST_RERUN` tokens.
    """
    T, d_model = X.shape
    if T > MOST_RERUN:
        raise InputError(f"{T:,} tokens would be {T:,} runs", "--prove split", f"a text of up to {MOST_RERUN} tokens")
    origin = np.repeat(np.arange(T, dtype=np.float64)[:, None], d_model, axis=1)  # (T, d_model)
    tokens, confused_tokens = split(origin, H).astype(np.int64), split_confused(origin, H).astype(np.int64)
    right = _reshaped(X, parameters, H, "right")
    runs = []
    for way in RESHAPES:
        out = _reshaped(X, parameters, H, way)
        reach = np.zeros((T, T), dtype=np.int64)
        for s in range(T):
            other = X.copy()
            other[s] *= -1
            reach[:, s] = np.abs(_reshaped(other, parameters, H, way) - out).max(axis=1) > 1e-12
        due = causal(T, T)
        missing, leaked = int(due.sum() - reach[due].sum()), int(reach[~due].sum())
        runs.append(Reshaped(way, out, float(np.abs(out - right).max()), reach, missing, leaked))
    return Confused(tokens, confused_tokens, tuple(runs))


def _reshaped(X: Float[Array, "T d_model"], parameters: Parameters, H: int, way: Reshape) -> Float[Array, "T d_model"]:
    projection = project(X, parameters)
    split_by = split_confused if way == "split confused" else split
    Q, K, V = (split_by(values, H) for values in (projection.Q, projection.K, projection.V))
    heads = attention(Q, K, V, causal(len(X), len(X))).out
    if way == "right":
        return join(heads, parameters.W_O).out
    return heads.reshape(X.shape) @ parameters.W_O
