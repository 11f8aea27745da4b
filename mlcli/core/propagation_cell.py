"""One number of one node's new vector, written out: the sum of products that it is, and what its factors are made of.

    aggregates   z[f] = Σ_i heard[i] · W[i, f] + Σ_i h_v[i] · B[i, f] + b[f]
    gin          z[f] = Σ_i hidden[i] · W₂[i, f] + b₂[f]
    gcn, gat     z[f] = Σ_u c_vu · m_u[f] + b[f]               in the head that f belongs to; or Σ_k of each, over K

Symbols: f the number's place, u a source, i a place in the vector before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.propagation_layers import ATTENTION, Layer, rows_of
from mlcli.core.propagation_messages import Update

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Products:
    """Σ values · coefficients, term by term, without the terms whose value is 0.

    Args:
        label: what the values come through: `W`, `B`, `head 2`.
        left_out: how many terms are 0.
    """

    label: str
    values: Float[Array, " n"]
    coefficients: Float[Array, " n"]
    products: Float[Array, " n"]
    total: float
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class Written:
    """z[f] of node v, as parts that add up to it."""

    k: int
    v: int
    f: int
    parts: tuple[Products, ...]
    bias: float | None
    z: float
    out: float


def write_out(layer: Layer, update: Update, f: int) -> Written:
    """z[f] = the sum of its parts and the bias."""
    weights, rule, k = layer.weights, layer.passing.rule, layer.k
    bias = None if update.bias is None else float(update.bias[f])
    if rule == "gin":
        assert update.hidden is not None
        parts = [_products(f"W2_{k}", update.hidden, weights.W_2[:, f])]
    elif rule in (*ATTENTION, "gcn"):
        F_out = update.heads[0].messages.shape[1]
        concat = layer.passing.join == "concat"
        heads = [f // F_out] if concat else range(len(update.heads))
        share = 1 if concat else len(update.heads)
        parts = []
        for head in heads:
            heard = update.heads[head]
            assert heard.coefficient is not None
            parts.append(_products(f"head {head}", heard.messages[:, f % F_out], heard.coefficient / share))
    else:
        parts = [_products(f"W_{k}", update.joined, weights.W[:, 0, f])]
        if update.own is not None:
            parts.append(_products(f"B_{k}", _row(layer, update.v), weights.B[:, f]))
    return Written(k, update.v, f, tuple(parts), bias, float(update.z[f]), float(update.out[f]))


def write_heard(update: Update, i: int) -> Products | None:
    """heard[i] = Σ_u c_vu · h_u[i], or for gcn and attention the same of its messages; None for max."""
    head = update.heads[0]
    if head.coefficient is None:
        return None
    return _products("", head.messages[:, i], head.coefficient)


def write_message(layer: Layer, u: int, f: int) -> Products:
    """m_u[f] = Σ_i h_u[i] · W[i, f], in the head that f belongs to."""
    F_out = layer.weights.W.shape[2]
    head = f // F_out if layer.passing.join == "concat" else 0
    return _products("", _row(layer, u), layer.weights.W[:, head, f % F_out])


def total(parts: Sequence[Products]) -> float:
    """Σ of the parts."""
    return sum(part.total for part in parts)


def write_score(layer: Layer, update: Update, i: int, head: int) -> tuple[Products, ...]:
    """gat's a · (W h_u ‖ W h_v) in its two halves, gatv2's a · LeakyReLU(W h_u + W_target h_v), of the i-th source."""
    heard, w = update.heads[head], layer.weights
    assert heard.scores is not None
    if layer.passing.rule == "gatv2":
        return (_products("a", heard.scores.bent[i], w.a_source[head], every=True),)
    m_v = _row(layer, update.v) @ w.W[:, head]
    return (
        _products("a_source", heard.messages[i], w.a_source[head], every=True),
        _products("a_target", m_v, w.a_target[head], every=True),
    )


def _row(layer: Layer, v: int) -> Array:
    return rows_of(layer.h, np.array([v]))[0]


def _products(label: str, values: Array, coefficients: Array, every: bool = False) -> Products:
    kept = values != 0
    if every or not kept.any() or len(values) <= 8:  # a short sum is told whole
        kept = np.ones(len(values), dtype=bool)
    products = values * coefficients
    return Products(label, values[kept], coefficients[kept], products[kept], float(products.sum()), int((~kept).sum()))
