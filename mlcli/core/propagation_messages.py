"""One node in one layer, message by message, as a person works it out.

    aggregates   h_v^(k+1) = σ(W_k Σ_u c_vu h_u^k + B_k h_v^k)       the sum first, then W_k
    gin          h_v^(k+1) = σ(W₂ relu(W_k ((1 + ε) h_v^k + Σ_u h_u^k)))
    gcn          h_v^(k+1) = σ(Σ_u c_vu W_k h_u^k)                   W_k first: the message is W_k h_u
    gat, gatv2   the same in each head, then AGG: beside each other, or their mean

Nothing is taken from the layer's sparse products, so that `agreement` compares two ways to the same numbers.

Symbols: n messages come to v, each from one u; F numbers in a message; K heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from mlcli.core.graph_attention import GraphAttention
from mlcli.core.graph_attention_v2 import GraphAttentionV2
from mlcli.core.graph_isomorphism import Isomorphism
from mlcli.core.numerics import leaky_relu, relu
from mlcli.core.propagation import Propagation
from mlcli.core.propagation_aggregates import Aggregation
from mlcli.core.propagation_layers import Layer, finish, rows_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """How attention finds its coefficients.

    Args:
        source, target: gat's a_source · W h_u of each u and a_target · W h_v; gatv2's W h_u and W_target h_v.
        score: their sums: a number for each u in gat, a vector in gatv2.
        bent: LeakyReLU of the score: in gat that is e already, in gatv2 e = a · bent.
        powers: exp(e − the largest e), which the softmax divides by their sum.
        alphas: Σ alpha: 1, but for rounding.
    """

    source: Float[Array, "n ..."]
    target: Float[Array, "..."]
    score: Float[Array, "n ..."]
    bent: Float[Array, "n ..."]
    e: Float[Array, " n"]
    powers: Float[Array, " n"]
    total: float
    alphas: float


@dataclass(frozen=True, eq=False)
class Head:
    """What v hears in one head; rules without attention have one.

    Args:
        messages: h_u, or W h_u under gcn, gat and gatv2.
        coefficient: of each message; None for max.
        taken: for max, which message gives each number.
        weighted: the messages times their coefficients; for max, as they are.
        heard: their sum; for max, their maximum.
    """

    messages: Float[Array, "n F"]
    scores: Scores | None
    coefficient: Float[Array, " n"] | None
    taken: Bool[NDArray[np.bool_], "n F"] | None
    weighted: Float[Array, "n F"]
    heard: Float[Array, " F"]


@dataclass(frozen=True, eq=False)
class Update:
    """How h_v^(k+1) comes about.

    Args:
        sources: whom v hears, itself among them where the rule has it so.
        weight: of the arc from each.
        degree: of each source, its loop counted, as gcn has it.
        joined: what the heads' `heard` become together.
        own: B h_v, or in gin (1 + ε) h_v; None where v is left out or in the sum.
        s: gin's (1 + ε) h_v + Σ h_u.
        transformed: W · heard, or gin's W s + b; the same as `joined` where the messages have been through W.
        hidden: gin's relu of that.
        bias: None where there is none.
    """

    k: int
    v: int
    sources: Int[NDArray[np.int64], " n"]
    weight: Float[Array, " n"]
    degree: Float[Array, " n"] | None
    heads: tuple[Head, ...]
    joined: Float[Array, " F"]
    own: Float[Array, " F_own"] | None
    s: Float[Array, " F"] | None
    transformed: Float[Array, " F_hid"]
    hidden: Float[Array, " F_hid"] | None
    bias: Float[Array, " F_out"] | None
    z: Float[Array, " F_out"]
    out: Float[Array, " F_out"]

    @property
    def unweighted(self) -> bool:
        """Every arc counts 1."""
        return bool((self.weight == 1).all())

    @property
    def total_weight(self) -> float:
        """Σ w of the arcs into v."""
        return float(self.weight.sum())


def work_out(layer: Layer, v: int) -> Update:
    """σ of what v hears in this layer."""
    sources, weight = heard_by(layer, v)
    h_u, h_v = rows_of(layer.h, sources), rows_of(layer.h, np.array([v]))[0]
    bias, own, s, hidden, degree = layer.weights.b, None, None, None, None
    match layer.passed:
        case Aggregation(W=W, B=B):
            heads = (_aggregated(layer, h_u, weight),)
            joined = heads[0].heard
            transformed = joined @ W
            own = None if B is None else h_v @ B
            z = transformed if own is None else transformed + own
        case Isomorphism(mlp=mlp, eps=eps):
            heads = (_weighed(h_u, weight),)
            joined = heads[0].heard
            own = (1.0 + eps) * h_v
            s = own + joined
            transformed = s @ mlp.W + mlp.b
            hidden = relu(transformed)
            z = hidden @ mlp.W_2
            bias = layer.weights.b_2
        case Propagation(W=W, degree=degrees):
            degree = degrees[sources]
            coefficient = weight / np.sqrt(weight.sum() * degree)
            heads = (_weighed(h_u @ W, coefficient),)
            z = transformed = joined = heads[0].heard
        case GraphAttention(weights=w):
            K, slope = w.W.shape[1], layer.passing.slope
            heads = tuple(
                _attended(*_score(h_u, h_v, w.W[:, k], w.a_source[k], w.a_target[k], slope)) for k in range(K)
            )
            z = transformed = joined = _joined(heads, layer)
        case GraphAttentionV2(weights=w):
            K, slope = w.W.shape[1], layer.passing.slope
            heads = tuple(_attended(*_score_v2(h_u, h_v, w.W[:, k], w.W_target[:, k], w.a[k], slope)) for k in range(K))
            z = transformed = joined = _joined(heads, layer)
    z = z if bias is None else z + bias
    return Update(layer.k, v, sources, weight, degree, heads, joined, own, s, transformed, hidden, bias, z,
                  finish(z, layer.passing))  # fmt: skip


def heard_by(layer: Layer, v: int) -> tuple[Int[NDArray[np.int64], " n"], Float[Array, " n"]]:
    """The sources of the arcs into v, in the order of the nodes, and the weights of these arcs."""
    source, target = layer.passed.arcs
    first, last = np.searchsorted(target, [v, v + 1])
    match layer.passed:
        case Aggregation(weight=weight) | Propagation(weight=weight) | Isomorphism(coefficient=weight):
            return source[first:last], weight[first:last]
        case _:
            return source[first:last], np.ones(last - first)


def agreement(layers: Sequence[Layer], updates: Sequence[Update]) -> float:
    """max |h_v^(k+1) message by message − the layer's row v|."""
    return max(
        (float(np.abs(update.out - layers[update.k].out[update.v]).max(initial=0.0)) for update in updates), default=0.0
    )


