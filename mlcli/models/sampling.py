"""A few neighbours for each node, drawn anew for every batch: a large graph is trained on piece by piece.

Of the d_v neighbours that a node v hears, k are kept, every set of k as likely as any other. What is kept counts
d_v / k times as much, so that on average v hears what it would have heard from all:

    E[ Σ_{u kept} d_v/k A[v, u] h_u ] = Σ_{u∈N(v)} A[v, u] h_u

Which are kept follows from the batch's seed, the layer and the node, not from the other nodes of the batch: processes
that share a batch draw what one would have drawn.

Symbols: A[v, u] the arc u → v, with a place for each node itself, which is always kept.
Source: Hamilton, Ying & Leskovec, GraphSAGE, NeurIPS 2017, section 3.1, with neighbours drawn without replacement.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Integers = NDArray[np.int64]


def sampled_field(
    A: sparse.csr_array, wanted: Integers, fanout: Sequence[int], seed: int
) -> tuple[Integers, list[sparse.csr_array]]:
    """As `receptive_field`: the nodes that are read, `wanted` first, and for each layer, first to last, its part of A.

    Args:
        fanout: most neighbours of a wanted node, then of each of those, a number a layer; 0: all.
        seed: from 0 to 2⁶³ − 1.
    """
    nodes, parts = wanted, []
    for layer, most in enumerate(fanout):
        rows, columns, values = _kept(A, nodes, most, np.uint64(seed) + np.uint64(layer))
        new = np.setdiff1d(columns, nodes)
        place = np.empty(len(A.indptr) - 1, dtype=np.int64)
        nodes = np.concatenate([nodes, new])
        place[nodes] = np.arange(len(nodes))
        counts = np.bincount(rows, minlength=len(nodes) - len(new))
        starts = np.concatenate([[0], np.cumsum(counts)])
        part = sparse.csr_array((values, place[columns], starts), shape=(len(counts), len(nodes)))
        parts.insert(0, part.sorted_indices())
    return nodes, parts


def _kept(
    A: sparse.csr_array, nodes: Integers, most: int, seed: np.uint64
) -> tuple[Integers, Integers, NDArray[np.float64]]:
    """Row (a place in `nodes`), column and value of the arcs that are kept, by row."""
    first, places = A.indptr[nodes].astype(np.int64), np.diff(A.indptr)[nodes].astype(np.int64)
    rows = np.repeat(np.arange(len(nodes)), places)
    arcs = np.arange(len(rows)) + np.repeat(first - (np.cumsum(places) - places), places)  # positions in A
    own = A.indices[arcs] == nodes[rows]
    if most:
        key = np.where(own, np.uint64(0), _mixed(arcs.astype(np.uint64), seed) | np.uint64(1))
        order = np.lexsort([key, rows])  # a node itself is the first of its row
        rank = np.arange(len(rows)) - np.repeat(np.cumsum(places) - places, places)
        arcs, rows, own = (array[order][rank <= most] for array in (arcs, rows, own))
    d, k = places - 1, np.bincount(rows, minlength=len(nodes)) - 1
    more = np.where(own, 1.0, (d / np.maximum(k, 1))[rows])
    return rows, A.indices[arcs].astype(np.int64), A.data[arcs] * more


def _mixed(x: NDArray[np.uint64], seed: np.uint64) -> NDArray[np.uint64]:
    """64 bits for each x that look drawn. Source: Steele, Lea & Flood, SplitMix64, OOPSLA 2014."""
    with np.errstate(over="ignore"):
        z = (x + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + seed * np.uint64(0xD1342543DE82EF95)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
