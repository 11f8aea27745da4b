"""Oversmoothing: with every layer the vectors of neighbours grow more alike.

    MAD(h)       = mean over the arcs u → v of 1 − cos(h_u, h_v)                  0: all neighbours point the same way
    dirichlet(h) = ½ Σ over the arcs of ‖h_u / √(1 + d_u) − h_v / √(1 + d_v)‖²    0: nothing is left to tell apart

Symbols: h nodes' vectors (N, F), u → v an arc, d_v the number of arcs into v; a vector of zeros has the cosine 0.

Source: Chen et al., Measuring and Relieving the Over-smoothing Problem, AAAI 2020 (the mean average distance, here over
arcs); Cai & Wang, A Note on Over-Smoothing for Graph Neural Networks, 2020 (the energy).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.matrices import rows_and_columns
from mlcli.core.propagation import arc_matrix
from mlcli.core.propagation_layers import Nodes, Passing, Rule, coefficients, propagate, rows_of
from mlcli.core.propagation_weights import identity_weights

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]

BLOCK = 1_024  # pairs at a time, so that no (E, F) array is held
MOST_DENSE = 0.1  # share of non-zeros up to which vectors are kept sparse


@dataclass(frozen=True, eq=False)
class Smoothing:
    """Both measures of h^0 … h^K."""

    mad: Float[Array, " K1"]
    dirichlet: Float[Array, " K1"]


def smoothing(vectors: Iterable[Nodes], arcs: Arcs) -> Smoothing:
    """How alike neighbours are in each of h^0 … h^K.

    Args:
        arcs: u → v; a loop counts for nothing, a node being like itself.
    """
    between = arcs[:, arcs[0] != arcs[1]]
    mad, dirichlet = np.array([measure(h, between) for h in vectors]).T
    return Smoothing(mad, dirichlet)


def diffusion(x: Nodes, rule: Rule, arcs: Arcs, weight: Float[Array, " E"], K: int) -> Iterator[Nodes]:
    """x, C x, C² x … C^K x: a rule's coefficients alone, neither W_k nor B_k nor σ.

    Args:
        rule: whose C does not depend on h: mean, mean-self, sum, sage or gcn.
    """
    N, _ = rows_and_columns(x)
    blank = np.zeros((N, 1))
    [layer] = propagate(blank, [(Passing(rule, "none"), w) for w in identity_weights(1, 1)], arcs, weight)
    c = coefficients(layer)
    assert c is not None
    C = arc_matrix(layer.passed.arcs, c[:, 0].copy(), N)
    yield x
    for _ in range(K):
        x = C @ x
        if not isinstance(x, np.ndarray) and x.nnz > MOST_DENSE * N * rows_and_columns(x)[1]:
            x = x.toarray()
        yield x


def measure(h: Nodes, arcs: Arcs) -> tuple[float, float]:
    """MAD and Dirichlet energy over the arcs; both ask of two nodes their lengths and their product only.

    Args:
        arcs: without loops.
    """
    N, _ = rows_and_columns(h)
    scale = 1.0 / np.sqrt(1.0 + np.bincount(arcs[1], minlength=N))
    squares = np.asarray((h * h).sum(axis=1))
    lengths = np.sqrt(squares)
    (u, v), times = np.unique(np.sort(arcs, axis=0), axis=1, return_counts=True)  # a pair once, whichever its direction
    product = np.concatenate([_products(h, u[i : i + BLOCK], v[i : i + BLOCK]) for i in range(0, len(u), BLOCK)] or [u])
    both = lengths[u] * lengths[v]
    cosine = np.divide(product, both, where=both > 0, out=np.zeros(len(u)))
    energy = squares[u] * scale[u] ** 2 + squares[v] * scale[v] ** 2 - 2.0 * scale[u] * scale[v] * product
    return float((times * (1.0 - cosine)).sum() / max(times.sum(), 1)), max(0.0, float((times * energy).sum()) / 2)


def _products(h: Nodes, u: NDArray[np.int64], v: NDArray[np.int64]) -> Array:
    """h_u · h_v of each pair."""
    return np.einsum("ij,ij->i", rows_of(h, u), rows_of(h, v))
