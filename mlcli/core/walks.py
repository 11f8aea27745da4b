"""Random walks of second order, as node2vec takes them: where a step leads depends on where the walk came from.

    P(x | t, v) = α(t, x) · w(v, x) / Z      α = 1/p if d(t, x) = 0,   1 if d(t, x) = 1,   1/q if d(t, x) = 2

Symbols
    t  the node before            p  return parameter: the larger, the more seldom a walk turns back
    v  the node now               q  in-out parameter: above 1 a walk stays near t, below 1 it leads away
    x  a candidate: an arc v → x  d(t, x)  0 if x is t, 1 if there is an arc t → x, else 2
    w  weight of an arc           Z  Σ α · w over the candidates

Source: Grover & Leskovec, node2vec, 2016, section 3.2. The first step goes by weight alone; a node that no arc leaves
ends the walk. In a directed graph distance is counted from t, as in the paper and the authors' C++ (their Python asks
for the arc x → t). Steps are drawn by rejection, without a table for each pair of arcs: memory grows with the arcs.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.arcs import Arcs, Array, Nodes, Places, draw_by_marks, row_marks
from mlcli.core.errors import InputError

BLOCK = 32_768  # walks that step together: what they look up stays in the processor's cache
ROUNDS = 12  # of rejection; the steps still open after them are drawn from their written-out probabilities
WRITTEN_OUT = 2**20  # candidates written out at a time
LEAST, MOST = 1e-100, 1e100  # of p and q, as of weights


@dataclass(frozen=True, eq=False)
class Choice:
    """What the next step from `current` may be, C candidates.

    Args:
        previous: None at a walk's first step, where distance says nothing and alpha is 1.
        distance: None likewise.
        up_to: probabilities summed: a draw r from 0 … 1 takes the first candidate whose `up_to` is above r.
    """

    previous: int | None
    current: int
    candidates: Int[Nodes, " C"]
    distance: Int[Places, " C"] | None
    alpha: Float[Array, " C"]
    weight: Float[Array, " C"]
    mass: Float[Array, " C"]
    Z: float
    probability: Float[Array, " C"]
    up_to: Float[Array, " C"]


@dataclass(frozen=True, eq=False)
class WalkStep:
    """A choice and what was drawn: `place` is the position among the candidates, `to` the node."""

    turn: int
    choice: Choice
    draw: float
    place: int
    to: int


@dataclass(frozen=True, eq=False)
class Visits:
    """Where walks came to, starts counted; `ended` of the `walks` met a node that no arc leaves before their time."""

    of_node: Int[Places, " N"]
    total: int
    walks: int
    ended: int


def weigh(arcs: Arcs, previous: int | None, current: int, p: float = 1.0, q: float = 1.0) -> Choice:
    """P(x | t, v) = α(t, x) · w(v, x) / Z for every x that an arc leads to from v.

    Args:
        previous: t; None for a first step, P(x | v) = w(v, x) / Z.

    Raises:
        InputError: p or q is not above 0, no arc leaves `current`, or none leads there from `previous`.
    """
    _check_bias(p, q)
    names = arcs.names
    if not arcs.degree[current]:
        raise InputError(f"no edge leads on from {names[current]}", "--start", "start at another node")
    if previous is not None and not arcs.exist(_node(previous), _node(current))[0]:
        near = [names[node] for node in _before(arcs, current)[:5]]
        hint = f"one comes there from {', '.join(near)}" if near else "no edge leads there"
        raise InputError(f"there is no edge from {names[previous]} to {names[current]}", "--came-from", hint)
    row = slice(arcs.first[current], arcs.first[current + 1])
    candidates, weight = arcs.to[row], arcs.weight[row]
    distance = None
    alpha = np.ones(len(candidates))
    if previous is not None:
        distance = distances(arcs, np.full(len(candidates), previous, np.int32), candidates)
        alpha = _alphas(p, q)[distance]
    mass = alpha * weight
    Z = float(mass.sum())
    probability = mass / Z
    up_to = np.minimum(probability.cumsum(), 1.0)
    up_to[-1] = 1.0
    return Choice(previous, current, candidates, distance, alpha, weight, mass, Z, probability, up_to)


def walk(
    arcs: Arcs, start: int, length: int, p: float, q: float, rng: np.random.Generator, came_from: int | None = None
) -> Iterator[WalkStep]:
    """One walk of up to `length` nodes, step by step; it ends early where no arc leads on.

    Args:
        came_from: the node before `start`, so that the first step is of second order too.

    Raises:
        InputError: see `weigh`.
    """
    weigh(arcs, came_from, start, p, q)  # so that what is wrong is told at the call

    def steps() -> Iterator[WalkStep]:
        previous, current = came_from, start
        for turn in range(1, length):
            if not arcs.degree[current]:
                return
            choice = weigh(arcs, previous, current, p, q)
            r = rng.random()
            place = int(np.searchsorted(choice.up_to, r, side="right"))
            to = int(choice.candidates[place])
            yield WalkStep(turn, choice, r, place, to)
            previous, current = current, to

    return steps()


def draw_walks(
    arcs: Arcs,
    walks: int = 10,
    length: int = 80,
    p: float = 1.0,
    q: float = 1.0,
    seed: int = 0,
    progress: Callable[[int], object] = lambda done: None,
) -> Int[NDArray[np.int32], "W L"]:
    """`walks` walks from every node, in rounds, each round in another order: (N · walks, length), −1 after an end.

    The walks of a block go on together, a step of all of them at a time.

    Args:
        progress: is called with the number of walks done.

    Raises:
        InputError: p or q is not above 0, walks is below 1, or length below 2.
    """
    _check_bias(p, q)
    for name, value, least in [("--walks", walks, 1), ("--walk-length", length, 2)]:
        if value < least:
            raise InputError(f"must be at least {least}, not {value}", name, "give a larger one")
    order, *blocks = np.random.SeedSequence(seed).spawn(1 + -(-walks * len(arcs.names) // BLOCK))
    shuffle = np.random.default_rng(order)
    starts = np.concatenate([shuffle.permutation(len(arcs.names)).astype(np.int32) for _ in range(walks)])
    drawn = np.empty((len(starts), length), np.int32)
    for i, block in enumerate(blocks):
        rows = slice(i * BLOCK, (i + 1) * BLOCK)
        rng = np.random.Generator(np.random.SFC64(block))
        drawn[rows] = _walk_together(arcs, starts[rows], length, p, q, rng).T
        progress(min((i + 1) * BLOCK, len(starts)))
    return drawn


def step(
    arcs: Arcs, t: Int[Nodes, " n"], v: Int[Nodes, " n"], p: float, q: float, rng: np.random.Generator
) -> Int[Nodes, " n"]:
    """x[i] drawn from P(x | t[i], v[i]): one step of many walks, each of which came from t[i] and has a way on.

    Rejection: a candidate x drawn by weight alone is kept with probability α(t, x) / bound. The bound is that of the
    candidates other than t; where 1/p is larger, what it has more is a way back of its own, drawn beside the others.
    """
    if p == q == 1:
        return arcs.to[_by_weight(arcs, v, rng)]
    bound = max(1.0, 1 / q)
    sure, more = min(1.0, 1 / q), max(1 / p - bound, 0.0)
    x = np.empty_like(v)
    still = np.arange(len(v))  # positions of the steps not yet drawn
    for _ in range(ROUNDS):
        tried, now = t[still], v[still]
        drawn = arcs.to[_by_weight(arcs, now, rng)]
        r = rng.random(len(now)) * bound
        turned = drawn == tried
        kept = np.where(turned, r < 1 / p, r < sure)
        if sure < bound:
            undecided = np.flatnonzero((r >= sure) & ~turned)  # only here it matters whether t → x is an arc
            kept[undecided] = arcs.exist(tried[undecided], drawn[undecided]) == (q > 1)
        if more:
            back = more * (arcs.weights(now, tried) if arcs.directed or arcs.weighted else arcs.weight[0])
            straight_back = rng.random(len(now)) * (bound * arcs.strength[now] + back) < back
            drawn, kept = np.where(straight_back, tried, drawn), kept | straight_back
        x[still] = drawn  # what was not kept is drawn again
        still = still[~kept]
        if not len(still):
            return x
    for some in _parts(arcs.degree[v[still]]):
        x[still[some]] = _step_written_out(arcs, t[still[some]], v[still[some]], p, q, rng)
    return x


def distances(arcs: Arcs, t: Int[Nodes, " n"], x: Int[Nodes, " n"]) -> Int[Places, " n"]:
    """d(t[i], x[i]) = 0 if they are one node, 1 if there is an arc t → x, else 2."""
    return np.where(t == x, 0, np.where(arcs.exist(t, x), 1, 2))


def count_visits(walks: Int[NDArray[np.int32], "W L"], N: int) -> Visits:
    """How often the walks come to each of N nodes."""
    counts = np.zeros(N + 1, np.int64)
    for low in range(0, len(walks), BLOCK):  # in parts, as bincount makes wider copies
        counts += np.bincount(walks[low : low + BLOCK].ravel() + 1, minlength=N + 1)
    return Visits(counts[1:], int(counts[1:].sum()), len(walks), int((walks[:, -1] < 0).sum()))


def _walk_together(
    arcs: Arcs, starts: Nodes, length: int, p: float, q: float, rng: np.random.Generator
) -> Int[Nodes, "L n"]:
    walks = np.full((length, len(starts)), -1, np.int32)  # a row a turn
    walks[0] = starts
    going = np.arange(len(starts))  # positions of the walks that have not ended
    t = v = starts
    for turn in range(1, length):
        if not (ways := arcs.degree[v] > 0).all():
            going, t, v = going[ways], t[ways], v[ways]
        x = arcs.to[_by_weight(arcs, v, rng)] if turn == 1 else step(arcs, t, v, p, q, rng)
        walks[turn, going] = x
        t, v = v, x
    return walks


def _by_weight(arcs: Arcs, v: Nodes, rng: np.random.Generator) -> Int[Places, " n"]:
    """An arc out of each v[i], drawn by weight."""
    if arcs.weighted:
        return draw_by_marks(arcs.marks, arcs.first, v, rng)
    return arcs.first[v] + (rng.random(len(v)) * arcs.degree[v]).astype(np.int64)


def _step_written_out(arcs: Arcs, t: Nodes, v: Nodes, p: float, q: float, rng: np.random.Generator) -> Nodes:
    """`step` with every candidate's α · w written out."""
    degree = arcs.degree[v]
    first = np.concatenate([[0], np.cumsum(degree)])
    row = np.repeat(np.arange(len(v)), degree)
    arc = np.arange(len(row)) - first[row] + arcs.first[v][row]
    mass = _alphas(p, q)[distances(arcs, t[row], arcs.to[arc])] * arcs.weight[arc]
    drawn = draw_by_marks(row_marks(mass, first), first, np.arange(len(v)), rng)
    return arcs.to[arc[drawn]]


def _parts(sizes: Places) -> Iterator[slice]:
    """Slices of about WRITTEN_OUT in sum, each of one at least."""
    part = np.cumsum(sizes) // WRITTEN_OUT
    ends = np.flatnonzero(np.diff(part)) + 1
    return (slice(low, high) for low, high in pairwise([0, *ends.tolist(), len(sizes)]))


def _alphas(p: float, q: float) -> Float[Array, " 3"]:
    """α by distance."""
    return np.array([1 / p, 1.0, 1 / q])


def _node(position: int) -> Nodes:
    return np.array([position], np.int32)


def _before(arcs: Arcs, v: int) -> Nodes:
    """The nodes from which an arc leads to v."""
    every = np.arange(len(arcs.names), dtype=np.int32)
    return every[arcs.exist(every, np.full(len(every), v, np.int32))]


def _check_bias(p: float, q: float) -> None:
    for name, value in [("--p", p), ("--q", q)]:
        if not (math.isfinite(value) and LEAST <= value <= MOST):
            needed = f"at most {MOST:g}" if value > MOST else f"at least {LEAST:g}" if value > 0 else "above 0"
            raise InputError(f"must be {needed}, not {value:g}", name, "1 is no bias, 2 or 0.5 a moderate one")
