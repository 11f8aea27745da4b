"""Layers of propagation: h^0 = x, then one rule after another, and σ on what each gives.

    h^(k+1) = σ(rule(h^k; W_k, B_k))        k = 0 … K−1

The rules: mean, mean-self, sum, max and sage (core/propagation_aggregates.py), gin (core/graph_isomorphism.py), gcn
(core/propagation.py), gat and gatv2 (core/graph_attention.py, core/graph_attention_v2.py).

Symbols
    h^k  nodes' vectors after k layers (N, F)      a  attention: in gat a_source meets u, a_target meets v
    W_k  weights of the messages                   σ  what is done to every number: relu, elu, tanh or nothing
    B_k  weights of v itself                       w  weight of an arc; attention and the maximum do not use it
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.graph_attention import AttentionWeights, GraphAttention, Join, graph_attention
from mlcli.core.graph_attention_v2 import AttentionWeightsV2, GraphAttentionV2, graph_attention_v2
from mlcli.core.graph_isomorphism import MLP, Isomorphism, graph_isomorphism
from mlcli.core.matrices import rows_and_columns
from mlcli.core.numerics import elu, relu
from mlcli.core.propagation import Propagation, arc_matrix, by_target, graph_convolution
from mlcli.core.propagation_aggregates import Aggregation, aggregate
from mlcli.core.propagation_weights import Weights

Array = NDArray[np.float64]
Nodes = Float[Array, "N F_in"] | sparse.csr_array
Arcs = Int[NDArray[np.int64], "2 E"]
Rule = Literal["mean", "mean-self", "sum", "max", "sage", "gin", "gcn", "gat", "gatv2"]
Activation = Literal["relu", "elu", "tanh", "none"]
Passed = Aggregation | Isomorphism | Propagation | GraphAttention | GraphAttentionV2

WITH_SELF: tuple[Rule, ...] = ("mean-self", "gin", "gcn", "gat", "gatv2")  # v is in the sum itself: there is no B_k
ATTENTION: tuple[Rule, ...] = ("gat", "gatv2")
SLOPE = 0.2  # of LeakyReLU below zero, in both papers


@dataclass(frozen=True)
class Passing:
    """How a layer passes messages on.

    Args:
        own: whether B_k h_v is added, for a rule that leaves the choice; sage always does.
        slope: of LeakyReLU below zero; 1 leaves it out.
        normalise: each vector is divided by its length after σ, as GraphSAGE's paper does.
    """

    rule: Rule
    activation: Activation = "relu"
    own: bool = False
    join: Join = "concat"
    slope: float = SLOPE
    normalise: bool = False


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: what its rule gave, and what σ made of that.

    Args:
        k: it turns h^k into h^(k+1).
    """

    k: int
    passing: Passing
    weights: Weights
    h: Nodes
    passed: Passed
    out: Float[Array, "N F_out"]


def propagate(
    x: Nodes, layers: Iterable[tuple[Passing, Weights]], arcs: Arcs, weight: Float[Array, " E"] | None = None
) -> Iterator[Layer]:
    """One record a layer: h^0 = x, h^(k+1) = σ(rule(h^k)).

    Args:
        arcs: u → v, each once.
        weight: of each arc; None for 1 each.

    Raises:
        InputError: a layer's numbers grow beyond what a float holds.
    """
    h = x
    arcs, weight = by_target(arcs, weight, rows_and_columns(h)[0])
    for k, (passing, weights) in enumerate(layers):
        with np.errstate(over="ignore", invalid="ignore"):
            passed = _pass(h, passing, weights, arcs, weight)
            out = finish(passed.out, passing)
        if not np.isfinite(out).all():
            hint = "fewer --layers, --activation tanh, an --aggregate that divides, or smaller features"
            raise InputError(f"the numbers of layer {k + 1} are too large for a float", hint=hint)
        yield Layer(k, passing, weights, h, passed, out)
        h = out


def activate(z: Float[Array, "..."], activation: Activation) -> Float[Array, "..."]:
    """σ(z)."""
    match activation:
        case "relu":
            return relu(z)
        case "elu":
            return elu(z)
        case "tanh":
            return np.tanh(z)
        case "none":
            return z


def finish(z: Float[Array, "..."], passing: Passing) -> Float[Array, "..."]:
    """σ(z), divided by its length where the layer normalises; a vector of zeros stays one."""
    out = activate(z, passing.activation)
    if not passing.normalise:
        return out
    length = np.sqrt((out**2).sum(axis=-1, keepdims=True))
    return out / np.where(length > 0, length, 1.0)


def rows_of(h: Nodes, nodes: Int[NDArray[np.int64], " n"]) -> Float[Array, "n F"]:
    """h_u of each of these nodes, dense."""
    rows = h[nodes]
    return rows if isinstance(rows, np.ndarray) else rows.toarray()


