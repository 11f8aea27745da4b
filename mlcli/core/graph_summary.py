"""What a graph is like before anything is computed on it: its size, who has how many neighbours, who has none.

Symbols: N nodes, E edges; d_v how many neighbours v hears, |N(v)|.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.graphs import Graph


@dataclass(frozen=True, eq=False)
class GraphSummary:
    """Counts of a graph.

    Args:
        edges: as they are kept, a node's edges to itself among them.
        degree: |N(v)| of each node: arcs into it, none from itself.
        isolated: positions of the nodes that are an end of no edge between two.
        deaf: of a directed graph, positions of the others that hear nobody.
        loops: edges of a node to itself.
        lightest, heaviest: weights; both 1 where the graph has none.
    """

    nodes: int
    edges: int
    directed: bool
    degree: NDArray[np.int64]
    isolated: NDArray[np.int64]
    deaf: NDArray[np.int64]
    loops: int
    lightest: float
    heaviest: float

    @property
    def weighted(self) -> bool:
        """Whether weights are anything but 1."""
        return (self.lightest, self.heaviest) != (1.0, 1.0)

    @property
    def spread(self) -> tuple[tuple[int, int], ...]:
        """Each degree, ascending, and how many nodes have it."""
        counts = np.bincount(self.degree)
        return tuple((int(d), int(counts[d])) for d in np.flatnonzero(counts))

    @property
    def mean_degree(self) -> float:
        """Σ d_v / N."""
        return float(self.degree.mean())

    @property
    def busiest(self) -> int:
        """The first node with the most neighbours."""
        return int(self.degree.argmax())


def summarise_graph(graph: Graph) -> GraphSummary:
    """The counts."""
    N, arcs = len(graph.names), graph.arcs()
    into, out = np.bincount(arcs[1], minlength=N), np.bincount(arcs[0], minlength=N)
    weights = graph.weights if len(graph.weights) else np.ones(1)
    return GraphSummary(
        nodes=N,
        edges=graph.edges.shape[1],
        directed=graph.directed,
        degree=into,
        isolated=np.flatnonzero(into + out == 0),
        deaf=np.flatnonzero((into == 0) & (out > 0)),
        loops=int((graph.edges[0] == graph.edges[1]).sum()),
        lightest=float(weights.min()),
        heaviest=float(weights.max()),
    )
