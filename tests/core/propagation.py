"""Graphs, features and weights for the tests of propagation."""

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from mlcli.core.graphs import Graph
from mlcli.core.propagation_layers import WITH_SELF, Activation, Layer, Passing, Rule, propagate
from mlcli.core.propagation_weights import Shape, Weights, draw_weights

RULES: tuple[Rule, ...] = get_args(Rule)
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)


def random_graph(seed: int, weighted: bool = True) -> Graph:
    """Directed or not, with loops, edges given twice, nodes that nobody hears and nodes that hear nobody."""
    rng = np.random.default_rng(seed)
    N = int(rng.choice([1, 2, 7, 13, 29]))
    E = int(rng.integers(0, 3 * N))
    weights = rng.exponential(size=E) if weighted else np.ones(E)
    return Graph(tuple(f"v{i}" for i in range(N)), rng.integers(0, N, (2, E)), weights, bool(rng.integers(2)))


def passing(rule: Rule, activation: Activation = "none", own: bool | None = None) -> Passing:
    return Passing(rule, activation, rule not in WITH_SELF if own is None else own)


def run(
    graph: Graph, x: NDArray, weights: list[Weights], how: Passing | Rule, activation: Activation = "none"
) -> list[Layer]:
    """Every layer alike, loops kept."""
    how = how if isinstance(how, Passing) else passing(how, activation)
    return list(propagate(x, [(how, of_layer) for of_layer in weights], *graph.messages(loops=True)))


def drawn(graph: Graph, F: int, hidden: int, K: int, seed: int, heads: int = 1) -> tuple[NDArray, list[Weights]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((len(graph.names), F)), draw_weights(F, Shape(K, hidden, heads), rng)
