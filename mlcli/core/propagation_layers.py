"""Layers of propagation: h^0 = x, then one rule after another, and σ on what each gives.

    h^(k+1) = σ(rule(h^k; W_k, B_k))        k = 0 … K−1

The rules: mean, mean-self, sum and max of the neighbours (core/propagation_aggregates.py), gcn (core/propagation.py),
gat with one head (core/graph_attention.py).

Symbols
    h^k  nodes' vectors after k layers (N, F)      a  attention of gat (F_out,): a_source meets u, a_target meets v
    W_k  weights of the messages (F_in, F_out)     σ  what is done to every number: relu, elu, tanh or nothing
    B_k  weights of v itself     (F_in, F_out)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.errors import InputError
from mlcli.core.graph_attention import AttentionWeights, GraphAttention, graph_attention
from mlcli.core.numerics import elu, relu
from mlcli.core.propagation import Propagation, add_self_loops, gcn_coefficients, graph_convolution
from mlcli.core.propagation_aggregates import Aggregation, aggregate, mean_coefficients

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]
Rule = Literal["mean", "mean-self", "sum", "max", "gcn", "gat"]
Activation = Literal["relu", "elu", "tanh", "none"]

WITH_SELF: tuple[Rule, ...] = ("mean-self", "gcn", "gat")  # v stands among its neighbours, so there is no B_k
SLOPE = 0.2  # of gat's LeakyReLU below zero


@dataclass(frozen=True, eq=False)
class Weights:
    """Of one layer, whichever its rule: a rule takes of them what it knows."""

    W: Float[Array, "F_in F_out"]
    B: Float[Array, "F_in F_out"]
    a_source: Float[Array, " F_out"]
    a_target: Float[Array, " F_out"]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: what its rule gave, and what σ made of that.

    Args:
        k: it turns h^k into h^(k+1).
    """

    k: int
    rule: Rule
    activation: Activation
    h: Float[Array, "N F_in"]
    passed: Aggregation | Propagation | GraphAttention
    out: Float[Array, "N F_out"]


def identity_weights(F: int, K: int) -> list[Weights]:
    """W_k = B_k = I, a = 1 everywhere: what comes out is what the aggregate alone does."""
    return [Weights(np.eye(F), np.eye(F), np.ones(F), np.ones(F)) for _ in range(K)]


def draw_weights(F: int, hidden: int, K: int, rng: np.random.Generator) -> list[Weights]:
    """Evenly from −1 to 1, rounded to one decimal, so that they can be used with pencil and paper."""
    weights = []
    for F_in in [F] + [hidden] * (K - 1):
        W, B = np.round(rng.uniform(-1, 1, (2, F_in, hidden)), 1) + 0.0  # + 0.0: no −0
        a_source, a_target = np.round(rng.uniform(-1, 1, (2, hidden)), 1) + 0.0
        weights.append(Weights(W, B, a_source, a_target))
    return weights


def propagate(
    x: Float[Array, "N F"], weights: Sequence[Weights], arcs: Arcs, rule: Rule, activation: Activation, own: bool
) -> Iterator[Layer]:
    """One record a layer: h^0 = x, h^(k+1) = σ(rule(h^k)).

    Args:
        weights: those of each layer.
        arcs: u → v, each once, without loops.
        own: whether B_k h_v is added, for a rule that does not have v among its neighbours.

    Raises:
        InputError: a layer's numbers grow beyond what a float holds.
    """
    h = x
    for k, of_layer in enumerate(weights):
        with np.errstate(over="ignore", invalid="ignore"):
            passed = _pass(h, of_layer, arcs, rule, own)
            out = activate(passed.out, activation)
        if not np.isfinite(out).all():
            hint = "fewer --layers, --activation tanh, an --aggregate that divides, or smaller features"
            raise InputError(f"the numbers of layer {k + 1} are too large for a float", hint=hint)
        yield Layer(k, rule, activation, h, passed, out)
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


def coefficients(layer: Layer) -> Float[Array, " M"] | None:
    """What each message of `layer.passed.arcs` is multiplied by; None for max."""
    match layer.passed:
        case GraphAttention(alpha=alpha):
            return alpha[:, 0]
        case Aggregation(coefficient=c) | Propagation(coefficient=c):
            return c


def coefficient_matrix(layer: Layer) -> Float[Array, "N N"]:
    """C[v, u], dense: for graphs that can be looked at whole, and not for max."""
    source, target = layer.passed.arcs
    N = len(layer.out)
    return sparse.csr_array((coefficients(layer), (target, source)), shape=(N, N)).toarray()


def magnitude(layers: Sequence[Layer]) -> float:
    """max |h^0| · Π_k max_v Σ_u |c_vu| · (‖W_k‖₁ + ‖B_k‖₁), at least 1: rounding errors grow in proportion to it."""
    bound = float(np.abs(layers[0].h).max(initial=0.0))
    for layer in layers:
        match layer.passed:
            case Aggregation(W=W, B=B) if B is not None:
                matrices = [W, B]
            case Aggregation(W=W) | Propagation(W=W):
                matrices = [W]
            case GraphAttention(weights=of_layer):
                matrices = [of_layer.W[:, 0]]
        c, target = coefficients(layer), layer.passed.arcs[1]
        heard = 1.0 if c is None else np.bincount(target, np.abs(c), minlength=1).max()
        bound *= max(1.0, float(heard)) * sum(float(np.abs(matrix).sum(axis=0).max()) for matrix in matrices)
    return max(1.0, bound)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same arcs under three rules, loops included; the mean gives v itself no weight, 0."""

    arcs: Int[NDArray[np.int64], "2 M"]
    mean: Float[Array, " M"]
    gcn: Float[Array, " M"]
    gat: Float[Array, " M"]


def compare(h: Float[Array, "N F_in"], weights: Weights, arcs: Arcs, nodes: Sequence[int]) -> Comparison:
    """c_vu of mean and gcn, alpha_vu of gat, for the same h and the same W, on the arcs into some nodes."""
    N = len(h)
    looped = add_self_loops(arcs, N)
    others = looped[0] != looped[1]
    mean = np.zeros(looped.shape[1])
    mean[others] = mean_coefficients(looped[:, others], N)
    gcn, gat = gcn_coefficients(looped, N)[1], _attend(h, weights, arcs).alpha[:, 0]
    kept = np.isin(looped[1], nodes)
    return Comparison(looped[:, kept], mean[kept], gcn[kept], gat[kept])


def _pass(
    h: Array, weights: Weights, arcs: NDArray[np.int64], rule: Rule, own: bool
) -> Aggregation | Propagation | GraphAttention:
    match rule:
        case "gcn":
            return graph_convolution(h, weights.W, np.zeros(weights.W.shape[1]), arcs)
        case "gat":
            return _attend(h, weights, arcs)
        case "mean" | "mean-self" | "sum" | "max":
            return aggregate(h, weights.W, weights.B if own and rule not in WITH_SELF else None, arcs, rule)


def _attend(h: Array, weights: Weights, arcs: NDArray[np.int64]) -> GraphAttention:
    W, F_out = weights.W, weights.W.shape[1]
    one_head = AttentionWeights(W[:, None], weights.a_source[None], weights.a_target[None], np.zeros(F_out))
    return graph_attention(h, one_head, arcs, slope=SLOPE)
