"""Activation functions, cell by cell on a map.

Symbols: z before, a after.

Source: relu(z) = max(z, 0); σ(z) = 1 / (1 + exp(−z)); tanh.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.numerics import relu, sigmoid

Array = NDArray[np.float64]
ActivationName = Literal["relu", "sigmoid", "tanh"]


@dataclass(frozen=True, eq=False)
class Activated:
    """A map before and after; `zeroed` counts the cells below 0."""

    name: ActivationName
    z: Float[Array, "C H W"]
    a: Float[Array, "C H W"]
    zeroed: int


def activate(z: Float[Array, "C H W"], name: ActivationName) -> Activated:
    """a = name(z)."""
    function = {"relu": relu, "sigmoid": sigmoid, "tanh": np.tanh}[name]
    return Activated(name, z, function(z), int((z < 0).sum()))
