"""Graphs, features and weights for the tests of propagation."""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.graphs import Graph
from mlcli.core.propagation_layers import WITH_SELF, Activation, Layer, Rule, Weights, draw_weights, propagate

RULES: list[Rule] = ["mean", "mean-self", "sum", "max", "gcn", "gat"]
ACTIVATIONS: list[Activation] = ["relu", "elu", "tanh", "none"]


def random_graph(seed: int) -> Graph:
    """Directed or not, with nodes that nobody hears and nodes that hear nobody."""
    rng = np.random.default_rng(seed)
    N = int(rng.choice([1, 2, 7, 13, 29]))
    E = int(rng.integers(0, 3 * N))
    return Graph(tuple(f"v{i}" for i in range(N)), rng.integers(0, N, (2, E)), np.ones(E), bool(rng.integers(2)))


def run(graph: Graph, x: NDArray, weights: list[Weights], rule: Rule, activation: Activation = "none") -> list[Layer]:
    return list(propagate(x, weights, graph.arcs(), rule, activation, rule not in WITH_SELF))


def drawn(graph: Graph, F: int, hidden: int, K: int, seed: int) -> tuple[NDArray, list[Weights]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((len(graph.names), F)), draw_weights(F, hidden, K, rng)
