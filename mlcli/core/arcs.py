"""The arcs of a graph in rows (CSR): who can be reached from a node in one step, and whether one node reaches another.

Symbols: N nodes; E arcs u → v, an undirected edge is two; w the weight of an arc.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.graphs import Graph

Nodes = NDArray[np.int32]
Places = NDArray[np.int64]
Array = NDArray[np.float64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ over the golden ratio: the high bits of a product with it are mixed well
LEAST_WEIGHT, MOST_WEIGHT = 1e-100, 1e100  # products of weights stay within the range of a float


@dataclass(frozen=True, eq=False)
class Arcs:
    """The arcs that leave v stand from first[v] up to first[v + 1]; the nodes they lead to ascend.

    Args:
        names: what the user calls each node.
        weighted: False where all weights are the same, and so decide nothing.
        directed: False where for each u → v there is a v → u of the same weight.
    """

    names: tuple[str, ...]
    first: Int[Places, " _"]
    to: Int[Nodes, " E"]
    weight: Float[Array, " E"]
    weighted: bool
    directed: bool

    @cached_property
    def degree(self) -> Int[Places, " N"]:
        """How many arcs leave each node."""
        return np.diff(self.first)

    @cached_property
    def strength(self) -> Float[Array, " N"]:
        """Σ w of the arcs that leave each node."""
        return np.bincount(self._leaves, self.weight, len(self.names)).astype(np.float64, copy=False)

    @cached_property
    def marks(self) -> Float[Array, " E"]:
        """`row_marks` of the weights."""
        return row_marks(self.weight, self.first)

    def exist(self, u: Int[Nodes, " n"], v: Int[Nodes, " n"]) -> Bool[NDArray[np.bool_], " n"]:
        """Whether there is an arc u[i] → v[i]; a hash on an unmarked place says no at once, the others are searched."""
        table, shift = self._hashed
        keys = self._key(u, v)
        found = table[_hash(keys) >> shift]
        likely = np.flatnonzero(found)
        found[likely] = self._find(keys[likely])[1]
        return found

    def weights(self, u: Int[Nodes, " n"], v: Int[Nodes, " n"]) -> Float[Array, " n"]:
        """w(u[i], v[i]), 0 where there is no such arc."""
        places, found = self._find(self._key(u, v))
        return np.where(found, self.weight[places], 0.0)

    @property
    def _leaves(self) -> Int[Places, " E"]:
        return np.repeat(np.arange(len(self.names)), self.degree)

    def _key(self, u: Nodes, v: Nodes) -> Int[Places, " n"]:
        return u.astype(np.int64) * len(self.names) + v

    @cached_property
    def _keys(self) -> Int[Places, " E"]:
        return self._leaves * len(self.names) + self.to  # they ascend, as rows and the nodes in each row do

    @cached_property
    def _hashed(self) -> tuple[Bool[NDArray[np.bool_], " M"], np.uint64]:
        """A table with the places of the arcs' hashes marked, and the shift that turns a hash into a place."""
        bits = max(10, (12 * len(self.to)).bit_length())
        table, shift = np.zeros(2**bits, dtype=bool), np.uint64(64 - bits)
        table[_hash(self._keys) >> shift] = True
        return table, shift

    def _find(self, keys: Places) -> tuple[Int[Places, " n"], Bool[NDArray[np.bool_], " n"]]:
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return places, self._keys[places] == keys


def arcs_of(graph: Graph) -> Arcs:
    """Both arcs of each undirected edge, the one arc of a directed; an edge of a node to itself is left out.

    Raises:
        InputError: there is one node only, or no edge between two; a weight is not above 0, or out of range.
    """
    N = len(graph.names)
    kept = graph.edges[0] != graph.edges[1]
    u, v = graph.edges[:, kept]
    weight = graph.weights[kept]
    if N < 2 or not len(u):
        raise InputError(f"the graph has {N} node{'s' * (N != 1)} and no edge between two", hint="a walk needs an edge")
    if len(unfit := np.flatnonzero(~((weight >= LEAST_WEIGHT) & (weight <= MOST_WEIGHT)))):
        ends = " to ".join(graph.names[end[unfit[0]]] for end in (u, v))
        message = f"the weight of the edge from {ends} is {weight[unfit[0]]:g}"
        hint = f"weights lie above 0, from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}; --unweighted ignores them"
        raise InputError(message, hint=hint)
    if not graph.directed:
        u, v, weight = np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([weight, weight])
    order = np.argsort(u * N + v)
    first = np.concatenate([[0], np.cumsum(np.bincount(u, minlength=N))])
    weighted = bool((weight != weight[0]).any())
    return Arcs(graph.names, first, v[order].astype(np.int32), weight[order], weighted, graph.directed)


def row_marks(mass: Float[Array, " E"], first: Int[Places, " _"]) -> Float[Array, " E"]:
    """mark[e] = its row + the share of the row's mass that lies up to and with e: 0 … 1, 1 … 2, one row after another.

    >>> row_marks(np.array([1.0, 3.0, 2.0]), np.array([0, 2, 3])).tolist()
    [0.25, 1.0, 2.0]
    """
    rows = len(first) - 1
    row = np.repeat(np.arange(rows), np.diff(first))
    reached = np.concatenate([[0.0], np.cumsum(mass / np.bincount(row, mass, rows)[row])])
    return np.minimum(row + (reached[1:] - reached[first[row]]), row + 1)


def draw_by_marks(
    marks: Float[Array, " E"], first: Int[Places, " _"], row: Int[NDArray[np.integer], " n"], rng: np.random.Generator
) -> Int[Places, " n"]:
    """One cell out of each row[i], with a probability in proportion to its mass."""
    places = np.searchsorted(marks, row + rng.random(len(row)), side="right")
    return np.minimum(places, first[row + 1] - 1)  # row + random() may round up to row + 1


def _hash(keys: Places) -> NDArray[np.uint64]:
    return keys.view(np.uint64) * GOLDEN
