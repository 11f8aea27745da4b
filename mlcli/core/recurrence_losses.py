"""What is learned from: a loss of the last state, how its gradient begins, and how long gradients are cut.

    last-sum   L = Σ h_T                    ∂L/∂h_T = 1
    mse        L = Σ (h_T − y)² / n         ∂L/∂h_T = 2 (h_T − y) / n
    score      L = w · h_T + b              ∂L/∂h_T = w, of a number that a trained network answers
    clipping   g ← g · limit / ‖g‖ where ‖g‖ > limit, ‖g‖ over all weights together

Symbols: h_T  the last state, of n units (of both directions, if there are two)    y  target    g  all gradients

Source: Pascanu, Mikolov, Bengio 2013, for clipping by the norm.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from mlcli.core.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Loss:
    """L of the last state: the sum of its units, or its mean squared error against a target.

    Args:
        target: one number for all units, or one for each; empty for the sum.
    """

    target: tuple[float, ...] = ()

    def value(self, h: Float[Array, " n"]) -> float:
        """L."""
        return float(np.mean((h - self._target(h)) ** 2) if self.target else h.sum())

    def gradient(self, h: Float[Array, " n"]) -> Float[Array, " n"]:
        """∂L/∂h_T."""
        return 2 * (h - self._target(h)) / len(h) if self.target else np.ones_like(h)

    def _target(self, h: Float[Array, " n"]) -> Float[Array, " n"]:
        if len(self.target) not in (1, len(h)):
            raise InputError(
                f"{len(self.target)} targets for {len(h)} units", "--loss", "give one number for all, or one for each"
            )
        return np.broadcast_to(np.array(self.target), h.shape)


@dataclass(frozen=True, eq=False)
class Score:
    """L = w · h_T + b, one number of what a trained network answers after the last step; `name` is its symbol."""

    w: Float[Array, " n"]
    b: float
    name: str

    def value(self, h: Float[Array, " n"]) -> float:
        """L."""
        return float(self.w @ h) + self.b

    def gradient(self, h: Float[Array, " n"]) -> Float[Array, " n"]:
        """∂L/∂h_T, whatever h_T is."""
        return self.w


@dataclass(frozen=True, eq=False)
class Clipped:
    """A gradient whose length was held against a limit.

    Args:
        before, after: ‖g‖.
        factor: what each number was multiplied by; 1 where the limit was kept.
        parts: each part of g, clipped, in the order in which they were given.
    """

    limit: float
    before: float
    factor: float
    after: float
    parts: tuple[Float[Array, "..."], ...]


def clip(parts: list[Float[Array, "..."]], limit: float) -> Clipped:
    """g · min(1, limit / ‖g‖).

    >>> clipped = clip([np.array([3.0]), np.array([4.0])], 1.0)
    >>> clipped.before, clipped.factor, clipped.after
    (5.0, 0.2, 1.0)
    """
    before = length(parts)
    factor = min(1.0, limit / before) if before else 1.0
    clipped = tuple(part * factor for part in parts)
    return Clipped(limit, before, factor, length(list(clipped)), clipped)


@dataclass(frozen=True)
class Missed:
    """What a gradient that was cut short lacks: ‖g‖, ‖cut‖, and ‖g − cut‖ / ‖g‖, which is 0 for g = 0."""

    whole: float
    cut: float
    share: float


def missed(whole: list[Float[Array, "..."]], cut: list[Float[Array, "..."]]) -> Missed:
    """One gradient against the other, part by part."""
    all_of_it = length(whole)
    difference = length([a - b for a, b in zip(whole, cut, strict=True)])
    return Missed(all_of_it, length(cut), difference / all_of_it if all_of_it else 0.0)


def length(parts: list[Float[Array, "..."]]) -> float:
    """‖g‖, the root of the sum of the squares of all its numbers."""
    return float(np.sqrt(sum(float((part**2).sum()) for part in parts)))
