"""Skip-gram with negative sampling: what stands near a node in the walks shall score high against it, random nodes low.

    L = − log σ(x · y_o) − Σ_j log σ(− x · y_j)      s = x · y,   ∂L/∂s = σ(s) − label,   new = old − η · gradient

Symbols
    x  input vector of the centre, its embedding   o  the context: a node within the window around the centre
    y  output vector of a node, used to score only j  the k negatives: nodes drawn from the noise
    s  score; label 1 for o, 0 for a negative      η  learning rate
    N nodes, D dimensions, n = k + 1 nodes that are scored

Source: Mikolov et al., Distributed Representations of Words and Phrases, 2013, equation 4. Noise is drawn in proportion
to visits^0.75. The window shrinks to 1 … window at random, so that near nodes are trained on more often.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.int64]

NOISE_POWER = 0.75
RATE = 0.025  # at the start; it falls linearly


@dataclass(frozen=True, eq=False)
class Embedding:
    """What training gives: a row for each node. `vectors` are the embeddings; `outputs` serve to score only.

    Args:
        engine: what fitted them, in words: the last digits depend on it.
    """

    vectors: Float[NDArray[np.float32], "N D"]
    outputs: Float[NDArray[np.float32], "N D"]
    engine: str = ""


@dataclass(frozen=True, eq=False)
class Window:
    """The pairs that one place of a walk gives: its node with each node at most `radius` steps away.

    Args:
        radius: drawn from 1 … window.
        offsets: how many steps each context is ahead (behind if negative).
    """

    place: int
    centre: int
    radius: int
    offsets: Int[Places, " P"]
    contexts: Int[Places, " P"]


@dataclass(frozen=True, eq=False)
class Update:
    """One gradient step on one pair; row 0 is the context, the others are the negatives."""

    centre: int
    nodes: Int[Places, " n"]
    labels: Float[Array, " n"]
    rate: float
    x: Float[Array, " D"]
    Y: Float[Array, "n D"]
    scores: Float[Array, " n"]
    sigmas: Float[Array, " n"]
    losses: Float[Array, " n"]
    loss: float
    errors: Float[Array, " n"]
    pulls: Float[Array, "n D"]
    grad_x: Float[Array, " D"]
    grad_Y: Float[Array, "n D"]
    new_x: Float[Array, " D"]
    new_Y: Float[Array, "n D"]
    new_losses: Float[Array, " n"]
    new_loss: float


def window_of(walk: Int[NDArray[np.integer], " L"], place: int, window: int, rng: np.random.Generator) -> Window:
    """The node at `place` with each node up to `radius` places before and after it."""
    radius = int(rng.integers(1, window + 1))
    near = np.arange(max(place - radius, 0), min(place + radius + 1, len(walk)))
    near = near[near != place]
    return Window(place, int(walk[place]), radius, near - place, walk[near].astype(np.int64))


def draw_negatives(visits: Int[Places, " N"], context: int, k: int, rng: np.random.Generator) -> Int[Places, " n"]:
    """k nodes, each once and none of them the context, drawn in proportion to visits^0.75; fewer if there are fewer."""
    noise = visits**NOISE_POWER
    noise[context] = 0.0
    return rng.choice(len(noise), min(k, int((noise > 0).sum())), replace=False, p=noise / noise.sum())


def update(
    vectors: Float[NDArray[np.floating], "N D"],
    outputs: Float[NDArray[np.floating], "N D"],
    centre: int,
    context: int,
    negatives: Int[Places, " k"],
    rate: float = RATE,
) -> Update:
    """L = − log σ(x · y_o) − Σ_j log σ(− x · y_j), and one step down its gradient."""
    nodes = np.concatenate([[context], negatives])
    labels = np.concatenate([[1.0], np.zeros(len(negatives))])
    x = vectors[centre].astype(np.float64)  # (D,)
    Y = outputs[nodes].astype(np.float64)  # (k + 1, D)
    scores = Y @ x  # (k + 1,)
    sigmas = np.exp(-_softplus(-scores))
    losses = _losses(scores, labels)
    errors = sigmas - labels  # ∂L/∂s
    pulls = errors[:, None] * Y  # (k + 1, D)
    grad_x = pulls.sum(axis=0)
    grad_Y = errors[:, None] * x
    new_x = x - rate * grad_x
    new_Y = Y - rate * grad_Y
    new_losses = _losses(new_Y @ new_x, labels)
    return Update(
        centre, nodes, labels, rate, x, Y, scores, sigmas, losses, float(losses.sum()), errors, pulls, grad_x, grad_Y,
        new_x, new_Y, new_losses, float(new_losses.sum()),
    )  # fmt: skip


def _losses(scores: Array, labels: Array) -> Float[Array, " n"]:
    return _softplus(np.where(labels == 1, -scores, scores))  # − log σ(±s)


def _softplus(s: Array) -> Float[Array, " n"]:
    return np.logaddexp(0.0, s)  # log(1 + eˢ)
