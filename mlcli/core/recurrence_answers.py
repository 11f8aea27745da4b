"""What a trained recurrent network answers, once core has computed its states.

    o_t = W h_t + b

Symbols as in `recurrence_layers`; K numbers are answered, W (K, D·H), b (K,).
Source: the weights that `mlcli train rnn`, `gru` and `lstm` leave, `cells.weight_ih_l0` … and `out.weight`, `out.bias`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.recurrence_layers import Network
from mlcli.core.recurrence_parameters import network_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answering:
    """A network, and how it answers from the states of its last layer."""

    network: Network
    W: Float[Array, "K DH"]
    b: Float[Array, " K"]

    def answer(self, h: Float[Array, "*rest DH"]) -> Float[Array, "*rest K"]:
        """W h + b."""
        return h @ self.W.T + self.b


def answering(weights: Mapping[str, NDArray[Any]]) -> Answering:
    """What was trained, in float64."""
    exact = {name: np.asarray(weight, dtype=np.float64) for name, weight in weights.items()}
    W, b = exact.pop("out.weight"), exact.pop("out.bias")
    network, _ = network_of(exact)
    return Answering(network, W, b)
