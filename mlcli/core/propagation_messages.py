"""One node in one layer, message by message, as a person works it out.

    aggregates   h_v^(k+1) = σ(W_k Σ_u c_vu h_u^k + B_k h_v^k)       the sum first, then W_k
    gcn, gat     h_v^(k+1) = σ(Σ_u c_vu W_k h_u^k)                   W_k first: the message is W_k h_u

Nothing is taken from the layer's sparse products, so that `agreement` compares two ways to the same numbers.

Symbols: n messages come to v, each from one u; F numbers in a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from mlcli.core.graph_attention import GraphAttention
from mlcli.core.numerics import leaky_relu
from mlcli.core.propagation import Propagation
from mlcli.core.propagation_aggregates import Aggregation
from mlcli.core.propagation_layers import SLOPE, Layer, activate

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """How gat finds its coefficients.

    Args:
        source, target: a_source · W h_u of each u, a_target · W h_v of the node itself.
        powers: exp(e − the largest e), which the softmax divides by their sum.
        alphas: Σ alpha: 1, but for rounding.
    """

    source: Float[Array, " n"]
    target: float
    score: Float[Array, " n"]
    e: Float[Array, " n"]
    powers: Float[Array, " n"]
    total: float
    alphas: float


@dataclass(frozen=True, eq=False)
class Products:
    """Σ values · coefficients, term by term."""

    values: Float[Array, " n"]
    coefficients: Float[Array, " n"]
    products: Float[Array, " n"]
    total: float


@dataclass(frozen=True, eq=False)
class Update:
    """How h_v^(k+1) comes about.

    Args:
        sources: whom v hears, itself among them where the rule has it so.
        degree: of each source, itself counted, as gcn has it.
        messages: h_u, or W h_u under gcn and gat.
        coefficient: of each message; None for max.
        taken: for max, which message gives each number.
        weighted: the messages times their coefficients; for max, as they are.
        heard: their sum; for max, their maximum.
        transformed: W · heard, the same as `heard` where the messages have been through W.
        own: B h_v, or None.
        first: the first number of z, written out.
    """

    k: int
    v: int
    sources: Int[NDArray[np.int64], " n"]
    degree: Int[NDArray[np.int64], " n"] | None
    messages: Float[Array, "n F"]
    scores: Scores | None
    coefficient: Float[Array, " n"] | None
    taken: Bool[NDArray[np.bool_], "n F"] | None
    weighted: Float[Array, "n F"]
    heard: Float[Array, " F"]
    transformed: Float[Array, " F_out"]
    own: Float[Array, " F_out"] | None
    z: Float[Array, " F_out"]
    first: tuple[Products, ...]
    out: Float[Array, " F_out"]


def work_out(layer: Layer, v: int) -> Update:
    """σ of what v hears in this layer."""
    sources = heard_by(layer, v)
    match layer.passed:
        case Aggregation() as passed:
            return _aggregate(layer, passed, v, sources)
        case Propagation() as passed:
            messages = layer.h[sources] @ passed.W  # (n, F_out)
            degree = passed.degree[sources]
            coefficient = 1.0 / np.sqrt(len(sources) * degree)
            return _weigh(layer, v, sources, messages, coefficient, degree=degree)
        case GraphAttention() as passed:
            W, a_source, a_target = passed.weights.W[:, 0], passed.weights.a_source[0], passed.weights.a_target[0]
            messages = layer.h[sources] @ W  # (n, F_out)
            scores = _score(messages, layer.h[v] @ W, a_source, a_target)
            return _weigh(layer, v, sources, messages, scores.powers / scores.total, scores=scores)


def heard_by(layer: Layer, v: int) -> Int[NDArray[np.int64], " n"]:
    """The sources of the arcs into v, in the order of the nodes."""
    source, target = layer.passed.arcs
    first, last = np.searchsorted(target, [v, v + 1])
    return source[first:last]


def agreement(layers: Sequence[Layer], updates: Sequence[Update]) -> float:
    """max |h_v^(k+1) message by message − the layer's row v|."""
    return max(
        (float(np.abs(update.out - layers[update.k].out[update.v]).max(initial=0.0)) for update in updates), default=0.0
    )


def _aggregate(layer: Layer, passed: Aggregation, v: int, sources: NDArray[np.int64]) -> Update:
    messages = layer.h[sources]  # (n, F_in)
    n = len(sources)
    if layer.rule == "max":
        coefficient, weighted = None, messages
        heard = messages.max(axis=0) if n else np.zeros(layer.h.shape[1])
        taken = messages == heard
    else:
        coefficient = np.full(n, 1.0 if layer.rule == "sum" or not n else 1.0 / n)
        weighted, taken = coefficient[:, None] * messages, None
        heard = weighted.sum(axis=0)
    first = [_products(heard, passed.W[:, 0])]
    transformed, own = heard @ passed.W, None
    z = transformed
    if passed.B is not None:
        own = layer.h[v] @ passed.B
        first.append(_products(layer.h[v], passed.B[:, 0]))
        z = transformed + own
    return Update(
        k=layer.k, v=v, sources=sources, degree=None, messages=messages, scores=None, coefficient=coefficient,
        taken=taken, weighted=weighted, heard=heard, transformed=transformed, own=own, z=z, first=tuple(first),
        out=activate(z, layer.activation),
    )  # fmt: skip


def _weigh(
    layer: Layer,
    v: int,
    sources: NDArray[np.int64],
    messages: Array,
    coefficient: Array,
    degree: NDArray[np.int64] | None = None,
    scores: Scores | None = None,
) -> Update:
    weighted = coefficient[:, None] * messages  # (n, F_out)
    z = weighted.sum(axis=0)
    return Update(
        k=layer.k, v=v, sources=sources, degree=degree, messages=messages, scores=scores, coefficient=coefficient,
        taken=None, weighted=weighted, heard=z, transformed=z, own=None, z=z,
        first=(_products(messages[:, 0], coefficient),), out=activate(z, layer.activation),
    )  # fmt: skip


def _score(messages: Array, of_v: Array, a_source: Array, a_target: Array) -> Scores:
    source, target = messages @ a_source, float(of_v @ a_target)
    score = source + target
    e = leaky_relu(score, SLOPE)
    powers = np.exp(e - e.max())
    total = float(powers.sum())
    return Scores(source, target, score, e, powers, total, float((powers / total).sum()))


def _products(values: Array, coefficients: Array) -> Products:
    products = values * coefficients
    return Products(values, coefficients, products, float(products.sum()))
