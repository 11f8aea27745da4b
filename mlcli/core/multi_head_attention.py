"""Multi-head self-attention: one text asks, is found and hands on; several heads do so side by side.

    Q = X W_Q    K = X W_K    V = X W_V    head_h = attention(Q_h, K_h, V_h)    out = concat(head_0, …, head_H−1) W_O

Symbols
    X  the tokens' embeddings  (T, d_model)           H  heads, which divide d_model
    W_Q W_K W_V W_O  weights   (d_model, d_model)     Q_h, K_h, V_h  columns h·d_k to (h+1)·d_k, d_k = d_model / H

Source: Vaswani et al., Attention Is All You Need, 2017, section 3.2.2, without biases; the paper's W_Q of each head
stand side by side in one matrix, as in torch's MultiheadAttention. A single head needs no W_O.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Parameters:
    """What training would learn."""

    W_Q: Float[Array, "d_model d_model"]
    W_K: Float[Array, "d_model d_model"]
    W_V: Float[Array, "d_model d_model"]
    W_O: Float[Array, "d_model d_model"]


@dataclass(frozen=True, eq=False)
class Projection:
    """The embeddings, and what each token asks for, is found by, and hands on."""

    X: Float[Array, "T d_model"]
    parameters: Parameters
    Q: Float[Array, "T d_model"]
    K: Float[Array, "T d_model"]
    V: Float[Array, "T d_model"]


@dataclass(frozen=True, eq=False)
class Joined:
    """What becomes of the heads' outputs."""

    concat: Float[Array, "T d_model"]
    W_O: Float[Array, "d_model d_model"]
    out: Float[Array, "T d_model"]


def draw_parameters(d_model: int, seed: int) -> Parameters:
    """W ~ N(0, 1/d_model): embeddings of variance 1 then give queries, keys and values of variance 1."""
    rng = np.random.default_rng(seed)
    return Parameters(*(rng.standard_normal((d_model, d_model)) / np.sqrt(d_model) for _ in range(4)))


def project(X: Float[Array, "T d_model"], parameters: Parameters) -> Projection:
    """Q = X W_Q,  K = X W_K,  V = X W_V."""
    return Projection(X, parameters, X @ parameters.W_Q, X @ parameters.W_K, X @ parameters.W_V)


def split(values: Float[Array, "T d_model"], H: int) -> Float[Array, "H T d_k"]:
    """Columns h·d_k to (h+1)·d_k go to head h: Q, K and V split are what `attention` takes.

    Raises:
        InputError: H does not divide d_model.
    """
    T, d_model = values.shape
    if d_model % H:
        possible = ", ".join(str(n) for n in range(1, d_model + 1) if d_model % n == 0)
        raise InputError(
            f"d_model = {d_model} cannot be split evenly among {H} heads", "--heads", f"there can be {possible} heads"
        )
    return values.reshape(T, H, d_model // H).swapaxes(0, 1)


def join(heads: Float[Array, "H T d_v"], W_O: Float[Array, "d_model d_model"]) -> Joined:
    """out = concat(head_0, …, head_H−1) W_O."""
    concat = heads.swapaxes(0, 1).reshape(heads.shape[1], -1)  # (T, H·d_v)
    return Joined(concat, W_O, concat @ W_O)
