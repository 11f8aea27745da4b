"""Can edges that were hidden be told from pairs without one? Each pair of nodes gets a vector from those of its ends.

    average  (x_u + x_v) / 2     hadamard  x_u ∘ x_v     weighted-L1  |x_u − x_v|     weighted-L2  (x_u − x_v)²

A linear classifier is fitted to one half of the pairs and asked about the other. AUC is the probability that an edge
gets a higher score than a pair without one: 0.5 is chance, 1 is always.

Symbols: u, v the ends of a pair; x the vectors, (N, D); H hidden edges, and as many pairs without an edge.
Source: Grover & Leskovec, node2vec, 2016, section 4.4 and table 1.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from mlcli.core.classification import logistic_regression, mean_and_spread
from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph

Array = NDArray[np.float64]
Pairs = NDArray[np.int64]

OPERATORS: dict[str, Callable[[Array, Array], Array]] = {
    "average": lambda x, y: (x + y) / 2,
    "hadamard": lambda x, y: x * y,
    "weighted-L1": lambda x, y: np.abs(x - y),
    "weighted-L2": lambda x, y: (x - y) ** 2,
}


@dataclass(frozen=True, eq=False)
class HiddenEdges:
    """A graph without some of its edges, these, and pairs that never had one; no component fell apart."""

    left: Graph
    edges: Int[Pairs, "2 H"]
    others: Int[Pairs, "2 H"]


@dataclass(frozen=True, eq=False)
class LinkPrediction:
    """AUC of each operator (O) with a classifier, in each repeat (R); of the plain dot product, which needs none."""

    operators: tuple[str, ...]
    auc: Float[Array, "O R"]
    dot: float
    hidden: int
    edges: int

    @property
    def rows(self) -> list[tuple[str, float, float | None]]:
        """Each operator, mean and standard deviation of its AUC over the repeats."""
        return [(name, *mean_and_spread(auc)) for name, auc in zip(self.operators, self.auc, strict=True)]

    @property
    def best(self) -> int:
        """The position of the operator of the highest mean."""
        return int(np.argmax(self.auc.mean(axis=1)))


def hide_edges(graph: Graph, share: float, rng: np.random.Generator) -> HiddenEdges:
    """Hide a share of the edges, drawn at random, but none of a spanning tree drawn before: all nodes stay reachable.

    Where the trees need more than is left, fewer are hidden. Direction does not count for what is reachable.

    Raises:
        InputError: no edge can be hidden (the graph is a tree), or too few pairs have none.
    """
    from scipy.sparse import csgraph, csr_array  # a tenth of a second, for this only

    N, E = len(graph.names), graph.edges.shape[1]
    order = rng.permutation(E)
    ends = np.sort(graph.edges[:, order], axis=0)
    _, first = np.unique(ends[0] * N + ends[1], return_index=True)  # of two arcs there and back one is in the tree
    links = csr_array((first + 1.0, (ends[0][first], ends[1][first])), shape=(N, N))
    tree = csgraph.minimum_spanning_tree(links).data.astype(np.int64) - 1
    free = np.setdiff1d(np.arange(E), tree)
    hidden = order[free[: max(round(share * E), 1)]]
    if len(hidden) < 2:
        message = "no two edges can be hidden without a part of the graph falling off"
        raise InputError(message, "--evaluate", "a tree has no edge to spare")
    kept = np.setdiff1d(np.arange(E), hidden)
    left = replace(graph, edges=graph.edges[:, kept], weights=graph.weights[kept])
    return HiddenEdges(left, graph.edges[:, np.sort(hidden)], pairs_without(graph, len(hidden), rng))


def pairs_without(graph: Graph, count: int, rng: np.random.Generator) -> Int[Pairs, "2 n"]:
    """`count` pairs of nodes between which there is no edge, each once; in a directed graph none from first to second.

    Raises:
        InputError: there are not so many.
    """
    N = len(graph.names)
    ways = graph.edges if graph.directed else np.concatenate([graph.edges, graph.edges[::-1]], axis=1)
    taken = np.unique(np.concatenate([ways[0] * N + ways[1], np.arange(N) * (N + 1)]))
    room = (N * N - len(taken)) // (1 if graph.directed else 2)
    if room < count:
        message = f"{room:,} pairs of nodes have no edge, {count:,} are needed"
        raise InputError(message, "--evaluate", "the graph is too dense for it")
    found = np.empty(0, np.int64)
    while len(found) < count:
        pair = rng.integers(N, size=(2, 2 * count))
        keys = (pair if graph.directed else np.sort(pair, axis=0)).T @ [N, 1]
        keys = keys[~np.isin(keys, taken)]
        found = np.concatenate([found, keys])
        found = found[np.sort(np.unique(found, return_index=True)[1])]
    return np.stack(np.divmod(found[:count], N))


def predict_links(
    X: Float[NDArray[np.floating], "N D"], hidden: HiddenEdges, repeats: int, rng: np.random.Generator
) -> LinkPrediction:
    """AUC of each operator: fitted to a random half of the hidden edges and as many pairs without, asked the rest."""
    pairs = np.concatenate([hidden.edges, hidden.others], axis=1)  # (2, 2 H)
    is_edge = np.arange(pairs.shape[1]) < hidden.edges.shape[1]
    ends = X[pairs].astype(np.float64)  # (2, 2 H, D)
    auc = np.zeros((len(OPERATORS), repeats))
    halves = [_halves(is_edge, rng) for _ in range(repeats)]
    for o, operator in enumerate(OPERATORS.values()):
        features = operator(*ends)
        for r, (known, asked) in enumerate(halves):
            scaled = _standardised(features, known)
            W, b = logistic_regression(scaled[known], is_edge[known, None])
            auc[o, r] = roc_auc(scaled[asked] @ W[0] + b[0], is_edge[asked])
    dot = roc_auc((ends[0] * ends[1]).sum(axis=1), is_edge)
    H = hidden.edges.shape[1]
    return LinkPrediction(tuple(OPERATORS), auc, dot, H, H + hidden.left.edges.shape[1])


def roc_auc(scores: Float[Array, " n"], positive: Bool[NDArray[np.bool_], " n"]) -> float:
    """P(a positive's score is above a negative's), equal ones counting half: by the sum of the positives' ranks.

    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]  # equal scores share the mean of their ranks
    n = int(positive.sum())
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * (len(scores) - n)))


def _halves(is_edge: NDArray[np.bool_], rng: np.random.Generator) -> tuple[Pairs, Pairs]:
    """Of the edges and of the others one half each."""
    parts = [rng.permutation(np.flatnonzero(is_edge == kind)) for kind in (True, False)]
    return (
        np.concatenate([part[: len(part) // 2] for part in parts]),
        np.concatenate([part[len(part) // 2 :] for part in parts]),
    )


def _standardised(features: Array, known: Pairs) -> Array:
    """Each column less its mean, over its deviation, both over the known pairs."""
    spread = features[known].std(axis=0)
    return (features - features[known].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
