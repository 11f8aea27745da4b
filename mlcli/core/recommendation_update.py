"""Bayesian personalised ranking: what a user likes shall score higher than what it is not known to like.

    L = − log σ(x) + λ/2 (‖e_u‖² + ‖e_i‖² + ‖e_j‖²),   x = s(u, i) − s(u, j) = e_u · (e_i − e_j)
    ∂L/∂x = − σ(−x),   ∂L/∂e_u = ∂L/∂x (e_i − e_j) + λ e_u,   new = old − η · gradient

Symbols: e a vector of D numbers; u a user, i an item that u likes, j one that u is not known to like; η the learning
rate, λ the decay.

Source: Rendle et al., BPR, UAI 2009, equation 6 and its derivative.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.numerics import sigmoid
from mlcli.core.recommendation_vectors import Vectors

Array = NDArray[np.float64]

RATE = 0.05  # of the update that is told


@dataclass(frozen=True, eq=False)
class Update:
    """One gradient step of BPR on one triple (u, i, j).

    Args:
        sigma: σ(x); `error` is ∂L/∂x without the penalty.
        gap, pull, shrink: e_i[0] − e_j[0]; times error; λ e_u[0]: of the first number of the gradient of e_u.
    """

    user: int
    liked: int
    other: int
    rate: float
    decay: float
    e_u: Float[Array, " D"]
    e_i: Float[Array, " D"]
    e_j: Float[Array, " D"]
    s_i: float
    s_j: float
    x: float
    sigma: float
    loss: float
    error: float
    gap: float
    pull: float
    shrink: float
    grad_u: Float[Array, " D"]
    grad_i: Float[Array, " D"]
    grad_j: Float[Array, " D"]
    new_u: Float[Array, " D"]
    new_i: Float[Array, " D"]
    new_j: Float[Array, " D"]
    new_x: float
    new_loss: float

    @property
    def table_u(self) -> Float[Array, "3 D"]:
        """e_u, its gradient, the new e_u."""
        return np.stack([self.e_u, self.grad_u, self.new_u])

    @property
    def table_i(self) -> Float[Array, "3 D"]:
        """The same of e_i."""
        return np.stack([self.e_i, self.grad_i, self.new_i])

    @property
    def table_j(self) -> Float[Array, "3 D"]:
        """The same of e_j."""
        return np.stack([self.e_j, self.grad_j, self.new_j])


def update(vectors: Vectors, user: int, liked: int, other: int, decay: float, rate: float = RATE) -> Update:
    """L = − log σ(x) + λ/2 (‖e_u‖² + ‖e_i‖² + ‖e_j‖²) for x = s(u, i) − s(u, j), and one step down its gradient."""
    e_u = vectors.users[user].astype(np.float64)  # (D,)
    e_i, e_j = (vectors.items[item].astype(np.float64) for item in (liked, other))
    s_i, s_j = float(e_u @ e_i), float(e_u @ e_j)
    x = s_i - s_j
    sigma, doubt = sigmoid(np.array([x, -x])).tolist()
    error = -doubt  # ∂L/∂x
    grad_u = error * (e_i - e_j) + decay * e_u
    grad_i = error * e_u + decay * e_i
    grad_j = -error * e_u + decay * e_j
    new_u, new_i, new_j = e_u - rate * grad_u, e_i - rate * grad_i, e_j - rate * grad_j
    gap = float(e_i[0] - e_j[0])
    new_x = float(new_u @ (new_i - new_j))
    loss, new_loss = _loss(x, decay, e_u, e_i, e_j), _loss(new_x, decay, new_u, new_i, new_j)
    return Update(
        user, liked, other, rate, decay, e_u, e_i, e_j, s_i, s_j, x, sigma, loss, error, gap, error * gap,
        decay * float(e_u[0]), grad_u, grad_i, grad_j, new_u, new_i, new_j, new_x, new_loss,
    )  # fmt: skip


def _loss(x: float, decay: float, *vectors: Array) -> float:
    return float(np.logaddexp(0.0, -x) + decay / 2 * sum(e @ e for e in vectors))
