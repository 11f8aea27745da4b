"""A graph as the other modules pass it on: positions of nodes, pairs of them, and what is known of each.

Symbols: N nodes, E edges, F features a node; u → v is the message's way: u the source, v the target.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcli.core.names import position_of


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by position, edges as pairs of positions.

    Args:
        names: what the user calls each node; its length is N.
        edges: (2, E) int64; an undirected edge stands once, as it was read.
        weights: (E,) float64, 1 where the input has none.
        directed: an edge u v is a message from u to v only.
    """

    names: tuple[str, ...]
    edges: NDArray[np.int64]
    weights: NDArray[np.float64]
    directed: bool = False

    def arcs(self) -> NDArray[np.int64]:
        """(2, ·) every u → v along which a message flows: both ways if undirected, each once, no self-loops."""
        source, target = self.edges if self.directed else np.concatenate([self.edges, self.edges[::-1]], axis=1)
        keys = np.sort((source * len(self.names) + target)[source != target])
        again = np.concatenate([[False], keys[1:] == keys[:-1]]) if len(keys) else np.zeros(0, dtype=bool)
        return np.stack(np.divmod(keys[~again], max(len(self.names), 1)))

    def messages(self, loops: bool = False) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """`arcs` by target and then by source, and the weight of each: that of the edge it first came from.

        Args:
            loops: a node's edge to itself is a message to itself; else it is left out.
        """
        edges, weights, N = self.edges, self.weights, max(len(self.names), 1)
        if not self.directed:
            edges, weights = np.concatenate([edges, edges[::-1]], axis=1), np.concatenate([weights, weights])
        if not loops:
            kept = edges[0] != edges[1]
            edges, weights = edges[:, kept], weights[kept]
        keys = edges[1] * N + edges[0]
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        fresh = np.concatenate([[True], keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, dtype=bool)
        target, source = np.divmod(keys[fresh], N)
        return np.stack([source, target]), weights[order][fresh]

    def position(self, name: str, where: str) -> int:
        """The position of the node that the user calls `name`.

        Args:
            where: the option that it was given to.

        Raises:
            InputError: there is none; the hint gives the names most like it, or else the first.
        """
        return position_of(name, self.names, "node", where)
