"""Aggregates: what a node hears from its neighbours, in whatever order they stand: their mean, sum or maximum.

    mean        h'_v = W Σ_{u∈N(v)} h_u / |N(v)| + B h_v         the slide's: N(v) does not hold v
    mean-self   h'_v = W Σ_u h_u / (|N(v)| + 1)                  u over N(v) and v itself
    sum         h'_v = W Σ_{u∈N(v)} h_u + B h_v
    max         h'_v = W max_{u∈N(v)} h_u + B h_v                each coordinate for itself

As matrices: H' = C H W + H B, where C[v, u] is the coefficient of the arc u → v. The maximum has no such form.
A node without neighbours hears nothing: its sum is empty, 0, and so is its mean and its maximum here.

Symbols
    h  nodes' vectors            (N, F_in)      u → v  an arc: the message's way from source to target
    W  weights of the neighbours (F_in, F_out)  c      coefficient of an arc
    B  weights of v itself       (F_in, F_out)

Rows are nodes, so the slide's W h_u is row u of h W.

Source: the lecture; with the mean it is GraphSAGE's mean aggregator (Hamilton, Ying & Leskovec, NeurIPS 2017).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.propagation import add_self_loops, weighted_sum

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]
Aggregate = Literal["mean", "mean-self", "sum", "max"]


@dataclass(frozen=True, eq=False)
class Aggregation:
    """All of one layer; `arcs` are those that were heard along, sorted by target and then by source.

    Args:
        B, own: None where v itself is left out, or stands among its neighbours.
        coefficient: None for max.
    """

    h: Float[Array, "N F_in"]
    W: Float[Array, "F_in F_out"]
    B: Float[Array, "F_in F_out"] | None
    arcs: Int[NDArray[np.int64], "2 M"]
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
) -> Aggregation:
    """H' = C H W + H B.

    Args:
        B: None leaves the node itself out.
        arcs: u → v, each once, without loops.
    """
    N = len(h)
    arcs = add_self_loops(arcs, N) if by == "mean-self" else arcs[:, np.lexsort(arcs)]
    match by:
        case "mean" | "mean-self":
            coefficient = mean_coefficients(arcs, N)
        case "sum":
            coefficient = np.ones(arcs.shape[1])
        case "max":
            coefficient = None
    aggregated = maximum(arcs, h) if coefficient is None else weighted_sum(arcs, coefficient, h)  # (N, F_in)
    transformed = aggregated @ W  # (N, F_out)
    own = None if B is None else h @ B  # (N, F_out)
    out = transformed if own is None else transformed + own
    return Aggregation(h, W, B, arcs, coefficient, aggregated, transformed, own, out)


def mean_coefficients(arcs: Arcs, N: int) -> Float[Array, " E"]:
    """c_vu = 1 / number of arcs into v."""
    target = arcs[1]
    return 1.0 / np.bincount(target, minlength=N)[target]


def maximum(arcs: Arcs, h: Float[Array, "N F"]) -> Float[Array, "N F"]:
    """max_v[f] = the largest h_u[f] over the arcs u → v; 0 where there is none.

    Args:
        arcs: sorted by target.
    """
    source, target = arcs
    heard, first = np.unique(target, return_index=True)
    largest = np.zeros_like(h)
    if len(heard):
        largest[heard] = np.maximum.reduceat(h[source], first)
    return largest
