"""Reach: how much of the graph a node has heard of after k layers, directly or by hearsay.

    R_v^0 = {v}        R_v^(k+1) = R_v^k ∪ the R_u^k of all u that v hears        share = |R_v^k| / N

Symbols: N nodes, u → v an arc, k layers.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.propagation import arc_matrix, by_target

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]

BLOCK = 64  # nodes at a time, so that no N × N array is held
MOST_NODES = 512


@dataclass(frozen=True, eq=False)
class Reach:
    """|R_v^k| for k = 0 … K of some nodes.

    Args:
        nodes: all of the graph, or so many drawn from it.
        size: how many nodes are in it.
        complete: of each node, the first k from which on nothing is added, −1 where K layers are too few to say.
    """

    nodes: Int[NDArray[np.int64], " n"]
    size: Int[NDArray[np.int64], "n K1"]
    complete: Int[NDArray[np.int64], " n"]
    share: Float[Array, "n K1"]

    @property
    def mean(self) -> Float[Array, " K1"]:
        """Of the shares, layer by layer."""
        return self.share.mean(axis=0)

    @property
    def least(self) -> Float[Array, " K1"]:
        """The smallest share."""
        return self.share.min(axis=0)

    @property
    def most(self) -> Float[Array, " K1"]:
        """The largest."""
        return self.share.max(axis=0)


def reach(arcs: Arcs, N: int, layers: int, nodes: Int[NDArray[np.int64], " n"]) -> Reach:
    """How many nodes each of `nodes` has heard of, layer by layer."""
    arcs, weight = by_target(arcs, None, N)
    A = arc_matrix(arcs, weight, N)  # A[v, u]: v hears u
    heard_by = sparse.csr_array(A.T)  # [u, v]
    sizes = [_sizes(heard_by, nodes[start : start + BLOCK], N, layers) for start in range(0, len(nodes), BLOCK)]
    size = np.concatenate(sizes) if sizes else np.zeros((0, layers + 1), dtype=np.int64)
    grows = np.diff(size, axis=1) > 0  # once it stops it has stopped
    complete = np.where(grows.all(axis=1), -1, grows.sum(axis=1))
    return Reach(nodes, size, complete, size / N)


def drawn_nodes(N: int, rng: np.random.Generator) -> Int[NDArray[np.int64], " n"]:
    """All nodes, or `MOST_NODES` of them."""
    return np.arange(N) if N <= MOST_NODES else np.sort(rng.choice(N, MOST_NODES, replace=False))


def heard_of(arcs: Arcs, N: int, v: int, layers: int) -> Int[NDArray[np.int64], " n"]:
    """Whom v has heard of after so many layers, itself included, ascending."""
    known = np.zeros(N, dtype=bool)
    known[v] = True
    for _ in range(layers):
        known[arcs[0, known[arcs[1]]]] = True
    return np.flatnonzero(known)


def _sizes(heard_by: sparse.csr_array, nodes: NDArray[np.int64], N: int, layers: int) -> NDArray[np.int64]:
    """|R^k| of a block of nodes: a column each of a (N, n) array of who has been heard of."""
    known: Bool[NDArray[np.bool_], "N n"] = np.zeros((N, len(nodes)), dtype=bool)
    known[nodes, np.arange(len(nodes))] = True
    sizes = [known.sum(axis=0)]
    for _ in range(layers):
        known = known | (heard_by @ known.astype(np.float32) > 0)
        sizes.append(known.sum(axis=0))
    return np.stack(sizes, axis=1)
