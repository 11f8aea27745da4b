"""Whom a node hears, and how much each counts, as a sparse matrix: A[v, u] belongs to the message u → v.

Every node has its place A[v, v], as `receptive_field` asks, with the value 0 where it does not hear itself.

Symbols: N nodes, E arcs u → v.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Adjacency = Callable[[NDArray[np.int64], int], sparse.csr_array]


def sum_adjacency(arcs: NDArray[np.int64], N: int) -> sparse.csr_array:
    """A[v, u] = 1 for the arc u → v."""
    return _with_places(arcs, N, np.ones(arcs.shape[1]))


def mean_adjacency(arcs: NDArray[np.int64], N: int) -> sparse.csr_array:
    """A[v, u] = 1 / |N(v)|; a node without neighbours hears 0."""
    _, target = arcs
    return _with_places(arcs, N, 1 / np.bincount(target, minlength=N)[target])


def _with_places(arcs: NDArray[np.int64], N: int, values: NDArray[np.float64]) -> sparse.csr_array:
    (source, target), nodes = arcs, np.arange(N)
    order = np.lexsort([np.concatenate([source, nodes]), np.concatenate([target, nodes])])
    columns = np.concatenate([source, nodes])[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(target, minlength=N) + 1)])
    return sparse.csr_array((np.concatenate([values, np.zeros(N)])[order], columns, starts), shape=(N, N))
