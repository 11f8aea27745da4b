"""Graph attention: how much a neighbour's message counts is computed from the two nodes it joins.

    m_u = W h_u                        e_vu = LeakyReLU(a_source · m_u + a_target · m_v)
    alpha_vu = softmax of e_vu over u  h'_v = Σ_u alpha_vu m_u                       u over N(v) and v itself

Each of K heads does this with its own W, a_source and a_target; the heads' h' are then joined, as they are (concat) or
as their mean, and b is added.

Symbols
    h  nodes' vectors  (N, F_in)         u → v  an arc: the message's way from source to target
    W  weights         (F_in, K, F_out)  e      logit of an arc
    a  attention       (K, F_out) each   alpha  weight of an arc: those into one node sum to 1
    m  messages        (N, K, F_out)     σ      what is done to h' between two layers: ELU

Rows are nodes, so the slide's W h_u is row u of h W. The slide's a(W h_u, W h_v) = Linear(Concat(…)) is one vector with
two halves; they are named for the node they meet, a_source for u and a_target for v.

Source: Veličković et al., Graph Attention Networks, ICLR 2018, equations 1 to 6.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from mlcli.core.numerics import elu, group_softmax, leaky_relu
from mlcli.core.propagation import add_self_loops, weighted_sum

Array = NDArray[np.float64]
Nodes = Float[Array, "N F_in"] | sparse.csr_array
Arcs = Int[NDArray[np.int64], "2 E"]
Join = Literal["concat", "mean"]


@dataclass(frozen=True, eq=False)
class AttentionWeights:
    """What one layer learns; the paper gives each head a W of its own."""

    W: Float[Array, "F_in K F_out"]
    a_source: Float[Array, "K F_out"]
    a_target: Float[Array, "K F_out"]
    b: Float[Array, " F_joined"]


@dataclass(frozen=True, eq=False)
class GraphAttention:
    """All of one layer; `arcs` are those that were attended over, loops included.

    Args:
        e_source, e_target: the two summands of the score: a_source · m_u of each u, a_target · m_v of each v.
        score: e before LeakyReLU.
        heads: each head's own h'.
    """

    h: Nodes
    weights: AttentionWeights
    arcs: Arcs
    m: Float[Array, "N K F_out"]
    e_source: Float[Array, "N K"]
    e_target: Float[Array, "N K"]
    score: Float[Array, "E K"]
    e: Float[Array, "E K"]
    alpha: Float[Array, "E K"]
    heads: Float[Array, "N K F_out"]
    joined: Float[Array, "N F_joined"]
    out: Float[Array, "N F_joined"]


def graph_attention(
    h: Nodes, weights: AttentionWeights, arcs: Arcs, join: Join = "concat", slope: float = 0.2
) -> GraphAttention:
    """h'_v = Σ_u alpha_vu W h_u,  alpha_vu = softmax over u of LeakyReLU(a_source · W h_u + a_target · W h_v).

    Args:
        arcs: u → v, each once; the graph's weights count for nothing.
        slope: of LeakyReLU below zero; 1 leaves it out.
    """
    F_in, K, F_out = weights.W.shape
    m = (h @ weights.W.reshape(F_in, K * F_out)).reshape(-1, K, F_out)  # (N, K, F_out)
    arcs, _ = add_self_loops(arcs, len(m))
    source, target = arcs
    e_source = (m * weights.a_source).sum(axis=2)  # (N, K)
    e_target = (m * weights.a_target).sum(axis=2)  # (N, K)
    score = e_source[source] + e_target[target]  # (E, K)
    e = leaky_relu(score, slope)
    alpha, heads = attend(arcs, e, m)  # (E, K), (N, K, F_out)
    joined = join_heads(heads, join)
    return GraphAttention(h, weights, arcs, m, e_source, e_target, score, e, alpha, heads, joined, joined + weights.b)


def attend(
    arcs: Arcs, e: Float[Array, "E K"], m: Float[Array, "N K F_out"]
) -> tuple[Float[Array, "E K"], Float[Array, "N K F_out"]]:
    """alpha_vu = softmax of e_vu over u, and each head's h'_v = Σ_u alpha_vu m_u."""
    alpha = group_softmax(e, arcs[1], len(m))
    return alpha, np.stack([weighted_sum(arcs, alpha[:, k], m[:, k]) for k in range(m.shape[1])], axis=1)


def join_heads(heads: Float[Array, "N K F_out"], join: Join) -> Float[Array, "N F_joined"]:
    """The heads beside each other, or their mean."""
    return heads.reshape(len(heads), -1) if join == "concat" else heads.mean(axis=1)


def gat(
    h: Nodes, layers: Iterable[tuple[AttentionWeights, Join]], arcs: Arcs, slope: float = 0.2
) -> Iterator[GraphAttention]:
    """One record a layer, σ = ELU between two layers; the last one's `out` are the logits.

    Args:
        arcs: u → v, each once, without loops.
    """
    for weights, join in layers:
        layer = graph_attention(h, weights, arcs, join, slope)
        yield layer
        h = elu(layer.out)
