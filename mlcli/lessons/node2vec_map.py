"""The vectors on a plane, and what a place on it means."""

import numpy as np
from numpy.typing import NDArray

from mlcli.core.embedding import Plane
from mlcli.lesson import Scatter


def principal_map(plane: Plane, nodes: tuple[str, ...], groups: tuple[str, ...]) -> Scatter:
    """Seen from the side where they are widest.

    Args:
        groups: each node's class, where classes are known; they are shown, not learned from.
    """
    x, y = (f"{share:.0%}" for share in plane.shares)
    name = f"the vectors in their plane of most variance (PCA): {x} of it from left to right, {y} upwards"
    return Scatter(name, plane.points, nodes, groups, "first component", "second component")


def tsne_map(
    points: NDArray[np.float64], perplexity: float, nodes: tuple[str, ...], groups: tuple[str, ...]
) -> Scatter:
    """By t-SNE; `groups` as above."""
    name = (
        f"the vectors by t-SNE, perplexity {perplexity:.3g}: near is alike; how far apart groups lie, and the axes, "
        "mean nothing"
    )
    return Scatter(name, points, nodes, groups)
