"""Features of nodes of which nothing is known but their edges.

Symbols: N nodes, F features a node.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.errors import InputError

Array = NDArray[np.float64]

MOST_ONE_HOT = 5_000  # nodes: 25 million numbers, 200 MB


def one_hot(N: int) -> Float[Array, "N N"]:
    """A feature of its own for each node.

    Raises:
        InputError: there are more than `MOST_ONE_HOT` nodes.
    """
    if N > MOST_ONE_HOT:
        message = f"one-hot features of {N:,} nodes are {N * N:,} numbers"
        raise InputError(message, "--features", f"up to {MOST_ONE_HOT:,} nodes; --features degree has one a node")
    return np.eye(N)


def degrees(arcs: Int[NDArray[np.int64], "2 E"], N: int) -> Float[Array, "N 1"]:
    """How many neighbours each node has: |N(v)|."""
    return np.bincount(arcs[1], minlength=N).astype(np.float64)[:, None]


def random_features(N: int, F: int, rng: np.random.Generator) -> Float[Array, "N F"]:
    """Evenly from −1 to 1, rounded to one decimal, so that they can be used with pencil and paper."""
    return np.round(rng.uniform(-1, 1, (N, F)), 1) + 0.0  # + 0.0: no −0
