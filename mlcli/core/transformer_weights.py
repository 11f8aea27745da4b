"""What a Transformer's layers learn: their weights, as they are drawn before training, and how many they are.

    attention  W_Q W_K W_V W_O, a bias each      feed-forward  W_1 b_1 W_2 b_2      norm  γ β

Symbols
    W_Q W_K W_V W_O (d_model, d_model)     W_1 (d_model, d_ff)     W_2 (d_ff, d_model)     L  layers
    b  biases     γ, β  gain and shift of a norm  (d_model,)

Source: Vaswani et al., Attention Is All You Need, 2017, section 3, with biases as in torch's layers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError
from mlcli.core.multi_head_attention import Parameters, draw_parameters

Array = NDArray[np.float64]
Kind = Literal["self-attention", "cross-attention", "feed-forward"]

MOST_WEIGHTS = 2**27  # of all layers: 1 GiB
ENCODER: tuple[Kind, ...] = ("self-attention", "feed-forward")
DECODER: tuple[Kind, ...] = ("self-attention", "cross-attention", "feed-forward")


@dataclass(frozen=True, eq=False)
class FeedForwardParameters:
    """The network that every token goes through on its own."""

    W_1: Float[Array, "d_model d_ff"]
    b_1: Float[Array, " d_ff"]
    W_2: Float[Array, "d_ff d_model"]
    b_2: Float[Array, " d_model"]


@dataclass(frozen=True, eq=False)
class NormParameters:
    """γ and β."""

    gain: Float[Array, " d_model"]
    shift: Float[Array, " d_model"]


@dataclass(frozen=True, eq=False)
class SublayerParameters:
    """What a sublayer learns."""

    kind: Kind
    work: Parameters | FeedForwardParameters
    norm: NormParameters


@dataclass(frozen=True, eq=False)
class StackParameters:
    """A tuple of sublayers for each layer.

    Args:
        last: the norm after the last layer, with pre-norm; else None.
    """

    layers: tuple[tuple[SublayerParameters, ...], ...]
    last: NormParameters | None = None


def draw_stack(
    kinds: tuple[Kind, ...],
    d_model: int,
    d_ff: int,
    L: int,
    pre_norm: bool,
    seed: int | list[int] | np.random.Generator,
) -> StackParameters:
    """W ~ N(0, 1/rows), which keeps a variance of 1; biases and β are 0, γ is 1.

    Raises:
        InputError: there would be more than `MOST_WEIGHTS` weights.
    """
    count = count_weights(kinds, d_model, d_ff, L, pre_norm).stack
    if count > MOST_WEIGHTS:
        message = f"{L} layers of d_model = {d_model:,} and d_ff = {d_ff:,} have {count:,} weights: "
        raise InputError(
            f"{message}{count * 8 / 2**30:,.1f} GiB", "--layers", f"up to {MOST_WEIGHTS:,} weights: fewer layers"
        )
    rng = np.random.default_rng(seed)
    norm = NormParameters(np.ones(d_model), np.zeros(d_model))

    def draw(kind: Kind) -> Parameters | FeedForwardParameters:
        if kind != "feed-forward":
            return draw_parameters(d_model, rng)
        W_1 = rng.standard_normal((d_model, d_ff)) / np.sqrt(d_model)
        W_2 = rng.standard_normal((d_ff, d_model)) / np.sqrt(d_ff)
        return FeedForwardParameters(W_1, np.zeros(d_ff), W_2, np.zeros(d_model))

    layers = tuple(tuple(SublayerParameters(kind, draw(kind), norm) for kind in kinds) for _ in range(L))
    return StackParameters(layers, norm if pre_norm else None)


def stack_of(own: Mapping[str, Array], stack: str, kinds: tuple[Kind, ...]) -> StackParameters:
    """The layers of one trained stack, its weights by name: `encoder.layers.0.1.W_1`, …, and its last norm."""
    start = f"{stack}.layers."
    L = 1 + max(int(name.removeprefix(start).split(".")[0]) for name in own if name.startswith(start))

    def sublayer(place: str, kind: Kind) -> SublayerParameters:
        at = {name.removeprefix(place): array for name, array in own.items() if name.startswith(place)}
        norm = NormParameters(at.pop("gain"), at.pop("shift"))
        return SublayerParameters(kind, FeedForwardParameters(**at) if "W_1" in at else Parameters(**at), norm)

    layers = (tuple(sublayer(f"{start}{k}.{s}.", kind) for s, kind in enumerate(kinds)) for k in range(L))
    return StackParameters(tuple(layers), NormParameters(own[f"{stack}.last.gain"], own[f"{stack}.last.shift"]))


@dataclass(frozen=True)
class PartCount:
    """How many weights one part of a layer has.

    Args:
        summands: products whose sum it is, as a person writes it: 4·d_model·d_model + 4·d_model.
    """

    part: str
    summands: tuple[tuple[int, ...], ...]
    weights: int


@dataclass(frozen=True)
class WeightCount:
    """The parts of one layer, one layer, and all L of them with the last norm."""

    parts: tuple[PartCount, ...]
    layer: int
    last_norm: int
    stack: int


def count_weights(kinds: tuple[Kind, ...], d_model: int, d_ff: int, L: int = 1, pre_norm: bool = False) -> WeightCount:
    """W_Q W_K W_V W_O with biases, W_1 b_1 W_2 b_2, γ and β of each sublayer's norm; embeddings are not counted.

    >>> count_weights(ENCODER, 512, 2048).layer, count_weights(DECODER, 512, 2048).layer
    (3152384, 4204032)
    """
    attention = ((4, d_model, d_model), (4, d_model))
    network = ((d_model, d_ff), (d_ff,), (d_ff, d_model), (d_model,))
    summands: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
        (kind, network if kind == "feed-forward" else attention) for kind in kinds
    ]
    summands.append((f"{len(kinds)} norms", ((len(kinds), 2, d_model),)))
    parts = tuple(PartCount(part, products, sum(map(prod, products))) for part, products in summands)
    layer = sum(part.weights for part in parts)
    last_norm = 2 * d_model if pre_norm else 0
    return WeightCount(parts, layer, last_norm, L * layer + last_norm)
