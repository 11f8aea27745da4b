"""What a table of vectors tells: which rows point the same way, and how it looks from the side where it is widest.

    cos(a, b) = a · b / (‖a‖ ‖b‖)        points = (X − mean) V₂ᵀ,   V₂ the two directions in which X varies most

Symbols: X the vectors (N, D), a row for each node; V the right singular vectors of X − mean.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Similar:
    """The rows most like row `node`, the most like first."""

    node: int
    others: Int[NDArray[np.int64], " n"]
    cosines: Float[Array, " n"]


@dataclass(frozen=True, eq=False)
class Plane:
    """The rows seen in the plane of most variance; `shares` are the parts of all variance along its two axes."""

    points: Float[Array, "N 2"]
    shares: Float[Array, " 2"]


def most_similar(X: Float[NDArray[np.floating], "N D"], node: int, top: int) -> Similar:
    """cos(a, b) = a · b / (‖a‖ ‖b‖), a the row `node`, b each other; equal ones in the order of rows."""
    X = X.astype(np.float64)
    cosines = X @ X[node] / (np.linalg.norm(X, axis=1) * np.linalg.norm(X[node]))
    cosines[node] = -np.inf
    others = np.argsort(-cosines, kind="stable")[: min(top, len(X) - 1)]
    return Similar(node, others, cosines[others])


def principal_plane(X: Float[NDArray[np.floating], "N D"]) -> Plane:
    """points = (X − mean) V₂ᵀ; each axis turned so that its largest coefficient is positive (a sign is arbitrary)."""
    centred = X.astype(np.float64) - X.mean(axis=0, dtype=np.float64)
    _, sizes, V = np.linalg.svd(centred, full_matrices=False)
    axes = np.zeros((2, X.shape[1]))
    axes[: len(V)] = V[:2]  # one dimension has no second axis
    largest = np.abs(axes).argmax(axis=1)
    axes *= np.where(axes[[0, 1], largest] < 0, -1.0, 1.0)[:, None]
    variances = np.zeros(2)
    variances[: len(sizes)] = sizes[:2] ** 2
    return Plane(centred @ axes.T, variances / ((sizes**2).sum() or 1.0))
