"""A trained encoder and decoder at work: the answer is written symbol by symbol, the likeliest each time.

    M = encoder(E[x] + P)      logits_t = decoder(E[start, y_0 … y_{t−1}] + P, M)_t W + b      y_t = argmax logits_t

Symbols
    x  the source  (T,)     y  the answer, as long as the source  (T,)     M  the memory  (T, d_model)
    E  embeddings of the V symbols, and of `start` in the last row  (V + 1, d_model)     P  positions

Source: Vaswani et al., Attention Is All You Need, 2017; greedy decoding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from mlcli.core.attention_masks import causal
from mlcli.core.multi_head_attention import MultiHead
from mlcli.core.numerics import softmax
from mlcli.core.positions import sinusoidal
from mlcli.core.transformer import Stack, stack
from mlcli.core.transformer_weights import DECODER, ENCODER, StackParameters, stack_of

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Translator:
    """What training has left."""

    symbols: tuple[str, ...]
    H: int
    E: Float[Array, "V1 d_model"]
    encoder: StackParameters
    decoder: StackParameters
    W: Float[Array, "d_model V"]
    b: Float[Array, " V"]


def from_weights(weights: Mapping[str, NDArray[Any]], H: int, symbols: tuple[str, ...]) -> Translator:
    """From weights by name, in float64: `encoder.layers.0.1.W_1` is W_1 of the first layer's second sublayer."""
    own = {name: array.astype(np.float64) for name, array in weights.items()}
    encoder, decoder = stack_of(own, "encoder", ENCODER), stack_of(own, "decoder", DECODER)
    return Translator(symbols, H, own["E"], encoder, decoder, own["W"], own["b"])


@dataclass(frozen=True, eq=False)
class Translation:
    """One source and its answer.

    Args:
        looks: the cross-attention of the last layer, the mean of the heads: row t of the answer, column of the source.
        logits, probabilities: of each symbol at each place, given the answer so far.
        decoder: the decoder's layers over the whole answer, each place seeing those before it.
    """

    x: Int[Integers, " T"]
    encoder: Stack
    decoder: Stack
    looks: Float[Array, "T T"]
    logits: Float[Array, "T V"]
    probabilities: Float[Array, "T V"]
    y: Int[Integers, " T"]


def translate(model: Translator, x: Int[Integers, " T"]) -> Translation:
    """As many symbols as the source has, each the likeliest after those before it."""
    T, d_model = len(x), model.E.shape[1]
    P = sinusoidal(T, d_model)
    encoder = stack(model.E[x] + P, model.encoder, model.H)
    y = np.zeros(T, dtype=np.int64)
    before = np.full(T, len(model.symbols), dtype=np.int64)  # start, then y_0, y_1, …
    for t in range(T):
        here = stack(model.E[before[: t + 1]] + P[: t + 1], model.decoder, model.H, causal(t + 1, t + 1), encoder.out)
        y[t] = int((here.out[-1] @ model.W + model.b).argmax())
        before[t + 1 :] = y[t]
    decoder = stack(model.E[before] + P, model.decoder, model.H, causal(T, T), encoder.out)
    [work] = [sublayer.work for sublayer in decoder.layers[-1] if sublayer.kind == "cross-attention"]
    looks = work.heads.weights.mean(axis=0) if isinstance(work, MultiHead) else np.zeros((T, T))
    logits = decoder.out @ model.W + model.b
    return Translation(x, encoder, decoder, looks, logits, softmax(logits), y)
