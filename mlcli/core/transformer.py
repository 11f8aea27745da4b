"""The Transformer's blocks: attention, then a network for each token, each added to what went in, and normalised.

    post-norm (the paper): out = LayerNorm(X + sublayer(X))        pre-norm (GPT, ViT): out = X + sublayer(LayerNorm(X))
    LayerNorm(x) = γ (x − mean x) / √(Var x + ε) + β, token by token      feed-forward(x) = relu(x W_1 + b_1) W_2 + b_2

    encoder layer   self-attention, feed-forward
    decoder layer   causal self-attention, cross-attention to the memory, feed-forward

Symbols
    X  the tokens' vectors  (T, d_model)     M  the memory: the encoder's output  (S, d_model)     L  layers
    W_1 (d_model, d_ff)     W_2 (d_ff, d_model)     γ, β  gain and shift  (d_model,)     ε = 1e-5

With pre-norm nothing normalises the last sum, so that a stack ends with one more LayerNorm. A decoder without memory,
as GPT, leaves cross-attention out. No dropout: as at test time.

Source: Vaswani et al., Attention Is All You Need, 2017, section 3; Xiong et al., On Layer Normalization in the
Transformer Architecture, 2020, for the two places of the norm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from mlcli.core.attention import Mask, entropy_of, refuse_too_many
from mlcli.core.multi_head_attention import MultiHead, multi_head, refuse_uneven
from mlcli.core.numerics import relu
from mlcli.core.transformer_weights import (
    FeedForwardParameters,
    Kind,
    NormParameters,
    StackParameters,
    SublayerParameters,
)

Array = NDArray[np.float64]
Activation = Literal["relu", "gelu"]

EPSILON = 1e-5


@dataclass(frozen=True, eq=False)
class LayerNorm:
    """Each token's numbers brought to mean 0 and variance 1, then to γ and β.

    Args:
        mean, variance: of each token's x.
        new_mean, new_variance: of its out, without what is only rounding.
    """

    x: Float[Array, "T d_model"]
    mean: Float[Array, " T"]
    variance: Float[Array, " T"]
    out: Float[Array, "T d_model"]
    new_mean: Float[Array, " T"]
    new_variance: Float[Array, " T"]


@dataclass(frozen=True, eq=False)
class FeedForward:
    """hidden = x W_1 + b_1, what the activation leaves of it, out = active W_2 + b_2."""

    x: Float[Array, "T d_model"]
    hidden: Float[Array, "T d_ff"]
    active: Float[Array, "T d_ff"]
    out: Float[Array, "T d_model"]


@dataclass(frozen=True, eq=False)
class Sublayer:
    """One sublayer; `norm` comes before `work` with pre-norm, and after `added` with post-norm."""

    kind: Kind
    X: Float[Array, "T d_model"]
    norm: LayerNorm
    work: MultiHead | FeedForward
    added: Float[Array, "T d_model"]
    out: Float[Array, "T d_model"]


@dataclass(frozen=True, eq=False)
class Stack:
    """All layers, first to last, and the answer."""

    X: Float[Array, "T d_model"]
    pre_norm: bool
    layers: tuple[tuple[Sublayer, ...], ...]
    last: LayerNorm | None
    out: Float[Array, "T d_model"]


def layer_norm(x: Float[Array, "T d_model"], own: NormParameters) -> LayerNorm:
    """γ (x − mean) / √(variance + ε) + β, over the numbers of each token."""
    mean, variance = x.mean(axis=1), x.var(axis=1)  # (T,)
    out = own.gain * (x - mean[:, None]) / np.sqrt(variance + EPSILON)[:, None] + own.shift
    return LayerNorm(x, mean, variance, out, np.round(out.mean(axis=1), 12) + 0.0, np.round(out.var(axis=1), 12))


def gelu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """x Φ(x), Φ the normal distribution: relu with a soft corner."""
    from scipy.special import erf  # a tenth of a second, for this only

    return x * (1 + erf(x / np.sqrt(2))) / 2


def feed_forward(x: Float[Array, "T d_model"], own: FeedForwardParameters, activation: Activation) -> FeedForward:
    """relu(x W_1 + b_1) W_2 + b_2, or with gelu."""
    hidden = x @ own.W_1 + own.b_1  # (T, d_ff)
    active = relu(hidden) if activation == "relu" else gelu(hidden)
    return FeedForward(x, hidden, active, active @ own.W_2 + own.b_2)


def stack(
    X: Float[Array, "T d_model"],
    parameters: StackParameters,
    H: int,
    mask: Bool[NDArray[np.bool_], "T T"] | None = None,
    memory: Float[Array, "S d_model"] | None = None,
    memory_mask: Mask | None = None,
    activation: Activation = "relu",
) -> Stack:
    """Every layer's output is the next one's X.

    Args:
        mask: of self-attention; a decoder's is causal.
        memory: M, which cross-attention looks at.
        memory_mask: of cross-attention.

    Raises:
        InputError: H does not divide d_model; there would be too many weights.
    """
    pre_norm = parameters.last is not None
    refuse_uneven(X.shape[1], H)
    kinds = [sublayer.kind for layer in parameters.layers for sublayer in layer]
    refuse_too_many(kinds.count("self-attention") * H * len(X), len(X))
    if memory is not None:
        refuse_too_many(kinds.count("cross-attention") * H * len(X), len(memory))

    def run(x: Array, own: SublayerParameters) -> MultiHead | FeedForward:
        if isinstance(own.work, FeedForwardParameters):
            return feed_forward(x, own.work, activation)
        crosses = own.kind == "cross-attention"
        return multi_head(x, own.work, H, memory_mask if crosses else mask, context=memory if crosses else None)

    x: Array = X
    layers: list[tuple[Sublayer, ...]] = []
    for layer in parameters.layers:
        sublayers: list[Sublayer] = []
        for own in layer:
            sublayers.append(_pre_norm(x, own, run) if pre_norm else _post_norm(x, own, run))
            x = sublayers[-1].out
        layers.append(tuple(sublayers))
    last = None if parameters.last is None else layer_norm(x, parameters.last)
    return Stack(X, pre_norm, tuple(layers), last, x if last is None else last.out)


Run = Callable[[Array, SublayerParameters], MultiHead | FeedForward]


def _post_norm(x: Float[Array, "T d_model"], own: SublayerParameters, run: Run) -> Sublayer:
    """out = LayerNorm(x + work(x))."""
    work = run(x, own)
    added = x + work.out
    norm = layer_norm(added, own.norm)
    return Sublayer(own.kind, x, norm, work, added, norm.out)


def _pre_norm(x: Float[Array, "T d_model"], own: SublayerParameters, run: Run) -> Sublayer:
    """out = x + work(LayerNorm(x))."""
    norm = layer_norm(x, own.norm)
    work = run(norm.out, own)
    added = x + work.out
    return Sublayer(own.kind, x, norm, work, added, added)


@dataclass(frozen=True)
class LayerSummary:
    """What a layer does to the tokens as a whole.

    Args:
        entropy: of the self-attention's weights, the mean over heads and queries.
        likeness: the mean cosine between two tokens' outputs: near 1, and they can hardly be told apart.
    """

    entropy: float
    likeness: float


def summarise(layer: tuple[Sublayer, ...]) -> LayerSummary:
    """Read off the self-attention and the output of one layer."""
    [work] = [sublayer.work for sublayer in layer if sublayer.kind == "self-attention"]
    entropy = float(entropy_of(work.heads.weights).mean()) if isinstance(work, MultiHead) else 0.0
    x = layer[-1].out
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300)
    T = len(x)
    pairs = T * (T - 1) or 1
    return LayerSummary(entropy, float((np.square(unit.sum(axis=0)).sum() - np.square(unit).sum()) / pairs))
