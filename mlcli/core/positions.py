"""Positional encoding: a pattern of waves for each place, added to the embeddings, as attention itself sees a set.

    P[t][2i] = sin(t / 10000^(2i/d_model))      P[t][2i+1] = cos(t / 10000^(2i/d_model))      X = E + P

Symbols
    T  how many tokens     E  the tokens' embeddings  (T, d_model)     P  the positions'  (T, d_model)
    k  how far two places are from each other

P[t] · P[t+k] = Σ_i cos(k / 10000^(2i/d_model)) does not depend on t: alike is what stands near, wherever it stands.

Source: Vaswani et al., Attention Is All You Need, 2017, section 3.5. The paper also multiplies E by √d_model, as its
embeddings are drawn small; those here have variance 1 and stay as they are.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]

BASE = 10_000.0
FARTHEST = 12  # distances that are measured


@dataclass(frozen=True, eq=False)
class Positioned:
    """Embeddings with the positions added."""

    E: Float[Array, "T d_model"]
    P: Float[Array, "T d_model"]
    X: Float[Array, "T d_model"]


@dataclass(frozen=True)
class Distance:
    """Two places k apart.

    Args:
        similarity: the mean of P[t] · P[t+k] over t.
        spread: the largest less the smallest of them, without what is only rounding: 0 where only the distance counts.
    """

    k: int
    similarity: float
    spread: float


def sinusoidal(T: int, d_model: int) -> Float[Array, "T d_model"]:
    """P[t][2i] = sin(t / 10000^(2i/d_model)),  P[t][2i+1] = cos of the same.

    >>> sinusoidal(2, 4).round(4).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.8415, 0.5403, 0.01, 0.9999]]
    """
    angles = np.arange(T)[:, None] / BASE ** (np.arange(0, d_model, 2) / d_model)  # (T, ⌈d_model/2⌉)
    P = np.empty((T, d_model))
    P[:, 0::2] = np.sin(angles)
    P[:, 1::2] = np.cos(angles[:, : d_model // 2])
    return P


def with_positions(E: Float[Array, "T d_model"]) -> Positioned:
    """X = E + P."""
    P = sinusoidal(*E.shape)
    return Positioned(E, P, E + P)


def distances(P: Float[Array, "T d_model"]) -> tuple[Distance, ...]:
    """P[t] · P[t+k] for k = 0, 1, …, as far as the text and `FARTHEST` go."""
    by_k = []
    for k in range(min(len(P), FARTHEST + 1)):
        dots = (P[: len(P) - k] * P[k:]).sum(axis=1)  # (T − k,)
        by_k.append(Distance(k, float(dots.mean()), round(float(dots.max() - dots.min()), 12)))
    return tuple(by_k)
