"""Small functions that several topics share: softmax, its form by groups, activations, lengths.

Symbols: E entries, each of one of G groups.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]


def softmax(x: Float[Array, "..."], axis: int = -1) -> Float[Array, "..."]:
    """exp(x) / Σ exp(x) along `axis`; the largest is taken off first, so that no exp overflows.

    >>> softmax(np.array([0.0, np.log(3.0)])).tolist()
    [0.25, 0.75]
    """
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def group_sum(x: Float[Array, "E ..."], group: Int[NDArray[np.int64], " E"], groups: int) -> Float[Array, "G ..."]:
    """sum[g] = Σ x[i] over the i with group[i] = g; 0 for an empty group."""
    total = np.zeros((groups, *x.shape[1:]))
    np.add.at(total, group, x)
    return total


def group_softmax(e: Float[Array, "E ..."], group: Int[NDArray[np.int64], " E"], groups: int) -> Float[Array, "E ..."]:
    """alpha[i] = exp(e[i]) / Σ exp(e[j]) over the j of i's group.

    >>> group_softmax(np.array([0.0, 5.0, np.log(3.0)]), np.array([0, 1, 0]), 2).tolist()
    [0.25, 1.0, 0.75]
    """
    largest = np.full((groups, *e.shape[1:]), -np.inf)
    np.maximum.at(largest, group, e)
    powers = np.exp(e - largest[group])
    return powers / group_sum(powers, group, groups)[group]


def sigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """σ(x) = 1 / (1 + exp(−x)), written so that no exp overflows.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.exp(-np.logaddexp(0.0, -x))


def relu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """x where x > 0, else 0."""
    return np.maximum(x, 0.0)


def leaky_relu(x: Float[Array, "..."], slope: float) -> Float[Array, "..."]:
    """x where x > 0, else slope · x."""
    return np.where(x > 0, x, slope * x)


def elu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """x where x > 0, else exp(x) − 1."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))


def lengths(rows: Float[Array, "N n"]) -> Float[Array, " N"]:
    """‖row‖ of each row, also where the squares would be too small or too large for float64.

    >>> lengths(np.array([[3e-200, 4e-200], [0.0, 0.0]])).tolist()
    [5e-200, 0.0]
    """
    largest = np.abs(rows).max(axis=1, keepdims=True)  # (N, 1)
    return (largest * np.linalg.norm(rows / np.where(largest == 0, 1.0, largest), axis=1, keepdims=True))[:, 0]
