"""The same messages under several rules: what each counts, how evenly a node listens, whom it puts first.

    p_vu = |c_vu| / Σ_u |c_vu|        entropy_v = −Σ_u p_vu log p_vu, at most log n_v
    swapped_v = pairs of sources that a rule and the one before it put into opposite orders

Symbols: u → v an arc, c its coefficient, p its share, n_v how many a rule lets v hear; the rules share h and W.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.matrices import rows_and_columns
from mlcli.core.propagation import add_self_loops
from mlcli.core.propagation_layers import Layer, Nodes, Passing, coefficients, propagate
from mlcli.core.propagation_weights import Weights

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]

MOST_LISTENING = 64


@dataclass(frozen=True, eq=False)
class Method:
    """One rule, or one head of it.

    Args:
        name: `mean`, `gat`, `gat 2`.
        coefficient: NaN where the rule has no such arc.
        out: the layer's new vectors, of all heads.
    """

    name: str
    coefficient: Float[Array, " M"]
    out: Float[Array, "N F_out"]


@dataclass(frozen=True, eq=False)
class Listening:
    """How one node listens under one method.

    Args:
        heard: how many.
        entropy, uniform: of its shares, in nats; and log `heard`, which equal shares have.
        top: whom it hears loudest, −1 if nobody; the first of several.
        swapped, pairs: against the method before it, of the sources that both have.
    """

    v: int
    method: str
    heard: int
    entropy: float
    uniform: float
    top: int
    swapped: int
    pairs: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """The arcs into some nodes, loops included, under every method.

    Args:
        nodes: how many these are.
        listening: of the first `MOST_LISTENING` of them, one for each method.
    """

    arcs: Int[NDArray[np.int64], "2 M"]
    methods: tuple[Method, ...]
    nodes: int
    listening: tuple[Listening, ...]


def compare(
    h: Nodes,
    rules: Sequence[tuple[Passing, Weights]],
    arcs: Arcs,
    weight: Float[Array, " E"] | None,
    nodes: Sequence[int],
) -> Comparison:
    """Each rule's coefficients and vectors in one layer, from the same h, on the arcs into `nodes`.

    Args:
        rules: none is max, which has no coefficients.
    """
    N, _ = rows_and_columns(h)
    looped, _ = add_self_loops(arcs, N, weight)
    looped = looped[:, np.isin(looped[1], nodes)]
    methods: list[Method] = []
    for passing, weights in rules:
        [layer] = propagate(h, [(passing, weights)], arcs, weight)
        methods += _methods(layer, looped, N)
    pairs = list(zip(methods, [methods[0], *methods], strict=False))
    listening = [listen(looped, method, before, v) for v in nodes[:MOST_LISTENING] for method, before in pairs]
    return Comparison(looped, tuple(methods), len(nodes), tuple(listening))


def listen(arcs: Arcs, method: Method, other: Method, v: int) -> Listening:
    """How v listens under `method`, and how its order of sources differs from that under `other`."""
    at = slice(*np.searchsorted(arcs[1], [v, v + 1]))
    sources, c, c_other = arcs[0, at], method.coefficient[at], other.coefficient[at]
    own = ~np.isnan(c)
    heard, strength = sources[own], np.abs(c[own])
    total = float(strength.sum())
    shares = strength / total if total > 0 else strength
    entropy = float(-(shares * np.log(np.where(shares > 0, shares, 1.0))).sum()) + 0.0
    top = int(heard[strength.argmax()]) if len(heard) else -1
    both = own & ~np.isnan(c_other)
    swapped = _opposite(c[both], c_other[both])
    n = int(both.sum())
    uniform = float(np.log(len(heard))) if len(heard) else 0.0
    return Listening(v, method.name, len(heard), entropy, uniform, top, swapped, n * (n - 1) // 2)


def _methods(layer: Layer, arcs: NDArray[np.int64], N: int) -> list[Method]:
    c = coefficients(layer)
    assert c is not None
    keys, own = arcs[1] * N + arcs[0], layer.passed.arcs[1] * N + layer.passed.arcs[0]
    if not len(own):
        return [Method(layer.passing.rule, np.full(len(keys), np.nan), layer.out)]
    places = np.minimum(np.searchsorted(own, keys), len(own) - 1)
    found, K = own[places] == keys, c.shape[1]
    return [
        Method(layer.passing.rule + (f" {k}" if K > 1 else ""), np.where(found, c[places, k], np.nan), layer.out)
        for k in range(K)
    ]


def _opposite(a: Array, b: Array) -> int:
    """Pairs that a and b order oppositely; what differs by rounding only is a tie."""

    def signs(values: Array) -> Array:
        apart = values[:, None] - values[None]
        return np.sign(np.where(np.abs(apart) > 1e-12, apart, 0.0))

    return int((signs(a) * signs(b) < 0).sum()) // 2