def _aggregated(layer: Layer, h_u: Array, weight: Array) -> Head:
    match layer.passing.rule:
        case "max":
            heard = h_u.max(axis=0) if len(h_u) else np.zeros(h_u.shape[1])
            return Head(h_u, None, None, h_u == heard, h_u, heard)
        case "sum":
            return _weighed(h_u, weight)
        case _:
            total = weight.sum()
            return _weighed(h_u, weight / total if total > 0 else np.zeros(len(weight)))


def _weighed(messages: Array, coefficient: Array, scores: Scores | None = None) -> Head:
    weighted = coefficient[:, None] * messages  # (n, F)
    return Head(messages, scores, coefficient, None, weighted, weighted.sum(axis=0))


def _attended(messages: Array, scores: Scores) -> Head:
    return _weighed(messages, scores.powers / scores.total, scores)


def _joined(heads: Sequence[Head], layer: Layer) -> Array:
    heard = np.stack([head.heard for head in heads])  # (K, F_out)
    return heard.ravel() if layer.passing.join == "concat" else heard.mean(axis=0)


def _score(h_u: Array, h_v: Array, W: Array, a_source: Array, a_target: Array, slope: float) -> tuple[Array, Scores]:
    m = h_u @ W  # (n, F_out)
    source, target = m @ a_source, np.asarray(h_v @ W @ a_target)
    score = source + target
    e = leaky_relu(score, slope)
    return m, _softmax(source, target, score, e, e)


def _score_v2(h_u: Array, h_v: Array, W: Array, W_target: Array, a: Array, slope: float) -> tuple[Array, Scores]:
    m, target = h_u @ W, h_v @ W_target  # (n, F_out), (F_out,)
    score = m + target
    bent = leaky_relu(score, slope)
    return m, _softmax(m, target, score, bent, bent @ a)


def _softmax(source: Array, target: Array, score: Array, bent: Array, e: Array) -> Scores:
    powers = np.exp(e - e.max())
    total = float(powers.sum())
    return Scores(source, target, score, bent, e, powers, total, float((powers / total).sum()))
