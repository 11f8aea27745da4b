"""The heads of a trained network side by side: a map for each, and how much each makes of one token.

    maps        a row for each layer, a column for each head, in each map a row for each query, a column for each key
    from_others = the mean over t ≠ s of weights[t][s]      itself = weights[s][s]

Symbols: L layers, H heads, T queries, S keys, s the token that is looked at.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.multi_head_attention import MultiHead
from mlcli.core.transformer import Stack
from mlcli.core.transformer_weights import Kind

Array = NDArray[np.float64]

EDGE = 0.4  # of the largest weight: the shade of the lines between the maps


def weights_of(record: Stack, kind: Kind) -> Float[Array, "L H T S"]:
    """Of all layers' attention of one kind."""
    works = [sublayer.work for layer in record.layers for sublayer in layer if sublayer.kind == kind]
    return np.stack([work.heads.weights for work in works if isinstance(work, MultiHead)])


def maps(weights: Float[Array, "L H T S"]) -> Float[Array, "rows columns"]:
    """All heads of all layers as one picture, with lines between them.

    >>> maps(np.ones((1, 2, 1, 1))).tolist()
    [[1.0, 0.4, 1.0]]
    """
    L, H, T, S = weights.shape
    framed = np.full((L, T + 1, H, S + 1), EDGE * weights.max())
    framed[:, :T, :, :S] = weights.transpose(0, 2, 1, 3)
    return framed.reshape(L * (T + 1), H * (S + 1))[:-1, :-1]


def class_looks(weights: Float[Array, "L H N1 N1"], rows: int, columns: int) -> Float[Array, "L H rows columns"]:
    """Of ViT: where the class token looks, each patch in its place in the picture; its look at itself is left out."""
    return weights[:, :, 0, 1:].reshape(*weights.shape[:2], rows, columns)


@dataclass(frozen=True)
class Look:
    """How much one head makes of a token."""

    layer: int
    head: int
    from_others: float
    itself: float


def looks_at(weights: Float[Array, "L H T S"], s: int) -> tuple[Look, ...]:
    """Of every head, for self-attention: layers from 1, heads from 0."""
    L, H, T, _ = weights.shape
    others = np.arange(T) != s
    return tuple(
        Look(layer + 1, h, float(weights[layer, h, others, s].mean()), float(weights[layer, h, s, s]))
        for layer in range(L)
        for h in range(H)
    )
