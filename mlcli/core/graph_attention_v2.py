"""Graph attention, second version: LeakyReLU stands before `a`, so that who is listened to depends on who listens.

    m_u = W h_u                        e_vu = a · LeakyReLU(m_u + W_target h_v)
    alpha_vu = softmax of e_vu over u  h'_v = Σ_u alpha_vu m_u                       u over N(v) and v itself

In the first version (core/graph_attention.py) e_vu grows with a_source · m_u whichever the v: all nodes put those that
they hear into one and the same order. Here the order may differ from v to v.

Symbols
    h  nodes' vectors  (N, F_in)         u → v  an arc: the message's way from source to target
    W  weights         (F_in, K, F_out)  e      logit of an arc
    a  attention       (K, F_out)        alpha  weight of an arc: those into one node sum to 1
    m  messages        (N, K, F_out)     K      heads, joined as they are (concat) or as their mean; then b is added

Source: Brody, Alon & Yahav, How Attentive are Graph Attention Networks?, ICLR 2022, equation 7; its one matrix on
h_v ‖ h_u is two here, W_target and W.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.graph_attention import Join, attend, join_heads
from mlcli.core.numerics import leaky_relu
from mlcli.core.propagation import add_self_loops

Array = NDArray[np.float64]
Nodes = Float[Array, "N F_in"] | sparse.csr_array
Arcs = Int[NDArray[np.int64], "2 E"]


@dataclass(frozen=True, eq=False)
class AttentionWeightsV2:
    """What one layer learns."""

    W: Float[Array, "F_in K F_out"]
    W_target: Float[Array, "F_in K F_out"]
    a: Float[Array, "K F_out"]
    b: Float[Array, " F_joined"]


@dataclass(frozen=True, eq=False)
class GraphAttentionV2:
    """All of one layer; `arcs` are those that were attended over, loops included.

    Args:
        m_target: W_target h_v of each v.
        heads: each head's own h'.
    """

    h: Nodes
    weights: AttentionWeightsV2
    arcs: Arcs
    m: Float[Array, "N K F_out"]
    m_target: Float[Array, "N K F_out"]
    e: Float[Array, "E K"]
    alpha: Float[Array, "E K"]
    heads: Float[Array, "N K F_out"]
    joined: Float[Array, "N F_joined"]
    out: Float[Array, "N F_joined"]


def graph_attention_v2(
    h: Nodes, weights: AttentionWeightsV2, arcs: Arcs, join: Join = "concat", slope: float = 0.2
) -> GraphAttentionV2:
    """h'_v = Σ_u alpha_vu W h_u,  alpha_vu = softmax over u of a · LeakyReLU(W h_u + W_target h_v).

    Args:
        arcs: u → v, each once.
        slope: of LeakyReLU below zero; 1 leaves it out.
    """
    F_in, K, F_out = weights.W.shape
    m, m_target = ((h @ W.reshape(F_in, K * F_out)).reshape(-1, K, F_out) for W in (weights.W, weights.W_target))
    arcs, _ = add_self_loops(arcs, len(m))
    source, target = arcs
    e = np.stack(  # head by head, so that no more than (E, F_out) is held at once
        [leaky_relu(m[source, k] + m_target[target, k], slope) @ weights.a[k] for k in range(K)], axis=1
    )  # (E, K)
    alpha, heads = attend(arcs, e, m)  # (E, K), (N, K, F_out)
    joined = join_heads(heads, join)
    return GraphAttentionV2(h, weights, arcs, m, m_target, e, alpha, heads, joined, joined + weights.b)
