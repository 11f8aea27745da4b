"""What p and q change: where steps lead, and what the vectors fitted to the walks tell of the graph.

    back, near, away   the shares of steps to a node at distance 0, 1, 2 from the one before
    met                nodes that a walk meets, each counted once, over its length
    found              of a node's d neighbours the share among the d nodes most like it, the mean of all nodes
    community          correlation, over pairs of nodes, of their cosine with their nearness 1 / (steps between them)
    role               correlation, over the same pairs, of their cosine with − |log(d_u / d_v)|: are they like hubs?

Symbols: d the degree of a node; a pair without a way between them has nearness 0.
Source: the two kinds of likeness are those of Grover & Leskovec, node2vec, 2016, section 3.1.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.arcs import Arcs, Nodes
from mlcli.core.walks import distances

Array = NDArray[np.float64]

LOOKED_AT = 4096  # walks at most, the first; they start at nodes drawn at random
ASKED = 500  # nodes at most, drawn at random, whose likeness to all others is looked at


@dataclass(frozen=True)
class Reach:
    """One row of the comparison; None where nothing varies, so that there is no correlation."""

    p: float
    q: float
    back: float
    near: float
    away: float
    met: float
    found: float
    community: float | None
    role: float | None


def reach(
    arcs: Arcs,
    walks: Int[NDArray[np.int32], "W L"],
    X: Float[NDArray[np.floating], "N D"],
    p: float,
    q: float,
    rng: np.random.Generator,
) -> Reach:
    """The measures for walks drawn with p and q, and the vectors fitted to them."""
    N = len(arcs.names)
    nodes = np.sort(rng.permutation(N)[:ASKED])
    cosines = _cosines(X.astype(np.float64), nodes)  # (n, N)
    nearness = _nearness(arcs, nodes)
    role = -np.abs(np.log(np.maximum(arcs.degree, 1)[nodes, None] / np.maximum(arcs.degree, 1)))
    others = np.arange(N) != nodes[:, None]
    back, near, away = step_shares(arcs, walks[:LOOKED_AT]).tolist()
    return Reach(
        p, q, back, near, away, met(walks[:LOOKED_AT]), _found(arcs, nodes, cosines),
        _correlation(cosines[others], nearness[others]), _correlation(cosines[others], role[others]),
    )  # fmt: skip


def most(rows: tuple[Reach, ...], what: str) -> Reach:
    """The row of the highest `what`, the first of equal ones; None is the lowest."""
    return max(rows, key=lambda row: -2.0 if getattr(row, what) is None else getattr(row, what))


def step_shares(arcs: Arcs, walks: Int[Nodes, "W L"]) -> Float[Array, " 3"]:
    """The shares of second-order steps to distance 0, 1, 2; zeros if there is no such step."""
    t, v, x = (walks[:, i : walks.shape[1] - 2 + i] for i in range(3))
    there = (x >= 0) & (v >= 0)
    counts = np.bincount(distances(arcs, t[there], x[there]), minlength=3)
    return counts / max(counts.sum(), 1)


def met(walks: Int[Nodes, "W L"]) -> float:
    """Distinct nodes of a walk over its length, the mean of all walks."""
    ordered = np.sort(walks, axis=1)
    new = np.diff(ordered, axis=1, prepend=-1) > 0
    return float((new.sum(axis=1) / (walks >= 0).sum(axis=1)).mean())


def _cosines(X: Array, nodes: NDArray[np.int64]) -> Array:
    unit = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-300)
    return unit[nodes] @ unit.T


def _nearness(arcs: Arcs, nodes: NDArray[np.int64]) -> Array:
    from scipy.sparse import csgraph, csr_array  # a tenth of a second, for a sweep only

    N = len(arcs.names)
    links = csr_array((np.ones(len(arcs.to)), arcs.to, arcs.first), shape=(N, N))
    steps = csgraph.shortest_path(links, unweighted=True, directed=arcs.directed, indices=nodes)
    return 1 / np.where(steps == 0, np.inf, steps)


def _found(arcs: Arcs, nodes: NDArray[np.int64], cosines: Array) -> float:
    shares = []
    for node, row in zip(nodes, cosines, strict=True):
        neighbours = arcs.to[arcs.first[node] : arcs.first[node + 1]]
        if len(neighbours):
            row[node] = -np.inf
            alike = np.argsort(-row, kind="stable")[: len(neighbours)]
            shares.append(np.isin(alike, neighbours).mean())
    return float(np.mean(shares))


def _correlation(a: Array, b: Array) -> float | None:
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) > 0 and np.ptp(b) > 0 else None
