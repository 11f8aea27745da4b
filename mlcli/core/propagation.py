"""Propagation: a node's new vector is a weighted sum of its neighbours' messages (graph convolution).

    m_u = W h_u        c_vu = 1 / √(d_v d_u)        h'_v = Σ_u c_vu m_u + b        u over N(v) and v itself

As matrices: H' = Â H W + b with Â = D^-½ (A + I) D^-½.

Symbols
    h  nodes' vectors  (N, F_in)      u → v  an arc: the message's way from source to target
    W  weights         (F_in, F_out)  d      degree: arcs into a node, its own loop counted
    b  bias            (F_out,)       c      coefficient of an arc
    m  messages        (N, F_out)     σ      what is done to h' between two layers: ReLU

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
    degree: Int[NDArray[np.int64], " N"]
    coefficient: Float[Array, " E"]
    m: Float[Array, "N F_out"]
    summed: Float[Array, "N F_out"]
    out: Float[Array, "N F_out"]


def add_self_loops(arcs: Arcs, N: int) -> Int[NDArray[np.int64], "2 M"]:
    """A + I: the arcs, and one from each node to itself, sorted by target and then by source.

    >>> add_self_loops(np.array([[1, 0], [0, 1]]), 2).tolist()
    [[0, 1, 0, 1], [0, 0, 1, 1]]
    """
    source, target = np.concatenate([arcs, np.tile(np.arange(N), (2, 1))], axis=1)
    return np.stack([source, target])[:, np.lexsort((source, target))]


def gcn_coefficients(arcs: Arcs, N: int) -> tuple[Int[NDArray[np.int64], " N"], Float[Array, " E"]]:
    """d_v = number of arcs into v;  c_vu = 1 / √(d_v d_u).

    Args:
        arcs: loops included, so that no degree is zero.
    """
    source, target = arcs
    degree = np.bincount(target, minlength=N)  # (N,)
    return degree, 1.0 / np.sqrt(degree[target] * degree[source])


def weighted_sum(arcs: Arcs, weights: Float[Array, " E"], m: Float[Array, "N F_out"]) -> Float[Array, "N F_out"]:
    """sum_v = Σ_u weights_vu m_u over the arcs u → v."""
    source, target = arcs
    return sparse.csr_array((weights, (target, source)), shape=(len(m), len(m))) @ m


def normalised_adjacency(arcs: Arcs, N: int) -> sparse.csr_array:
    """Â = D^-½ (A + I) D^-½; Â[v, u] belongs to the arc u → v.

    Args:
        arcs: u → v, each once, without loops.
    """
    source, target = arcs = add_self_loops(arcs, N)
    return sparse.csr_array((gcn_coefficients(arcs, N)[1], (target, source)), shape=(N, N))


def graph_convolution(h: Nodes, W: Float[Array, "F_in F_out"], b: Float[Array, " F_out"], arcs: Arcs) -> Propagation:
    """H' = D^-½ (A + I) D^-½ H W + b.

    Args:
        arcs: u → v, each once, without loops.
    """
    m = h @ W  # (N, F_out)
    arcs = add_self_loops(arcs, len(m))
    degree, coefficient = gcn_coefficients(arcs, len(m))  # (N,), (E,)
    summed = weighted_sum(arcs, coefficient, m)  # (N, F_out)
    return Propagation(h, W, b, arcs, degree, coefficient, m, summed, summed + b)


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
