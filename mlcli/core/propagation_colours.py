"""What message passing cannot tell apart: colours refined by neighbours' colours (Weisfeiler and Leman, one dimension).

    colour_v^0 = x_v        colour_v^(k+1) = (colour_v^k, the bag of colour_u^k over u in N(v))

Two nodes of one colour have the same computation tree, so every layer that hears a bag of messages, whatever its
weights, gives them the same vector.

Symbols: u → v an arc, N(v) those that v hears, x features.

Source: Xu et al., How Powerful are Graph Neural Networks?, ICLR 2019, lemma 2 and theorem 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.propagation import arc_matrix, by_target
from mlcli.core.propagation_layers import Passing, propagate
from mlcli.core.propagation_weights import Shape, Weights, draw_weights

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]
Colours = Int[NDArray[np.int64], " N"]


@dataclass(frozen=True, eq=False)
class Refinement:
    """The colours round by round, until no class splits; a colour is a number, 0 for the first seen."""

    rounds: tuple[Colours, ...]


@dataclass(frozen=True, eq=False)
class Twins:
    """Two graphs side by side, under several rules with the same drawn weights.

    Args:
        colours: of the nodes of both, the first graph's first, refined together.
        triangles: of each graph.
        alike: for each rule the largest difference between the two bags of rows, like features at every node.
        told: the same where every node has features of its own, drawn.
        row: of the first node of each graph, by rule, with like features.
    """

    colours: Refinement
    triangles: tuple[int, int]
    alike: dict[str, float]
    told: dict[str, float]
    row: dict[str, tuple[Array, Array]]


def refine(x: Float[Array, "N F"], arcs: Arcs) -> Refinement:
    """Colours until they are stable, at most N rounds."""
    source, target = arcs
    rounds = [_numbered([tuple(row) for row in x.tolist()])]
    heard = [source[target == v] for v in range(len(x))]
    for _ in range(len(x)):
        colour = rounds[-1]
        signatures = [(int(colour[v]), tuple(sorted(colour[heard[v]].tolist()))) for v in range(len(x))]
        finer = _numbered(signatures)
        rounds.append(finer)
        if finer.max(initial=0) == colour.max(initial=0):
            break
    return Refinement(tuple(rounds))


def compare_twins(
    first: Arcs, second: Arcs, N: int, rules: Sequence[Passing], layers: int, rng: np.random.Generator
) -> Twins:
    """What each rule says of two graphs of N nodes."""
    ones, own = np.ones((N, 1)), np.round(rng.uniform(-1, 1, (N, 1)), 1)
    weights = draw_weights(1, Shape(layers, 3), rng)
    both = np.concatenate([first, second + N], axis=1)
    alike, told, row = {}, {}, {}
    for passing in rules:
        stack = [(passing, w) for w in weights]
        a, b = (_last(ones, stack, arcs) for arcs in (first, second))
        alike[passing.rule], row[passing.rule] = _bags_apart(a, b), (a[0], b[0])
        told[passing.rule] = _bags_apart(_last(own, stack, first), _last(own, stack, second))
    colours = refine(np.ones((2 * N, 1)), both)
    return Twins(colours, (triangles(first, N), triangles(second, N)), alike, told, row)


def triangles(arcs: Arcs, N: int) -> int:
    """How many threes of nodes are all joined, in an undirected graph: trace(A³) / 6."""
    A = arc_matrix(*by_target(arcs, None, N), N)
    return round(float((A @ A @ A).trace()) / 6)


def _last(x: Array, layers: list[tuple[Passing, Weights]], arcs: NDArray[np.int64]) -> Array:
    *_, last = propagate(x, layers, arcs)
    return last.out


def _bags_apart(a: Array, b: Array) -> float:
    """max |difference| of the rows, each bag put in order first; what differs by rounding is one row."""
    a, b = (rows[np.lexsort(np.round(rows, 9).T)] for rows in (a, b))
    return float(np.abs(a - b).max())


def _numbered(signatures: list) -> Colours:
    numbers: dict = {}
    return np.array([numbers.setdefault(signature, len(numbers)) for signature in signatures], dtype=np.int64)
