"""A vector for each node, fitted so that joined nodes score high: pairs of nodes, joined or not, and how they are told.

    s(u, v) = e_u · e_v        L = − log σ(s) for an edge, − log σ(−s) for a pair that is none, the mean over the pairs
    taken for an edge: s > 0, that is σ(s) > ½

Symbols: N nodes, E edges, P pairs; e_u a vector of D numbers; label 1 for an edge, 0 for none.

Source: as skip-gram with negative sampling (`skipgram`), with one table for both ends and the edges themselves in the
place of walks. As many pairs that are no edge are drawn as there are edges, all of them alike.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

HELD_OUT = 0.1  # of the edges to validate on, and as many to test on; at least one each


@dataclass(frozen=True, eq=False)
class EdgeSet:
    """A graph whose edges are to be learned.

    Args:
        name: for titles.
        groups: the class of each node where it is known; shown, not learned from.
        read: what was done to the input while reading it, a sentence each.
    """

    kind: ClassVar[str] = "graph"
    name: str
    graph: Graph
    groups: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of nodes and whether they are joined."""

    ends: Int[Integers, "2 P"]
    labels: Float[Array, " P"]


@dataclass(frozen=True, eq=False)
class EdgeSplit:
    """The edges in three parts, each pair of nodes once and in one of them.

    Args:
        keys: u · N + v of every edge, u < v, in ascending order.
    """

    nodes: int
    train: Int[Integers, "2 _"]
    validation: Int[Integers, "2 _"]
    test: Int[Integers, "2 _"]
    keys: Int[Integers, " E"]

    def joined(self, ends: Int[Integers, "2 P"]) -> Bool[NDArray[np.bool_], " P"]:
        """Whether each pair is an edge of any part."""
        keys = _keys(ends, self.nodes)
        places = np.searchsorted(self.keys, keys)  # the edges are in order: nothing has to be sorted for each batch
        return self.keys[np.minimum(places, len(self.keys) - 1)] == keys


def split_edges(graph: Graph, seed: int) -> EdgeSplit:
    """A tenth of the edges to validate on, a tenth to test on, drawn at random; direction is not looked at.

    Raises:
        InputError: there are fewer than three edges, or every pair of nodes is joined.
    """
    N = len(graph.names)
    keys = np.unique(_keys(graph.edges[:, graph.edges[0] != graph.edges[1]], N))
    ends, E = np.stack(np.divmod(keys, max(N, 1))), len(keys)
    if E < 3:
        raise InputError(f"the graph has {E} edge{'s' * (E != 1)}; to train, validate and test on it takes three")
    if E == N * (N - 1) // 2:
        raise InputError("every node is joined to every other", hint="no pair is left that is not to score high")
    order = np.random.default_rng([seed, 5]).permutation(E)
    held = max(1, round(HELD_OUT * E))
    parts = (order[2 * held :], order[:held], order[held : 2 * held])
    train, validation, test = (ends[:, np.sort(part)] for part in parts)
    return EdgeSplit(N, train, validation, test, keys)


def draw_non_edges(split: EdgeSplit, count: int, rng: np.random.Generator) -> Int[Integers, "2 P"]:
    """Pairs of different nodes that no edge joins, all alike."""
    ends = rng.integers(split.nodes, size=(2, count))
    again = np.flatnonzero((ends[0] == ends[1]) | split.joined(ends))
    while len(again):
        ends[:, again] = rng.integers(split.nodes, size=(2, len(again)))
        still = (ends[0, again] == ends[1, again]) | split.joined(ends[:, again])
        again = again[still]
    return ends


def draw_non_edges_of(split: EdgeSplit, node: int, count: int, rng: np.random.Generator) -> Int[Integers, " n"]:
    """Other nodes that no edge joins to this one, each once; fewer if there are fewer."""
    every = np.arange(split.nodes)
    free = np.flatnonzero(~split.joined(np.stack([np.full(split.nodes, node), every])) & (every != node))
    return rng.choice(free, min(count, len(free)), replace=False)


def with_non_edges(edges: Int[Integers, "2 _"], split: EdgeSplit, rng: np.random.Generator) -> Pairs:
    """The edges, and as many pairs that are none."""
    count = edges.shape[1]
    ends = np.concatenate([edges, draw_non_edges(split, count, rng)], axis=1)
    return Pairs(ends, np.repeat([1.0, 0.0], count))


def have_common_neighbour(split: EdgeSplit, ends: Int[Integers, "2 P"]) -> Bool[NDArray[np.bool_], " P"]:
    """Whether the edges to train on join both ends of each pair to one node: a guess without any learning."""
    neighbours: list[set[int]] = [set() for _ in range(split.nodes)]
    for u, v in split.train.T.tolist():
        neighbours[u].add(v)
        neighbours[v].add(u)
    return np.array([not neighbours[u].isdisjoint(neighbours[v]) for u, v in ends.T.tolist()])


def _keys(ends: Int[Integers, "2 P"], N: int) -> Int[Integers, " P"]:
    return ends.min(axis=0) * N + ends.max(axis=0)
