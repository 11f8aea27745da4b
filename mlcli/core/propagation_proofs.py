"""Small proofs beside a trace: that GAT's query cancels without LeakyReLU, and what the last numbers say of a class.

    α_vu = exp(s_u + t_v) / Σ_j exp(s_j + t_v) = exp(s_u) / Σ_j exp(s_j)        where LeakyReLU is left out

Symbols: s_u = a_source · W h_u of a source, t_v = a_target · W h_v of the node itself.

Source: Brody, Alon & Yahav, How Attentive are Graph Attention Networks?, ICLR 2022, section 3, for the first.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.numerics import leaky_relu, softmax
from mlcli.core.propagation_layers import Layer
from mlcli.core.propagation_messages import Update

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cancelling:
    """One node's α with and without its own half of the score; `bent` where LeakyReLU stands between."""

    v: int
    sources: Int[NDArray[np.int64], " n"]
    alpha: Float[Array, " n"]
    without: Float[Array, " n"]
    bent: bool

    @property
    def difference(self) -> float:
        """The largest."""
        return float(np.abs(self.alpha - self.without).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Verdict:
    """The last layer's numbers of one node, taken as logits of classes.

    Args:
        order: the classes, likeliest first.
        truth: the node's class, −1 where unknown.
    """

    logits: Float[Array, " C"]
    shares: Float[Array, " C"]
    order: Int[NDArray[np.int64], " C"]
    truth: int

    @property
    def right(self) -> bool | None:
        """Whether the likeliest is the truth; None where that is unknown."""
        return None if self.truth < 0 else bool(self.order[0] == self.truth)


def cancel(layer: Layer, update: Update, head: int) -> Cancelling:
    """Of a layer of gat: α of one node's messages once more, with t_v = 0."""
    heard = update.heads[head]
    assert heard.scores is not None and heard.coefficient is not None
    slope = layer.passing.slope
    without = softmax(leaky_relu(heard.scores.source, slope))
    return Cancelling(update.v, update.sources, heard.coefficient, without, slope != 1)


def verdict(logits: Float[Array, " C"], truth: int) -> Verdict:
    """What the logits say."""
    return Verdict(logits, softmax(logits), np.argsort(-logits, kind="stable"), truth)
