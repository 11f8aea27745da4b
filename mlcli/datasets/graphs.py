"""Graphs to propagate on that need no file: the lecture's, one to work out by hand, Zachary's karate club."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.graphs import Graph


@dataclass(frozen=True, eq=False)
class ExampleGraph:
    """A graph with a name for titles.

    Args:
        features: (N, F), or None where nothing is known of the nodes.
        read: what should be known of it, a sentence each.
    """

    name: str
    graph: Graph
    features: NDArray[np.float64] | None
    read: tuple[str, ...] = ()


def slide() -> ExampleGraph:
    """The lecture's target node A with its neighbours B, C and D, and who is joined to these."""
    graph = _graph("A B C D E F", "AB AC AD BC CE CF")
    features = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    return ExampleGraph("slide graph", graph, features)


def toy() -> ExampleGraph:
    """A triangle with a tail: four nodes, four edges, the numbers 0 … 7 as features."""
    return ExampleGraph("toy graph", _graph("1 2 3 4", "12 23 24 34"), np.arange(8.0).reshape(4, 2))


def karate_club() -> ExampleGraph:
    """34 members of a club, and who met whom outside it; see `mlcli.datasets.karate`."""
    from mlcli.datasets.karate import karate

    club = karate()
    return ExampleGraph("karate club", club.graph, None, club.read[:1])


def _graph(names: str, edges: str) -> Graph:
    nodes = names.split()
    pairs = np.array([[nodes.index(end) for end in edge] for edge in edges.split()], dtype=np.int64).T  # (2, E)
    return Graph(tuple(nodes), pairs, np.ones(pairs.shape[1]))
