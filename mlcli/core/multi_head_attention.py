"""Multi-head attention: one text asks, the same or another is found and hands on; several heads do so side by side.

    Q = X W_Q    K = C W_K    V = C W_V    head_h = attention(Q_h, K_h, V_h)    out = concat(head_0, …, head_H−1) W_O

Symbols
    X  the asking tokens' embeddings  (T, d_model)    H  heads, which divide d_model
    C  the context's: X itself in self-attention, another text's in cross-attention  (S, d_model)
    W_Q W_K W_V W_O  weights   (d_model, d_model)     Q_h, K_h, V_h  columns h·d_k to (h+1)·d_k, d_k = d_model / H
    b_Q b_K b_V b_O  biases    (d_model,)             that are added to each of these products; 0 as they are drawn

Source: Vaswani et al., Attention Is All You Need, 2017, section 3.2.2, which has no biases; the paper's W_Q of each
head stand side by side in one matrix, as in torch's MultiheadAttention. A single head needs no W_O.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.attention import Attention, Mask, attention
from mlcli.core.errors import InputError

Array = NDArray[np.float64]
Bias = Float[Array, " d_model"]


@dataclass(frozen=True, eq=False)
class Parameters:
    """What training would learn."""

    W_Q: Float[Array, "d_model d_model"]
    W_K: Float[Array, "d_model d_model"]
    W_V: Float[Array, "d_model d_model"]
    W_O: Float[Array, "d_model d_model"]
    b_Q: Bias
    b_K: Bias
    b_V: Bias
    b_O: Bias


@dataclass(frozen=True, eq=False)
class Projection:
    """The embeddings, and what each token asks for, is found by, and hands on.

    Args:
        context: X itself, or that of another text.
    """

    X: Float[Array, "T d_model"]
    context: Float[Array, "S d_model"]
    parameters: Parameters
    Q: Float[Array, "T d_model"]
    K: Float[Array, "S d_model"]
    V: Float[Array, "S d_model"]

    @property
    def crosses(self) -> bool:
        """Whether keys and values come from another text."""
        return self.context is not self.X


@dataclass(frozen=True, eq=False)
class Joined:
    """What becomes of the heads' outputs."""

    concat: Float[Array, "T d_model"]
    W_O: Float[Array, "d_model d_model"]
    out: Float[Array, "T d_model"]


@dataclass(frozen=True, eq=False)
class MultiHead:
    """All of it: the projections, each head, and what becomes of their outputs."""

    projection: Projection
    heads: Attention
    joined: Joined

    @property
    def out(self) -> Float[Array, "T d_model"]:
        """The answer."""
        return self.joined.out


def draw_parameters(d_model: int, seed: int | np.random.Generator) -> Parameters:
    """W ~ N(0, 1/d_model): embeddings of variance 1 then give queries, keys and values of variance 1. b = 0."""
    rng = np.random.default_rng(seed)
    matrices = [rng.standard_normal((d_model, d_model)) / np.sqrt(d_model) for _ in range(4)]
    return Parameters(*matrices, *np.zeros((4, d_model)))


def project(
    X: Float[Array, "T d_model"], parameters: Parameters, context: Float[Array, "S d_model"] | None = None
) -> Projection:
    """Q = X W_Q + b_Q,  K = C W_K + b_K,  V = C W_V + b_V.

    Args:
        context: C; None for X itself.
    """
    own, C = parameters, X if context is None else context
    return Projection(X, C, own, X @ own.W_Q + own.b_Q, C @ own.W_K + own.b_K, C @ own.W_V + own.b_V)


def split(values: Float[Array, "T d_model"], H: int) -> Float[Array, "H T d_k"]:
    """Columns h·d_k to (h+1)·d_k go to head h: Q, K and V split are what `attention` takes.

    Raises:
        InputError: H does not divide d_model.
    """
    T, d_model = values.shape
    refuse_uneven(d_model, H)
    return values.reshape(T, H, d_model // H).swapaxes(0, 1)


def join(heads: Float[Array, "H T d_v"], W_O: Float[Array, "d_model d_model"], b_O: Bias | float = 0.0) -> Joined:
    """out = concat(head_0, …, head_H−1) W_O + b_O."""
    concat = heads.swapaxes(0, 1).reshape(heads.shape[1], -1)  # (T, H·d_v)
    return Joined(concat, W_O, concat @ W_O + b_O)


def multi_head(
    X: Float[Array, "T d_model"],
    parameters: Parameters,
    H: int,
    mask: Mask | None = None,
    fill: float = -np.inf,
    context: Float[Array, "S d_model"] | None = None,
) -> MultiHead:
    """out = concat(head_0, …, head_H−1) W_O + b_O,  head_h = attention(Q_h, K_h, V_h).

    Raises:
        InputError: see `split` and `attention`.
    """
    projection = project(X, parameters, context)
    Q, K, V = (split(values, H) for values in (projection.Q, projection.K, projection.V))
    heads = attention(Q, K, V, mask, fill)
    return MultiHead(projection, heads, join(heads.out, parameters.W_O, parameters.b_O))


def refuse_uneven(d_model: int, H: int) -> None:
    """Called before anything is drawn.

    Raises:
        InputError: H does not divide d_model.
    """
    if d_model % H:
        possible = ", ".join(str(n) for n in range(1, d_model + 1) if d_model % n == 0)
        raise InputError(
            f"d_model = {d_model} cannot be split evenly among {H} heads", "--heads", f"there can be {possible} heads"
        )
