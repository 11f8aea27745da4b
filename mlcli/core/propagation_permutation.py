"""Nodes renamed at random: a graph network gives the same rows in another order, and a careless renaming does not.

    P x, P A Pᵀ  →  P h^K        the nodes and the edges renamed: the rows come out renamed, and nothing else changes
    P x, A       →  ≠ P h^K      the classic mistake: rows moved, edges left where they were

Symbols: P a permutation, K layers, A adjacency, x features; order[i] is the node that stands at place i afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.matrices import rows_and_columns
from mlcli.core.propagation_layers import Nodes, Passing, propagate
from mlcli.core.propagation_weights import Weights

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]


@dataclass(frozen=True, eq=False)
class Permutation:
    """Both renamings beside the original.

    Args:
        before, after: h^K, of the nodes as they stood and as they stand after renaming; after[i] is node order[i]'s.
        difference: max |after[i] − before[order[i]]|.
        mistaken: h^K where only the rows of x were moved; in the new order too.
        mistake: max |mistaken[i] − before[order[i]]|.
    """

    order: Int[NDArray[np.int64], " N"]
    before: Float[Array, "N F"]
    after: Float[Array, "N F"]
    difference: float
    mistaken: Float[Array, "N F"]
    mistake: float


def permute(
    x: Nodes,
    layers: Sequence[tuple[Passing, Weights]],
    arcs: Arcs,
    weight: Float[Array, " E"],
    rng: np.random.Generator,
) -> Permutation:
    """The same layers on the graph with its nodes in another order."""
    N, _ = rows_and_columns(x)
    order = rng.permutation(N)
    place = np.argsort(order)  # where each node stands now
    before = _last(x, layers, arcs, weight)
    after = _last(x[order], layers, place[arcs], weight)
    mistaken = _last(x[order], layers, arcs, weight)
    return Permutation(
        order, before, after, _largest(after, before[order]), mistaken, _largest(mistaken, before[order])
    )


def _last(x: Nodes, layers: Sequence[tuple[Passing, Weights]], arcs: NDArray[np.int64], weight: Array) -> Array:
    *_, last = propagate(x, layers, arcs, weight)
    return last.out


def _largest(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max(initial=0.0))
