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
        starts, columns, values = _kept(A, nodes, most, np.uint64(seed) + np.uint64(layer))
        fresh = np.zeros(len(A.indptr) - 1, dtype=np.bool_)
        fresh[columns] = True
        fresh[nodes] = False
        rows, nodes = len(nodes), np.concatenate([nodes, np.flatnonzero(fresh)])
        place = np.empty(len(fresh), dtype=A.indices.dtype)
        place[nodes] = np.arange(len(nodes))
        parts.insert(0, sparse.csr_array((values, place[columns], starts), shape=(rows, len(nodes))))
    return nodes, parts


def _kept(
    A: sparse.csr_array, nodes: Integers, most: int, seed: np.uint64
) -> tuple[Integers, NDArray[np.signedinteger], NDArray[np.float64]]:
    """Of the arcs that are kept, row by row in the order of A: where each row starts, column and value."""
    first = A.indptr[nodes].astype(np.int64)
    places = A.indptr[nodes + 1] - first
    d = places - 1
    k = np.minimum(d, most) if most else d
    arcs = _drawn(A, nodes, first, places, most, seed) if (d > k).any() else _ranges(first, places)
    columns, rows = A.indices[arcs], np.repeat(np.arange(len(nodes)), k + 1)
    more = np.where(columns == nodes[rows], 1.0, (d / np.maximum(k, 1))[rows])
    return np.concatenate([[0], np.cumsum(k + 1)]), columns, A.data[arcs] * more


def _drawn(
    A: sparse.csr_array, nodes: Integers, first: Integers, places: Integers, most: int, seed: np.uint64
) -> Integers:
    """The positions in A of each node's own arc and of `most` others, or of all if it has no more."""
    rows = np.repeat(np.arange(len(nodes)), places)
    arcs = _ranges(first, places)
    drawn = np.flatnonzero((places - 1 > most)[rows])  # of the others there is nothing to draw
    rows, places = rows[drawn], places[places - 1 > most]
    key = _mixed(arcs[drawn].astype(np.uint64), seed) | np.uint64(1)
    key[A.indices[arcs[drawn]] == nodes[rows]] = 0  # a node itself is the first of its row
    bits = np.uint64(64 - len(nodes).bit_length())
    order = np.argsort((rows.astype(np.uint64) << bits) | (key >> (np.uint64(64) - bits)))  # by row, then by key
    kept = np.ones(len(arcs), dtype=np.bool_)
    kept[drawn[order[_ranges(np.zeros_like(places), places) > most]]] = False
    return arcs[kept]


def _ranges(first: Integers, lengths: Integers) -> Integers:
    """first[0], first[0] + 1, … `lengths[0]` numbers; then first[1], …

    >>> _ranges(np.array([7, 0]), np.array([2, 3]))
    array([7, 8, 0, 1, 2])
    """
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - lengths), lengths)


def _mixed(x: NDArray[np.uint64], seed: np.uint64) -> NDArray[np.uint64]:
    """64 bits for each x that look drawn. Source: Steele, Lea & Flood, SplitMix64, OOPSLA 2014."""
    with np.errstate(over="ignore"):
        z = (x + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + seed * np.uint64(0xD1342543DE82EF95)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
