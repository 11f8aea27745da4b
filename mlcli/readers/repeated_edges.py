"""Edges given again, and a node's edges to itself: counted, merged or left out, and said."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcli.core.graphs import Graph
from mlcli.readers.wording import counted


@dataclass(frozen=True, eq=False)
class Tidied:
    """A graph in which an edge stands once.

    Args:
        merged: how many edges were given again.
        self_loops: how many edges of a node to itself were read, again or not.
        read: what was done, a sentence each.
    """

    graph: Graph
    merged: int
    self_loops: int
    read: tuple[str, ...]


def tidied(graph: Graph, loops: bool = False) -> Tidied:
    """The graph with each edge once, the first weight counting.

    Args:
        loops: keep a node's edges to itself; else they are left out.
    """
    read: tuple[str, ...] = ()
    own = graph.edges[0] == graph.edges[1]
    self_loops = int(own.sum())
    if self_loops:
        read += (f"{counted(self_loops, 'edge')} of a node to itself {'kept' if loops else 'left out'}",)
        if not loops:
            graph = replace(graph, edges=graph.edges[:, ~own], weights=graph.weights[~own])
    kept, differing = _first_of_each(graph)
    merged = len(graph.weights) - len(kept)
    if merged:
        graph = replace(graph, edges=graph.edges[:, kept], weights=graph.weights[kept])
        read += (f"{counted(merged, 'edge')} given again and merged into the first",)
    if differing:
        read += (f"{differing:,} of them with another weight: the first weight is kept",)
    return Tidied(graph, merged, self_loops, read)


def _first_of_each(graph: Graph) -> tuple[NDArray[np.int64], int]:
    """Positions of the edges without those given again, and how many of these have another weight than the first."""
    ends = graph.edges if graph.directed else np.sort(graph.edges, axis=0)
    pairs = ends[0] * len(graph.names) + ends[1]
    order = np.argsort(pairs, kind="stable")
    fresh = np.concatenate([[True], pairs[order][1:] != pairs[order][:-1]]) if len(pairs) else np.zeros(0, dtype=bool)
    first_weight = graph.weights[order[fresh]][np.cumsum(fresh) - 1]
    return np.sort(order[fresh]), int((graph.weights[order] != first_weight).sum())
