"""Graph isomorphism network: a sum, which tells more neighbourhoods apart than a mean or a maximum, and then an MLP.

    s_v = (1 + ε) h_v + Σ_{u∈N(v)} w_vu h_u        h'_v = W₂ relu(W s_v + b) + b₂

As matrices: S = (A + (1 + ε) I) H. A node without neighbours keeps (1 + ε) h_v.

Symbols
    h  nodes' vectors  (N, F_in)      W, b    the MLP's first layer   (F_in, F_hid), (F_hid,)
    s  what is heard   (N, F_in)      W₂, b₂  its second              (F_hid, F_out), (F_out,)
    ε  how much more v counts than a neighbour       w  weight of an arc u → v: 1 where the graph has none

Source: Xu, Hu, Leskovec & Jegelka, How Powerful are Graph Neural Networks?, ICLR 2019, equation 4.1, with two layers
as the MLP. The paper's graphs have no weights.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.numerics import relu
from mlcli.core.propagation import by_target, weighted_sum

Array = NDArray[np.float64]
Arcs = Int[NDArray[np.int64], "2 E"]


@dataclass(frozen=True, eq=False)
class MLP:
    """Two layers, with relu between."""

    W: Float[Array, "F_in F_hid"]
    b: Float[Array, " F_hid"]
    W_2: Float[Array, "F_hid F_out"]
    b_2: Float[Array, " F_out"]


@dataclass(frozen=True, eq=False)
class Isomorphism:
    """All of one layer; `arcs` are by target and then by source, their coefficient is their weight."""

    h: Float[Array, "N F_in"]
    mlp: MLP
    eps: float
    arcs: Arcs
    coefficient: Float[Array, " E"]
    aggregated: Float[Array, "N F_in"]
    own: Float[Array, "N F_in"]
    s: Float[Array, "N F_in"]
    hidden: Float[Array, "N F_hid"]
    out: Float[Array, "N F_out"]


def graph_isomorphism(
    h: Float[Array, "N F_in"], mlp: MLP, arcs: Arcs, eps: float = 0.0, weight: Float[Array, " E"] | None = None
) -> Isomorphism:
    """H' = MLP((A + (1 + ε) I) H).

    Args:
        arcs: u → v, each once.
        weight: None for 1 each.
    """
    arcs, weight = by_target(arcs, weight, len(h))
    aggregated, own = weighted_sum(arcs, weight, h), (1.0 + eps) * h  # (N, F_in)
    s = own + aggregated  # (N, F_in)
    hidden = relu(s @ mlp.W + mlp.b)  # (N, F_hid)
    return Isomorphism(h, mlp, eps, arcs, weight, aggregated, own, s, hidden, hidden @ mlp.W_2 + mlp.b_2)
