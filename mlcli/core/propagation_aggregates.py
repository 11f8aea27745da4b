"""Aggregates: what a node hears from its neighbours, in whatever order they stand: their mean, sum or maximum.

    mean        h'_v = W Σ_{u∈N(v)} w_vu h_u / Σ_u w_vu + B h_v  the slide's: N(v) does not hold v
    mean-self   h'_v = W Σ_u w_vu h_u / Σ_u w_vu                 u over N(v) and v itself
    sum         h'_v = W Σ_{u∈N(v)} w_vu h_u + B h_v
    max         h'_v = W max_{u∈N(v)} h_u + B h_v                each coordinate for itself; w counts for nothing
    sage        h'_v = [W B] [mean ‖ h_v]                        the mean with B: GraphSAGE joins the two, then weighs

As matrices: H' = C H W + H B + b, where C[v, u] is the coefficient of the arc u → v. The maximum has no such form.
A node without neighbours hears nothing: its sum is empty, 0, and so is its mean and its maximum here.

Symbols
    h  nodes' vectors            (N, F_in)      u → v  an arc: the message's way from source to target
    W  weights of the neighbours (F_in, F_out)  w      weight of an arc: 1 where the graph has none
    B  weights of v itself       (F_in, F_out)  c      coefficient of an arc
    b  bias                      (F_out,)

Rows are nodes, so the slide's W h_u is row u of h W.

Source: the lecture; sage is Hamilton, Ying & Leskovec, Inductive Representation Learning on Large Graphs, NeurIPS 2017,
algorithm 1 with the mean aggregator; the division by the vector's length is left to core/propagation_layers.py.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.propagation import add_self_loops, by_target, weighted_sum

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]
Aggregate = Literal["mean", "mean-self", "sum", "max", "sage"]


@dataclass(frozen=True, eq=False)
class Aggregation:
    """All of one layer; `arcs` are those that were heard along, by target and then by source.

    Args:
        B, own: None where v itself is left out, or stands among its neighbours.
        b: None where there is none.
        coefficient: None for max.
    """

    h: Float[Array, "N F_in"]
    W: Float[Array, "F_in F_out"]
    B: Float[Array, "F_in F_out"] | None
    b: Float[Array, " F_out"] | None
    arcs: Int[NDArray[np.int64], "2 M"]
    weight: Float[Array, " M"]
    coefficient: Float[Array, " M"] | None
    aggregated: Float[Array, "N F_in"]
    transformed: Float[Array, "N F_out"]
    own: Float[Array, "N F_out"] | None
    out: Float[Array, "N F_out"]


def aggregate(
    h: Float[Array, "N F_in"],
    W: Float[Array, "F_in F_out"],
    B: Float[Array, "F_in F_out"] | None,
    arcs: Arcs,
    by: Aggregate,
    weight: Float[Array, " E"] | None = None,
    b: Float[Array, " F_out"] | None = None,
) -> Aggregation:
    """H' = C H W + H B + b.

    Args:
        B: None leaves the node itself out.
        arcs: u → v, each once.
        weight: None for 1 each.
    """
    N = len(h)
    arcs, weight = add_self_loops(arcs, N, weight) if by == "mean-self" else by_target(arcs, weight, N)
    match by:
        case "mean" | "mean-self" | "sage":
            coefficient = mean_coefficients(arcs, weight, N)
        case "sum":
            coefficient = weight
        case "max":
            coefficient = None
    aggregated = maximum(arcs, h) if coefficient is None else weighted_sum(arcs, coefficient, h)  # (N, F_in)
    transformed = aggregated @ W  # (N, F_out)
    own = None if B is None else h @ B  # (N, F_out)
    out = transformed if own is None else transformed + own
    out = out if b is None else out + b
    return Aggregation(h, W, B, b, arcs, weight, coefficient, aggregated, transformed, own, out)


def mean_coefficients(arcs: Arcs, weight: Float[Array, " E"], N: int) -> Float[Array, " E"]:
    """c_vu = w_vu / Σ_u w_vu, 0 where the sum is."""
    total = np.bincount(arcs[1], weight, minlength=N)[arcs[1]]
    return np.divide(weight, total, where=total > 0, out=np.zeros(len(weight)))


def maximum(arcs: Arcs, h: Float[Array, "N F"]) -> Float[Array, "N F"]:
    """max_v[f] = the largest h_u[f] over the arcs u → v; 0 where there is none.

    Args:
        arcs: by target.
    """
    source, target = arcs
    largest = np.zeros_like(h)
    if len(target):
        first = np.flatnonzero(np.concatenate([[True], target[1:] != target[:-1]]))
        largest[target[first]] = np.maximum.reduceat(h[source], first)
    return largest
