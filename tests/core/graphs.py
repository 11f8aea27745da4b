"""Graphs drawn for tests, with their arcs as plain dictionaries beside them."""

import numpy as np

from mlcli.core.graphs import Graph

Out = dict[int, dict[int, float]]


def drawn_graph(
    seed: int, nodes: int = 13, degree: int = 5, directed: bool = False, weighted: bool = False
) -> tuple[Graph, Out]:
    """Edges between random nodes, and `out[u][v]`, the weight of each arc u → v."""
    rng = np.random.default_rng(seed)
    out: Out = {u: {} for u in range(nodes)}
    edges, weights = [], []
    for u, v in rng.integers(0, nodes, (nodes * degree // 2, 2)).tolist():
        if u != v and v not in out[u]:
            weight = float(rng.exponential()) if weighted else 1.0
            out[u][v] = weight
            if not directed:
                out[v][u] = weight
            edges.append((u, v))
            weights.append(weight)
    return Graph(tuple(map(str, range(nodes))), np.array(edges).T, np.array(weights), directed), out
