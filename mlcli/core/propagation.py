"""Propagation: a node's new vector is a weighted sum of its neighbours' messages (graph convolution).

    m_u = W h_u        c_vu = w_vu / √(d_v d_u)        h'_v = Σ_u c_vu m_u + b        u over N(v) and v itself

As matrices: H' = Â H W + b with Â = D^-½ (A + I) D^-½.

Symbols
    h  nodes' vectors  (N, F_in)      u → v  an arc: the message's way from source to target
    W  weights         (F_in, F_out)  w      weight of an arc: 1 where the graph has none, and on the added loops
    b  bias            (F_out,)       d      degree: Σ w of the arcs into a node, its own loop counted
    m  messages        (N, F_out)     c      coefficient of an arc

Rows are nodes, so the slide's W h_u is row u of h W.

Source: Kipf & Welling, Semi-Supervised Classification with Graph Convolutional Networks, ICLR 2017, equation 2. The
paper's graphs are undirected; on a directed one d counts the arcs that come in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.numerics import relu

Array = NDArray[np.float64]
Nodes = Float[Array, "N F_in"] | sparse.csr_array
Arcs = Int[NDArray[np.int64], "2 E"]


@dataclass(frozen=True, eq=False)
class Propagation:
    """All of one layer of graph convolution; `arcs` are those that were summed over, loops included."""

    h: Nodes
    W: Float[Array, "F_in F_out"]
    b: Float[Array, " F_out"]
    arcs: Arcs
    weight: Float[Array, " E"]
    degree: Float[Array, " N"]
    coefficient: Float[Array, " E"]
    m: Float[Array, "N F_out"]
    summed: Float[Array, "N F_out"]
    out: Float[Array, "N F_out"]


def by_target(arcs: Arcs, weight: Float[Array, " E"] | None, N: int) -> tuple[Arcs, Float[Array, " E"]]:
    """The arcs by target and then by source, and their weights.

    Args:
        weight: None for 1 each.
    """
    weight = np.ones(arcs.shape[1]) if weight is None else weight
    keys = arcs[1] * N + arcs[0]
    if (keys[1:] > keys[:-1]).all():
        return arcs, weight
    order = np.argsort(keys)
    return arcs[:, order], weight[order]


def add_self_loops(
    arcs: Arcs, N: int, weight: Float[Array, " E"] | None = None
) -> tuple[Int[NDArray[np.int64], "2 M"], Float[Array, " M"]]:
    """A + I: the arcs, and one of weight 1 from each node to itself that has none, by target and then by source.

    >>> add_self_loops(np.array([[1, 0], [0, 1]]), 2)[0].tolist()
    [[0, 1, 0, 1], [0, 0, 1, 1]]
    """
    lacking = np.flatnonzero(np.bincount(arcs[0, arcs[0] == arcs[1]], minlength=N) == 0)
    weight = np.ones(arcs.shape[1]) if weight is None else weight
    looped = np.concatenate([arcs, np.tile(lacking, (2, 1))], axis=1)
    return by_target(looped, np.concatenate([weight, np.ones(len(lacking))]), N)


def gcn_coefficients(arcs: Arcs, weight: Float[Array, " E"], N: int) -> tuple[Float[Array, " N"], Float[Array, " E"]]:
    """d_v = Σ w of the arcs into v;  c_vu = w_vu / √(d_v d_u), 0 where a degree is.

    Args:
        arcs: loops included.
    """
    source, target = arcs
    degree = np.bincount(target, weight, minlength=N).astype(np.float64, copy=False)  # (N,)
    root = np.sqrt(degree)
    inverse = np.divide(1.0, root, where=root > 0, out=np.zeros(N))
    return degree, inverse[target] * weight * inverse[source]


def weighted_sum(arcs: Arcs, weights: Float[Array, " E"], m: Float[Array, "N F_out"]) -> Float[Array, "N F_out"]:
    """sum_v = Σ_u weights_vu m_u over the arcs u → v.

    Args:
        arcs: by target.
    """
    return arc_matrix(arcs, weights, len(m)) @ m


def arc_matrix(arcs: Arcs, weights: Float[Array, " E"], N: int) -> sparse.csr_array:
    """C with C[v, u] = weights_vu, as sparse as the graph.

    Args:
        arcs: by target.
    """
    source, target = arcs
    first = np.concatenate([[0], np.cumsum(np.bincount(target, minlength=N))])
    return sparse.csr_array((weights, source, first), shape=(N, N))


def normalised_adjacency(arcs: Arcs, N: int, weight: Float[Array, " E"] | None = None) -> sparse.csr_array:
    """Â = D^-½ (A + I) D^-½; Â[v, u] belongs to the arc u → v.

    Args:
        arcs: u → v, each once.
    """
    arcs, weight = add_self_loops(arcs, N, weight)
    return arc_matrix(arcs, gcn_coefficients(arcs, weight, N)[1], N)


def graph_convolution(
    h: Nodes,
    W: Float[Array, "F_in F_out"],
    b: Float[Array, " F_out"],
    arcs: Arcs,
    weight: Float[Array, " E"] | None = None,
) -> Propagation:
    """H' = D^-½ (A + I) D^-½ H W + b.

    Args:
        arcs: u → v, each once; a loop that is among them keeps its weight.
        weight: None for 1 each.
    """
    m = h @ W  # (N, F_out)
    arcs, weight = add_self_loops(arcs, len(m), weight)
    degree, coefficient = gcn_coefficients(arcs, weight, len(m))  # (N,), (E,)
    summed = weighted_sum(arcs, coefficient, m)  # (N, F_out)
    return Propagation(h, W, b, arcs, weight, degree, coefficient, m, summed, summed + b)


def gcn(h: Nodes, layers: Iterable[tuple[Array, Array]], arcs: Arcs) -> Iterator[Propagation]:
    """One record a layer, σ = ReLU between two layers; the last one's `out` are the logits.

    Args:
        layers: W and b of each.
        arcs: u → v, each once, without loops.
    """
    for W, b in layers:
        layer = graph_convolution(h, W, b, arcs)
        yield layer
        h = relu(layer.out)