def coefficients(layer: Layer) -> Float[Array, "M K"] | None:
    """What each message of `layer.passed.arcs` is multiplied by in each head; None for max."""
    match layer.passed:
        case GraphAttention(alpha=alpha) | GraphAttentionV2(alpha=alpha):
            return alpha
        case Aggregation(coefficient=c) | Isomorphism(coefficient=c) | Propagation(coefficient=c):
            return None if c is None else c[:, None]


def arcs_between(
    layer: Layer, nodes: Sequence[int], head: int
) -> tuple[list[tuple[int, int]], tuple[float, ...] | None]:
    """The messages among some nodes, and what each counts; None for max."""
    arcs, c = layer.passed.arcs, coefficients(layer)
    kept = np.isin(arcs, nodes).all(axis=0)
    pairs = [(u, v) for u, v in arcs[:, kept].T.tolist()]
    return pairs, None if c is None else tuple(c[kept, head].tolist())


def coefficient_matrix(layer: Layer, head: int = 0) -> Float[Array, "N N"]:
    """C[v, u], dense, gin's 1 + ε on its diagonal: for graphs that can be looked at whole, and not for max."""
    c = coefficients(layer)
    assert c is not None
    N = len(layer.out)
    C = arc_matrix(layer.passed.arcs, c[:, head].copy(), N).toarray()
    return C + (1.0 + layer.passed.eps) * np.eye(N) if isinstance(layer.passed, Isomorphism) else C


def magnitude(layers: Sequence[Layer]) -> float:
    """max |h^0| · Π_k max_v Σ_u |c_vu| · Σ ‖its matrices‖₁ + |b|, at least 1: rounding errors grow in proportion."""
    N, _ = rows_and_columns(layers[0].h)
    bound = float(abs(layers[0].h).max()) if N else 0.0
    for layer in layers:
        c, target = coefficients(layer), layer.passed.arcs[1]
        heard = 1.0 if c is None else max(np.bincount(target, abs(column), minlength=1).max() for column in c.T)
        match layer.passed:
            case Aggregation(W=W, B=B):
                gain = _norm(W) + (0.0 if B is None else _norm(B))
            case Propagation(W=W):
                gain = _norm(W)
            case Isomorphism(mlp=mlp, eps=eps):
                heard, gain = heard + abs(1 + eps), _norm(mlp.W) * _norm(mlp.W_2)
            case GraphAttention(weights=of_layer) | GraphAttentionV2(weights=of_layer):
                gain = _norm(of_layer.W.reshape(len(of_layer.W), -1))
        bias = 0.0 if layer.weights.b is None else float(np.abs(layer.weights.b).max(initial=0.0))
        bound = bound * max(1.0, float(heard)) * gain + bias
    return max(1.0, bound)


def _norm(matrix: Array) -> float:
    return float(np.abs(matrix).sum(axis=0).max())


def _pass(h: Nodes, passing: Passing, weights: Weights, arcs: NDArray[np.int64], weight: Array) -> Passed:
    W = weights.W[:, 0]
    match passing.rule:
        case "gcn":
            return graph_convolution(h, W, _bias(weights.b, W.shape[1]), arcs, weight)
        case "gat" | "gatv2":
            return attended(h, passing, weights, arcs)
        case "gin":
            mlp = MLP(W, _bias(weights.b, W.shape[1]), weights.W_2, _bias(weights.b_2, weights.W_2.shape[1]))
            return graph_isomorphism(_dense(h), mlp, arcs, weights.eps, weight)
        case rule:
            B = weights.B if (passing.own or rule == "sage") and rule not in WITH_SELF else None
            return aggregate(_dense(h), W, B, arcs, rule, weight, weights.b)


def attended(
    h: Nodes, passing: Passing, weights: Weights, arcs: NDArray[np.int64]
) -> GraphAttention | GraphAttentionV2:
    """A layer of attention, of either version."""
    _, K, F_out = weights.W.shape
    b = _bias(weights.b, K * F_out if passing.join == "concat" else F_out)
    if passing.rule == "gatv2":
        learned = AttentionWeightsV2(weights.W, weights.W_target, weights.a_source, b)
        return graph_attention_v2(h, learned, arcs, passing.join, passing.slope)
    of_heads = AttentionWeights(weights.W, weights.a_source, weights.a_target, b)
    return graph_attention(h, of_heads, arcs, passing.join, passing.slope)


def _bias(b: Array | None, F: int) -> Array:
    return np.zeros(F) if b is None else b


def _dense(h: Nodes) -> Array:
    return h if isinstance(h, np.ndarray) else h.toarray()
