"""The computation tree of a node: whom h_v^K is made of, whom these are made of, down to the features h^0.

Symbols: h_v^k the vector of node v after k layers, K layers in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.propagation_layers import Layer, rows_of
from mlcli.core.propagation_messages import heard_by


@dataclass(frozen=True, eq=False)
class Place:
    """h_v^k, and what flows into it.

    Args:
        left_out: how many of v's messages are not followed.
    """

    v: int
    k: int
    h: Float[NDArray[np.float64], " F"]
    children: tuple["Place", ...]
    left_out: int

    @property
    def not_zero(self) -> int:
        """How many of its numbers are not 0."""
        return int(np.count_nonzero(self.h))


def computation_tree(layers: Sequence[Layer], v: int, most: int) -> Place:
    """The tree of h_v^K: of each node as many messages as `most` places in all allow, at least one."""
    width = 1
    while width < most and _fits(layers, v, width + 1, most):
        width += 1
    return _unfold(layers, v, len(layers), width)


def _fits(layers: Sequence[Layer], v: int, width: int, most: int) -> bool:
    level, places = [v], 1
    for layer in reversed(layers):
        level = [int(u) for node in level for u in heard_by(layer, node)[0][:width]]
        places += len(level)
        if places > most:
            return False
    return True


def _unfold(layers: Sequence[Layer], v: int, k: int, width: int) -> Place:
    if k == 0:
        return Place(v, 0, rows_of(layers[0].h, np.array([v]))[0], (), 0)
    sources, _ = heard_by(layers[k - 1], v)
    children = tuple(_unfold(layers, int(u), k - 1, width) for u in sources[:width])
    return Place(v, k, layers[k - 1].out[v], children, len(sources) - len(children))
