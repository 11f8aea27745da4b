"""The weights of a layer of propagation, and where they come from: identity, or drawn by a seed.

Symbols
    W_k  weights of the messages (F_in, K, F_out), K heads     a_source, a_target  gat's attention (K, F_out)
    B_k  weights of v itself     (F_in, F_out)                 W_target, a         gatv2's second matrix, its attention
    b_k  bias                    (F_joined,)                   W₂, b₂, ε           gin's second layer, its weight of v
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.graph_attention import Join

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """Of one layer, whichever its rule: a rule takes of them what it knows.

    Args:
        W: rules without attention have one head.
        B: attention has none.
        a_source: gatv2's `a` too, which has no halves.
        b: None where there is no bias; gin's first.
    """

    W: Float[Array, "F_in K F_out"]
    B: Float[Array, "F_in F_out"]
    a_source: Float[Array, "K F_out"]
    a_target: Float[Array, "K F_out"]
    W_target: Float[Array, "F_in K F_out"]
    W_2: Float[Array, "F_out F_2"]
    b: Float[Array, " F_joined"] | None = None
    b_2: Float[Array, " F_2"] | None = None
    eps: float = 0.0

    @property
    def heads(self) -> int:
        """K."""
        return self.W.shape[1]


@dataclass(frozen=True)
class Shape:
    """How many layers, heads and numbers.

    Args:
        hidden: numbers a head gives.
        join: `concat` makes the next layer's input K times as long.
        shared: the heads share W (the slide), else each has its own (the paper); a is each head's own.
    """

    layers: int
    hidden: int
    heads: int = 1
    join: Join = "concat"
    shared: bool = False

    @property
    def joined(self) -> int:
        """Numbers a layer gives."""
        return self.hidden * (self.heads if self.join == "concat" else 1)


def identity_weights(F: int, layers: int, heads: int = 1) -> list[Weights]:
    """W_k = B_k = I, a = 1 everywhere: what comes out is what the aggregate alone does; several heads are averaged."""
    eye, ones = np.eye(F), np.ones((heads, F))
    W = np.repeat(eye[:, None], heads, axis=1)
    return [Weights(W, eye, ones, ones, W, eye) for _ in range(layers)]


def draw_weights(F: int, shape: Shape, rng: np.random.Generator) -> list[Weights]:
    """Evenly from −1 to 1, rounded to one decimal, so that they can be used with pencil and paper.

    The first head's W, B and a are the same whatever the rule and the number of heads.
    """
    weights = []
    [more] = rng.spawn(1)
    K, hidden = shape.heads, shape.hidden
    for F_in in [F] + [shape.joined] * (shape.layers - 1):
        W, B = _draw(rng, 2, F_in, hidden)
        a_source, a_target = _draw(rng, 2, hidden)
        other_W = _draw(more, F_in, K - 1, hidden)
        others = _draw(more, 2, K - 1, hidden)
        own = np.concatenate([W[:, None], np.repeat(W[:, None], K - 1, axis=1) if shape.shared else other_W], axis=1)
        weights.append(
            Weights(
                W=own,
                B=B,
                a_source=np.concatenate([a_source[None], others[0]]),
                a_target=np.concatenate([a_target[None], others[1]]),
                W_target=_draw(more, F_in, K, hidden),
                W_2=_draw(more, hidden, hidden),
            )
        )
    return weights


def _draw(rng: np.random.Generator, *shape: int) -> Array:
    return np.round(rng.uniform(-1, 1, shape), 1) + 0.0  # + 0.0: no −0
